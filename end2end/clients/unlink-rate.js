// Measures how many identities a second `linked-accounts unlink --from` unlinks, beside loops with node `auth0` at the
// same rate limit: `node unlink-rate.js [PROGRAM] [USERS]`. It needs `npm ci` here and the `openssl` command.
//
// Every run has a server and a database of its own with the same users, and the tenant's own limit: fifty requests at
// once and fifty a second. A proxy before the server counts what happens, and on the second half of the runs makes
// every twentieth request to the Management API fail, in the same order of faults for each.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request as requestOf } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MACHINE = { clientId: 'linked-accounts-machine', clientSecret: 'demo-machine-secret' };
const LINKED = 10;
const FAULT_EVERY = 20;
/** What fails, in turn. 502 and `cut after` come after the request was carried out. */
const FAULTS = ['500', 'cut before', '502', 'cut after', '503', '429'];

const SELF = fileURLToPath(import.meta.url);
const BUILT = fileURLToPath(new URL('../../target/debug/linked-accounts', import.meta.url));

if (process.env.UNLINK_RATE_LOOP) {
  await loop(JSON.parse(process.env.UNLINK_RATE_LOOP));
} else {
  await compare(resolve(process.argv[2] ?? BUILT), Number(process.argv[3] ?? 60));
}

async function compare(program, users) {
  const list = listOf(users);
  for (const faultEvery of [0, FAULT_EVERY]) {
    const faults = faultEvery ? `a fault in every ${faultEvery} requests` : 'no faults';
    process.stdout.write(`${list.length} identities of ${users} users, ${faults}\n`);
    const measure = (name, run) => measured({ name, program, users, list, faultEvery, run });
    const one = await measure('auth0, one by one', (place) => runLoop(place, 1));
    const ten = await measure('auth0, groups of 10', (place) => runLoop(place, 10));
    const command = await measure('linked-accounts unlink', runCommand);
    const ratios = [one, ten].map((rate) => (command / rate).toFixed(2));
    process.stdout.write(`  the command to one by one ${ratios[0]}, to groups ${ratios[1]}\n`);
  }
}

