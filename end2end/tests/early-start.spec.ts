import type { Page, Request } from '@playwright/test';

import {
  countSignIns,
  expectNothingLeft,
  leftBehind,
  ONCE,
  REMEMBERED_SETTINGS,
  type SignInRequests,
  watchForSignIn,
  withoutSubtle,
} from '../browser/early-start.ts';
import { removeStoredList } from '../browser/last-list.ts';
import { holdRequests, isUserUrl, rejectNextToken } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

const NONE: SignInRequests = { settings: 0, authorizations: 0, exchanges: 0, users: 0 };

/** Counts from now on, with what the tests of a failure read. */
const counting = (page: Page) => {
  const counts = countSignIns(page);
  return { counts, reset: () => Object.assign(counts, NONE) };
};

/** Returns a request as it would be compared with another one for the same: without what is random. */
async function comparable(request: Request): Promise<unknown> {
  const RANDOM = ['state', 'nonce', 'code_challenge', 'code', 'code_verifier'];
  const url = new URL(request.url());
  const parameters = (all: URLSearchParams) =>
    [...all].map(([name, value]) => [name, RANDOM.includes(name) ? 'random' : value]).sort();
  const { accept, authorization, cookie, origin, referer } = await request.allHeaders();
  return {
    method: request.method(),
    path: url.pathname,
    query: parameters(url.searchParams),
    body: parameters(new URLSearchParams(request.postData() ?? '')),
    headers: { accept, origin, referer, cookie: cookie !== undefined, bearer: authorization?.split(' ')[0] },
  };
}

/** Reloads a page and returns what it sends for the sign-in. */
async function requestsOfReload(page: Page): Promise<unknown[]> {
  const paths = [/\/config\.json$/, /\/authorize\?/, /\/oauth\/token$/, /\/api\/v2\/users\/[^/]+$/];
  const requests = paths.map((path) =>
    page.waitForRequest((request) => path.test(request.url()) && request.method() !== 'OPTIONS'),
  );
  await page.reload();
  return Promise.all(requests.map(async (request) => comparable(await request)));
}

test(
  'the sign-in is done before the page runs, and the page takes it over',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const shown = await watchForSignIn(page);
    const release = await holdRequests(page, '**/*.wasm');
    const { counts } = counting(page);
    const read = page.waitForResponse((response) => isUserUrl(new URL(response.url())) && response.ok());
    await page.reload({ waitUntil: 'commit' });
    await read;
    expect(counts).toEqual(ONCE);
    await expect(page.locator('iframe')).toHaveCount(0);
    release();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual(ONCE);
    expect(await shown()).toBe(false);
    await expectNothingLeft(page);
  },
);

const STEPS: [string, string | ((url: URL) => boolean)][] = [
  ['settings', '**/config.json'],
  ['answer of the frame', '**/authorize?*'],
  ['tokens', '**/oauth/token'],
  ['user', isUserUrl],
];

for (const [step, url] of STEPS) {
  test(
    `a page that runs before the ${step} came waits for them, and asks for nothing twice`,
    { tag: '@anywhere' },
    async ({ app, page, signedIn: person }) => {
      await removeStoredList(page);
      const shown = await watchForSignIn(page);
      const release = await holdRequests(page, url);
      const { counts } = counting(page);
      await page.reload({ waitUntil: 'commit' });
      await app.expectLoading();
      release();
      await app.expectIdentities([person.primary, ...person.linked]);
      expect(counts).toEqual(ONCE);
      expect(await shown()).toBe(false);
      await expectNothingLeft(page);
    },
  );
}

test(
  'the next visit signs in while the settings are on their way, and takes that over once they are the same',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    await page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);
    const shown = await watchForSignIn(page);
    const release = await holdRequests(page, '**/config.json');
    const { counts } = counting(page);
    const read = page.waitForResponse((response) => isUserUrl(new URL(response.url())) && response.ok());
    await page.reload({ waitUntil: 'commit' });
    await read;
    await app.expectLastList([person.primary, ...person.linked]);
    release();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual(ONCE);
    expect(await shown()).toBe(false);
    await expectNothingLeft(page);
  },
);

