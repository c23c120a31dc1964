import { expect, PASSWORD, test as base } from '../fixtures/index.ts';
import { createPeople } from '../fixtures/people.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import { Application } from '../servers/application.ts';
import { Server } from '../servers/server.ts';

interface Shop {
  application: Application;
  server: Server;
}

/** A tenant with an application of a third party. */
const test = base.extend<{ authorize: () => string }, { shop: Shop }>({
  shop: [
    async ({}, use) => {
      const application = await Application.start();
      const server = await Server.start(async (writeFile) => [
        '--users',
        await writeFile(
          'users.json',
          JSON.stringify(createPeople({ includeClosedPrimary: false, company: 'Acme SAML' }).users.slice(0, 6)),
        ),
        '--tenant',
        await writeFile('tenant.yaml', tenantFile(application.apiOrigin)),
      ]);
      await use({ application, server });
      await server.stop();
      await application.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  target: async ({ shop: { application, server } }, use) => {
    const allowedOrigins = [server.origin, application.apiOrigin, application.pageOrigin];
    await use({ pageOrigin: server.origin, allowedOrigins, server });
  },

  /** Returns the address of an authorization request. */
  authorize: async ({ shop: { application, server } }, use) => {
    application.answers.length = 0;
    await use(() => {
      const query = new URLSearchParams({
        client_id: 'partner',
        response_type: 'code',
        redirect_uri: `${application.apiOrigin}/callback`,
        scope: 'openid profile email offline_access read:orders',
        audience: 'https://orders.example.test/',
        state: 'the state',
      });
      return `${server.origin}/authorize?${query}`;
    });
  },
});

// The tests count what the application gets.
test.describe.configure({ mode: 'serial' });

function tenantFile(origin: string): string {
  return `
tenant: { friendly_name: Example tenant }
clients:
  - name: Partner of the shop
    client_id: partner
    client_secret: partner-secret
    app_type: regular_web
    is_first_party: false
    callbacks: ["${origin}/callback"]
resourceServers:
  - identifier: https://orders.example.test/
    name: Orders
    allow_offline_access: true
    scopes: [{ value: read:orders, description: Read your orders }]
databases:
  - { name: Username-Password-Authentication, strategy: auth0 }
connections:
  - { name: github, strategy: github }
  - { name: google-oauth2, strategy: google-oauth2 }
  - { name: acme-saml, strategy: samlp }
`;
}

test('an application of a third party gets a code once the person accepts, and is not asked about again', async ({
  page,
  authorize,
  shop: { application },
}) => {
  await page.goto(authorize());
  await new HostedLogin(page).signIn('person0@example.test', PASSWORD);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Allow Partner of the shop to use your account?');
  await expect(page.getByText('person0@example.test')).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveText([
    'Know which account is yours',
    'See your name and picture',
    'See your e-mail address',
    'Keep this access while you are away',
    'Read your orders',
  ]);
  expect(application.answers).toHaveLength(0);
  // By the keyboard: the page has two buttons, and the first one declines.
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Decline' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Accept' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  expect(application.answers.at(-1)!.get('code')).toMatch(/\S{20}/);
  await page.goto(authorize());
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  expect(application.answers).toHaveLength(2);
});

test('an application that is declined is told so', async ({ page, authorize, shop: { application } }) => {
  await page.goto(authorize());
  await new HostedLogin(page).signIn('person1@example.test', PASSWORD);
  await page.getByRole('button', { name: 'Decline' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  expect(Object.fromEntries(application.answers[0]!)).toMatchObject({ error: 'access_denied', state: 'the state' });
});

for (const [width, colorScheme] of [
  [360, 'light'],
  [360, 'dark'],
  [1280, 'light'],
  [1280, 'dark'],
] as const) {
  test.describe(`at ${width} px, ${colorScheme}`, () => {
    test.use({ viewport: { width, height: 800 }, colorScheme });

    test('the page fits, and shows everything that it asks for', async ({ page, authorize }, testInfo) => {
      await page.goto(authorize());
      await new HostedLogin(page).signIn('person2@example.test', PASSWORD);
      await expect(page.getByRole('button', { name: 'Accept' })).toBeInViewport();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await testInfo.attach('consent', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
    });
  });
}
