// Tests `@auth0/nextjs-auth0`: the application of `applications/nextjs-auth0`, which `prepare.js` has built, used in
// Chromium.
//
// It takes a host without a port as its domain, so that the tests' server plays one. An address with a port needs the
// option `allowInsecureRequests`, as the last test has it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { after, afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { setUpChromium, signInOn } from './browser.js';
import { startKeyedTenant } from './keyed-tenant.js';
import { TENANT_FILE, USERS_FILE, startServer } from './server.js';
import { ada, tenant, web, webOrigin } from './tenant.js';

const HOST = 'tenant.example.test';
const SOURCE = fileURLToPath(new URL('applications/nextjs-auth0', import.meta.url));
const NEXT = fileURLToPath(new URL('node_modules/next/dist/bin/next', import.meta.url));

const files = ['--tenant', TENANT_FILE, '--users', USERS_FILE];
const server = await startServer(['--issuer', `https://${HOST}`, '--allow-demo-on-network', ...files]);
after(() => server.stop());
const browser = setUpChromium(undefined, {
  authority: server.authority,
  args: [`--host-resolver-rules=MAP ${HOST}:443 127.0.0.1:${server.port}`],
});
const browserOfRun = setUpChromium();

let application;
afterEach(async () => {
  const { ended, kill } = application;
  kill();
  await ended;
});

/** Starts the application on the tenant at `domain`. */
async function startApplication(env = {}) {
  const child = spawn(process.execPath, [NEXT, 'start', SOURCE, '--port', new URL(webOrigin).port], {
    env: {
      ...process.env,
      NEXT_TELEMETRY_DISABLED: '1',
      NODE_OPTIONS: `--import ${new URL('applications/map-host.js', import.meta.url)}`,
      NODE_EXTRA_CA_CERTS: server.authority,
      MAPPED_HOST: HOST,
      MAPPED_PORT: server.port,
      AUTH0_DOMAIN: HOST,
      AUTH0_CLIENT_ID: web.clientId,
      AUTH0_CLIENT_SECRET: web.clientSecret,
      AUTH0_SECRET: randomBytes(32).toString('hex'),
      APP_BASE_URL: webOrigin,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  application = { kill: () => child.kill(), ended: new Promise((resolve) => child.once('exit', resolve)) };
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready in')) {
      child.stdout.resume();
      return;
    }
  }
  throw new Error('The application did not start');
}

const sees = (page, text) => page.getByText(text, { exact: true }).waitFor();

/** Opens a new page, and signs in from its link. */
async function openSignedInPage(chromium = browser) {
  const page = await (await chromium.launchContext()).newPage();
  await page.goto(webOrigin);
  await page.getByRole('link', { name: 'Log in' }).click();
  await signInOn(page, ada.email);
  await sees(page, 'Hello Ada Example');
  return page;
}

/** Returns what the application's route `/token` answers. */
async function readToken(page, query = '') {
  const response = await page.request.get(`${webOrigin}/token${query}`);
  return response.json();
}

/**
 * Logs out by the application's link, and sees that the tenant then asks for the password. Returns the paths of the
 * tenant that this took.
 */
async function logOut(page) {
  const paths = [];
  page.on('request', (request) => {
    const { host, pathname } = new URL(request.url());
    if (host === HOST && request.isNavigationRequest()) {
      paths.push(pathname);
    }
  });
  await page.getByRole('link', { name: 'Log out' }).click();
  await page.getByRole('link', { name: 'Log in' }).click();
  await page.getByLabel('Password').waitFor();
  return paths;
}

test('signs in, and has a session on the server and in the browser', async () => {
  await startApplication();
  const page = await openSignedInPage();
  await sees(page, `Your address is ${ada.email}`);
  await page.getByRole('button', { name: 'Get a token' }).click();
  await sees(page, 'The token has 3 parts');
  await page.context().close();
});

test('gets an access token, and renews it', async () => {
  await startApplication();
  const page = await openSignedInPage();
  const { expiresAt, ...first } = await readToken(page);
  assert.deepEqual(first, { status: 200, identities: 3 });
  const { expiresAt: later, ...second } = await readToken(page, '?refresh');
  assert.deepEqual(second, { status: 200, identities: 3 });
  assert.ok(later >= expiresAt);
  await page.context().close();
});

test('protects a page, and comes back to it', async () => {
  await startApplication();
  const page = await (await browser.launchContext()).newPage();
  await page.goto(`${webOrigin}/account`);
  await signInOn(page, ada.email);
  await sees(page, `The account of ${ada.email}`);
  assert.equal(page.url(), `${webOrigin}/account`);
  await page.context().close();
});

test('signs out of the tenant, too, by OpenID Connect', async () => {
  await startApplication();
  const page = await openSignedInPage();
  assert.deepEqual(await logOut(page), ['/oidc/logout', '/authorize', '/u/login']);
  await page.context().close();
});

test('signs out of the tenant, too, by /v2/logout', async () => {
  await startApplication({ LOGOUT_STRATEGY: 'v2' });
  const page = await openSignedInPage();
  assert.deepEqual(await logOut(page), ['/v2/logout', '/authorize', '/u/login']);
  await page.context().close();
});

test('signs in at an address with a port, where its option allows that', async () => {
  await startApplication({
    AUTH0_DOMAIN: tenant,
    ALLOW_INSECURE_REQUESTS: 'true',
    NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
  });
  const page = await openSignedInPage(browserOfRun);
  assert.deepEqual((await readToken(page)).status, 200);
  await page.context().close();
});

test('proves itself by a private key, and pushes its requests', async () => {
  const keyed = await startKeyedTenant();
  const ofTenant = {
    AUTH0_DOMAIN: keyed.origin,
    ALLOW_INSECURE_REQUESTS: 'true',
    NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
    PUSHED_REQUESTS: 'true',
  };
  await startApplication({
    ...ofTenant,
    AUTH0_CLIENT_ID: 'keyed',
    AUTH0_CLIENT_SECRET: '',
    AUTH0_CLIENT_ASSERTION_SIGNING_KEY: keyed.privateKeyPem,
    AUTH0_CLIENT_ASSERTION_SIGNING_ALG: 'RS256',
  });
  const page = await openSignedInPage(browserOfRun);
  assert.deepEqual((await readToken(page, '?refresh')).status, 200);
  await page.context().close();
  await keyed.stop();
});
