import { type AddressInfo, createServer } from 'node:net';

import { test as base, expect } from '@playwright/test';

import { createPeople, PASSWORD, type Person } from '../fixtures/people.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';
import { Server } from '../servers/server.ts';

/** The page and its tenant as a team has them: two sites, TLS on both. */
interface Sites {
  page: string;
  tenant: string;
  person: Person;
}

const CLIENT_ID = 'page-of-a-team';

const test = base.extend<object, { sites: Sites }>({
  sites: [
    async ({}, use) => {
      const { users, byKind } = createPeople({ includeClosedPrimary: false, company: 'Acme SAML' });
      const port = await freePort();
      // `localhost` and its address are two sites.
      const page = `https://127.0.0.1:${port}`;
      const tenant = await Server.start(async (writeFile) => [
        '--tls-self-signed',
        'tls',
        '--users',
        await writeFile('users.json', JSON.stringify(users)),
        '--tenant',
        await writeFile('tenant.yaml', tenantFile(page)),
      ]);
      const options = ['--listen', `127.0.0.1:${port}`, '--origin', page, '--tls-self-signed', 'tls'];
      const host = await Server.startPage(() =>
        Promise.resolve([...options, '--domain', tenant.origin, '--client-id', CLIENT_ID]),
      );
      await use({ page, tenant: tenant.origin, person: byKind.ordinary[0]! });
      await host.stop();
      await tenant.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
});

test.use({ ignoreHTTPSErrors: true });

test('on two sites over TLS and without the cookies of third parties, all works and a reload needs no password', async ({
  context,
  page,
  sites,
}) => {
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  // No site is exempt, neither by a list nor because somebody visited it. Newer browsers no longer read the last two.
  const controls = {
    enableThirdPartyCookieRestriction: true,
    disableThirdPartyCookieMetadata: true,
    disableThirdPartyCookieHeuristics: true,
  };
  await session.send('Network.setCookieControls', controls);
  const [app, hosted] = [new LinkedAccounts(page), new HostedLogin(page)];
  const { person } = sites;
  await app.open(`${sites.page}/linked-accounts`);
  await app.signInButton.click();
  await expect(page).toHaveURL(new RegExp(`^${sites.tenant}/`));
  await hosted.signIn(person.email, PASSWORD);
  await app.expectIdentities([person.primary, ...person.linked]);
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
  const deletion = page.waitForRequest((request) => request.method() === 'DELETE');
  await app.unlink(person.linked[0]!);
  await expect(app.status).toHaveText(/was unlinked\.$/);
  expect(new URL((await deletion).url()).origin).toBe(sites.tenant);
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked.slice(1)]);
  await app.signOutButton.click();
  await app.expectSignedOut();
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Returns a tenant file with one client, the page at this origin. */
function tenantFile(origin: string): string {
  return `
clients:
  - name: Linked accounts
    client_id: ${CLIENT_ID}
    app_type: spa
    token_endpoint_auth_method: none
    grant_types: [authorization_code]
    callbacks: ['${origin}/callback']
    allowed_logout_urls: ['${origin}/']
    web_origins: ['${origin}']
databases:
  - { name: Username-Password-Authentication, strategy: auth0 }
connections:
  - { name: google-oauth2, strategy: google-oauth2 }
  - { name: github, strategy: github }
  - { name: acme-saml, strategy: samlp }
  - { name: facebook, strategy: facebook }
  - { name: windowslive, strategy: windowslive }
  - { name: twitter, strategy: twitter }
  - { name: globex, strategy: waad }
  - { name: linkedin, strategy: linkedin }
`;
}
