import type { Page } from '@playwright/test';

import { historyUrls } from '../browser/history.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import type { HostedLogin } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

const STALE = 'This sign-in is no longer valid';

/** Starts a sign-in in this tab, and returns the `state` that its response must have. */
async function startSignIn(app: LinkedAccounts, hosted: HostedLogin, page: Page): Promise<string> {
  const request = page.waitForRequest((request) => new URL(request.url()).pathname === '/authorize');
  await app.open();
  await app.signInButton.click();
  const state = new URL((await request).url()).searchParams.get('state');
  await expect(hosted.heading).toBeVisible();
  expect(state).toBeTruthy();
  return state!;
}

/** Records the methods of the requests to the token endpoint, which redeem a code, from now on. */
function recordTokenRequests(page: Page): string[] {
  const methods: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/oauth/token') {
      methods.push(request.method());
    }
  });
  return methods;
}

/** Fails when the parameters of a callback remain in the address bar or in the history. */
async function expectNoCallbackParameters(page: Page): Promise<void> {
  for (const url of [page.url(), ...(await historyUrls(page))]) {
    const { pathname, search, hash } = new URL(url);
    if (pathname === '/callback') {
      expect(search + hash).toBe('');
    }
    expect(url).not.toContain('code=');
  }
}

test(
  'neither code nor state stays in the address or the history',
  { tag: '@anywhere' },
  async ({ app, page, signedIn }) => {
    await app.expectIdentities([signedIn.primary, ...signedIn.linked]);
    expect(new URL(page.url()).search).toBe('');
    const paths = (await historyUrls(page)).map((url) => new URL(url).pathname);
    expect(paths).not.toContain('/callback');
    expect(paths.at(-1)).toBe('/linked-accounts');
    await expectNoCallbackParameters(page);
  },
);

// attack: page
test('an answer with another state is refused without spending its code', async ({ app, hosted, page }) => {
  await startSignIn(app, hosted, page);
  const tokenRequests = recordTokenRequests(page);
  await page.goto('/callback?code=stolen&state=another');
  await expect(app.notice).toContainText(STALE);
  expect(tokenRequests).toEqual([]);
  await expectNoCallbackParameters(page);
});

// attack: page
test('an answer without a state is refused without spending its code', async ({ app, hosted, page }) => {
  await startSignIn(app, hosted, page);
  const tokenRequests = recordTokenRequests(page);
  await page.goto('/callback?code=stolen');
  await expect(app.notice).toContainText(STALE);
  expect(tokenRequests).toEqual([]);
  await expectNoCallbackParameters(page);
});

// attack: page
test('a refused answer ends the sign-in that it claimed to belong to', async ({ app, hosted, page }) => {
  const state = await startSignIn(app, hosted, page);
  await page.goto('/callback?code=stolen&state=another');
  await expect(app.notice).toContainText(STALE);
  const tokenRequests = recordTokenRequests(page);
  await page.goto(`/callback?code=stolen&state=${state}`);
  await expect(app.notice).toContainText(STALE);
  expect(tokenRequests).toEqual([]);
});

// attack: page
test('a callback address that was used already opens nothing', async ({ app, hosted, page, person }) => {
  const back = page.waitForRequest((request) => new URL(request.url()).pathname === '/callback');
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  const tokenRequests = recordTokenRequests(page);
  await page.goto((await back).url());
  await expect(app.notice).toContainText(STALE);
  await expect(app.signOutButton).toBeHidden();
  expect(tokenRequests).toEqual([]);
  await expectNoCallbackParameters(page);
  await app.signInAgainButton.click();
  await app.expectList();
});

// attack: page
test('a callback address from another browser signs nobody in', async ({ app, hosted, otherBrowser, page, person }) => {
  // An attacker signs in, keeps the callback URL of that sign-in, and has another person open it.
  let address = '';
  await page.route('**/u/login', async (route) => {
    // A client that does not accept HTML gets the address itself, in place of the page that leads there.
    const headers = { ...route.request().headers(), accept: '*/*' };
    const response = await route.fetch({ maxRedirects: 0, headers });
    address = response.headers().location ?? '';
    await route.fulfill({ status: 200, contentType: 'text/plain', body: 'kept' });
  });
  await startSignIn(app, hosted, page);
  await hosted.signIn(person.email, PASSWORD);
  await expect(page.getByText('kept')).toBeVisible();
  expect(new URL(address).searchParams.get('code')).toBeTruthy();

  const victim = await otherBrowser.newPage();
  const tokenRequests = recordTokenRequests(victim);
  await victim.goto(address);
  await expect(victim.getByRole('alert')).toContainText(STALE);
  expect(tokenRequests).toEqual([]);
  await expectNoCallbackParameters(victim);
});

