import type { Page } from '@playwright/test';

import { recordManagementRequests } from '../browser/requests.ts';
import { expect, type Person, test } from '../fixtures/index.ts';
import { HostedLogin, StandIn } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

type Metadata = Record<string, unknown>;

const isUser = (url: URL): boolean => /^\/api\/v2\/users\/[^/]+$/.test(url.pathname);

/**
 * Reads the user of a page from the tenant, or changes their metadata, with the token that the page sends on loading.
 */
async function requestUser(page: Page, tenant: string, change?: Metadata): Promise<{ user_metadata?: Metadata }> {
  const [request] = await Promise.all([
    page.waitForRequest((request) => isUser(new URL(request.url())) && request.method() === 'GET'),
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
async function startLinkingUserWith(
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

test(
  'what would be lost is shown side by side, and one PATCH keeps what the person chose',
  { tag: '@anywhere' },
  async ({ app, worker, otherBrowser, page, signedIn: person }) => {
    await requestUser(page, worker.tenantOrigin, { theme: 'light', locale: 'en' });
    await page.reload();
    await app.expectList();
    const email = await startLinkingUserWith(
      { theme: 'dark', locale: 'en', newsletter: true, phone: { home: '555' } },
      { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
    );
    const theme = app.dialog.getByRole('group', { name: 'theme' });
    await expect(theme.getByRole('radio', { name: 'This account light' })).toBeChecked();
    // A key with the same value on both sides offers no choice.
    await expect(app.dialog.getByRole('group', { name: 'locale' })).toHaveCount(0);
    const newsletter = app.dialog.getByRole('group', { name: 'newsletter' });
    await expect(newsletter.getByRole('radio', { name: 'The other account true' })).toBeChecked();
    const phone = app.dialog.getByRole('group', { name: 'phone' });
    await expect(phone).toContainText('{"home":"555"}');
    await theme.getByRole('radio', { name: 'The other account dark' }).check();
    await phone.getByRole('radio', { name: 'This account nothing' }).check();

    const requests = recordManagementRequests(page);
    await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
    await expect(app.status).toHaveText(`LinkedIn (${email}) is linked to this account now.`);
    expect(requests.map((request) => request.split(' ')[0])).toEqual(['PATCH', 'POST']);
    expect((await requestUser(page, worker.tenantOrigin)).user_metadata).toEqual({
      theme: 'dark',
      locale: 'en',
      newsletter: true,
    });
  },
);

test('keeping nothing sends no PATCH', async ({ app, worker, otherBrowser, page, signedIn: person }) => {
  const email = await startLinkingUserWith(
    { theme: 'dark' },
    { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
  );
  await app.dialog.getByRole('radio', { name: 'This account nothing' }).check();
  const requests = recordManagementRequests(page);
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  await expect(app.status).toContainText(email);
  expect(requests.map((request) => request.split(' ')[0])).toEqual(['POST']);
  expect((await requestUser(page, worker.tenantOrigin)).user_metadata ?? {}).toEqual({});
});

test('not linking changes nothing on either side', async ({ app, worker, otherBrowser, page, signedIn: person }) => {
  const other = await otherBrowser.newPage();
  await startLinkingUserWith({ theme: 'dark' }, { app, other, page, person, tenant: worker.tenantOrigin });
  const requests = recordManagementRequests(page);
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(page.locator('#link-another')).toBeFocused();
  await app.expectIdentities([person.primary, ...person.linked]);
  expect((await requestUser(other, worker.tenantOrigin)).user_metadata).toEqual({ theme: 'dark' });
  expect(requests).toEqual([]);
});

test('details that cannot be kept keep the login from being linked', async ({
  app,
  worker,
  otherBrowser,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  await startLinkingUserWith(
    { theme: 'dark' },
    { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
  );
  await page.route(isUser, (route) =>
    route.request().method() === 'PATCH'
      ? route.fulfill({ status: 500, headers: { 'access-control-allow-origin': '*' }, body: '' })
      : route.continue(),
  );
  const requests = recordManagementRequests(page);
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  await expect(app.notice).toContainText('The sign-in service has a problem');
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.expectIdentities([person.primary, ...person.linked]);
});
