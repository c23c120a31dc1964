import type { BrowserContext } from '@playwright/test';

import { captureAuthorization, holdRequests, rejectNextToken } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';
import type { Identity, Person } from '../fixtures/people.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

/** Opens the list in another tab of the same browser. */
async function openTab(context: BrowserContext, person: Person): Promise<LinkedAccounts> {
  const tab = new LinkedAccounts(await context.newPage());
  await tab.open('/linked-accounts');
  await tab.expectIdentities([person.primary, ...person.linked]);
  return tab;
}

/** The events that a page gets when the user returns to it, from another window and from another tab. */
const RETURNS: Record<string, () => unknown> = {
  'to the window': () => window.dispatchEvent(new Event('focus')),
  'to the tab': () => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })),
};

/** Waits until a row says that its identity was unlinked elsewhere. */
const expectUnlinkedElsewhere = async (app: LinkedAccounts, login: Identity) => {
  await expect(app.row(login)).toContainText('Already unlinked');
  await expect(app.row(login).getByRole('button')).toHaveText(['Dismiss']);
  await expect(app.status).toHaveText(`${login.name} (${login.label}) was already unlinked elsewhere.`);
  await expect(app.notice).toBeHidden();
};

test(
  'a login that another tab unlinks says so here, without a failure',
  { tag: '@anywhere' },
  async ({ app, context, signedIn: person }) => {
    const [google, github, company] = person.linked;
    const tab = await openTab(context, person);
    await tab.page.clock.setFixedTime(Date.now() + 60_000);
    await app.unlink(github!);
    await app.expectIdentities([person.primary, google!, company!]);
    await expectUnlinkedElsewhere(tab, github!);
    // The row keeps its place until it is dismissed, so that nothing moves under the pointer.
    await tab.expectIdentities([person.primary, google!, github!, company!]);
    await tab.row(github!).getByRole('button', { name: 'Dismiss' }).click();
    await tab.expectIdentities([person.primary, google!, company!]);
  },
);

for (const [where, dispatchEvents] of Object.entries(RETURNS)) {
  test(`a login that another device unlinked is found when somebody comes back ${where}`, async ({
    app,
    page,
    request,
    signedIn: person,
  }) => {
    const github = person.linked[1]!;
    const authorization = await captureAuthorization(page);
    await app.expectList();
    const [provider, id] = github.key.split('|');
    const path = `/api/v2/users/${encodeURIComponent(person.userId)}/identities/${provider}/${id}`;
    expect((await request.delete(path, { headers: { authorization } })).status()).toBe(200);
    await app.expectIdentities([person.primary, ...person.linked]);
    // Some time later, because the page does not read again what it read a moment ago.
    await page.clock.setFixedTime(Date.now() + 60_000);
    await page.evaluate(dispatchEvents);
    await expectUnlinkedElsewhere(app, github);
  });
}

test('a dialog about a login that went elsewhere closes by itself', async ({ app, context, signedIn: person }) => {
  const github = person.linked[1]!;
  const tab = await openTab(context, person);
  await tab.page.clock.setFixedTime(Date.now() + 60_000);
  await tab.unlinkButton(github).click();
  await expect(tab.dialog).toBeVisible();
  await app.unlink(github);
  await expect(tab.dialog).toBeHidden();
  await expectUnlinkedElsewhere(tab, github);
});

test('two tabs that unlink the same login at the same time both see it gone, without a failure', async ({
  app,
  context,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  const tab = await openTab(context, person);
  const release = await holdRequests(tab.page, '**/api/v2/**');
  await tab.unlink(github!);
  await expect(tab.unlinkButton(github!)).toHaveText('Unlinking…');
  await app.unlink(github!);
  await app.expectIdentities([person.primary, google!, company!]);
  release();
  await tab.expectIdentities([person.primary, google!, company!]);
  await expect(tab.notice).toBeHidden();
});

test(
  'one tab renews the token, the other takes it over',
  { tag: '@anywhere' },
  async ({ app, context, worker, signedIn: person }) => {
    // A token with a lifetime of 100 seconds, which is renewed after half of it.
    await context.route('**/oauth/token', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), expires_in: 100 } });
    });
    // One clock for both tabs, so that both start to renew in the same second.
    await context.clock.install();
    const tab = await openTab(context, person);
    await app.page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);

    const authorizationRequests: string[] = [];
    const authorizations: string[] = [];
    context.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname === '/authorize') {
        authorizationRequests.push(request.url());
      } else if (pathname.startsWith('/api/v2/') && request.method() === 'DELETE') {
        authorizations.push(request.headers().authorization!);
      }
    });
    const exchange = context.waitForEvent(
      'response',
      (response) => response.url() === `${worker.tenantOrigin}/oauth/token`,
    );
    const pages = [app.page, tab.page];
    for (const page of pages) {
      await page.evaluate(() => {
        const channel = new BroadcastChannel('linked-accounts');
        Object.assign(window, { tabMessage: new Promise((resolve) => (channel.onmessage = () => resolve(true))) });
      });
    }
    await context.clock.runFor(51_000);
    const { access_token } = await (await exchange).json();
    for (const page of pages) {
      await page.evaluate(() => (window as unknown as { tabMessage: Promise<boolean> }).tabMessage);
    }
    await app.unlink(person.linked[0]!);
    await app.expectIdentities([person.primary, ...person.linked.slice(1)]);
    await tab.unlink(person.linked[1]!);
    await expect(tab.row(person.linked[1]!)).toHaveCount(0);
    expect(authorizationRequests).toHaveLength(1);
    expect(authorizations).toEqual([`Bearer ${access_token}`, `Bearer ${access_token}`]);
  },
);

test('a token that the tenant takes no longer is renewed without asking, and the unlinking goes on', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(401);
  const google = person.linked[0]!;
  await rejectNextToken(page);
  await app.unlink(google);
  await expect(app.status).toHaveText(`Google (${google.label}) was unlinked.`);
  await expect(app.notice).toBeHidden();
});
