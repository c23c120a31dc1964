// Tests `oidc-client-ts`: the application of `applications/oidc-client-ts.js`, used in Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { setUpChromium, signInOn } from './browser.js';
import { ada, audience, page as client, tenant } from './tenant.js';

const browser = setUpChromium('applications/oidc-client-ts.js');

async function openPage() {
  const page = await (await browser.launchContext()).newPage();
  await page.goto(client.url);
  return page;
}

/** Calls a method of the page's manager. Returns the user that it returns, or its error. */
const manage = (page, method, ...args) =>
  page.evaluate(
    ([method, args]) =>
      window.manager[method](...args).then(
        (user) => user && { ...user, expires_in: user.expires_in },
        ({ error, message }) => ({ error, message }),
      ),
    [method, args],
  );

/** Signs in by redirect. Returns the page, and the user. */
async function signInByRedirect(options = {}) {
  const page = await openPage();
  await page.evaluate((options) => void window.manager.signinRedirect(options), {
    ...options,
    state: { from: 'here' },
  });
  await signInOn(page, ada.email);
  await page.waitForURL(/[?&]code=/);
  const user = await page.evaluate(() => window.callback);
  return { page, user };
}

/** Records the frames of a page, and the grants that its requests for tokens name. */
function watch(page) {
  const seen = { frames: 0, grants: [] };
  page.on('frameattached', () => (seen.frames += 1));
  page.on('request', (request) => {
    if (request.url() === `${tenant}/oauth/token` && request.method() === 'POST') {
      seen.grants.push(new URLSearchParams(request.postData()).get('grant_type'));
    }
  });
  return seen;
}

/** Reads the signed-in person's user with an access token. Returns the status, and the number of identities. */
async function readUser(token) {
  const response = await fetch(`${audience}users/${ada.id}`, { headers: { authorization: `Bearer ${token}` } });
  return [response.status, (await response.json()).identities?.length];
}

test('signs in by redirect, verifies the ID token, reads /userinfo and the user', async () => {
  const { page, user } = await signInByRedirect();
  const { sub, email, name } = user.profile;
  assert.deepEqual({ sub, email, name }, { sub: ada.id, email: ada.email, name: 'Ada Example' });
  assert.deepEqual(user.state, { from: 'here' });
  assert.deepEqual(await readUser(user.access_token), [200, 3]);
  await page.context().close();
});

test('signs in by popup', async () => {
  const page = await openPage();
  const popup = page.waitForEvent('popup');
  const done = manage(page, 'signinPopup');
  await signInOn(await popup, ada.email);
  assert.equal((await done).profile.sub, ada.id);
  await page.context().close();
});

test('renews silently in an iframe', async () => {
  const { page } = await signInByRedirect();
  const seen = watch(page);
  const renewed = await manage(page, 'signinSilent');
  assert.deepEqual(seen, { frames: 1, grants: ['authorization_code'] }, JSON.stringify(renewed));
  assert.equal(renewed.profile.sub, ada.id);
  assert.deepEqual(await readUser(renewed.access_token), [200, 3]);
  await page.context().close();
});

test('learns that nobody is signed in', async () => {
  const page = await openPage();
  assert.deepEqual(await manage(page, 'signinSilent'), { error: 'login_required', message: 'Login required' });
  await page.context().close();
});

test('renews by refresh token, and revokes it', async () => {
  const { page, user } = await signInByRedirect({ scope: 'openid profile email read:current_user offline_access' });
  const seen = watch(page);
  const renewed = await manage(page, 'signinSilent');
  assert.deepEqual(seen, { frames: 0, grants: ['refresh_token'] }, JSON.stringify(renewed));
  assert.notEqual(renewed.refresh_token, user.refresh_token);
  assert.deepEqual(await readUser(renewed.access_token), [200, 3]);
  const kept = await page.evaluate(() => JSON.stringify(sessionStorage));
  await manage(page, 'revokeTokens', ['refresh_token']);
  await page.evaluate((kept) => Object.assign(sessionStorage, JSON.parse(kept)), kept);
  assert.equal((await manage(page, 'signinSilent')).error, 'invalid_grant');
  await page.context().close();
});

test('signs out', async () => {
  const { page } = await signInByRedirect();
  await page.evaluate(() => void window.manager.signoutRedirect({ state: 'gone' }));
  await page.waitForURL((url) => url.origin === new URL(client.url).origin && !url.searchParams.has('code'));
  assert.equal(await page.evaluate(async () => (await window.callback)?.userState), 'gone');
  assert.equal((await manage(page, 'signinSilent')).error, 'login_required');
  await page.context().close();
});
