import { historyUrls } from '../browser/history.ts';
import { expect, PASSWORD, test as base } from '../fixtures/index.ts';
import { createPeople } from '../fixtures/people.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import { Application } from '../servers/application.ts';
import { CookieFreeProxy } from '../servers/cookie-free-proxy.ts';
import { Server } from '../servers/server.ts';

interface Shop {
  application: Application;
  server: Server;
}

/** A tenant whose only client is an application with its API and its pages on two origins. */
const test = base.extend<{ authorize: (parameters?: Record<string, string>) => string }, { shop: Shop }>({
  shop: [
    async ({}, use) => {
      const application = await Application.start();
      const server = await Server.start(async (writeFile) => [
        '--users',
        await writeFile(
          'users.json',
          JSON.stringify(createPeople({ includeClosedPrimary: false, company: 'Acme SAML' }).users.slice(0, 3)),
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
    await use((parameters = {}) => {
      const query = new URLSearchParams({
        client_id: 'shop',
        response_type: 'code',
        redirect_uri: `${application.apiOrigin}/callback`,
        scope: 'openid',
        state: 'the state',
        ...parameters,
      });
      return `${server.origin}/authorize?${query}`;
    });
  },
});

// The tests count what the application gets.
test.describe.configure({ mode: 'serial' });

function tenantFile(origin: string): string {
  return `
clients:
  - name: Shop
    client_id: shop
    client_secret: shop-secret
    app_type: regular_web
    callbacks: ["${origin}/callback"]
    allowed_logout_urls: ["${origin}/signed-out"]
databases:
  - { name: Username-Password-Authentication, strategy: auth0 }
connections:
  - { name: github, strategy: github }
  - { name: google-oauth2, strategy: google-oauth2 }
  - { name: acme-saml, strategy: samlp }
`;
}

const email = 'person0@example.test';

for (const mode of ['query', 'form_post']) {
  test(`a password leads through the API to a page elsewhere, answered by ${mode}`, async ({
    page,
    shop: { application },
    authorize,
  }) => {
    await page.goto(authorize({ response_mode: mode }));
    await new HostedLogin(page).signIn(email, PASSWORD);
    await page.waitForURL(`${application.pageOrigin}/callback-done`);
    await expect(page.getByRole('heading')).toHaveText('Welcome');
    expect(application.answers.map((answer) => answer.get('state'))).toEqual(['the state']);
    expect(application.answers[0]?.get('code')).toHaveLength(43);
  });

  test(`a session leads through the API to a page elsewhere, answered by ${mode}`, async ({
    page,
    shop: { application },
    authorize,
  }) => {
    await page.goto(authorize());
    await new HostedLogin(page).signIn(email, PASSWORD);
    await page.waitForURL(`${application.pageOrigin}/callback-done`);
    await page.goto('about:blank');
    await page.goto(authorize({ response_mode: mode }));
    await page.waitForURL(`${application.pageOrigin}/callback-done`);
    expect(application.answers).toHaveLength(2);
  });
}

test('signing up leads through the API to a page elsewhere', async ({ page, shop: { application }, authorize }) => {
  await page.goto(authorize({ screen_hint: 'signup' }));
  await page.getByLabel('E-mail address').fill(`new${Date.now()}@example.test`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading')).toHaveText('Check your mail');
  expect(application.answers).toHaveLength(0);
  await page.getByRole('button', { name: 'Continue to Shop' }).click();
  await page.waitForURL(`${application.pageOrigin}/callback-done`);
  expect(application.answers).toHaveLength(1);
});

for (const mode of ['query', 'form_post']) {
  test(`a stand-in leads through the API to a page elsewhere, answered by ${mode}`, async ({
    page,
    shop: { application },
    authorize,
  }) => {
    await page.goto(authorize({ connection: 'github', response_mode: mode }));
    await page.getByRole('button', { name: 'person0@github.example' }).click();
    await page.waitForURL(`${application.pageOrigin}/callback-done`);
    expect(application.answers).toHaveLength(1);
  });
}

test('confirming to sign out leads through the API to a page elsewhere', async ({
  page,
  shop: { application, server },
  authorize,
}) => {
  await page.goto(authorize());
  await new HostedLogin(page).signIn(email, PASSWORD);
  await page.waitForURL(`${application.pageOrigin}/callback-done`);
  const query = new URLSearchParams({
    client_id: 'shop',
    post_logout_redirect_uri: `${application.apiOrigin}/signed-out`,
  });
  await page.goto(`${server.origin}/oidc/logout?${query}`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${application.pageOrigin}/signed-out-done`);
  await expect(page.getByRole('heading')).toHaveText('Welcome');
});

test('going back after a sign-in sends neither form nor code again', async ({
  page,
  shop: { application },
  authorize,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(400);
  await page.goto(authorize());
  await new HostedLogin(page).signIn(email, PASSWORD);
  await page.waitForURL(`${application.pageOrigin}/callback-done`);
  const urls = await historyUrls(page);
  expect(urls.filter((url) => url.includes('code='))).toEqual([]);
  expect(urls.filter((url) => url.includes('/u/login'))).toHaveLength(1);
  await page.goBack();
  await expect(page).toHaveURL(/\/u\/login\?state=/);
  await expect(page.getByRole('heading')).toHaveText('This sign-in is over');
  expect(application.answers).toHaveLength(1);
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a password leads through the API to a page elsewhere', async ({ page, shop: { application }, authorize }) => {
    await page.goto(authorize());
    await new HostedLogin(page).signIn(email, PASSWORD);
    await page.waitForURL(`${application.pageOrigin}/callback-done`);
    expect(application.answers).toHaveLength(1);
  });

  test('a password leads there by form_post with one click more', async ({
    page,
    shop: { application },
    authorize,
  }) => {
    await page.goto(authorize({ response_mode: 'form_post' }));
    await new HostedLogin(page).signIn(email, PASSWORD);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${application.pageOrigin}/callback-done`);
    expect(application.answers).toHaveLength(1);
  });
});

test('a form without the cookie of the sign-in says that cookies are needed, and leads back', async ({
  page,
  context,
  authorize,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(400);
  await page.goto(authorize());
  await context.clearCookies();
  await new HostedLogin(page).signIn(email, PASSWORD);
  await expect(page.getByRole('heading')).toHaveText('Cookies are needed to sign in');
  await expect(page.getByRole('link', { name: 'Go to Shop' })).toBeVisible();
});

test('a browser that blocks all cookies is told before anything is typed', async ({
  browser,
  shop: { server },
  authorize,
}) => {
  const proxy = await CookieFreeProxy.start();
  // Without the bypass rule, Chromium reaches this machine past the proxy.
  const context = await browser.newContext({ proxy: { server: proxy.address, bypass: '<-loopback>' } });
  const page = await context.newPage();
  await page.goto(authorize());
  await expect(page.getByRole('heading')).toHaveText('Cookies are needed to sign in');
  await expect(page.getByRole('main')).toContainText(`Allow cookies for ${server.origin}`);
  await context.close();
  await proxy.stop();
});