// attack: page
test(
  'nothing of a sign-in with other settings than those of the site is taken over',
  { tag: '@anywhere' },
  async ({ app, page, consoleGuard, signedIn: person }) => {
    consoleGuard.expectMessage(/frame-ancestors|frame-src|status of 403/);
    await page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);
    const kept = await page.evaluate((key) => localStorage.getItem(key)!, REMEMBERED_SETTINGS);
    const settings = JSON.parse(kept) as object;
    const starts = { settings: 2, exchanges: 1, users: 1 };
    for (const [changed, expected] of [
      [JSON.stringify({ ...settings, clientId: 'another-client' }), starts],
      [JSON.stringify({ ...settings, domain: 'https://attacker.example' }), starts],
      // The same tenant and client: what came with them is thrown away.
      [JSON.stringify({ ...settings, undoSeconds: 77 }), { settings: 2, exchanges: 2, users: 2 }],
      ['no JSON', { ...starts, settings: 1 }],
    ] as const) {
      await page.evaluate(([key, value]) => localStorage.setItem(key!, value!), [REMEMBERED_SETTINGS, changed]);
      const release = await holdRequests(page, '**/config.json');
      const { counts } = counting(page);
      const reads =
        expected.users === 2 ? page.waitForResponse((response) => isUserUrl(new URL(response.url()))) : undefined;
      await page.reload({ waitUntil: 'commit' });
      if (changed === 'no JSON') {
        await app.expectLoading();
      } else {
        await app.expectLastList([person.primary, ...person.linked]);
      }
      await reads;
      const isRead = page.waitForResponse((response) => isUserUrl(new URL(response.url())) && response.ok());
      // With settings that it can read, the page has begun, too, and starts over.
      release();
      await isRead;
      await app.expectIdentities([person.primary, ...person.linked]);
      expect(counts).toEqual({ ...expected, authorizations: counts.authorizations });
      expect(await page.evaluate((key) => localStorage.getItem(key), REMEMBERED_SETTINGS)).toBe(kept);
      await expectNothingLeft(page);
      await page.unrouteAll();
    }
  },
);

test(
  'the early start sends what the page sends without it',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const early = await requestsOfReload(page);
    await app.expectIdentities([person.primary, ...person.linked]);
    await withoutSubtle(page);
    const { counts } = counting(page);
    const late = await requestsOfReload(page);
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(early).toEqual(late);
    expect(counts).toEqual(ONCE);
    await expectNothingLeft(page);
  },
);

test('a page whose early start the policy blocks signs in by itself', async ({
  app,
  page,
  consoleGuard,
  signedIn: person,
}) => {
  consoleGuard.expectMessage(/[Cc]ontent [Ss]ecurity [Pp]olicy|policy violation/);
  await page.route('**/linked-accounts', async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    // Of the two hashes the first is that of the early start.
    const policy = headers['content-security-policy']!.replace(/'sha256-[^']+' /, '');
    await route.fulfill({ response, headers: { ...headers, 'content-security-policy': policy } });
  });
  const { counts } = counting(page);
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
  expect(counts).toEqual(ONCE);
  await expectNothingLeft(page);
});

test(
  'a frame that is blocked is told after its time, once, and can be tried again',
  { tag: '@anywhere' },
  async ({ app, page, consoleGuard, signedIn: person }) => {
    consoleGuard.expectMessage(/X-Frame-Options|refused to connect/i);
    const storeListAgain = await removeStoredList(page);
    await page.clock.install();
    const blocked = page.waitForEvent('console', (message) => /X-Frame-Options/i.test(message.text()));
    await page.route('**/authorize?*', (route) =>
      route.fulfill({ contentType: 'text/html', headers: { 'x-frame-options': 'DENY' }, body: '' }),
    );
    const { counts, reset } = counting(page);
    await page.reload({ waitUntil: 'commit' });
    await blocked;
    await app.expectLoading();
    await storeListAgain();
    await page.clock.fastForward(10_000);
    await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
    expect(counts).toEqual({ ...NONE, settings: 1, authorizations: 1 });
    await page.unrouteAll();
    reset();
    await page.getByRole('button', { name: 'Try again' }).click();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual({ ...ONCE, settings: 0 });
    await expectNothingLeft(page);
  },
);

test(
  'tokens that are refused are told, and the code is not sent again',
  { tag: '@anywhere' },
  async ({ app, page, consoleGuard, signedIn: _ }) => {
    consoleGuard.expectStatus(403);
    await page.route('**/oauth/token', (route) =>
      route.fulfill({
        status: 403,
        json: { error: 'invalid_grant', error_description: 'Invalid authorization code' },
        headers: { 'access-control-allow-origin': '*' },
      }),
    );
    const { counts } = counting(page);
    await page.reload();
    await expect(app.notice).toContainText('This sign-in is no longer valid');
    expect(counts).toEqual({ ...ONCE, users: 0 });
    await expectNothingLeft(page);
  },
);

test(
  'tokens that cannot be fetched are told, and the code is not sent again',
  { tag: '@anywhere' },
  async ({ app, page, consoleGuard, signedIn: person }) => {
    consoleGuard.expectMessage('net::ERR_FAILED');
    await page.route('**/oauth/token', (route) => route.abort());
    const { counts } = counting(page);
    await page.reload();
    await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
    expect(counts).toEqual({ ...ONCE, users: 0 });
    await expectNothingLeft(page);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await app.expectIdentities([person.primary, ...person.linked]);
  },
);

