import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { chromium } from '@playwright/test';
import { build } from 'esbuild';

import { PASSWORD, audience, domain, page as client, tenant } from './tenant.js';

const PAGE = '<!doctype html><title>Page</title><body><script src="/script.js"></script>';

/**
 * Prepares a Chromium that trusts the tenant's authority, for all tests of a file. `script` names what the page at
 * `client.url` loads: a file in node_modules, or the source of an application in `applications`. Without one, nothing
 * is served there. `authority` and `args` are those of another server.
 */
export function setUpChromium(script, { authority = process.env.NODE_EXTRA_CA_CERTS, args = [] } = {}) {
  const contexts = [];
  const ready = start(script, authority, args);
  after(async () => {
    const { home, server } = await ready;
    // Failed tests leave contexts open. Closing one twice does nothing.
    await Promise.all(contexts.map((context) => context.close()));
    server?.closeAllConnections();
    server?.close();
    await rm(home, { recursive: true, force: true });
  });
  return {
    /**
     * Starts Chromium with a new profile, whose pages share cookies and storage. The profile allows third-party
     * cookies, which silent renewal in a frame needs where page and tenant are different sites. Playwright's usual
     * contexts are incognito windows, which never allow them.
     */
    async launchContext() {
      const { home, options } = await ready;
      const folder = await mkdtemp(join(home, 'profile-'));
      await mkdir(join(folder, 'Default'));
      await writeFile(join(folder, 'Default/Preferences'), '{"profile":{"cookie_controls_mode":0}}');
      const context = await chromium.launchPersistentContext(folder, options);
      context.setDefaultTimeout(15_000);
      contexts.push(context);
      return context;
    },
  };
}

async function start(script, authority, args) {
  const home = await mkdtemp(join(tmpdir(), 'linked-accounts-'));
  const options = {
    executablePath: process.env.LINKED_ACCOUNTS_BROWSER || undefined,
    env: { ...process.env, HOME: home },
    args: [
      ...(await trustAuthority(home, authority)),
      ...args,
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      // Chromium's sandbox does not work for root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  };
  if (!script) {
    return { home, options };
  }
  const source = await (script.startsWith('applications/')
    ? bundle(script)
    : readFile(new URL(`node_modules/${script}`, import.meta.url)));
  const server = createServer((request, response) =>
    request.url === '/script.js'
      ? response.writeHead(200, { 'content-type': 'text/javascript' }).end(source)
      : response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
  );
  await new Promise((resolve) => server.listen(Number(new URL(client.url).port), 'localhost', resolve));
  return { home, options, server };
}

/** Bundles an application with the packages that it imports. Its settings are the global `SETTINGS`. */
async function bundle(script) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: {
      'process.env.NODE_ENV': '"production"',
      SETTINGS: JSON.stringify({ tenant, domain, audience, clientId: client.clientId }),
    },
  });
  return outputFiles[0].text;
}

/**
 * Makes a browser whose home is `home` trust the authority. Returns the arguments that this takes: none where
 * `certutil` can write to Chromium's certificate store, else the one that pins the server's key.
 */
async function trustAuthority(home, file) {
  const store = join(home, '.pki/nssdb');
  await mkdir(store, { recursive: true });
  const certutil = (...words) => spawnSync('certutil', ['-d', `sql:${store}`, ...words]).status === 0;
  const authority = ['-A', '-n', 'linked-accounts', '-t', 'C,,', '-i', file];
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

/** Signs in on the hosted login page that `page` shows. */
export async function signInOn(page, email, password = PASSWORD) {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
