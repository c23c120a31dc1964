// Tests `passport-auth0`: a web application with Express, Passport and sessions, used in Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import express from 'express';
import session from 'express-session';
import passport from 'passport';
import Auth0Strategy from 'passport-auth0';

import { setUpChromium, signInOn } from './browser.js';
import { ada, audience, domain, tenant, web, webOrigin } from './tenant.js';

const browser = setUpChromium();

let listening;
before(async () => {
  const { clientId: clientID, clientSecret, callback: callbackURL } = web;
  passport.use(
    new Auth0Strategy(
      { domain, clientID, clientSecret, callbackURL },
      (accessToken, refreshToken, extraParams, profile, done) =>
        done(null, {
          profile,
          accessToken,
          hasIdToken: Boolean(extraParams.id_token),
          hasRefreshToken: Boolean(refreshToken),
        }),
    ),
  );
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));

  const app = express();
  app.get('/favicon.ico', (_request, response) => response.status(204).end());
  app.use(session({ secret: 'a secret for cookies', resave: false, saveUninitialized: false }));
  app.use(passport.initialize());
  app.use(passport.session());
  app.get('/', (request, response) => response.json(request.user ?? null));
  app.get('/login', (request, response, next) => {
    const scope = 'openid email profile offline_access read:current_user';
    passport.authenticate('auth0', { scope, audience, ...request.query })(request, response, next);
  });
  app.get('/callback', (request, response, next) =>
    passport.authenticate('auth0', (error, user, info) => {
      if (error || !user) {
        return response.status(401).json(error?.message ?? info);
      }
      request.logIn(user, (error) => (error ? next(error) : response.redirect('/')));
    })(request, response, next),
  );
  app.get('/logout', (request, response, next) =>
    request.logout((error) => {
      const query = new URLSearchParams({ client_id: web.clientId, returnTo: webOrigin });
      return error ? next(error) : response.redirect(`${tenant}/v2/logout?${query}`);
    }),
  );
  listening = await new Promise((resolve, reject) => {
    const server = app.listen(Number(new URL(webOrigin).port), 'localhost', () => resolve(server));
    server.once('error', reject);
  });
});
after(() => {
  listening?.closeAllConnections();
  listening?.close();
});

/** Returns the JSON that the page shows. */
const shownJson = async (page) => JSON.parse(await page.locator('body').innerText());

async function openSignedInPage() {
  const page = await (await browser.launchContext()).newPage();
  await page.goto(`${webOrigin}/login`);
  await signInOn(page, ada.email);
  await page.waitForURL((url) => url.origin === webOrigin && url.pathname === '/');
  return page;
}

test('signs in and reads the profile', async () => {
  const page = await openSignedInPage();
  const { profile, accessToken, ...has } = await shownJson(page);
  assert.deepEqual(has, { hasIdToken: true, hasRefreshToken: true });
  const { id, user_id, provider, displayName, emails } = profile;
  assert.deepEqual(
    { id, user_id, provider, displayName, emails },
    { id: ada.id, user_id: ada.id, provider: 'auth0', displayName: 'Ada Example', emails: [{ value: ada.email }] },
  );
  const headers = { authorization: `Bearer ${accessToken}` };
  const user = await (await fetch(`${audience}users/${ada.id}`, { headers })).json();
  assert.equal(user.identities.length, 3);
  await page.context().close();
});

test('is told why a sign-in was refused', async () => {
  const page = await (await browser.launchContext()).newPage();
  await page.goto(`${webOrigin}/login?prompt=none`);
  await page.waitForURL(/\/callback/);
  assert.equal(await shownJson(page), 'login_required');
  await page.context().close();
});

test('signs out of the tenant, too', async () => {
  const page = await openSignedInPage();
  await page.goto(`${webOrigin}/logout`);
  await page.waitForURL(`${webOrigin}/`);
  assert.equal(await shownJson(page), null);
  await page.goto(`${webOrigin}/login`);
  await page.getByLabel('Password').waitFor();
  assert.equal(new URL(page.url()).origin, tenant);
  await page.context().close();
});
