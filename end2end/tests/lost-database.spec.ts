import { expect, test as base } from '../fixtures/index.ts';
import { createPeople, type Person } from '../fixtures/people.ts';
import { Server } from '../servers/server.ts';
import { TcpRelay } from '../servers/tcp-relay.ts';

/** A tenant on PostgreSQL, and the way from it to its database. */
interface Tenant {
  server: Server;
  database: TcpRelay;
  claimPerson(): Person;
}

/** The address of a database that is empty at first; the tests are skipped without it. */
const ADDRESS = process.env.LINKED_ACCOUNTS_EMPTY_POSTGRES;

const test = base.extend<object, { tenant: Tenant }>({
  tenant: [
    async ({}, use) => {
      const { users, byKind } = createPeople({ includeClosedPrimary: false, company: 'Acme Corp' });
      const address = new URL(ADDRESS!);
      const database = await TcpRelay.start(address.hostname, Number(address.port));
      address.host = `127.0.0.1:${database.port}`;
      const server = await Server.start(
        async (writeFile) => ['--users', await writeFile('users.json', JSON.stringify(users))],
        () => address.href,
      );
      await use({ server, database, claimPerson: () => byKind.ordinary.shift()! });
      await server.stop();
      await database.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  target: async ({ tenant: { server } }, use) =>
    use({ pageOrigin: server.origin, allowedOrigins: [server.origin], server }),
  person: async ({ tenant }, use) => {
    await use(tenant.claimPerson());
    tenant.database.restore();
  },
});

// One after the other: they cut the way to the same database.
test.describe.configure({ mode: 'default' });

test.skip(() => ADDRESS === undefined, 'needs PostgreSQL, which `cargo xtask test` starts');

test('an unlinking waits for a database that is away, and goes on by itself once it is back', async ({
  app,
  consoleGuard,
  signedIn: person,
  tenant,
}) => {
  consoleGuard.expectStatus(503);
  const google = person.linked[0]!;
  tenant.database.cut();
  await app.unlink(google);
  await expect(app.row(google).getByRole('timer')).toHaveText(/^It goes on by itself in \d seconds?\.$/);
  await expect(app.status).toHaveText(/^The sign-in service asks for a pause\./);
  await expect(app.row(google)).toBeVisible();

  tenant.database.restore();
  await expect(app.status).toHaveText(`Google (${google.label}) was unlinked.`);
  await app.expectIdentities([person.primary, ...person.linked.slice(1)]);
});

test('a page that is opened while the database is away has the last list, and all of it once the database is back', async ({
  app,
  page,
  signedIn: person,
  tenant,
}) => {
  tenant.database.cut();
  await page.reload();
  await expect(page.getByText('The sign-in service cannot be reached.')).toContainText('You can read this list');
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.unlinkButton(person.linked[0]!)).toBeDisabled();

  tenant.database.restore();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(app.unlinkButton(person.linked[0]!)).toBeEnabled();
});
