// better-auth on better-sqlite3, with a write-ahead log and each commit written to disk:
// `node better-auth.js PORT FOLDER USERS LINKED`.
//
// FOLDER, which is empty, gets the database of USERS people with a password and LINKED linked accounts each, and
// `requests.tsv`: one line for each linked account in any order, with the session cookie of its person and its id.
// `GET /linked` answers with the number of linked accounts that are left.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import Database from 'better-sqlite3';

const [port, folder, users, linked] = process.argv.slice(2);
const PROVIDER = 'github';

const database = new Database(join(folder, 'better-auth.db'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
const options = {
  database,
  secret: randomUUID(),
  baseURL: `http://localhost:${port}`,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  socialProviders: { [PROVIDER]: { clientId: 'peer', clientSecret: 'peer' } },
  logger: { level: 'error' },
  telemetry: { enabled: false },
};
const auth = betterAuth(options);
const { runMigrations } = await getMigrations(options);
await runMigrations();

const requests = addLinkedAccounts(await signUpAll());
await writeFile(join(folder, 'requests.tsv'), requests.map((request) => `${request.join('\t')}\n`).join(''));

const count = database.prepare('SELECT count(*) AS linked FROM account WHERE providerId = ?');
const handler = toNodeHandler(auth);
createServer((request, response) => {
  if (request.url === '/linked') {
    response.end(String(count.get(PROVIDER).linked));
    return;
  }
  handler(request, response);
}).listen(Number(port), '127.0.0.1', () => process.stdout.write(`Listening on http://localhost:${port}\n`));

/** Returns the session cookie and the id of each person. */
async function signUpAll() {
  const people = [];
  for (let number = 0; number < Number(users); number += 1) {
    const body = { email: `u${number}@example.com`, password: 'peer-password-1', name: `User ${number}` };
    const { headers, response } = await auth.api.signUpEmail({ body, returnHeaders: true });
    people.push({ cookie: headers.get('set-cookie').split(';')[0], id: response.user.id });
  }
  return people;
}

/** Adds the linked accounts, and returns the request for each: in turn one of each person. */
function addLinkedAccounts(people) {
  const insert = database.prepare(
    'INSERT INTO account (id, accountId, providerId, userId, createdAt, updatedAt) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const now = new Date().toISOString();
  const added = [];
  database.transaction(() => {
    for (let turn = 0; turn < Number(linked); turn += 1) {
      for (const [number, { cookie, id }] of people.entries()) {
        const row = randomUUID();
        insert.run(row, String(number * 1000 + turn), PROVIDER, id, now, now);
        added.push([cookie, row]);
      }
    }
  })();
  return added;
}
