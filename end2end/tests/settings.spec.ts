import type { Page, Route } from '@playwright/test';

import { isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings } from '../browser/settings.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';

const SETTINGS = '**/config.json';

/** Replaces some of the settings that the page reads. */
const replaceSettings = (page: Page, settings: Record<string, unknown>) =>
  overrideSettings(page, (served) => ({ ...served, ...settings }));

/** Returns the claims of a bearer token. */
function claims(authorization: string | undefined): Record<string, unknown> {
  const [scheme, token] = (authorization ?? '').split(' ');
  expect(scheme).toBe('Bearer');
  return JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString());
}

test('the access token is the bearer, and the ID token is not', async ({ app, page, worker, signedIn: person }) => {
  const managementRequest = page.waitForRequest((request) => isManagementUrl(new URL(request.url())));
  await page.reload();
  const { aud, sub, scope } = claims((await managementRequest).headers().authorization);
  expect([aud].flat()).toContain(`${worker.tenantOrigin}/api/v2/`);
  expect(sub).toBe(person.userId);
  expect(String(scope).split(' ')).toContain('update:current_user_identities');
  await app.expectList();
});

test('with "bearer": "id_token" the ID token is the bearer; where it is refused, that is told and nothing else is tried', async ({
  app,
  hosted,
  page,
  person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(401);
  await replaceSettings(page, { bearer: 'id_token' });
  const bearers: (string | undefined)[] = [];
  await page.route(isManagementUrl, (route) => {
    bearers.push(route.request().headers().authorization);
    return route.fulfill({
      status: 401,
      json: { statusCode: 401, error: 'Unauthorized', message: 'Invalid token', errorCode: 'invalid_token' },
    });
  });
  const { clientId } = await (await page.request.get('/config.json')).json();
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await expect(app.notice).toContainText('Your session has ended');
  // The first ID token, and the one after the single renewal.
  expect(bearers.map((bearer) => [claims(bearer).aud].flat())).toEqual([[clientId], [clientId]]);
  expect(claims(bearers[0]).sub).toBe(person.userId);
});

test('with "bearer": "id_token" the whole unlink goes by the ID token', async ({ app, hosted, page, person }) => {
  await replaceSettings(page, { bearer: 'id_token' });
  const requests = recordManagementRequests(page);
  const [google, github, company] = person.linked;
  const bearers: (string | undefined)[] = [];
  // The mocked tenant accepts ID tokens.
  await page.route(isManagementUrl, (route) => {
    bearers.push(route.request().headers().authorization);
    const identity = ({ key }: { key: string }, isPrimary: boolean) => ({
      connection: 'connection',
      provider: key.slice(0, key.indexOf('|')),
      user_id: key.slice(key.indexOf('|') + 1),
      isSocial: false,
      ...(isPrimary ? {} : { profileData: { email: [...person.linked].find((one) => one.key === key)?.label } }),
    });
    const all = [identity(person.primary, true), ...person.linked.map((login) => identity(login, false))];
    return route.request().method() === 'DELETE'
      ? route.fulfill({ json: all.filter(({ provider }) => provider !== 'github') })
      : route.fulfill({ json: { user_id: person.userId, email: person.email, identities: all } });
  });
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  await app.unlink(github!);
  await app.expectIdentities([person.primary, google!, company!]);
  expect(requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'DELETE']);
  const { clientId } = await (await page.request.get('/config.json')).json();
  expect(bearers.map((bearer) => [claims(bearer).aud].flat())).toEqual([[clientId], [clientId]]);
});

test('a name in the settings is what the page calls itself', async ({ app, page }) => {
  await replaceSettings(page, { name: 'Ünïcode & <b>Sons</b>' });
  await app.open();
  await app.expectSignedOut();
  await expect(app.header).toContainText('Ünïcode & <b>Sons</b>');
  await expect(page).toHaveTitle('\u2068Sign in\u2069 · \u2068Ünïcode & <b>Sons</b>\u2069');
});

test('a tenant elsewhere is named before anybody is sent there', async ({ app, page }) => {
  await replaceSettings(page, { domain: 'example.eu.auth0.com' });
  await app.open();
  await app.expectSignedOut();
  await expect(page.getByText('You sign in at example.eu.auth0.com and come back here.')).toBeVisible();
});

const INVALID_SETTINGS: {
  what: string;
  response: Parameters<Route['fulfill']>[0] | 'none';
  consoleMessage?: string;
  reason: string;
}[] = [
  {
    what: 'are missing',
    response: { status: 404 },
    consoleMessage: 'a status of 404',
    reason: '/config.json was answered with status 404',
  },
  {
    what: 'cannot be fetched',
    response: 'none',
    consoleMessage: 'net::ERR_FAILED',
    reason: '/config.json could not be fetched',
  },
  {
    what: 'are a page instead',
    response: { contentType: 'text/html', body: '<!doctype html>' },
    reason: '/config.json is not valid: expected value',
  },
  {
    what: 'name no client',
    response: { json: { domain: 'localhost', clientId: ' ' } },
    reason: '"clientId" is missing',
  },
  {
    what: 'name a tenant that cannot be',
    response: { json: { domain: 'javascript:alert(1)', clientId: 'c' } },
    reason: '"domain" must be a host',
  },
  {
    what: 'have a value of another type',
    response: { json: { domain: 'localhost', clientId: 'c', undoSeconds: 'ten' } },
    reason: 'invalid type: string "ten", expected u32',
  },
];

for (const { what, response, consoleMessage, reason } of INVALID_SETTINGS) {
  test(`settings that ${what} are explained, and can be loaded again`, async ({ app, page, consoleGuard }) => {
    if (consoleMessage) {
      consoleGuard.expectMessage(consoleMessage);
    }
    await page.route(SETTINGS, (route) => (response === 'none' ? route.abort() : route.fulfill(response)));
    await app.open();
    await expect(app.notice).toContainText('This page cannot start');
    await app.notice.getByText('Technical details').click();
    await expect(app.notice.locator('pre')).toContainText(reason);
    await page.unrouteAll();
    await app.tryAgainButton.click();
    await app.expectSignedOut();
  });
}
