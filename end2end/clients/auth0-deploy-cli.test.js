// Tests `auth0-deploy-cli`: it exports the parts that the server plays, and the server starts from what it exported.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

import { load } from 'js-yaml';

import { USERS_FILE, startServer } from './server.js';
import { webOrigin } from './tenant.js';

const CLI = fileURLToPath(new URL('node_modules/auth0-deploy-cli/lib/index.js', import.meta.url));
const TENANT_FILE = fileURLToPath(new URL('deploy-cli.yaml', import.meta.url));
const PARTS = ['clients', 'databases', 'connections', 'resourceServers', 'clientGrants', 'roles', 'tenant'];
const API = 'https://api.shop.example.test/';

// The authority of this run, which all processes trust.
const authority = dirname(process.env.NODE_EXTRA_CA_CERTS);
const start = (tenantFile, ...options) =>
  startServer(['--tenant', tenantFile, '--users', USERS_FILE, ...options], { authority });

let folder;
let server;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linked-accounts-'));
  server = await start(TENANT_FILE);
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Requests a machine token. Returns the token response. */
async function requestToken({ host }, credentials, audience = `https://${host}/api/v2/`) {
  const response = await fetch(`https://${host}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', audience, ...credentials }),
  });
  return response.json();
}

/** Asserts that a value has all that another one has; it may have more keys. */
function assertContains(actual, expected) {
  const shared = (actual, expected) =>
    expected !== null && typeof expected === 'object' && !Array.isArray(expected)
      ? Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, shared(actual?.[key], value)]))
      : actual;
  assert.deepEqual(shared(actual, expected), expected);
}

const byName = (entries, name) => entries.find((entry) => entry.name === name);

const reports = { client_id: 'reports', client_secret: 'reports-secret-that-everybody-may-read' };
const ownCredentials = { client_id: 'deploy-cli', client_secret: 'deploy-cli-secret-that-everybody-may-read' };

/** Runs the CLI. Returns its status, and all that it printed. */
async function runCli({ host }, words, environment = {}) {
  const { client_id: AUTH0_CLIENT_ID, client_secret: AUTH0_CLIENT_SECRET } = ownCredentials;
  const env = {
    ...process.env,
    AUTH0_DOMAIN: host,
    AUTH0_INCLUDED_ONLY: JSON.stringify(PARTS),
    AUTH0_API_MAX_RETRIES: '1',
    ...{ AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, ...environment },
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...words], { env }, (error, stdout, stderr) => {
      resolve({ status: error?.code ?? 0, output: stripVTControlCharacters(`${stdout}${stderr}`) });
    });
  });
}

/** Exports to a new folder, whose path it returns, with all that the CLI printed. */
async function exportTenant(server, name, { format = 'yaml', flags = ['--export_ids'], environment } = {}) {
  const target = join(folder, name);
  const words = ['export', '--format', format, '--output_folder', target, ...flags];
  const { status, output } = await runCli(server, words, environment);
  assert.equal(status, 0, output);
  return { target, output };
}

/** Returns the warnings and errors among the lines that the CLI printed. */
const warnings = (output) => [...output.matchAll(/ - (?:warn|error): (.*)$/gm)].map(([, text]) => text);

/**
 * Reads an exported file, with the address of the server in it replaced by a fixed one. The CLI leaves the grants of a
 * client in any order, so they are sorted; their ids are derived from the address.
 */
async function read(file, { host }) {
  const exported = load((await readFile(file, 'utf8')).replaceAll(host, 'HOST'));
  const order = ({ client_id, audience }) => `${client_id} ${audience}`;
  exported.clientGrants.sort((one, other) => order(one).localeCompare(order(other)));
  exported.clientGrants.forEach((grant) => delete grant.id);
  return exported;
}

test('exports all parts that the server plays, and no secret', async () => {
  const { target, output } = await exportTenant(server, 'all');
  // Stand-ins have no options, of which the CLI thinks that it may not read them.
  assert.deepEqual(warnings(output), [
    'Insufficient scope the read:connections_options scope is required to get connections options.',
  ]);
  const file = join(target, 'tenant.yaml');
  const text = await readFile(file, 'utf8');
  assert.doesNotMatch(text, /secret-that-everybody-may-read|a secret that the export leaves out/);
  const exported = await read(file, server);
  const source = load((await readFile(TENANT_FILE, 'utf8')).replaceAll('##WEB_ORIGIN##', webOrigin));
  assert.deepEqual(Object.keys(exported).sort(), [...PARTS].sort());
  for (const part of ['clients', 'databases', 'connections', 'resourceServers', 'roles']) {
    const names = (entries) => entries.map((entry) => entry.name).sort();
    assert.deepEqual(names(exported[part]), names(source[part]), part);
  }
  assertContains(exported.tenant, source.tenant);
  assertContains(exported.resourceServers[0], source.resourceServers[0]);
  assertContains(exported.databases[0], source.databases[0]);
  assertContains(byName(exported.roles, 'Clerk'), source.roles[0]);
  assertContains(byName(exported.clients, 'Shop'), byName(source.clients, 'Shop'));
  const { options } = byName(source.connections, 'acme');
  delete options.client_secret;
  assertContains(byName(exported.connections, 'acme').options, options);
  // The CLI leaves out what its own client may do.
  assert.deepEqual(
    exported.clientGrants.map(({ client_id, audience, scope }) => [client_id, audience, scope]),
    [
      ['Reports', API, ['read:orders']],
      ['Reports', 'https://HOST/api/v2/', ['read:users']],
    ],
  );
});

test('the server starts from what it exported, and exports the same', async () => {
  const { access_token } = await requestToken(server, ownCredentials);
  // With a token only, the CLI does not know its own client, and exports its grants, too.
  const withToken = (token) => ({ AUTH0_ACCESS_TOKEN: token, AUTH0_CLIENT_ID: '', AUTH0_CLIENT_SECRET: '' });
  const first = await exportTenant(server, 'first', { environment: withToken(access_token) });
  const file = join(first.target, 'tenant.yaml');
  const secrets = [`Deploy CLI=${ownCredentials.client_secret}`, `Reports=${reports.client_secret}`];
  const copy = await start(file, '--client-secret', secrets.join(','));
  try {
    const second = await exportTenant(copy, 'second', {
      environment: withToken((await requestToken(copy, ownCredentials)).access_token),
    });
    assert.deepEqual(await read(join(second.target, 'tenant.yaml'), copy), await read(file, server));
    const { access_token: ofReports, scope, expires_in } = await requestToken(copy, reports, API);
    assert.deepEqual([Boolean(ofReports), scope, expires_in], [true, 'read:orders', 600]);
  } finally {
    await copy.stop();
  }
});

test('the server starts from a folder without ids, and says the new ones', async () => {
  const { target } = await exportTenant(server, 'folder', { format: 'directory', flags: [] });
  assert.ok((await readdir(target)).includes('tenant.json'));
  const copy = await start(target, '--client-secret', `Reports=${reports.client_secret}`);
  try {
    const client_id = /Reports +client_id (\S+)/.exec(copy.said.join(''))[1];
    const { scope } = await requestToken(copy, { ...reports, client_id }, API);
    assert.equal(scope, 'read:orders');
  } finally {
    await copy.stop();
  }
});

test('is told which permissions it lacks', async () => {
  const environment = { AUTH0_CLIENT_ID: reports.client_id, AUTH0_CLIENT_SECRET: reports.client_secret };
  const { output } = await exportTenant(server, 'refused', { environment });
  assert.match(output, /Cannot retrieve resourceServers due to missing scopes: read:resource_servers"/);
});

test('is told on import where the configuration is changed', async () => {
  const file = join(folder, 'changed.yaml');
  await writeFile(file, 'tenant: { friendly_name: Changed }');
  const words = ['import', '--input_file', file];
  const { status, output } = await runCli(server, words, { AUTH0_INCLUDED_ONLY: '["tenant"]' });
  const reason =
    'The configuration of this tenant comes from its tenant file. Change the file and start the tenant again.';
  assert.equal(status, 1);
  assert.ok(output.includes(reason), output);
});
