// Tests `express-openid-connect`: a web application, used in Chromium.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import express from 'express';
import openid from 'express-openid-connect';

import { setUpChromium, signInOn } from './browser.js';
import { ada, audience, tenant, web, webOrigin } from './tenant.js';

const browser = setUpChromium();

let listening;
afterEach(() => {
  listening?.closeAllConnections();
  listening?.close();
});

/** Starts an application that returns the signed-in user at `/`; `addRoutes` may add routes. */
async function startApplication(settings, addRoutes = () => {}) {
  const app = express();
  // Every response renews the session cookie. A late response to the request for an icon would restore it.
  app.get('/favicon.ico', (_request, response) => response.status(204).end());
  app.use(
    openid.auth({
      issuerBaseURL: tenant,
      baseURL: webOrigin,
      secret: 'a secret of forty characters, for cookies',
      authRequired: false,
      auth0Logout: true,
      idpLogout: true,
      ...settings,
    }),
  );
  app.get('/', (request, response) => response.json(request.oidc.isAuthenticated() ? request.oidc.user : null));
  addRoutes(app);
  app.use((error, _request, response, _next) =>
    response.status(error.status ?? 500).json(error.error ?? error.message),
  );
  listening = await new Promise((resolve, reject) => {
    const server = app.listen(Number(new URL(webOrigin).port), 'localhost', () => resolve(server));
    server.once('error', reject);
  });
}

/** Returns the JSON that the page shows. */
const shownJson = async (page) => JSON.parse(await page.locator('body').innerText());

async function openSignedInPage() {
  const context = await browser.launchContext();
  const page = await context.newPage();
  await page.goto(`${webOrigin}/login`);
  await signInOn(page, ada.email);
  await page.waitForURL(`${webOrigin}/`);
  return page;
}

test('signs in with an ID token by form post', async () => {
  await startApplication({ clientID: web.clientId });
  const page = await openSignedInPage();
  const { sub, email, name } = await shownJson(page);
  assert.deepEqual({ sub, email, name }, { sub: ada.id, email: ada.email, name: 'Ada Example' });
  await page.context().close();
});

test('signs in with a code and reads the user with its token', async () => {
  const scope = 'openid profile email offline_access read:current_user';
  const { clientId: clientID, clientSecret } = web;
  const authorizationParams = { response_type: 'code', scope, audience };
  await startApplication({ clientID, clientSecret, authorizationParams }, (app) =>
    app.get('/user', async (request, response) => {
      const read = (token) =>
        fetch(`${audience}users/${request.oidc.user.sub}`, { headers: { authorization: `Bearer ${token}` } });
      const first = await read(request.oidc.accessToken.access_token);
      const renewed = await request.oidc.accessToken.refresh();
      const second = await read(renewed.access_token);
      const { sub } = await request.oidc.fetchUserInfo();
      response.json({
        statuses: [first.status, second.status],
        sub,
        identities: (await second.json()).identities.length,
      });
    }),
  );
  const page = await openSignedInPage();
  assert.equal((await shownJson(page)).sub, ada.id);
  await page.goto(`${webOrigin}/user`);
  assert.deepEqual(await shownJson(page), { statuses: [200, 200], sub: ada.id, identities: 3 });
  await page.context().close();
});

test('signs out of the tenant, too', async () => {
  await startApplication({ clientID: web.clientId });
  const page = await openSignedInPage();
  await page.goto(`${webOrigin}/logout`);
  await page.waitForURL(`${webOrigin}/`);
  assert.equal(await shownJson(page), null);
  await page.goto(`${webOrigin}/login`);
  assert.equal(new URL(page.url()).origin, tenant);
  await page.getByLabel('Password').waitFor();
  await page.context().close();
});

test('is told why a sign-in was refused', async () => {
  const { clientId: clientID, clientSecret } = web;
  const authorizationParams = { response_type: 'code', scope: 'openid', prompt: 'none' };
  await startApplication({ clientID, clientSecret, authorizationParams });
  const context = await browser.launchContext();
  const page = await context.newPage();
  await page.goto(`${webOrigin}/login`);
  await page.waitForURL(/\/callback/);
  assert.equal(await shownJson(page), 'login_required');
  await context.close();
});
