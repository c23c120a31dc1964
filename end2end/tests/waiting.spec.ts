import { pauseClock } from '../browser/clock.ts';
import { removeStoredList } from '../browser/last-list.ts';
import { holdRequests, isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';
import { uniqueEmail, openStandInPopup } from '../pages/linking.ts';

const tooMany = (now: number, seconds: number) => ({
  status: 429,
  json: {
    statusCode: 429,
    error: 'Too Many Requests',
    message: 'Global limit has been reached',
    errorCode: 'too_many_requests',
  },
  headers: {
    'x-ratelimit-limit': '50',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': `${now + seconds}`,
    date: new Date(now * 1000).toUTCString(),
    'access-control-expose-headers': '*',
  },
});

const busy = (seconds: number) => ({
  status: 503,
  headers: { 'retry-after': `${seconds}`, 'x-ratelimit-reset': '9999999999' },
  json: { statusCode: 503, error: 'Service Unavailable', message: 'Service Unavailable' },
});

test('after a 429 a countdown runs, and the unlinking goes on by itself at the right second', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(429);
  const google = person.linked[0]!;
  const now = await pauseClock(page);
  const requests = recordManagementRequests(page);
  await page.route(isManagementUrl, (route) => route.fulfill(tooMany(now, 42)));
  await app.unlink(google);
  await expect(app.row(google).getByRole('timer')).toHaveText('It goes on by itself in 42 seconds.');
  await expect(app.status).toHaveText('The sign-in service asks for a pause. It goes on by itself in 42 seconds.');
  await expect(app.unlinkButton(person.linked[1]!)).toBeDisabled();
  await expect(app.notice).toBeHidden();
  await page.clock.runFor(1000);
  await expect(app.row(google).getByRole('timer')).toHaveText('It goes on by itself in 41 seconds.');
  // The countdown is not read aloud each second.
  await expect(app.status).toHaveText(/in 42 seconds\.$/);

  await page.unrouteAll();
  await page.clock.runFor(40_900);
  await expect(app.row(google).getByRole('timer')).toHaveText('It goes on by itself in 1 second.');
  expect(requests).toHaveLength(1);
  // Not later than a second after the right one, so that many pages do not come in the same instant.
  await page.clock.runFor(1100);
  await expect(app.status).toHaveText(`Google (${google.label}) was unlinked.`);
  await app.expectIdentities([person.primary, ...person.linked.slice(1)]);
  expect(requests).toHaveLength(2);
});

test('it tries once by itself, not for ever', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(429);
  const google = person.linked[0]!;
  const now = await pauseClock(page);
  const requests = recordManagementRequests(page);
  await page.route(isManagementUrl, (route) => route.fulfill(tooMany(now, 2)));
  await app.unlink(google);
  await expect(app.row(google).getByRole('timer')).toBeVisible();
  await page.clock.runFor(3100);
  await expect(app.notice).toContainText('That was a little too fast');
  await page.clock.runFor(60_000);
  await expect(app.notice).toBeVisible();
  await page.unrouteAll();
  await app.tryAgainButton.click();
  await expect(app.status).toHaveText(/was unlinked\.$/);
  expect(requests, 'the first, the one by itself, and the one by hand').toHaveLength(3);
});

// WCAG 2.2.1: time
test('who would rather not wait can stop, and nothing is unlinked', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  const google = person.linked[0]!;
  await pauseClock(page);
  const requests = recordManagementRequests(page);
  await page.route(isManagementUrl, (route) => route.fulfill(busy(7)));
  await app.unlink(google);
  await expect(app.row(google).getByRole('timer')).toHaveText('It goes on by itself in 7 seconds.');
  await app.row(google).getByRole('button', { name: 'Stop' }).click();
  await page.unrouteAll();
  await page.clock.runFor(10_000);
  await expect(app.unlinkButton(google)).toBeEnabled();
  await page.reload();
  await app.expectList();
  await app.expectIdentities([person.primary, ...person.linked]);
  expect(requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
});

test('a list that the tenant is too busy for loads by itself after the pause', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  await removeStoredList(page);
  await pauseClock(page);
  await page.route(isManagementUrl, (route) => route.fulfill(busy(2)));
  await page.reload();
  await expect(page.getByRole('timer')).toHaveText('It goes on by itself in 2 seconds.');
  await expect(app.rows).toHaveCount(0);
  await page.unrouteAll();
  await page.clock.runFor(3100);
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('linking waits for a busy tenant, too, and goes on by itself', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  const requests = recordManagementRequests(page);
  const posts = () => requests.filter((request) => request.startsWith('POST')).length;
  await page.route(isManagementUrl, (route) =>
    route.request().method() === 'POST' && posts() === 1 ? route.fulfill(busy(42)) : route.continue(),
  );
  // Not so far ahead that a sign-in of this moment is an old one.
  await pauseClock(page, 30);
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await standIn.signInAsNewUser('Pat Ience', uniqueEmail(person, 'patience'));
  await expect(page.getByRole('timer')).toHaveText('It goes on by itself in 42 seconds.');
  await expect(app.linkButton('Facebook')).toBeDisabled();
  expect(posts()).toBe(1);
  await page.clock.runFor(43_100);
  await expect(app.status).toHaveText(`LinkedIn (${uniqueEmail(person, 'patience')}) is linked to this account now.`);
  expect(posts()).toBe(2);
});

test('who would rather not wait to link can stop, and nothing is linked', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  await page.route(isManagementUrl, (route) =>
    route.request().method() === 'POST' ? route.fulfill(busy(60)) : route.continue(),
  );
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await standIn.signInAsNewUser('Pat Ience', uniqueEmail(person, 'stopped'));
  await expect(page.getByRole('timer')).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('timer')).toHaveCount(0);
  await expect(app.notice).toBeHidden();
  await expect(page.locator('#link-another')).toBeFocused();
  await expect(app.linkButton('Facebook')).toBeEnabled();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('a pause too long to wait for is told, and nothing happens by itself', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  await page.route(isManagementUrl, (route) => route.fulfill(busy(3600)));
  await app.unlink(person.linked[0]!);
  await expect(app.notice).toContainText('The sign-in service is busy');
  await expect(page.getByRole('timer')).toHaveCount(0);
});

test('on a slow network nothing is sent twice', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  const requests = recordManagementRequests(page);
  const release = await holdRequests(page, isManagementUrl);
  await app.unlinkButton(google).click();
  await app.confirmButton(google).dblclick();
  await app.unlinkButton(google).click({ force: true });
  await page.keyboard.press('Enter');
  await expect(app.dialog).toBeHidden();
  release();
  await app.expectIdentities([person.primary, ...person.linked.slice(1)]);
  expect(requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
});

test('a tenant that keeps the page waiting is told after three seconds', async ({ app, page, signedIn: person }) => {
  const storeListAgain = await removeStoredList(page);
  await pauseClock(page);
  await page.route('**/authorize?*', () => {});
  await page.reload({ waitUntil: 'commit' });
  await app.expectLoading();
  await storeListAgain();
  await page.clock.runFor(2900);
  await expect(page.getByText('The sign-in service is taking longer than usual…')).toBeHidden();
  await page.clock.runFor(200);
  await expect(page.getByText('The sign-in service is taking longer than usual…')).toBeVisible();
  await page.clock.runFor(10_000);
  await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
  await app.expectIdentities([person.primary, ...person.linked]);
});
