// Tests `auth0` 4, which most servers still use.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AuthenticationClient, ManagementClient, UserInfoClient } from 'auth0-4';

import { management } from './management.js';
import { DATABASE, ada, authorize, domain, machine, reader, web } from './tenant.js';

const data = async (response) => (await response).data;

const authentication = new AuthenticationClient({ domain, ...web });

test('signs in, verifies the ID token, renews and revokes', async () => {
  const { code, code_verifier } = await authorize(ada.email, {
    client_id: web.clientId,
    redirect_uri: web.callback,
    scope: 'openid email offline_access',
    nonce: 'a nonce',
  });
  const { oauth } = authentication;
  const { data: tokens } = await oauth.authorizationCodeGrantWithPKCE(
    { code, code_verifier, redirect_uri: web.callback },
    { idTokenValidateOptions: { nonce: 'a nonce' } },
  );
  const { data: info } = await new UserInfoClient({ domain }).getUserInfo(tokens.access_token);
  assert.deepEqual([info.sub, info.email], [ada.id, ada.email]);
  const { data: renewed } = await oauth.refreshTokenGrant({ refresh_token: tokens.refresh_token });
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
  await oauth.revokeRefreshToken({ token: renewed.refresh_token });
  await assert.rejects(oauth.refreshTokenGrant({ refresh_token: renewed.refresh_token }), {
    statusCode: 403,
    error: 'invalid_grant',
  });
});

test('signs up and asks for a new password', async () => {
  const { database } = authentication;
  const email = 'signed-up@example.test';
  const { data: created } = await database.signUp({ email, password: 'Correct-Horse-7-Battery', connection: DATABASE });
  assert.deepEqual([created.email, created.email_verified], [email, false]);
  const { data: message } = await database.changePassword({ email, connection: DATABASE });
  assert.equal(message, "We've just sent you an email to reset your password.");
  const read = new ManagementClient({ domain, ...machine }).users;
  assert.equal((await read.get({ id: `auth0|${created.id}` })).data.email, email);
  await read.delete({ id: `auth0|${created.id}` });
});

management({
  machine,
  reader,
  connect: (options) => new ManagementClient({ domain, retry: { enabled: false }, ...options }),
  describeError: ({ statusCode, error, errorCode, message, msg, headers }) => ({
    statusCode,
    error,
    message: msg ?? message,
    errorCode,
    headers,
  }),
  read: (client, id) => data(client.users.get({ id })),
  list: (client, query) => data(client.users.getAll(query)),
  byEmail: (client, email) => data(client.usersByEmail.getByEmail({ email })),
  connections: (client) => data(client.connections.getAll()),
  create: (client, user) => data(client.users.create(user)),
  update: (client, id, changes) => data(client.users.update({ id }, changes)),
  remove: (client, id) => data(client.users.delete({ id })),
  link: (client, id, body) => data(client.users.link({ id }, body)),
  unlink: (client, id, provider, user_id) => data(client.users.unlink({ id, provider, user_id })),
});
