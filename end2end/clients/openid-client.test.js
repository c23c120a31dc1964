// Tests `openid-client` 6, a library for any server that speaks OpenID Connect.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import * as client from 'openid-client';

import { startKeyedTenant } from './keyed-tenant.js';
import { ada, audience, machine, signInAt, tenant, web } from './tenant.js';

const configuration = await client.discovery(new URL(tenant), web.clientId, web.clientSecret);

/** Signs in with a code and PKCE. Returns the token response. */
async function signIn(parameters = {}, { buildUrl = client.buildAuthorizationUrl, ofClient = configuration } = {}) {
  const [pkceCodeVerifier, expectedNonce, expectedState] = [
    client.randomPKCECodeVerifier(),
    client.randomNonce(),
    client.randomState(),
  ];
  const url = await buildUrl(ofClient, {
    redirect_uri: web.callback,
    scope: 'openid email offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    nonce: expectedNonce,
    state: expectedState,
    ...parameters,
  });
  const callback = await signInAt(url.href, ada.email);
  const checks = { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true };
  return client.authorizationCodeGrant(ofClient, callback, checks);
}

test('signs in with a code and PKCE, and reads /userinfo', async () => {
  const tokens = await signIn();
  assert.equal(tokens.claims().sub, ada.id);
  const info = await client.fetchUserInfo(configuration, tokens.access_token, ada.id);
  assert.deepEqual([info.email, info.email_verified], [ada.email, true]);
});

test('verifies the age of a sign-in', async () => {
  const tokens = await signIn({ max_age: '0' });
  assert.ok(tokens.claims().auth_time);
});

test('authenticates itself by header', async () => {
  const basic = client.ClientSecretBasic(web.clientSecret);
  const ofClient = await client.discovery(new URL(tenant), web.clientId, undefined, basic);
  assert.equal((await signIn({}, { ofClient })).claims().sub, ada.id);
});

test('renews and revokes', async () => {
  const tokens = await signIn();
  const renewed = await client.refreshTokenGrant(configuration, tokens.refresh_token);
  assert.equal(renewed.claims().sub, ada.id);
  await client.tokenRevocation(configuration, renewed.refresh_token ?? tokens.refresh_token);
  await assert.rejects(client.refreshTokenGrant(configuration, renewed.refresh_token ?? tokens.refresh_token), {
    error: 'invalid_grant',
  });
});

test('gets a machine token and reads the user', async () => {
  const ofMachine = await client.discovery(new URL(tenant), machine.clientId, machine.clientSecret);
  const { access_token: token } = await client.clientCredentialsGrant(ofMachine, { audience });
  const response = await client.fetchProtectedResource(ofMachine, token, new URL(`${audience}users/${ada.id}`), 'GET');
  assert.equal((await response.json()).email, ada.email);
});

test('builds the URL that signs out', async () => {
  const { id_token: id_token_hint } = await signIn();
  const url = client.buildEndSessionUrl(configuration, {
    id_token_hint,
    post_logout_redirect_uri: new URL(web.callback).origin,
    state: 'gone',
  });
  const response = await fetch(url, { redirect: 'manual' });
  assert.deepEqual(
    [response.status, response.headers.get('location')],
    [302, `${new URL(web.callback).origin}/?state=gone`],
  );
});

test('reads from the discovery document that tokens cannot be introspected', async () => {
  assert.equal(configuration.serverMetadata().introspection_endpoint, undefined);
  await assert.rejects(client.tokenIntrospection(configuration, 'a token'), {
    message: 'authorization server metadata does not contain a valid "as.introspection_endpoint"',
  });
});

test('meets a wrong secret', async () => {
  const wrong = await client.discovery(new URL(tenant), machine.clientId, 'a wrong secret');
  // Every 401 has a challenge (RFC 9110), which this client reports in place of the body.
  await assert.rejects(client.clientCredentialsGrant(wrong, { audience }), (error) => {
    assert.equal(error.status, 401);
    assert.equal(error.cause[0].parameters.error, 'invalid_client');
    return true;
  });
});

// A tenant whose clients prove themselves by keys, or have to push their requests.
let keyed;
before(async () => {
  keyed = await startKeyedTenant();
});
after(() => keyed?.stop());

test('authenticates itself by a private key', async () => {
  const byKey = client.PrivateKeyJwt(keyed.privateKey);
  const ofClient = await client.discovery(new URL(keyed.origin), 'keyed', undefined, byKey);
  const tokens = await signIn({}, { ofClient });
  assert.equal(tokens.claims().sub, ada.id);
  assert.equal((await client.refreshTokenGrant(ofClient, tokens.refresh_token)).claims().sub, ada.id);
  const { access_token: token } = await client.clientCredentialsGrant(ofClient, {
    audience: `${keyed.origin}/api/v2/`,
  });
  const url = new URL(`${keyed.origin}/api/v2/users/${ada.id}`);
  assert.equal((await client.fetchProtectedResource(ofClient, token, url, 'GET')).status, 200);
  await client.tokenRevocation(ofClient, tokens.refresh_token);
});

test('pushes the authorization request', async () => {
  const ofClient = await client.discovery(new URL(keyed.origin), 'pushing', keyed.secret);
  const pushed = [];
  const buildUrl = async (...request) => {
    pushed.push(await client.buildAuthorizationUrlWithPAR(...request));
    return pushed[0];
  };
  assert.equal((await signIn({}, { ofClient, buildUrl })).claims().sub, ada.id);
  assert.deepEqual([...pushed[0].searchParams.keys()].sort(), ['client_id', 'request_uri']);
  // The client has to push its requests.
  const refused = await fetch(client.buildAuthorizationUrl(ofClient, { redirect_uri: web.callback, scope: 'openid' }), {
    redirect: 'manual',
  });
  const { searchParams } = new URL(refused.headers.get('location'));
  assert.equal(searchParams.get('error'), 'invalid_request');
});

test('signs the authorization request', async () => {
  const byKey = client.PrivateKeyJwt(keyed.privateKey);
  const ofClient = await client.discovery(new URL(keyed.origin), 'keyed', undefined, byKey);
  const buildUrl = (configuration, parameters) =>
    client.buildAuthorizationUrlWithJAR(configuration, parameters, keyed.privateKey);
  assert.equal((await signIn({}, { ofClient, buildUrl })).claims().sub, ada.id);
});

test('signs in with the response type code id_token', async () => {
  const ofClient = await client.discovery(new URL(tenant), web.clientId, web.clientSecret);
  client.useCodeIdTokenResponseType(ofClient);
  assert.equal((await signIn({}, { ofClient })).claims().sub, ada.id);
});
