import type { BrowserContext } from '@playwright/test';

import { bearer, expect, refuseTheNextToken, test } from '../fixtures/index.ts';
import type { Login, Person } from '../fixtures/people.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

/** The list in another tab of the same browser. */
async function otherTab(context: BrowserContext, person: Person): Promise<LinkedAccounts> {
  const tab = new LinkedAccounts(await context.newPage());
  await tab.open('/linked-accounts');
  await tab.shows([person.main, ...person.linked]);
  return tab;
}

/** How somebody comes back to the page: from another window, and from another tab. */
const RETURNS: Record<string, () => unknown> = {
  'to the window': () => window.dispatchEvent(new Event('focus')),
  'to the tab': () => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })),
};

const expectGone = async (app: LinkedAccounts, login: Login) => {
  await expect(app.row(login)).toContainText('Already unlinked');
  await expect(app.row(login).getByRole('button')).toHaveText(['Dismiss']);
  await expect(app.status).toHaveText(`${login.name} (${login.who}) was already unlinked elsewhere.`);
  await expect(app.notice).toBeHidden();
};

test('a login that another tab unlinks says so here, without a failure', { tag: '@anywhere' }, async ({
  app,
  context,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  const tab = await otherTab(context, person);
  await tab.page.clock.setFixedTime(Date.now() + 60_000);
  await app.unlinks(github!);
  await app.shows([person.main, google!, company!]);
  await expectGone(tab, github!);
  // It keeps its place until it has been seen: nothing moves under the pointer.
  await tab.shows([person.main, google!, github!, company!]);
  await tab.row(github!).getByRole('button', { name: 'Dismiss' }).click();
  await tab.shows([person.main, google!, company!]);
});

for (const [where, comesBack] of Object.entries(RETURNS)) {
  test(`a login that another device unlinked is found when somebody comes back ${where}`, async ({
    app,
    page,
    request,
    signedIn: person,
  }) => {
    const github = person.linked[1]!;
    const authorization = await bearer(page);
    await app.showsTheList();
    const [provider, id] = github.key.split('|');
    const path = `/api/v2/users/${encodeURIComponent(person.userId)}/identities/${provider}/${id}`;
    expect((await request.delete(path, { headers: { authorization } })).status()).toBe(200);
    await app.shows([person.main, ...person.linked]);
    // After a while: what was read a moment ago is still true.
    await page.clock.setFixedTime(Date.now() + 60_000);
    await page.evaluate(comesBack);
    await expectGone(app, github);
  });
}

test('a dialog about a login that went elsewhere closes by itself', async ({ app, context, signedIn: person }) => {
  const github = person.linked[1]!;
  const tab = await otherTab(context, person);
  await tab.page.clock.setFixedTime(Date.now() + 60_000);
  await tab.unlink(github).click();
  await expect(tab.dialog).toBeVisible();
  await app.unlinks(github);
  await expect(tab.dialog).toBeHidden();
  await expectGone(tab, github);
});

test('two tabs that unlink the same login at the same time both see it gone, without a failure', async ({
  app,
  context,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  const tab = await otherTab(context, person);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await tab.page.route('**/api/v2/**', (route) => held.then(() => route.continue()));
  await tab.unlinks(github!);
  await expect(tab.unlink(github!)).toHaveText('Unlinking…');
  await app.unlinks(github!);
  await app.shows([person.main, google!, company!]);
  answer();
  await tab.shows([person.main, google!, company!]);
  await expect(tab.notice).toBeHidden();
});

test('one tab renews the token, the other takes it over', { tag: '@anywhere' }, async ({
  app,
  context,
  house,
  signedIn: person,
}) => {
  // A token of a hundred seconds, which is renewed half-way.
  await context.route('**/oauth/token', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), expires_in: 100 } });
  });
  // One clock for both tabs, so that both want to renew in the same second.
  await context.clock.install();
  const tab = await otherTab(context, person);
  await app.page.reload();
  await app.shows([person.main, ...person.linked]);

  const asked: string[] = [];
  const tokens: string[] = [];
  context.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname === '/authorize') {
      asked.push(request.url());
    } else if (pathname.startsWith('/api/v2/') && request.method() === 'DELETE') {
      tokens.push(request.headers().authorization!);
    }
  });
  const exchanged = context.waitForEvent('response', (response) => response.url() === `${house.tenant}/oauth/token`);
  const pages = [app.page, tab.page];
  for (const page of pages) {
    await page.evaluate(() => {
      const channel = new BroadcastChannel('linked-accounts');
      Object.assign(window, { told: new Promise((heard) => (channel.onmessage = () => heard(true))) });
    });
  }
  await context.clock.runFor(51_000);
  const { access_token } = await (await exchanged).json();
  for (const page of pages) {
    await page.evaluate(() => (window as unknown as { told: Promise<boolean> }).told);
  }
  await app.unlinks(person.linked[0]!);
  await app.shows([person.main, ...person.linked.slice(1)]);
  await tab.unlinks(person.linked[1]!);
  await expect(tab.row(person.linked[1]!)).toHaveCount(0);
  expect(asked).toHaveLength(1);
  expect(tokens).toEqual([`Bearer ${access_token}`, `Bearer ${access_token}`]);
});

test('a token that the tenant takes no longer is renewed without asking, and the unlinking goes on', async ({
  app,
  page,
  signedIn: person,
  watch,
}) => {
  watch.expectStatus(401);
  const google = person.linked[0]!;
  await refuseTheNextToken(page);
  await app.unlinks(google);
  await expect(app.status).toHaveText(`Google (${google.who}) was unlinked.`);
  await expect(app.notice).toBeHidden();
});
