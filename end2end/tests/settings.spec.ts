import type { Page, Route } from '@playwright/test';

import { expect, isManagement, managementRequests, PASSWORD, test, withSettings } from '../fixtures/index.ts';

const SETTINGS = '**/config.json';

/** Lets the page read other settings than the server's. */
const change = (page: Page, settings: Record<string, unknown>) =>
  withSettings(page, (said) => ({ ...said, ...settings }));

function claims(authorization: string | undefined): Record<string, unknown> {
  const [scheme, token] = (authorization ?? '').split(' ');
  expect(scheme).toBe('Bearer');
  return JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString());
}

test('the access token is the bearer, and the ID token is not', async ({ app, page, house, signedIn: person }) => {
  const asked = page.waitForRequest((request) => isManagement(new URL(request.url())));
  await page.reload();
  const { aud, sub, scope } = claims((await asked).headers().authorization);
  expect([aud].flat()).toContain(`${house.tenant}/api/v2/`);
  expect(sub).toBe(person.userId);
  expect(String(scope).split(' ')).toContain('update:current_user_identities');
  await app.showsTheList();
});

test('with "bearer": "id_token" the ID token is the bearer; where it is refused, that is told and nothing else is tried', async ({
  app,
  hosted,
  page,
  person,
  watch,
}) => {
  watch.expectStatus(401);
  await change(page, { bearer: 'id_token' });
  const bearers: (string | undefined)[] = [];
  await page.route(isManagement, (route) => {
    bearers.push(route.request().headers().authorization);
    return route.fulfill({
      status: 401,
      json: { statusCode: 401, error: 'Unauthorized', message: 'Invalid token', errorCode: 'invalid_token' },
    });
  });
  const { clientId } = await (await page.request.get('/config.json')).json();
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  await expect(app.notice).toContainText('Your session has ended');
  // The one it came with, and the one by which it was renewed once.
  expect(bearers.map((bearer) => [claims(bearer).aud].flat())).toEqual([[clientId], [clientId]]);
  expect(claims(bearers[0]).sub).toBe(person.userId);
});

test('with "bearer": "id_token" the whole unlink goes by the ID token', async ({ app, hosted, page, person }) => {
  await change(page, { bearer: 'id_token' });
  const requests = managementRequests(page);
  const [google, github, company] = person.linked;
  const bearers: (string | undefined)[] = [];
  // The tenant answers as one would that takes ID tokens.
  await page.route(isManagement, (route) => {
    bearers.push(route.request().headers().authorization);
    const identity = ({ key }: { key: string }, isPrimary: boolean) => ({
      connection: 'connection',
      provider: key.slice(0, key.indexOf('|')),
      user_id: key.slice(key.indexOf('|') + 1),
      isSocial: false,
      ...(isPrimary ? {} : { profileData: { email: [...person.linked].find((one) => one.key === key)?.who } }),
    });
    const all = [identity(person.main, true), ...person.linked.map((login) => identity(login, false))];
    return route.request().method() === 'DELETE'
      ? route.fulfill({ json: all.filter(({ provider }) => provider !== 'github') })
      : route.fulfill({ json: { user_id: person.userId, email: person.email, identities: all } });
  });
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
  await app.unlinks(github!);
  await app.shows([person.main, google!, company!]);
  expect(requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'DELETE']);
  const { clientId } = await (await page.request.get('/config.json')).json();
  expect(bearers.map((bearer) => [claims(bearer).aud].flat())).toEqual([[clientId], [clientId]]);
});

test('a name in the settings is what the page calls itself', async ({ app, page }) => {
  await change(page, { name: 'Ünïcode & <b>Sons</b>' });
  await app.open();
  await app.showsTheWayIn();
  await expect(app.header).toContainText('Ünïcode & <b>Sons</b>');
  await expect(page).toHaveTitle('Ünïcode & <b>Sons</b>');
});

test('a tenant elsewhere is named before anybody is sent there', async ({ app, page }) => {
  await change(page, { domain: 'example.eu.auth0.com' });
  await app.open();
  await app.showsTheWayIn();
  await expect(page.getByText('You sign in at example.eu.auth0.com and come back here.')).toBeVisible();
});

const UNUSABLE: { what: string; answer: Parameters<Route['fulfill']>[0] | 'none'; complaint?: string; reason: string }[] = [
  { what: 'are missing', answer: { status: 404 }, complaint: 'a status of 404', reason: '/config.json was answered with status 404' },
  { what: 'cannot be fetched', answer: 'none', complaint: 'net::ERR_FAILED', reason: '/config.json could not be fetched' },
  {
    what: 'are a page instead',
    answer: { contentType: 'text/html', body: '<!doctype html>' },
    reason: '/config.json is not valid: expected value',
  },
  { what: 'name no client', answer: { json: { domain: 'localhost', clientId: ' ' } }, reason: '"clientId" is missing' },
  {
    what: 'name a tenant that cannot be',
    answer: { json: { domain: 'javascript:alert(1)', clientId: 'c' } },
    reason: '"domain" must be a host',
  },
  { what: 'hold an unknown key', answer: { json: { domain: 'localhost', clientId: 'c', berer: 'id_token' } }, reason: 'berer' },
];

for (const { what, answer, complaint, reason } of UNUSABLE) {
  test(`settings that ${what} are explained, and can be loaded again`, async ({ app, page, watch }) => {
    if (complaint) {
      watch.expect(complaint);
    }
    await page.route(SETTINGS, (route) => (answer === 'none' ? route.abort() : route.fulfill(answer)));
    await app.open();
    await expect(app.notice).toContainText('This page cannot start');
    await app.notice.getByText('Technical details').click();
    await expect(app.notice.locator('pre')).toContainText(reason);
    await page.unrouteAll();
    await app.tryAgain.click();
    await app.showsTheWayIn();
  });
}
