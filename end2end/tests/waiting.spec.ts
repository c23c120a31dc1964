import { expect, isManagement, managementRequests, stopTheClock, test } from '../fixtures/index.ts';
import { address, opens } from '../fixtures/linking.ts';

const tooMany = (reset: number) => ({
  status: 429,
  json: { statusCode: 429, error: 'Too Many Requests', message: 'Global limit has been reached', errorCode: 'too_many_requests' },
  headers: {
    'x-ratelimit-limit': '50',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': `${reset}`,
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
  watch,
}) => {
  watch.expectStatus(429);
  const google = person.linked[0]!;
  const now = await stopTheClock(page);
  const requests = managementRequests(page);
  await page.route(isManagement, (route) => route.fulfill(tooMany(now + 42)));
  await app.unlinks(google);
  await expect(app.row(google).getByRole('timer')).toHaveText('It goes on by itself in 42 seconds.');
  await expect(app.status).toHaveText('The sign-in service asks for a pause. It goes on by itself in 42 seconds.');
  await expect(app.unlink(person.linked[1]!)).toBeDisabled();
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
  await expect(app.status).toHaveText(`Google (${google.who}) was unlinked.`);
  await app.shows([person.main, ...person.linked.slice(1)]);
  expect(requests).toHaveLength(2);
});

test('it tries once by itself, not for ever', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(429);
  const google = person.linked[0]!;
  const now = await stopTheClock(page);
  const requests = managementRequests(page);
  await page.route(isManagement, (route) => route.fulfill(tooMany(now + 2)));
  await app.unlinks(google);
  await expect(app.row(google).getByRole('timer')).toBeVisible();
  await page.clock.runFor(3100);
  await expect(app.notice).toContainText('That was a little too fast');
  await page.clock.runFor(60_000);
  await expect(app.notice).toBeVisible();
  await page.unrouteAll();
  await app.tryAgain.click();
  await expect(app.status).toHaveText(/was unlinked\.$/);
  expect(requests, 'the first, the one by itself, and the one by hand').toHaveLength(3);
});

test('who would rather not wait can stop, and nothing is unlinked', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(503);
  const google = person.linked[0]!;
  await stopTheClock(page);
  const requests = managementRequests(page);
  await page.route(isManagement, (route) => route.fulfill(busy(7)));
  await app.unlinks(google);
  await expect(app.row(google).getByRole('timer')).toHaveText('It goes on by itself in 7 seconds.');
  await app.row(google).getByRole('button', { name: 'Stop' }).click();
  await page.unrouteAll();
  await page.clock.runFor(10_000);
  await expect(app.unlink(google)).toBeEnabled();
  await page.reload();
  await app.showsTheList();
  await app.shows([person.main, ...person.linked]);
  expect(requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
});

test('a list that the tenant is too busy for loads by itself after the pause', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(503);
  await stopTheClock(page);
  await page.route(isManagement, (route) => route.fulfill(busy(2)));
  await page.reload();
  await expect(page.getByRole('timer')).toHaveText('It goes on by itself in 2 seconds.');
  await expect(app.rows).toHaveCount(0);
  await page.unrouteAll();
  await page.clock.runFor(3100);
  await app.shows([person.main, ...person.linked]);
});

test('linking waits for a busy tenant, too, and goes on by itself', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(503);
  const requests = managementRequests(page);
  const posts = () => requests.filter((request) => request.startsWith('POST')).length;
  await page.route(isManagement, (route) =>
    route.request().method() === 'POST' && posts() === 1 ? route.fulfill(busy(42)) : route.continue(),
  );
  // Not so far ahead that a sign-in of this moment is an old one.
  await stopTheClock(page, 30);
  const standIn = await opens(page, () => app.link('LinkedIn').click());
  await standIn.be('Pat Ience', address(person, 'patience'));
  await expect(page.getByRole('timer')).toHaveText('It goes on by itself in 42 seconds.');
  await expect(app.link('GitHub')).toBeDisabled();
  expect(posts()).toBe(1);
  await page.clock.runFor(43_100);
  await expect(app.status).toHaveText(`LinkedIn (${address(person, 'patience')}) is linked to this account now.`);
  expect(posts()).toBe(2);
});

test('who would rather not wait to link can stop, and nothing is linked', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(503);
  await page.route(isManagement, (route) =>
    route.request().method() === 'POST' ? route.fulfill(busy(60)) : route.continue(),
  );
  const standIn = await opens(page, () => app.link('LinkedIn').click());
  await standIn.be('Pat Ience', address(person, 'stopped'));
  await expect(page.getByRole('timer')).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('timer')).toHaveCount(0);
  await expect(app.notice).toBeHidden();
  await expect(page.locator('#link-another')).toBeFocused();
  await expect(app.link('GitHub')).toBeEnabled();
  await app.shows([person.main, ...person.linked]);
});

test('a pause too long to wait for is told, and nothing happens by itself', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(503);
  await page.route(isManagement, (route) => route.fulfill(busy(3600)));
  await app.unlinks(person.linked[0]!);
  await expect(app.notice).toContainText('The sign-in service is busy');
  await expect(page.getByRole('timer')).toHaveCount(0);
});

test('on a slow network nothing is sent twice', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  const requests = managementRequests(page);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(isManagement, (route) => held.then(() => route.continue()));
  await app.unlink(google).click();
  await app.confirm(google).dblclick();
  await app.unlink(google).click({ force: true });
  await page.keyboard.press('Enter');
  await expect(app.dialog).toBeHidden();
  answer();
  await app.shows([person.main, ...person.linked.slice(1)]);
  expect(requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
});

test('a tenant that keeps the page waiting is told after three seconds', async ({ app, page, signedIn: person }) => {
  await stopTheClock(page);
  await page.route('**/authorize?*', () => {});
  await page.reload();
  await app.showsThatItWaits();
  await page.clock.runFor(2900);
  await expect(page.getByText('The sign-in service is taking longer than usual…')).toBeHidden();
  await page.clock.runFor(200);
  await expect(page.getByText('The sign-in service is taking longer than usual…')).toBeVisible();
  await page.clock.runFor(10_000);
  await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
  await app.shows([person.main, ...person.linked]);
});