test('a code that the tenant does not know is told as a sign-in that is over', async ({
  app,
  hosted,
  page,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(403);
  const state = await startSignIn(app, hosted, page);
  await page.goto(`/callback?code=made-up&state=${state}`);
  await expect(app.notice).toContainText(STALE);
  await app.notice.getByText('Technical details').click();
  await expect(app.notice).toContainText('invalid_grant');
  await expectNoCallbackParameters(page);
});

// attack: page
test('an ID token that answers another sign-in proves nothing', async ({ app, hosted, page, person }) => {
  await page.route('**/oauth/token', async (route) => {
    const response = await route.fetch();
    const tokens: { id_token: string } = await response.json();
    const [header, claims, signature] = tokens.id_token.split('.');
    const changed = { ...JSON.parse(Buffer.from(claims!, 'base64url').toString()), nonce: 'of another sign-in' };
    const id_token = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    await route.fulfill({ response, json: { ...tokens, id_token } });
  });
  await startSignIn(app, hosted, page);
  await hosted.signIn(person.email, PASSWORD);
  await expect(app.notice).toContainText('This sign-in could not be confirmed');
  await expect(app.signOutButton).toBeHidden();
  await expectNoCallbackParameters(page);
  await page.unrouteAll();
  await app.signInAgainButton.click();
  await app.expectList();
});

test('a connection that breaks before the tokens come is told, and signing in again works', async ({
  app,
  hosted,
  page,
  person,
  consoleGuard,
}) => {
  consoleGuard.expectMessage('net::ERR_CONNECTION_RESET');
  await page.route('**/oauth/token', (route) => route.abort('connectionreset'));
  await startSignIn(app, hosted, page);
  await hosted.signIn(person.email, PASSWORD);
  await expect(app.notice).toContainText('The sign-in service cannot be reached');
  await expectNoCallbackParameters(page);
  await page.unrouteAll();
  await app.signInAgainButton.click();
  await app.expectList();
});

test('a cancelled sign-in is called that, and can be begun again', async ({ app, hosted, page, person }) => {
  const state = await startSignIn(app, hosted, page);
  await page.goto(`/callback?error=access_denied&error_description=The%20person%20said%20no&state=${state}`);
  await expect(app.notice).toContainText('Sign-in was cancelled');
  await app.notice.getByText('Technical details').click();
  await expect(app.notice).toContainText('access_denied: The person said no');
  await expectNoCallbackParameters(page);
  await app.signInAgainButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
});

// attack: page
test('a crafted error puts no words on the page', async ({ app, page }) => {
  await page.goto('/callback?error=server_error&error_description=Call%20this%20number&state=made-up');
  await expect(app.notice).toContainText(STALE);
  await expect(page.locator('body')).not.toContainText('Call this number');
  await page.goto('/callback?error=access_denied&error_description=Call%20this%20number');
  await expect(app.notice).toContainText('Sign-in was cancelled');
  await expect(page.locator('body')).not.toContainText('Call this number');
});

test('the callback without an answer explains itself and leads to signing in', async ({ app, hosted, page }) => {
  await page.goto('/callback');
  await expect(app.notice).toContainText(STALE);
  await app.signInAgainButton.click();
  await expect(hosted.heading).toBeVisible();
});

test('the back button leads to no code, and forward to the list again', async ({
  app,
  page,
  signedIn,
  consoleGuard,
}) => {
  // The pending login of that page is complete, so the tenant answers with an error page.
  consoleGuard.expectStatus(400);
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'This sign-in is over' })).toBeVisible();
  const continueLink = page.getByRole('link', { name: 'Go to Linked accounts' });
  await expect(continueLink).toHaveAttribute('href', new URL(page.url()).origin);
  expect(page.url()).not.toContain('code=');
  await page.goForward();
  await app.expectList();
  await app.expectIdentities([signedIn.primary, ...signedIn.linked]);
});
