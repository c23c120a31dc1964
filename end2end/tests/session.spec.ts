import type { Page } from '@playwright/test';

import { holdRequests } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

/** Records the URLs of the tenant's login pages that a tab visits, from now on. */
function recordLoginPages(page: Page): string[] {
  const urls: string[] = [];
  page.on('framenavigated', (frame) => {
    if (new URL(frame.url()).pathname.startsWith('/u/')) {
      urls.push(frame.url());
    }
  });
  return urls;
}

test('a reload signs in silently', { tag: '@anywhere' }, async ({ app, page, signedIn: person }) => {
  const loginPages = recordLoginPages(page);
  for (let reload = 0; reload < 2; reload += 1) {
    await page.reload();
    await app.expectList();
    await app.expectIdentities([person.primary, ...person.linked]);
  }
  expect(loginPages).toEqual([]);
  await expect(page).toHaveURL('/linked-accounts');
});

test('a new tab signs in silently, at the address that it was opened with', async ({ context, signedIn: person }) => {
  const tab = new LinkedAccounts(await context.newPage());
  const loginPages = recordLoginPages(tab.page);
  await tab.open('/linked-accounts?from=mail#here');
  await tab.expectList();
  await tab.expectIdentities([person.primary, ...person.linked]);
  await expect(tab.page).toHaveURL('/linked-accounts?from=mail#here');
  expect(loginPages).toEqual([]);
});

// attack: page
test('a message that is not the answer of the tenant signs nobody in or out', async ({
  app,
  page,
  signedIn: person,
}) => {
  const release = await holdRequests(page, '**/authorize?*');
  const authorizationRequest = page.waitForRequest('**/authorize?*');
  // Not until `load`, which a frame without an answer delays.
  await page.reload({ waitUntil: 'commit' });
  const state = new URL((await authorizationRequest).url()).searchParams.get('state');
  await page.evaluate((state) => {
    window.postMessage({ type: 'authorization_response', response: { error: 'login_required', state } }, '*');
    window.postMessage({ type: 'authorization_response', response: { code: 'forged', state } }, '*');
  }, state);
  release();
  await app.expectList();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('a tenant that does not answer is told after a while, and can be asked again', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.clock.install();
  await page.route('**/authorize?*', () => {});
  const authorizationRequest = page.waitForRequest('**/authorize?*');
  await page.reload({ waitUntil: 'commit' });
  await authorizationRequest;
  await expect(app.notice).toBeHidden();
  await page.clock.fastForward(10_000);
  await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await app.expectList();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('somebody who never signed in is asked nothing and asks nobody', async ({ app, page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await app.open('/linked-accounts');
  await app.expectSignedOut();
  expect(requests.filter((path) => path === '/authorize' || path.startsWith('/oauth'))).toEqual([]);
});

test(
  'no token, code or verifier is kept where a script or a person could find it later',
  { tag: '@anywhere' },
  async ({ app, hosted, page, person }) => {
    const exchange = page.waitForResponse((response) => new URL(response.url()).pathname === '/oauth/token');
    await app.open();
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    const response = await exchange;
    const secrets = [
      ...Object.entries((await response.json()) as Record<string, unknown>)
        .filter(([key]) => key !== 'scope')
        .map(([, value]) => value)
        .filter((value): value is string => typeof value === 'string' && value.length > 40),
      ...['code', 'code_verifier'].map((name) => {
        const sent = response.request().postData() ?? '';
        return (sent.startsWith('{') ? JSON.parse(sent)[name] : new URLSearchParams(sent).get(name)) as string;
      }),
    ];
    expect(secrets.length, 'access token, ID token, code and verifier').toBeGreaterThanOrEqual(4);
    await app.expectList();

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
    expect(Object.keys(kept.local).sort()).toEqual([
      'linked-accounts.list',
      'linked-accounts.settings',
      'linked-accounts.signed-in',
    ]);
    expect(JSON.parse(kept.local['linked-accounts.signed-in'])).toEqual({
      user_id: person.userId,
      who: person.email,
      used: { connection: 'Username-Password-Authentication', identity: person.userId },
    });
    expect(kept.session).toEqual({});
    expect(kept.cookies).toBe('');
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
    expect(await page.evaluate(() => caches.keys())).toEqual([]);
  },
);

// attack: page
test("the tenant's cookies are out of reach of scripts and of other sites", async ({ context, signedIn: _ }) => {
  const cookies = await context.cookies();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) {
    expect(cookie.httpOnly, cookie.name).toBe(true);
    expect(['Lax', 'Strict'], cookie.name).toContain(cookie.sameSite);
  }
});

test(
  'signing out ends the session of the tenant, too',
  { tag: '@anywhere' },
  async ({ app, hosted, page, signedIn: person }) => {
    await app.signOutButton.click();
    await app.expectSignedOut();
    await expect(page).toHaveURL('/');
    await page.reload();
    await app.expectSignedOut();
    expect(await page.evaluate(() => ({ ...localStorage, ...sessionStorage }))).toEqual({});
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
  },
);

test('signing out in one tab signs out the other, and its list is gone', async ({ app, context, signedIn: person }) => {
  const tab = new LinkedAccounts(await context.newPage());
  await tab.open('/linked-accounts');
  await tab.expectIdentities([person.primary, ...person.linked]);
  await app.signOutButton.click();
  await app.expectSignedOut();
  await tab.expectSignedOut();
  await expect(tab.rows).toHaveCount(0);
});

// attack: page
test('after signing out, the back button shows nobody their list', async ({ app, page, signedIn: person }) => {
  await app.signOutButton.click();
  await app.expectSignedOut();
  await page.goBack();
  await app.expectSignedOut();
  await expect(page.getByText(person.email)).toHaveCount(0);
  await expect(app.rows).toHaveCount(0);
});

test('a tenant session that ended elsewhere shows the way in, not a failure', async ({
  app,
  context,
  page,
  signedIn: _,
}) => {
  await context.clearCookies();
  await page.reload();
  await app.expectSignedOut();
  await expect(app.notice).toBeHidden();
  await page.reload();
  await app.expectSignedOut();
});

// attack: page
test('somebody else who signs in sees their own list', async ({ app, hosted, worker, signedIn: person }) => {
  const other = worker.claimPerson('ordinary');
  await app.signOutButton.click();
  await app.expectSignedOut();
  await app.signInButton.click();
  await hosted.signIn(other.email, PASSWORD);
  await app.expectList();
  await app.expectIdentities([other.primary, ...other.linked]);
  await expect(app.header).not.toContainText(person.email);
});
