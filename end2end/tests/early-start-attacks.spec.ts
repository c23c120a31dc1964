// attacks: page

import type { Page } from '@playwright/test';

import { countSignIns, expectNothingLeft, ONCE } from '../browser/early-start.ts';
import { holdRequests, isUserUrl } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

/** Answers the authorization request of a frame with a page that posts these responses to its parent, one after another. */
const answerFrame = (page: Page, responses: (state: string) => object[]) =>
  page.route('**/authorize?*', (route) => {
    const state = new URL(route.request().url()).searchParams.get('state')!;
    const messages = responses(state).map((response) => ({ type: 'authorization_response', response }));
    const body = `<script>for (const message of ${JSON.stringify(messages)}) parent.postMessage(message, '*')</script>`;
    return route.fulfill({ contentType: 'text/html', body });
  });

test(
  'a message with the state that does not come from the frame never reaches the early start',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person, worker }) => {
    const releaseFrame = await holdRequests(page, '**/authorize?*');
    const releasePage = await holdRequests(page, '**/*.wasm');
    const counts = countSignIns(page);
    const authorization = page.waitForRequest('**/authorize?*');
    await page.reload({ waitUntil: 'commit' });
    const state = new URL((await authorization).url()).searchParams.get('state');
    await page.evaluate(
      async ({ state, tenant }) => {
        const data = { type: 'authorization_response', response: { code: 'forged', state } };
        window.postMessage(data, '*');
        for (const source of [null, window]) {
          window.dispatchEvent(new MessageEvent('message', { data, origin: tenant, source }));
        }
        // After the message of this window.
        await new Promise((resolve) => setTimeout(resolve));
      },
      { state, tenant: worker.tenantOrigin },
    );
    expect(counts).toEqual({ ...ONCE, exchanges: 0, users: 0 });
    releaseFrame();
    releasePage();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual(ONCE);
    await expectNothingLeft(page);
  },
);

test(
  'an answer of the frame to another request is never exchanged',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: _ }) => {
    await answerFrame(page, (state) => [{ code: 'forged', state: `${state.slice(0, -1)}_` }]);
    const counts = countSignIns(page);
    await page.reload();
    await expect(app.notice).toContainText('This sign-in is no longer valid');
    expect(counts).toEqual({ ...ONCE, exchanges: 0, users: 0 });
    await expectNothingLeft(page);
  },
);

test('a second answer of the frame is never exchanged', async ({ app, page, consoleGuard, signedIn: _ }) => {
  consoleGuard.expectStatus(403);
  await answerFrame(page, (state) => [
    { code: 'first', state },
    { code: 'second', state },
  ]);
  const counts = countSignIns(page);
  const exchange = page.waitForRequest('**/oauth/token');
  await page.reload();
  expect(new URLSearchParams((await exchange).postData()!).get('code')).toBe('first');
  await expect(app.notice).toContainText('This sign-in is no longer valid');
  expect(counts).toEqual({ ...ONCE, users: 0 });
  await expectNothingLeft(page);
});

test('a code that an attacker got for their own account opens nothing', async ({
  app,
  browser,
  consoleGuard,
  page,
  worker,
  signedIn: _,
}) => {
  // A code of somebody else in another browser; it belongs to another verifier.
  consoleGuard.expectStatus(403);
  const theirs = await browser.newContext({ baseURL: worker.pageOrigin });
  const tab = await theirs.newPage();
  const attacker = worker.claimPerson('ordinary');
  let code = '';
  await tab.route('**/callback?*', (route) => {
    code = new URL(route.request().url()).searchParams.get('code')!;
    return route.fulfill({ status: 204 });
  });
  const other = new LinkedAccounts(tab);
  await other.open();
  await other.signInButton.click();
  await new HostedLogin(tab).signIn(attacker.email, PASSWORD);
  await expect.poll(() => code).not.toBe('');
  await answerFrame(page, (state) => [{ code, state }]);
  await page.reload();
  await expect(app.notice).toContainText('This sign-in is no longer valid');
  await expect(page.getByText(attacker.email)).toHaveCount(0);
  await theirs.close();
});

