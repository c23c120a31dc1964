import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { connect } from 'node:tls';

import { chromium } from '@playwright/test';

import { PASSWORD, page as client, tenant } from './tenant.js';

const PAGE = '<!doctype html><title>Page</title><script src="/sdk.js"></script>';

/**
 * A Chromium that trusts the tenant's authority, for all tests of a file. `script` is the file in node_modules that the
 * page on `client.url` loads; without one nothing is served there.
 */
export function inChromium(script) {
  const open = [];
  const ready = start(script);
  after(async () => {
    const { home, server } = await ready;
    // Those of tests that failed; closing one again does nothing.
    await Promise.all(open.map((context) => context.close()));
    server?.closeAllConnections();
    server?.close();
    await rm(home, { recursive: true, force: true });
  });
  return {
    /**
     * Starts Chromium with a fresh profile; its pages share cookies and storage. It allows what silent renewal in a
     * frame takes where page and tenant are on different sites: cookies in frames. A private window, which is what
     * Playwright's usual contexts are, never does.
     */
    async profile() {
      const { home, options } = await ready;
      const folder = await mkdtemp(join(home, 'profile-'));
      await mkdir(join(folder, 'Default'));
      await writeFile(join(folder, 'Default/Preferences'), '{"profile":{"cookie_controls_mode":0}}');
      const context = await chromium.launchPersistentContext(folder, options);
      context.setDefaultTimeout(15_000);
      open.push(context);
      return context;
    },
  };
}

async function start(script) {
  const home = await mkdtemp(join(tmpdir(), 'linked-accounts-'));
  const options = {
    executablePath: process.env.LINKED_ACCOUNTS_BROWSER || undefined,
    env: { ...process.env, HOME: home },
    args: [
      ...(await trust(home)),
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      // Chromium refuses to run as root inside its sandbox.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  };
  if (!script) {
    return { home, options };
  }
  const source = await readFile(new URL(`node_modules/${script}`, import.meta.url));
  const server = createServer((request, response) =>
    request.url === '/sdk.js'
      ? response.writeHead(200, { 'content-type': 'text/javascript' }).end(source)
      : response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
  );
  await new Promise((resolve) => server.listen(Number(new URL(client.url).port), 'localhost', resolve));
  return { home, options, server };
}

/**
 * Makes a browser whose home is `home` trust the authority, and gives back the arguments that it takes: none where
 * `certutil` can write Chromium's own store, else the one that pins the server's key.
 */
async function trust(home) {
  const store = join(home, '.pki/nssdb');
  await mkdir(store, { recursive: true });
  const certutil = (...words) => spawnSync('certutil', ['-d', `sql:${store}`, ...words]).status === 0;
  const authority = ['-A', '-n', 'linked-accounts', '-t', 'C,,', '-i', process.env.NODE_EXTRA_CA_CERTS];
  if (certutil('-N', '--empty-password') && certutil(...authority)) {
    return [];
  }
  const { port } = new URL(tenant);
  const key = await new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port: Number(port) }, () => {
      resolve(socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' }));
      socket.end();
    });
    socket.once('error', reject);
  });
  return [`--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`];
}

/** Types a password into the hosted login page that `page` shows. */
export async function signInOn(page, email, password = PASSWORD) {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
