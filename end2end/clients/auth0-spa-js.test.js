// Tests `@auth0/auth0-spa-js` on a page in Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { setUpChromium, signInOn } from './browser.js';
import { ada, audience, domain, grace, graceAtGoogle, page as client, tenant } from './tenant.js';

const browser = setUpChromium('@auth0/auth0-spa-js/dist/auth0-spa-js.production.js');
const SCOPE = 'openid profile email read:current_user update:current_user_identities';

/** Opens a page that has a new client in `window.auth0Client`. */
async function openPage(context, options = {}, path = '') {
  const page = await context.newPage();
  await page.goto(`${client.url}${path}`);
  await createClient(page, options);
  return page;
}

/** Creates the client of a page. */
function createClient(page, { authorizationParams = {}, ...options } = {}) {
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

/** Signs in by redirect, and returns the page, whose client has handled the callback. */
async function signInByRedirect(context, email, options) {
  const page = await openPage(context, options);
  await page.evaluate(() => void window.auth0Client.loginWithRedirect({ appState: { from: 'here' } }));
  await signInOn(page, email);
  await page.waitForURL(/[?&]code=/);
  await createClient(page, options);
  const { appState } = await page.evaluate(() => window.auth0Client.handleRedirectCallback());
  assert.deepEqual(appState, { from: 'here' });
  return page;
}

const getUser = (page) => page.evaluate(() => window.auth0Client.getUser());
const decodeClaims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
/** Renews the token of a page. Returns the response, or the error. */
const renew = (page) =>
  page.evaluate(() =>
    window.auth0Client.getTokenSilently({ cacheMode: 'off', detailedResponse: true }).catch((error) => ({
      error: error.error,
      message: error.message,
    })),
  );

/** Records the responses of the tenant's token endpoint until the returned function is called, which returns them. */
function recordTokenResponses(context) {
  const responses = [];
  const record = (response) => {
    if (response.url() === `${tenant}/oauth/token` && response.request().method() === 'POST') {
      responses.push(response.json());
    }
  };
  context.on('response', record);
  return () => {
    context.off('response', record);
    return Promise.all(responses);
  };
}

test('signs in by redirect', async () => {
  const page = await signInByRedirect(await browser.launchContext(), ada.email);
  const { sub, email, email_verified } = await getUser(page);
  assert.deepEqual({ sub, email, email_verified }, { sub: ada.id, email: ada.email, email_verified: true });
  const user = await page.evaluate(
    async ([url, id]) => {
      const headers = { authorization: `Bearer ${await window.auth0Client.getTokenSilently()}` };
      return (await fetch(`${url}users/${id}`, { headers })).json();
    },
    [audience, ada.id],
  );
  assert.equal(user.identities.length, 3);
  await page.context().close();
});

test('signs in by popup', async () => {
  const page = await openPage(await browser.launchContext());
  const popup = page.waitForEvent('popup');
  const done = page.evaluate(() => window.auth0Client.loginWithPopup());
  await signInOn(await popup, ada.email);
  await done;
  assert.equal((await getUser(page)).sub, ada.id);
  await page.context().close();
});

test('renews silently in an iframe', async () => {
  const context = await browser.launchContext();
  const page = await signInByRedirect(context, ada.email);
  const frames = [];
  page.on('frameattached', (frame) => frames.push(frame));
  await page.evaluate(() => window.auth0Client.getTokenSilently());
  assert.equal(frames.length, 0);
  const tokenResponses = recordTokenResponses(context);
  const { access_token: token, ...rest } = await renew(page);
  assert.ok(token, JSON.stringify(rest));
  assert.deepEqual([frames.length, (await tokenResponses()).length, decodeClaims(token).sub], [1, 1, ada.id]);
  // A new page has no user until it asks the tenant.
  const another = await openPage(context);
  await another.evaluate(() => window.auth0Client.getTokenSilently());
  assert.equal((await getUser(another)).sub, ada.id);
  await context.close();
});

test('learns that nobody is signed in', async () => {
  const page = await openPage(await browser.launchContext());
  assert.deepEqual(await renew(page), { error: 'login_required', message: 'Login required' });
  await page.context().close();
});

test('rotates refresh tokens, and one that comes again ends the family', async () => {
  const context = await browser.launchContext();
  const options = { useRefreshTokens: true, cacheLocation: 'localstorage' };
  const page = await signInByRedirect(context, ada.email, options);
  const tokenResponses = recordTokenResponses(context);
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  await renew(page);
  await renew(page);
  const [first, second] = await tokenResponses();
  assert.notEqual(first.refresh_token, second.refresh_token);
  await page.evaluate((kept) => Object.assign(localStorage, JSON.parse(kept)), kept);
  assert.equal((await renew(page)).error, 'invalid_grant');
  await page.evaluate((newest) => {
    for (const [key, value] of Object.entries(localStorage)) {
      localStorage[key] = value.replace(/"refresh_token":"[^"]+"/, `"refresh_token":"${newest}"`);
    }
  }, second.refresh_token);
  assert.equal((await renew(page)).error, 'invalid_grant');
  await context.close();
});

test('rotates refresh tokens across ten tabs at once', async () => {
  const context = await browser.launchContext();
  const options = { clientId: 'tabs', useRefreshTokens: true, cacheLocation: 'localstorage' };
  await signInByRedirect(context, ada.email, options);
  const tabs = await Promise.all(Array.from({ length: 10 }, () => openPage(context, options)));
  const tokenResponses = recordTokenResponses(context);
  for (let round = 0; round < 3; round += 1) {
    const results = await Promise.all(tabs.map(renew));
    assert.deepEqual(results.map((result) => result.error).filter(Boolean), []);
  }
  assert.equal(new Set((await tokenResponses()).map((response) => response.refresh_token)).size, 30);
  await context.close();
});

test('links by a popup and unlinks, as the sample does', async () => {
  const page = await signInByRedirect(await browser.launchContext(), grace.email);
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
  assert.equal(decodeClaims(link_with).email, graceAtGoogle.email);

  const identities = `${audience}users/${grace.id}/identities`;
  const call = (method, url, body) =>
    page.evaluate(
      async ([method, url, body]) => {
        const token = await window.auth0Client.getTokenSilently();
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
        return [response.status, (await response.json()).map((identity) => identity.user_id)];
      },
      [method, url, body],
    );
  const { provider, user_id } = graceAtGoogle;
  assert.deepEqual(await call('POST', identities, { link_with }), [201, ['grace', user_id]]);
  assert.deepEqual(await call('DELETE', `${identities}/${provider}/${user_id}`), [200, ['grace']]);
  await page.context().close();
});

test('logs out', async () => {
  const page = await signInByRedirect(await browser.launchContext(), ada.email);
  await page.evaluate((returnTo) => void window.auth0Client.logout({ logoutParams: { returnTo } }), client.url);
  await page.waitForURL(client.url);
  await createClient(page);
  assert.equal((await renew(page)).error, 'login_required');
  await page.context().close();
});