test('a user who is refused once is read with a token of the one renewal', async ({
  app,
  page,
  consoleGuard,
  signedIn: person,
}) => {
  consoleGuard.expectStatus(401);
  await rejectNextToken(page);
  const { counts } = counting(page);
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
  expect(counts).toEqual({ settings: 1, authorizations: 2, exchanges: 2, users: 2 });
  await expectNothingLeft(page);
});

test(
  'a user who cannot be read is told, and read again when asked for',
  { tag: '@anywhere' },
  async ({ app, page, consoleGuard, signedIn: person }) => {
    consoleGuard.expectMessage('net::ERR_FAILED');
    await page.route(isUserUrl, (route) => route.abort());
    const { counts } = counting(page);
    await page.reload();
    await expect(app.notice).toBeVisible();
    expect(counts).toEqual(ONCE);
    await page.unrouteAll();
    await app.tryAgainButton.click();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual({ ...ONCE, users: 2 });
    await expectNothingLeft(page);
  },
);

test(
  'without settings nobody is signed in, and with them the page goes on',
  { tag: '@anywhere' },
  async ({ app, page, consoleGuard, signedIn: person }) => {
    consoleGuard.expectStatus(404);
    await page.evaluate((key) => localStorage.removeItem(key), REMEMBERED_SETTINGS);
    await page.route('**/config.json', (route) => route.fulfill({ status: 404 }));
    const { counts } = counting(page);
    await page.reload();
    await expect(app.notice).toContainText('This page cannot start');
    expect(counts).toEqual({ ...NONE, settings: 1 });
    await page.unrouteAll();
    await app.tryAgainButton.click();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual({ ...ONCE, settings: 2 });
    await expectNothingLeft(page);
  },
);

test(
  'a session that ended at the tenant is asked for once, and nothing of it stays',
  { tag: '@anywhere' },
  async ({ app, context, page, signedIn: _ }) => {
    await context.clearCookies();
    const { counts } = counting(page);
    await page.reload();
    await app.expectSignedOut();
    expect(counts).toEqual({ ...NONE, settings: 1, authorizations: 1 });
    expect(await leftBehind(page)).toEqual({ symbols: 0, frames: 0, local: [], session: [] });
  },
);

test(
  'a person who is not the one before is not read until they say so',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    await page.evaluate(() => {
      const key = 'linked-accounts.signed-in';
      const remembered = JSON.parse(localStorage.getItem(key)!) as object;
      localStorage.setItem(key, JSON.stringify({ ...remembered, user_id: 'auth0|before', who: 'before@example.test' }));
    });
    const { counts } = counting(page);
    await page.reload();
    await expect(app.heading).toHaveText('Somebody else is signed in now');
    expect(counts).toEqual({ ...ONCE, users: 0 });
    await page.getByRole('button', { name: `Go on as ${person.email}` }).click();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual(ONCE);
    await expectNothingLeft(page);
  },
);

test(
  'a page that is closed in between leaves nothing, and the next one signs in as ever',
  { tag: '@anywhere' },
  async ({ context, page, signedIn: person }) => {
    for (const [, url] of STEPS) {
      const closed = await context.newPage();
      const asked = closed.waitForRequest(typeof url === 'string' ? url : (request) => url(new URL(request.url())));
      await closed.route(url, () => {});
      await closed.goto('/linked-accounts', { waitUntil: 'commit' });
      await asked;
      await closed.close();
    }
    const { counts } = counting(page);
    await page.reload();
    await new LinkedAccounts(page).expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual(ONCE);
    await expectNothingLeft(page);
  },
);

test('nothing begins early at the callback, or for somebody who was never signed in', async ({ app, page }) => {
  const { counts, reset } = counting(page);
  await app.open('/linked-accounts');
  await app.expectSignedOut();
  expect(counts).toEqual({ ...NONE, settings: 1 });
  reset();
  const release = await holdRequests(page, '**/*.wasm');
  await page.goto('/callback?code=a&state=b', { waitUntil: 'domcontentloaded' });
  expect(counts).toEqual(NONE);
  release();
  await expect(app.notice).toBeVisible();
  expect(counts).toEqual({ ...NONE, settings: 1 });
});

test('a page that cannot start keeps no token', async ({ page, consoleGuard, signedIn: _ }) => {
  consoleGuard.expectMessage(/Failed to fetch|ERR_FAILED/);
  let fail = () => {};
  const failing = new Promise<void>((resolve) => (fail = resolve));
  await page.route('**/*.wasm', (route) => failing.then(() => route.abort()));
  const read = page.waitForResponse((response) => isUserUrl(new URL(response.url())));
  await page.reload({ waitUntil: 'commit' });
  await read;
  fail();
  await expect(page.getByRole('alert')).toContainText('This page could not start.');
  expect((await leftBehind(page)).symbols).toBe(0);
});
