import type { Page } from '@playwright/test';

import type { Person } from '../fixtures/people.ts';
import { StandIn } from './hosted-login.ts';
import type { LinkedAccounts } from './linked-accounts.ts';

/** Clicks, and returns the stand-in that opens in a popup. */
export async function openStandInPopup(page: Page, click: () => Promise<void>): Promise<StandIn> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), click()]);
  return new StandIn(popup);
}

/** Returns an e-mail address that belongs to `person` and that no other test uses, by plus-addressing with `tag`. */
export const uniqueEmail = (person: Person, tag: string): string => person.email.replace('@', `+${tag}@`);

/** Starts linking a LinkedIn identity of a user whom LinkedIn's stand-in did not know before. */
export async function linkNewIdentity(app: LinkedAccounts, page: Page, email: string): Promise<void> {
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').first().click());
  await standIn.signInAsNewUser('Linked Inn', email);
}

/** Has the tenant return this `user_metadata` for every LinkedIn user. */
export async function overrideMetadata(page: Page, user_metadata: Record<string, unknown>): Promise<void> {
  await page.route(/\/api\/v2\/users\/linkedin/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), user_metadata } });
  });
}

/** Has the tenant take a proof of a login for a sign-in, as Auth0 does, which does not know the parameter. */
export async function takeProofsForSignIns(page: Page): Promise<void> {
  await page.context().route(/\/authorize\?/, async (route) => {
    const url = new URL(route.request().url());
    url.searchParams.delete('ext-purpose');
    await route.continue({ url: url.href });
  });
}
