import type { Page } from '@playwright/test';

import { expect, managementRequests, type Person, test } from '../fixtures/index.ts';
import { HostedLogin, StandIn } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

type Metadata = Record<string, unknown>;

const isUser = (url: URL): boolean => /^\/api\/v2\/users\/[^/]+$/.test(url.pathname);

/** Asks the tenant about the person of a page, with the page's own token, which it shows on loading. */
async function asks(page: Page, tenant: string, change?: Metadata): Promise<{ user_metadata?: Metadata }> {
  const [request] = await Promise.all([
    page.waitForRequest((request) => isUser(new URL(request.url())) && request.method() === 'GET'),
    page.reload(),
  ]);
  const answer = await fetch(`${tenant}${new URL(request.url()).pathname}`, {
    method: change ? 'PATCH' : 'GET',
    headers: {
      authorization: (await request.allHeaders()).authorization!,
      'content-type': 'application/json',
    },
    ...(change ? { body: JSON.stringify({ user_metadata: change }) } : {}),
  });
  expect(answer.ok).toBe(true);
  return answer.json();
}

/** Makes a second account with these details, and proves its login. */
async function provesALoginWith(
  metadata: Metadata,
  { app, other, page, person, tenant }: { app: LinkedAccounts; other: Page; page: Page; person: Person; tenant: string },
): Promise<string> {
  const email = person.email.replace('@', '+details@');
  const theirs = new LinkedAccounts(other);
  await theirs.open();
  await theirs.signIn.click();
  await (await new HostedLogin(other).continueWith('LinkedIn')).be('De Tails', email);
  await theirs.showsTheList();
  await asks(other, tenant, metadata);
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.link('LinkedIn').click()]);
  await new StandIn(popup).be('De Tails', email);
  await expect(app.dialog).toHaveAccessibleName('Keep its details?');
  return email;
}

test('what would be lost is shown side by side, and one PATCH keeps what the person chose', { tag: '@anywhere' }, async ({
  app,
  house,
  otherBrowser,
  page,
  signedIn: person,
}) => {
  await asks(page, house.tenant, { theme: 'light', locale: 'en' });
  await page.reload();
  await app.showsTheList();
  const email = await provesALoginWith(
    { theme: 'dark', locale: 'en', newsletter: true, phone: { home: '555' } },
    { app, other: await otherBrowser.newPage(), page, person, tenant: house.tenant },
  );
  const theme = app.dialog.getByRole('group', { name: 'theme' });
  await expect(theme.getByRole('radio', { name: 'This account light' })).toBeChecked();
  // What both have alike is no question.
  await expect(app.dialog.getByRole('group', { name: 'locale' })).toHaveCount(0);
  const newsletter = app.dialog.getByRole('group', { name: 'newsletter' });
  await expect(newsletter.getByRole('radio', { name: 'The login you link true' })).toBeChecked();
  const phone = app.dialog.getByRole('group', { name: 'phone' });
  await expect(phone).toContainText('{"home":"555"}');
  await theme.getByRole('radio', { name: 'The login you link dark' }).check();
  await phone.getByRole('radio', { name: 'This account nothing' }).check();

  const requests = managementRequests(page);
  await app.dialog.getByRole('button', { name: 'Link', exact: true }).click();
  await expect(app.status).toHaveText(`LinkedIn (${email}) is linked to this account now.`);
  expect(requests.map((request) => request.split(' ')[0])).toEqual(['PATCH', 'POST']);
  expect((await asks(page, house.tenant)).user_metadata).toEqual({ theme: 'dark', locale: 'en', newsletter: true });
});

test('keeping nothing sends no PATCH', async ({ app, house, otherBrowser, page, signedIn: person }) => {
  const email = await provesALoginWith(
    { theme: 'dark' },
    { app, other: await otherBrowser.newPage(), page, person, tenant: house.tenant },
  );
  await app.dialog.getByRole('radio', { name: 'This account nothing' }).check();
  const requests = managementRequests(page);
  await app.dialog.getByRole('button', { name: 'Link', exact: true }).click();
  await expect(app.status).toContainText(email);
  expect(requests.map((request) => request.split(' ')[0])).toEqual(['POST']);
  expect((await asks(page, house.tenant)).user_metadata ?? {}).toEqual({});
});

test('not linking changes nothing on either side', async ({ app, house, otherBrowser, page, signedIn: person }) => {
  const other = await otherBrowser.newPage();
  await provesALoginWith({ theme: 'dark' }, { app, other, page, person, tenant: house.tenant });
  const requests = managementRequests(page);
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(page.locator('#link-another')).toBeFocused();
  await app.shows([person.main, ...person.linked]);
  expect((await asks(other, house.tenant)).user_metadata).toEqual({ theme: 'dark' });
  expect(requests).toEqual([]);
});

test('details that cannot be kept keep the login from being linked', async ({
  app,
  house,
  otherBrowser,
  page,
  signedIn: person,
  watch,
}) => {
  watch.expectStatus(500);
  await provesALoginWith(
    { theme: 'dark' },
    { app, other: await otherBrowser.newPage(), page, person, tenant: house.tenant },
  );
  await page.route(isUser, (route) =>
    route.request().method() === 'PATCH'
      ? route.fulfill({ status: 500, headers: { 'access-control-allow-origin': '*' }, body: '' })
      : route.continue(),
  );
  const requests = managementRequests(page);
  await app.dialog.getByRole('button', { name: 'Link', exact: true }).click();
  await expect(app.notice).toContainText('The sign-in service has a problem');
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.shows([person.main, ...person.linked]);
});
