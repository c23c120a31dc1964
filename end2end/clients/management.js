import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DATABASE, ada, alan, audience, grace, graceAtGoogle, signIn } from './tenant.js';

/**
 * Tests what a server-side SDK does with the Management API.
 *
 * `sdk` adapts one SDK: `connect(options)` returns a client without retries, from machine credentials or a `token`;
 * `describeError(error)` extracts `statusCode`, `error`, `message`, `errorCode` and the headers from what the SDK
 * throws; the rest are single calls.
 */
export function management(sdk) {
  const client = sdk.connect(sdk.machine);

  const expectRefusal = async (call, expected) => {
    const error = await call.then(
      () => assert.fail('it was not refused'),
      (error) => error,
    );
    const { headers, ...body } = sdk.describeError(error);
    assert.deepEqual(body, expected);
    return headers;
  };

  test('reads a user with a machine token', async () => {
    const user = await sdk.read(client, ada.id);
    assert.equal(user.email, ada.email);
    assert.deepEqual(
      user.identities.map(({ provider, user_id }) => [provider, user_id]),
      [
        ['auth0', 'ada'],
        ['google-oauth2', '115000000000000000001'],
        ['github', 5000001],
      ],
    );
    assert.deepEqual(
      user.identities.map(({ profileData }) => profileData?.email),
      [undefined, 'ada@gmail.example', 'ada@github.example'],
    );
  });

  test('lists users by page', async () => {
    const { users, total, start, limit } = await sdk.list(client, { page: 1, per_page: 2, include_totals: true });
    assert.deepEqual({ length: users.length, total, start, limit }, { length: 2, total: 4, start: 2, limit: 2 });
  });

  test('searches', async () => {
    const search = async (q) => {
      const { users } = await sdk.list(client, { q, search_engine: 'v3', include_totals: true });
      return users.map((user) => user.email).sort();
    };
    assert.deepEqual(await search(`email:"${grace.email}" AND email_verified:true`), [grace.email]);
    assert.deepEqual(await search('identities.connection:"github"'), ['ada@example.test', 'alan@example.test']);
    assert.deepEqual(await search('name:gra* -email:"grace@example.test"'), [graceAtGoogle.email]);
  });

  test('finds by address', async () => {
    assert.deepEqual(
      (await sdk.byEmail(client, ada.email)).map((user) => user.user_id),
      [ada.id],
    );
    assert.deepEqual(await sdk.byEmail(client, 'nobody@example.test'), []);
  });

  test('lists connections', async () => {
    const names = (await sdk.connections(client)).map((connection) => connection.name);
    assert.deepEqual(names.sort(), [DATABASE, 'github', 'google-oauth2'].sort());
  });

  test('creates, changes and deletes a user', async () => {
    const created = await sdk.create(client, {
      connection: DATABASE,
      email: 'new@example.test',
      password: 'a password of nobody',
      user_metadata: { theme: 'dark' },
    });
    assert.match(created.user_id, /^auth0\|/);
    const changed = await sdk.update(client, created.user_id, {
      user_metadata: { size: 'large' },
      app_metadata: { plan: 'pro' },
      name: 'Somebody New',
    });
    assert.deepEqual(changed.user_metadata, { theme: 'dark', size: 'large' });
    assert.deepEqual(changed.app_metadata, { plan: 'pro' });
    assert.equal((await sdk.read(client, created.user_id)).name, 'Somebody New');
    await sdk.remove(client, created.user_id);
    await expectRefusal(sdk.read(client, created.user_id), {
      statusCode: 404,
      error: 'Not Found',
      message: 'The user does not exist.',
      errorCode: 'inexistent_user',
    });
  });

  test('links by id and unlinks', async () => {
    const { provider, user_id, email } = graceAtGoogle;
    const linked = await sdk.link(client, grace.id, { provider, user_id });
    assert.deepEqual(
      linked.map((identity) => identity.user_id),
      ['grace', user_id],
    );
    assert.equal(linked[1].profileData.email, email);
    const remaining = await sdk.unlink(client, grace.id, provider, user_id);
    assert.deepEqual(
      remaining.map((identity) => identity.user_id),
      ['grace'],
    );
    assert.equal((await sdk.read(client, `${provider}|${user_id}`)).email, email);
  });

  test('links by the ID token of a second sign-in', async () => {
    const other = await sdk.create(client, {
      connection: DATABASE,
      email: 'second@example.test',
      // Whose address nobody proved links nothing by an ID token.
      email_verified: true,
      password: 'a password of nobody',
    });
    const scope = 'openid read:current_user update:current_user_identities';
    const { access_token: token } = await signIn(grace.email, { scope, audience });
    const { id_token: link_with } = await signIn('second@example.test', { password: 'a password of nobody' });
    const ownClient = sdk.connect({ token });
    const linked = await sdk.link(ownClient, grace.id, { link_with });
    assert.deepEqual(
      linked.map((identity) => `${identity.provider}|${identity.user_id}`),
      [grace.id, other.user_id],
    );
    const remaining = await sdk.unlink(ownClient, grace.id, 'auth0', other.user_id.slice('auth0|'.length));
    assert.equal(remaining.length, 1);
    await expectRefusal(sdk.unlink(ownClient, ada.id, 'github', '5000001'), {
      statusCode: 403,
      error: 'Forbidden',
      message: 'User to be acted on does not match subject in bearer token.',
      errorCode: 'unowned_resource',
    });
    await sdk.remove(client, other.user_id);
  });

  test('unlinks two identities and deletes the users that they became', async () => {
    const { google, github } = alan;
    await sdk.unlink(client, alan.id, google.provider, google.user_id);
    const remaining = await sdk.unlink(client, alan.id, github.provider, github.user_id);
    assert.deepEqual(
      remaining.map((identity) => identity.user_id),
      ['alan'],
    );
    for (const { provider, user_id } of [google, github]) {
      const freed = await sdk.read(client, `${provider}|${user_id}`);
      assert.deepEqual(
        freed.identities.map((identity) => String(identity.user_id)),
        [user_id],
      );
      await sdk.remove(client, freed.user_id);
    }
    const { users } = await sdk.list(client, { q: 'name:alan*', search_engine: 'v3', include_totals: true });
    assert.deepEqual(
      users.map((user) => user.user_id),
      [alan.id],
    );
    assert.deepEqual(
      (await sdk.read(client, alan.id)).identities.map((identity) => identity.user_id),
      ['alan'],
    );
  });

  test('meets 401', async () => {
    const [header, claims] = (await signIn(ada.email, { audience, scope: 'read:current_user' })).access_token.split(
      '.',
    );
    await expectRefusal(sdk.read(sdk.connect({ token: `${header}.${claims}.${'A'.repeat(342)}` }), ada.id), {
      statusCode: 401,
      error: 'Unauthorized',
      message: 'Invalid signature received for JSON Web Token validation',
      errorCode: undefined,
    });
  });

  test('meets 403', () =>
    expectRefusal(sdk.remove(sdk.connect(sdk.reader), ada.id), {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Insufficient scope, expected any of: delete:users,delete:current_user',
      errorCode: 'insufficient_scope',
    }));

  test('meets 404', () =>
    expectRefusal(sdk.update(client, 'auth0|nobody', { name: 'Nobody' }), {
      statusCode: 404,
      error: 'Not Found',
      message: 'The user does not exist.',
      errorCode: 'inexistent_user',
    }));

  test('meets 409', () =>
    expectRefusal(sdk.create(client, { connection: DATABASE, email: ada.email, password: 'a password of nobody' }), {
      statusCode: 409,
      error: 'Conflict',
      message: 'The user already exists.',
      errorCode: 'auth0_idp_error',
    }));

  // Runs last, because it uses up the rate limit.
  test('meets 429', async () => {
    const calls = await Promise.allSettled(Array.from({ length: 400 }, () => sdk.read(client, ada.id)));
    const refusals = calls.filter((call) => call.status === 'rejected').map((call) => call.reason);
    assert.ok(refusals.length > 0, 'nothing was refused');
    const headers = await expectRefusal(Promise.reject(refusals[0]), {
      statusCode: 429,
      error: 'Too Many Requests',
      message: 'Global limit has been reached',
      errorCode: 'too_many_requests',
    });
    assert.equal(headers.get('x-ratelimit-remaining'), '0');
    assert.ok(Number(headers.get('x-ratelimit-reset')) > 1_000_000_000);
  });
}
