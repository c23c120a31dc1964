// Tests `auth0-js` on a page in Chromium: mostly its client of the Management API.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { setUpChromium } from './browser.js';
import { DATABASE, ada, audience, domain, grace, machine, page as client, signIn, tenant } from './tenant.js';

const browser = setUpChromium('auth0-js/dist/auth0.min.js');
const SCOPE = 'openid email read:current_user update:current_user_identities update:current_user_metadata';

let page;
let accessToken;
before(async () => {
  const context = await browser.launchContext();
  page = await context.newPage();
  await page.goto(client.url);
  accessToken = (await signIn(grace.email, { scope: SCOPE, audience })).access_token;
});
after(() => page?.context().close());

/** Calls a method of `auth0.Management`. Returns its result, or the error as the client reports it. */
function management(token, method, ...args) {
  return page.evaluate(
    ([settings, method, args]) =>
      new Promise((resolve) => {
        new window.auth0.Management(settings)[method](...args, (error, result) =>
          resolve(
            error ? { statusCode: error.statusCode, code: error.code, body: error.original.response.body } : result,
          ),
        );
      }),
    [{ domain, token }, method, args],
  );
}

async function machineToken() {
  const { clientId: client_id, clientSecret: client_secret } = machine;
  const body = { grant_type: 'client_credentials', client_id, client_secret, audience };
  const response = await fetch(`${tenant}/oauth/token`, { method: 'POST', body: new URLSearchParams(body) });
  return (await response.json()).access_token;
}

test('reads the user', async () => {
  const user = await management(accessToken, 'getUser', grace.id);
  assert.deepEqual([user.email, user.identities.length], [grace.email, 1]);
});

test('reads /userinfo', async () => {
  const info = await page.evaluate(
    ([settings, token]) =>
      new Promise((resolve, reject) => {
        const web = new window.auth0.WebAuth(settings);
        web.client.userInfo(token, (error, info) => (error ? reject(new Error(error.code)) : resolve(info)));
      }),
    [{ domain, clientID: client.clientId }, accessToken],
  );
  assert.deepEqual([info.sub, info.email], [grace.id, grace.email]);
});

test('signs up', async () => {
  const email = 'from-the-page@example.test';
  const created = await page.evaluate(
    ([settings, user]) =>
      new Promise((resolve, reject) => {
        const web = new window.auth0.WebAuth(settings);
        web.signup(user, (error, created) => (error ? reject(new Error(error.code)) : resolve(created)));
      }),
    [
      { domain, clientID: client.clientId },
      { connection: DATABASE, email, password: 'Correct-Horse-7-Battery' },
    ],
  );
  assert.equal(created.email, email);
});

test('changes the metadata', async () => {
  const user = await management(accessToken, 'patchUserMetadata', grace.id, { theme: 'dark' });
  assert.deepEqual(user.user_metadata, { theme: 'dark' });
});

test('links by the ID token of a second sign-in', async () => {
  const token = await machineToken();
  const creation = await fetch(`${audience}users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    // Whose address nobody proved links nothing by an ID token.
    body: JSON.stringify({
      connection: DATABASE,
      email: 'second@example.test',
      email_verified: true,
      password: 'a password of nobody',
    }),
  });
  const other = await creation.json();
  const { id_token } = await signIn('second@example.test', { password: 'a password of nobody' });
  const linked = await management(accessToken, 'linkUser', grace.id, id_token);
  assert.deepEqual(
    linked.map((identity) => `${identity.provider}|${identity.user_id}`),
    [grace.id, other.user_id],
  );
  // Linking again fails, because the second user is now an identity of the first.
  const { statusCode, body } = await management(accessToken, 'linkUser', grace.id, id_token);
  assert.deepEqual([statusCode, body.error, body.errorCode], [409, 'Conflict', 'identity_already_exists']);
});

test('meets 401', async () => {
  const forged = [...accessToken.split('.').slice(0, 2), 'A'.repeat(342)].join('.');
  const message = 'Invalid signature received for JSON Web Token validation';
  assert.deepEqual(await management(forged, 'getUser', grace.id), {
    statusCode: 401,
    code: 'Unauthorized',
    body: { statusCode: 401, error: 'Unauthorized', message, attributes: { error: message } },
  });
});

test('meets 403', async () => {
  const message = 'User to be acted on does not match subject in bearer token.';
  assert.deepEqual(await management(accessToken, 'getUser', ada.id), {
    statusCode: 403,
    code: 'Forbidden',
    body: { statusCode: 403, error: 'Forbidden', message, errorCode: 'unowned_resource' },
  });
});

test('meets 404', async () => {
  const message = 'The user does not exist.';
  assert.deepEqual(await management(await machineToken(), 'getUser', 'auth0|nobody'), {
    statusCode: 404,
    code: 'Not Found',
    body: { statusCode: 404, error: 'Not Found', message, errorCode: 'inexistent_user' },
  });
});

// Runs last, because it uses up the rate limit. The page makes all calls by itself, so that it is fast enough.
test('meets 429', async () => {
  const refused = await page.evaluate(
    async ([settings, id]) => {
      const management = new window.auth0.Management(settings);
      const call = () => new Promise((resolve) => management.getUser(id, (error) => resolve(error)));
      const error = (await Promise.all(Array.from({ length: 400 }, call))).find(Boolean);
      return error && { statusCode: error.statusCode, code: error.code, body: error.original.response.body };
    },
    [{ domain, token: accessToken }, grace.id],
  );
  const message = 'Global limit has been reached';
  assert.deepEqual(refused, {
    statusCode: 429,
    code: 'Too Many Requests',
    body: { statusCode: 429, error: 'Too Many Requests', message, errorCode: 'too_many_requests' },
  });
});
