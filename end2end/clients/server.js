// Starts further servers, beside the one that every run has.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { webOrigin } from './tenant.js';

/** The files of the tenant that every run has. */
export const TENANT_FILE = fileURLToPath(new URL('tenant.yaml', import.meta.url));
export const USERS_FILE = fileURLToPath(new URL('users.json', import.meta.url));

/**
 * Starts a server with TLS and a new database on a free port. Returns its address, the file of its authority and what
 * it said before it listened. `authority` names the folder of an authority that exists; without it, one is made.
 */
export async function startServer(options, { authority, env = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'linked-accounts-'));
  const tls = authority ?? join(folder, 'tls');
  const process_ = spawn(
    process.env.CLIENTS_SERVER,
    ['serve', '--listen', '127.0.0.1:0', '--tls-self-signed', tls, '--site', process.env.CLIENTS_SITE, ...options],
    { cwd: folder, env: { ...process.env, WEB_ORIGIN: webOrigin, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said = [];
  process_.stderr.setEncoding('utf8').on('data', (text) => said.push(text));
  const ended = new Promise((resolve) => process_.once('exit', resolve));
  const stop = async () => {
    process_.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: process_.stdout })) {
    said.push(`${line}\n`);
    if (line.startsWith('Listening on ')) {
      process_.stdout.resume();
      const { host, port } = new URL(line.slice('Listening on '.length));
      return { host, port, authority: join(tls, 'authority.pem'), said, stop };
    }
  }
  await stop();
  throw new Error(`The server did not start:\n${said.join('')}`);
}
