import type { Page } from '@playwright/test';

import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

/** The visits to the tenant's login page, from now on. */
function visits(page: Page): string[] {
  const seen: string[] = [];
  page.on('framenavigated', (frame) => {
    if (new URL(frame.url()).pathname.startsWith('/u/')) {
      seen.push(frame.url());
    }
  });
  return seen;
}

test('a reload signs in silently', { tag: '@anywhere' }, async ({ app, page, signedIn: person }) => {
  const asked = visits(page);
  for (let time = 0; time < 2; time += 1) {
    await page.reload();
    await app.showsTheList();
    await app.shows([person.main, ...person.linked]);
  }
  expect(asked).toEqual([]);
  await expect(page).toHaveURL('/linked-accounts');
});

test('a new tab signs in silently, at the address that it was opened with', async ({ context, signedIn: person }) => {
  const tab = new LinkedAccounts(await context.newPage());
  const asked = visits(tab.page);
  await tab.open('/linked-accounts?from=mail#here');
  await tab.showsTheList();
  await tab.shows([person.main, ...person.linked]);
  await expect(tab.page).toHaveURL('/linked-accounts?from=mail#here');
  expect(asked).toEqual([]);
});

test('a message that is not the answer of the tenant signs nobody in or out', async ({ app, page, signedIn: person }) => {
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/authorize?*', (route) => held.then(() => route.continue()));
  const asked = page.waitForRequest('**/authorize?*');
  await page.reload();
  const state = new URL((await asked).url()).searchParams.get('state');
  await page.evaluate((state) => {
    window.postMessage({ type: 'authorization_response', response: { error: 'login_required', state } }, '*');
    window.postMessage({ type: 'authorization_response', response: { code: 'forged', state } }, '*');
  }, state);
  answer();
  await app.showsTheList();
  await app.shows([person.main, ...person.linked]);
});

test('a tenant that does not answer is told after a while, and can be asked again', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.clock.install();
  await page.route('**/authorize?*', () => {});
  const asked = page.waitForRequest('**/authorize?*');
  await page.reload();
  await asked;
  await expect(app.notice).toBeHidden();
  await page.clock.fastForward(10_000);
  await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await app.showsTheList();
  await app.shows([person.main, ...person.linked]);
});

test('somebody who never signed in is asked nothing and asks nobody', async ({ app, page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await app.open('/linked-accounts');
  await app.showsTheWayIn();
  expect(requests.filter((path) => path === '/authorize' || path.startsWith('/oauth'))).toEqual([]);
});

test('no token, code or verifier is kept where a script or a person could find it later', { tag: '@anywhere' }, async ({
  app,
  hosted,
  page,
  person,
}) => {
  const exchanged = page.waitForResponse((response) => new URL(response.url()).pathname === '/oauth/token');
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  const answer = await exchanged;
  const secrets = [
    ...Object.values((await answer.json()) as Record<string, unknown>).filter(
      (value): value is string => typeof value === 'string' && value.length > 40,
    ),
    ...['code', 'code_verifier'].map((name) => {
      const sent = answer.request().postData() ?? '';
      return (sent.startsWith('{') ? JSON.parse(sent)[name] : new URLSearchParams(sent).get(name)) as string;
    }),
  ];
  expect(secrets.length, 'access token, ID token, code and verifier').toBeGreaterThanOrEqual(4);
  await app.showsTheList();

  const kept = await page.evaluate(() => ({
    local: { ...localStorage },
    session: { ...sessionStorage },
    state: history.state,
    address: location.href,
    cookies: document.cookie,
    name: window.name,
    html: document.documentElement.outerHTML,
  }));
  for (const secret of secrets) {
    expect(JSON.stringify(kept)).not.toContain(secret);
  }
  expect(Object.keys(kept.local).sort()).toEqual(['linked-accounts.list', 'linked-accounts.signed-in']);
  expect(JSON.parse(kept.local['linked-accounts.signed-in']!)).toEqual({
    user_id: person.userId,
    who: person.email,
    used: { connection: 'Username-Password-Authentication', identity: person.userId },
  });
  expect(kept.session).toEqual({});
  expect(kept.cookies).toBe('');
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  expect(await page.evaluate(() => caches.keys())).toEqual([]);
});

test("the tenant's cookies are out of reach of scripts and of other sites", async ({ context, signedIn: _ }) => {
  const cookies = await context.cookies();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) {
    expect(cookie.httpOnly, cookie.name).toBe(true);
    expect(['Lax', 'Strict'], cookie.name).toContain(cookie.sameSite);
  }
});

test('signing out ends the session of the tenant, too', { tag: '@anywhere' }, async ({
  app,
  hosted,
  page,
  signedIn: person,
}) => {
  await app.signOut.click();
  await app.showsTheWayIn();
  await expect(page).toHaveURL('/');
  await page.reload();
  await app.showsTheWayIn();
  expect(await page.evaluate(() => ({ ...localStorage, ...sessionStorage }))).toEqual({});
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
});

test('signing out in one tab signs out the other, and its list is gone', async ({ app, context, signedIn: person }) => {
  const tab = new LinkedAccounts(await context.newPage());
  await tab.open('/linked-accounts');
  await tab.shows([person.main, ...person.linked]);
  await app.signOut.click();
  await app.showsTheWayIn();
  await tab.showsTheWayIn();
  await expect(tab.rows).toHaveCount(0);
});

test('after signing out, the back button shows nobody their list', async ({ app, page, signedIn: person }) => {
  await app.signOut.click();
  await app.showsTheWayIn();
  await page.goBack();
  await app.showsTheWayIn();
  await expect(page.getByText(person.email)).toHaveCount(0);
  await expect(app.rows).toHaveCount(0);
});

test('a tenant session that ended elsewhere shows the way in, not a failure', async ({ app, context, page, signedIn: _ }) => {
  await context.clearCookies();
  await page.reload();
  await app.showsTheWayIn();
  await expect(app.notice).toBeHidden();
  await page.reload();
  await app.showsTheWayIn();
});

test('somebody else who signs in sees their own list', async ({ app, hosted, house, signedIn: person }) => {
  const other = house.claim('ordinary');
  await app.signOut.click();
  await app.showsTheWayIn();
  await app.signIn.click();
  await hosted.signInAs(other.email, PASSWORD);
  await app.showsTheList();
  await app.shows([other.main, ...other.linked]);
  await expect(app.header).not.toContainText(person.email);
});
