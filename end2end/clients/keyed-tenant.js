// A tenant of its own, whose clients prove themselves by keys or have to push their authorization requests.
import { KeyObject, webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { USERS_FILE, startServer } from './server.js';
import { DATABASE, web, webOrigin } from './tenant.js';

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Buffer.of(1, 0, 1),
};

/** Starts a server with the clients `keyed` and `pushing`. Returns its origin, and what these clients prove themselves by. */
export async function startKeyedTenant() {
  const { privateKey, publicKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const pem = (key, type) => KeyObject.from(key).export({ type, format: 'pem' });
  const secret = 'pushing-secret-that-everybody-may-read';
  const callbacks = [web.callback, `${webOrigin}/auth/callback`];
  const shared = { app_type: 'regular_web', callbacks, allowed_logout_urls: [webOrigin] };
  const credential = {
    name: 'main',
    credential_type: 'public_key',
    alg: 'RS256',
    pem: pem(publicKey, 'spki'),
  };
  const file = {
    clients: [
      {
        name: 'Keyed',
        client_id: 'keyed',
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        client_authentication_methods: { private_key_jwt: { credentials: [credential] } },
        ...shared,
      },
      {
        name: 'Pushing',
        client_id: 'pushing',
        client_secret: secret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code', 'refresh_token'],
        require_pushed_authorization_requests: true,
        ...shared,
      },
    ],
    clientGrants: [{ client_id: 'Keyed', audience: '##LINKED_ACCOUNTS_ISSUER##api/v2/', scope: ['read:users'] }],
    // Those of the users' identities.
    connections: ['google-oauth2', 'github'].map((name) => ({ name, strategy: name })),
    databases: [{ name: DATABASE, strategy: 'auth0', enabled_clients: ['Keyed', 'Pushing'] }],
  };
  const folder = await mkdtemp(join(tmpdir(), 'linked-accounts-'));
  const path = join(folder, 'tenant.yaml');
  // JSON is YAML, too.
  await writeFile(path, JSON.stringify(file));
  const server = await startServer(['--tenant', path, '--users', USERS_FILE], {
    authority: dirname(process.env.NODE_EXTRA_CA_CERTS),
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    origin: `https://${server.host}`,
    privateKey,
    privateKeyPem: pem(privateKey, 'pkcs8'),
    secret,
    stop,
  };
}
