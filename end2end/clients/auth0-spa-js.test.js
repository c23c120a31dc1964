// `@auth0/auth0-spa-js` on a page in Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inChromium, signInOn } from './browser.js';
import { ada, audience, domain, grace, graceAtGoogle, page as client, tenant } from './tenant.js';

const browser = inChromium('@auth0/auth0-spa-js/dist/auth0-spa-js.production.js');
const SCOPE = 'openid profile email read:current_user update:current_user_identities';

/** A page with a client of its own in `window.auth0Client`. */
async function opened(context, options = {}, path = '') {
  const page = await context.newPage();
  await page.goto(`${client.url}${path}`);
  await make(page, options);
  return page;
}

function make(page, { authorizationParams = {}, ...options } = {}) {
  const settings = {
    domain,
    clientId: client.clientId,
    authorizationParams: { redirect_uri: client.url, audience, scope: SCOPE, ...authorizationParams },
    ...options,
  };
  return page.evaluate((settings) => {
    window.auth0Client = new window.auth0.Auth0Client(settings);
  }, settings);
}

/** Signs in by redirect and leaves the page with a client that knows who it is. */
async function signedIn(context, email, options) {
  const page = await opened(context, options);
  await page.evaluate(() => void window.auth0Client.loginWithRedirect({ appState: { from: 'here' } }));
  await signInOn(page, email);
  await page.waitForURL(/[?&]code=/);
  await make(page, options);
  const { appState } = await page.evaluate(() => window.auth0Client.handleRedirectCallback());
  assert.deepEqual(appState, { from: 'here' });
  return page;
}

const user = (page) => page.evaluate(() => window.auth0Client.getUser());
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
const renewed = (page) =>
  page.evaluate(() =>
    window.auth0Client.getTokenSilently({ cacheMode: 'off', detailedResponse: true }).catch((error) => ({
      error: error.error,
      message: error.message,
    })),
  );

/** Notes what the tenant answers at its token endpoint from now on, until it is asked what that was. */
function trades(context) {
  const trades = [];
  const note = (response) => {
    if (response.url() === `${tenant}/oauth/token` && response.request().method() === 'POST') {
      trades.push(response.json());
    }
  };
  context.on('response', note);
  return () => {
    context.off('response', note);
    return Promise.all(trades);
  };
}

test('signs in by redirect', async () => {
  const page = await signedIn(await browser.profile(), ada.email);
  const { sub, email, email_verified } = await user(page);
  assert.deepEqual({ sub, email, email_verified }, { sub: ada.id, email: ada.email, email_verified: true });
  const own = await page.evaluate(
    async ([url, id]) => {
      const headers = { authorization: `Bearer ${await window.auth0Client.getTokenSilently()}` };
      return (await fetch(`${url}users/${id}`, { headers })).json();
    },
    [audience, ada.id],
  );
  assert.equal(own.identities.length, 3);
  await page.context().close();
});

test('signs in by popup', async () => {
  const page = await opened(await browser.profile());
  const popup = page.waitForEvent('popup');
  const done = page.evaluate(() => window.auth0Client.loginWithPopup());
  await signInOn(await popup, ada.email);
  await done;
  assert.equal((await user(page)).sub, ada.id);
  await page.context().close();
});

test('renews silently in an iframe', async () => {
  const context = await browser.profile();
  const page = await signedIn(context, ada.email);
  const framed = [];
  page.on('frameattached', (frame) => framed.push(frame));
  await page.evaluate(() => window.auth0Client.getTokenSilently());
  assert.equal(framed.length, 0);
  const made = trades(context);
  const { access_token: token, ...rest } = await renewed(page);
  assert.ok(token, JSON.stringify(rest));
  assert.deepEqual([framed.length, (await made()).length, claims(token).sub], [1, 1, ada.id]);
  // A page that was loaded anew knows nobody until the tenant tells.
  const another = await opened(context);
  await another.evaluate(() => window.auth0Client.getTokenSilently());
  assert.equal((await user(another)).sub, ada.id);
  await context.close();
});

test('learns that nobody is signed in', async () => {
  const page = await opened(await browser.profile());
  assert.deepEqual(await renewed(page), { error: 'login_required', message: 'Login required' });
  await page.context().close();
});

test('rotates refresh tokens, and one that comes again ends the family', async () => {
  const context = await browser.profile();
  const options = { useRefreshTokens: true, cacheLocation: 'localstorage' };
  const page = await signedIn(context, ada.email, options);
  const made = trades(context);
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  await renewed(page);
  await renewed(page);
  const [first, second] = await made();
  assert.notEqual(first.refresh_token, second.refresh_token);
  await page.evaluate((kept) => Object.assign(localStorage, JSON.parse(kept)), kept);
  assert.equal((await renewed(page)).error, 'invalid_grant');
  await page.evaluate((newest) => {
    for (const [key, value] of Object.entries(localStorage)) {
      localStorage[key] = value.replace(/"refresh_token":"[^"]+"/, `"refresh_token":"${newest}"`);
    }
  }, second.refresh_token);
  assert.equal((await renewed(page)).error, 'invalid_grant');
  await context.close();
});

test('rotates refresh tokens across ten tabs at once', async () => {
  const context = await browser.profile();
  const options = { clientId: 'tabs', useRefreshTokens: true, cacheLocation: 'localstorage' };
  await signedIn(context, ada.email, options);
  const tabs = await Promise.all(Array.from({ length: 10 }, () => opened(context, options)));
  const made = trades(context);
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(tabs.map(renewed));
    assert.deepEqual(answers.map((answer) => answer.error).filter(Boolean), []);
  }
  assert.equal(new Set((await made()).map((trade) => trade.refresh_token)).size, 30);
  await context.close();
});

test('links by a popup and unlinks, as the sample does', async () => {
  const page = await signedIn(await browser.profile(), grace.email);
  const popup = page.waitForEvent('popup');
  const done = page.evaluate(
    async ([settings, scope]) => {
      const other = new window.auth0.Auth0Client(settings);
      await other.loginWithPopup({ authorizationParams: { max_age: 0, scope, connection: 'google-oauth2' } });
      return (await other.getIdTokenClaims()).__raw;
    },
    [{ domain, clientId: client.clientId, authorizationParams: { redirect_uri: client.url } }, 'openid profile email'],
  );
  const standIn = await popup;
  await standIn.getByRole('button', { name: graceAtGoogle.email }).click();
  const link_with = await done;
  assert.equal(claims(link_with).email, graceAtGoogle.email);

  const identities = `${audience}users/${grace.id}/identities`;
  const call = (method, url, body) =>
    page.evaluate(
      async ([method, url, body]) => {
        const token = await window.auth0Client.getTokenSilently();
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
        return [answer.status, (await answer.json()).map((identity) => identity.user_id)];
      },
      [method, url, body],
    );
  const { provider, user_id } = graceAtGoogle;
  assert.deepEqual(await call('POST', identities, { link_with }), [201, ['grace', user_id]]);
  assert.deepEqual(await call('DELETE', `${identities}/${provider}/${user_id}`), [200, ['grace']]);
  await page.context().close();
});

test('logs out', async () => {
  const page = await signedIn(await browser.profile(), ada.email);
  await page.evaluate((returnTo) => void window.auth0Client.logout({ logoutParams: { returnTo } }), client.url);
  await page.waitForURL(client.url);
  await make(page);
  assert.equal((await renewed(page)).error, 'login_required');
  await page.context().close();
});