test('an ID token of another sign-in is never taken over', async ({ app, page, signedIn: person }) => {
  // The answer of an earlier exchange, played again.
  let earlier: { status: number; body: string } | undefined;
  await page.route('**/oauth/token', async (route) => {
    if (earlier) {
      await route.fulfill({ ...earlier, contentType: 'application/json' });
      return;
    }
    const response = await route.fetch();
    earlier = { status: response.status(), body: await response.text() };
    await route.fulfill({ response });
  });
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
  await page.reload();
  await expect(app.notice).toContainText('This sign-in could not be confirmed');
  await expect(app.rows).toHaveCount(0);
});

test(
  'a page elsewhere that opened this one feeds the early start nothing',
  { tag: '@anywhere' },
  async ({ consoleGuard, context, page, signedIn: person, worker }) => {
    const elsewhere = 'http://elsewhere.test/';
    consoleGuard.expectMessage(/request to another host: http:\/\/elsewhere\.test/);
    await context.route('http://elsewhere.test/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>Elsewhere</title>' }),
    );
    const opener = page;
    await opener.goto(elsewhere);
    const opened = context.waitForEvent('page');
    await opener.evaluate((address) => {
      const victim = window.open(address);
      const post = () => {
        for (const response of [{ error: 'login_required' }, { code: 'forged' }, { code: 'forged', state: 'x' }]) {
          victim?.postMessage({ type: 'authorization_response', response }, '*');
        }
      };
      setInterval(post, 1);
    }, `${worker.pageOrigin}/linked-accounts`);
    const victim = await opened;
    const counts = countSignIns(victim);
    await new LinkedAccounts(victim).expectIdentities([person.primary, ...person.linked]);
    expect(counts.exchanges).toBeLessThanOrEqual(1);
    await expectNothingLeft(victim);
  },
);

test(
  'a frame that was led to another origin than the tenant answers nothing',
  { tag: '@static-host' },
  async ({ page, worker, signedIn: _ }) => {
    await page.clock.install();
    await page.route('**/led-astray*', (route) => {
      const response = Object.fromEntries(new URL(route.request().url()).searchParams);
      const message = JSON.stringify({ type: 'authorization_response', response });
      return route.fulfill({
        contentType: 'text/html',
        body: `<body>Posted<script>parent.postMessage(${message}, '*')</script></body>`,
      });
    });
    await page.route('**/authorize?*', (route) => {
      const state = new URL(route.request().url()).searchParams.get('state')!;
      const location = `${worker.pageOrigin}/led-astray?code=forged&state=${state}`;
      return route.fulfill({
        contentType: 'text/html',
        body: `<script>location.href = ${JSON.stringify(location)}</script>`,
      });
    });
    const counts = countSignIns(page);
    await page.reload({ waitUntil: 'commit' });
    await expect(page.frameLocator('iframe').getByText('Posted')).toBeAttached();
    await page.clock.fastForward(10_000);
    await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
    expect(counts).toEqual({ ...ONCE, exchanges: 0, users: 0 });
    await expectNothingLeft(page);
  },
);

test('what the early start holds is listed nowhere, and no frame or element can take its place', async ({
  app,
  page,
  signedIn: person,
}) => {
  const release = await holdRequests(page, '**/*.wasm');
  const read = page.waitForResponse((response) => isUserUrl(new URL(response.url())));
  await page.reload({ waitUntil: 'commit' });
  await read;
  const found = await page.evaluate(() => {
    const symbol = Symbol.for('linked-accounts.early-start');
    const held = Object.getOwnPropertyDescriptor(window, symbol)!;
    // A frame and a form take the names of properties that a window does not have itself.
    const named = document.createElement('form');
    named.name = named.id = 'linked-accounts.early-start';
    document.body.append(named);
    return {
      isListed: Object.keys(window).some((key) => (window as never)[key] === held.value),
      isHeldByName: Object.getOwnPropertyNames(window).some((key) => (window as never)[key] === held.value),
      canBeReplaced: Boolean(held.writable || held.enumerable),
      isShadowed: (window as never)[symbol] !== held.value,
    };
  });
  expect(found).toEqual({ isListed: false, isHeldByName: false, canBeReplaced: false, isShadowed: false });
  release();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expectNothingLeft(page);
});
