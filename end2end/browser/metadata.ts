import { expect, type Page } from '@playwright/test';

import type { Person } from '../fixtures/index.ts';
import { HostedLogin, StandIn } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';
import { isUserUrl } from './requests.ts';

type Metadata = Record<string, unknown>;

/**
 * Reads the user of a page from the tenant, or changes their metadata, with the token that the page sends on loading.
 */
export async function requestUser(
  page: Page,
  tenant: string,
  change?: Metadata,
): Promise<{ user_metadata?: Metadata }> {
  const [request] = await Promise.all([
    page.waitForRequest((request) => isUserUrl(new URL(request.url())) && request.method() === 'GET'),
    page.reload(),
  ]);
  const response = await fetch(`${tenant}${new URL(request.url()).pathname}`, {
    method: change ? 'PATCH' : 'GET',
    headers: {
      authorization: (await request.allHeaders()).authorization!,
      'content-type': 'application/json',
    },
    ...(change ? { body: JSON.stringify({ user_metadata: change }) } : {}),
  });
  expect(response.ok).toBe(true);
  return response.json();
}

/**
 * Creates a second user with this metadata, and signs in as that user for linking. Returns the second user's e-mail
 * address.
 */
export async function startLinkingUserWith(
  metadata: Metadata,
  {
    app,
    other,
    page,
    person,
    tenant,
  }: { app: LinkedAccounts; other: Page; page: Page; person: Person; tenant: string },
): Promise<string> {
  const email = person.email.replace('@', '+details@');
  const theirs = new LinkedAccounts(other);
  await theirs.open();
  await theirs.signInButton.click();
  await (await new HostedLogin(other).continueWith('LinkedIn')).signInAsNewUser('De Tails', email);
  await theirs.expectList();
  await requestUser(other, tenant, metadata);
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.linkButton('LinkedIn').click()]);
  await new StandIn(popup).signInAsNewUser('De Tails', email);
  await expect(app.dialog).toHaveAccessibleName(`Delete the other account and link LinkedIn, ${email}?`);
  return email;
}