/** Measures one run on a new server, and prints a line. Returns the rate. */
async function measured({ name, program, users, list, faultEvery, run }) {
  const folder = await mkdtemp(join(tmpdir(), 'linked-accounts-'));
  const server = await startServer(program, folder, users);
  const proxy = await startProxy(server, folder, faultEvery);
  try {
    const { confirmed, seconds } = await run({ program, folder, users, list, ...server, domain: proxy.domain });
    const { unlinked, refused, faults } = proxy.seen;
    const rate = confirmed / seconds;
    process.stdout.write(
      `  ${name.padEnd(24)}${rate.toFixed(1)} a second: ${confirmed} confirmed in ${seconds.toFixed(1)} s, ` +
        `${unlinked} unlinked, over the limit ${refused}, faults ${faults}\n`,
    );
    return rate;
  } finally {
    await proxy.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runCommand({ program, folder, list, domain, audience, authority }) {
  const rows = list.map(([user, id]) => `${user},github,${id}\n`);
  await writeFile(join(folder, 'list.csv'), `user_id,provider,identity_id\n${rows.join('')}`);
  const options = ['--from', 'list.csv', '--domain', `https://${domain}`, '--audience', audience, '--ca', authority];
  const env = { ...environment(), LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET: MACHINE.clientSecret };
  const started = performance.now();
  await output(program, ['unlink', '--client-id', MACHINE.clientId, ...options], { cwd: folder, env });
  const seconds = (performance.now() - started) / 1000;
  const results = await readFile(join(folder, 'list.csv.results.jsonl'), 'utf8');
  return { confirmed: results.split('\n').filter((line) => line.endsWith('"outcome":"unlinked"}')).length, seconds };
}

/** Runs `loop` in a process that trusts the authority. */
async function runLoop({ users, domain, audience, authority }, group) {
  const input = JSON.stringify({ users, domain, audience, group });
  const env = { ...environment(), NODE_EXTRA_CA_CERTS: authority, UNLINK_RATE_LOOP: input };
  return JSON.parse(await output(process.execPath, [SELF], { env }));
}

/**
 * Unlinks with the SDK and its own retries, and goes on with the next ones after a failure. The time that loading the
 * SDK takes is not counted.
 */
async function loop({ users, domain, audience, group }) {
  const { ManagementClient } = await import('auth0');
  const list = listOf(users);
  const started = performance.now();
  const client = new ManagementClient({ domain, audience, ...MACHINE });
  let confirmed = 0;
  for (let start = 0; start < list.length; start += group) {
    const calls = list
      .slice(start, start + group)
      .map(([user, id]) => client.users.identities.delete(user, 'github', id));
    confirmed += (await Promise.allSettled(calls)).filter((call) => call.status === 'fulfilled').length;
  }
  const seconds = (performance.now() - started) / 1000;
  // After a cut connection, a timer of the SDK would keep the process for a minute.
  process.stdout.write(JSON.stringify({ confirmed, seconds }), () => process.exit());
}

/** Starts the demo tenant with users of a Google login, which is the main one, GitHub logins, and one of Apple. */
async function startServer(program, folder, users) {
  const login = (provider, id) => ({ provider, connection: provider, user_id: id, isSocial: true });
  const user = (number) => ({
    user_id: mainId(number),
    identities: [
      login('google-oauth2', mainId(number).split('|')[1]),
      ...linkedIds(number).map((id) => ({ ...login('github', id), profileData: {} })),
      { ...login('apple', `apple-${number}`), profileData: {} },
    ],
  });
  await writeFile(join(folder, 'users.json'), JSON.stringify(Array.from({ length: users }, (_, index) => user(index))));
  await mkdir(join(folder, 'site'));
  const secret = `${MACHINE.clientId}=${MACHINE.clientSecret}`;
  const files = ['--users', 'users.json', '--site', 'site', '--tls-self-signed', 'tls', '--client-secret', secret];
  const process_ = spawn(program, ['serve', '--listen', '127.0.0.1:0', '--log', 'error', ...files], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(process_, 'exit');
  const stop = async () => {
    process_.kill();
    await ended;
  };
  for await (const line of createInterface({ input: process_.stdout })) {
    if (line.startsWith('Listening on ')) {
      process_.stdout.resume();
      const { origin } = new URL(line.slice('Listening on '.length));
      return { origin, audience: `${origin}/api/v2/`, authority: join(folder, 'tls/authority.pem'), stop };
    }
  }
  throw new Error('The server did not start.');
}

/** Starts a proxy with a certificate of the server's authority. */
async function startProxy({ origin, authority }, folder, faultEvery) {
  const [key, certificate] = [join(folder, 'proxy-key.pem'), join(folder, 'proxy.pem')];
  const issuer = ['-CA', authority, '-CAkey', join(folder, 'tls/authority-key.pem')];
  const extensions = [
    'subjectAltName=DNS:localhost',
    'basicConstraints=critical,CA:FALSE',
    'extendedKeyUsage=serverAuth',
  ];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
      .concat(['-days', '2', '-keyout', key, '-out', certificate, ...issuer])
      .concat(extensions.flatMap((extension) => ['-addext', extension])),
    { stdio: 'pipe' },
  );
  const ca = await readFile(authority);
  const agent = new Agent({ keepAlive: true, ca });
  const seen = { requests: 0, unlinked: 0, refused: 0, faults: 0 };
  const forward = async ({ method, url, headers }, body) => {
    const onward = requestOf(`${origin}${url}`, { method, agent, headers: { ...headers, host: new URL(origin).host } });
    onward.end(body);
    const [answer] = await once(onward, 'response');
    seen.unlinked += method === 'DELETE' && answer.statusCode === 200;
    seen.refused += answer.statusCode === 429;
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
  };
  const nextFault = ({ url }) => {
    if (!faultEvery || !url.startsWith('/api/v2/') || ++seen.requests % faultEvery !== 0) {
      return undefined;
    }
    return FAULTS[seen.faults++ % FAULTS.length];
  };
  const server = createServer(
    { key: await readFile(key), cert: await readFile(certificate) },
    async (request, response) => {
      const body = await text(request);
      const fault = nextFault(request);
      const isForwarded = fault === undefined || fault === '502' || fault === 'cut after';
      const answer = isForwarded ? await forward(request, body) : undefined;
      if (fault?.startsWith('cut')) {
        request.socket.destroy();
      } else if (fault) {
        response.writeHead(Number(fault), fault === '429' ? { 'retry-after': '1' } : {}).end();
      } else {
        response.writeHead(answer.status, answer.headers).end(answer.body);
      }
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  };
  return { domain: `localhost:${server.address().port}`, seen, stop };
}

/** The identities that are unlinked: the id of the user and that of the GitHub login. */
function listOf(users) {
  return Array.from({ length: users }, (_, user) => linkedIds(user).map((id) => [mainId(user), id])).flat();
}

function mainId(user) {
  return `google-oauth2|${100_000 + user}`;
}

function linkedIds(user) {
  return Array.from({ length: LINKED }, (_, place) => String(1_000_000 + user * LINKED + place));
}

/** The environment without options of the program. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LINKED_ACCOUNTS_')));
}

/** Runs a program to its end. Returns its output. */
async function output(program, options, settings) {
  const process_ = spawn(program, options, { ...settings, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], stdout, stderr] = await Promise.all([
    once(process_, 'exit'),
    text(process_.stdout),
    text(process_.stderr),
  ]);
  if (code !== 0) {
    throw new Error(`${program} ended with ${code}:\n${stdout}${stderr}`);
  }
  return stdout;
}
