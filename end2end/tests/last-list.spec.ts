import { pauseClock } from '../browser/clock.ts';
import { countSignIns, expectNothingLeft, leftBehind, ONCE, watchForSignIn } from '../browser/early-start.ts';
import {
  changeStoredList,
  type LastList,
  removeStoredList,
  storedList,
  waitForStoredList,
} from '../browser/last-list.ts';
import { holdRequests, isManagementUrl, isUserUrl, recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings, withClosed } from '../browser/settings.ts';
import { expect, test } from '../fixtures/index.ts';

const DAY = 86_400;
const googleOf = (list: LastList) => list.user.identities.find(({ provider }) => provider === 'google-oauth2')!;
const SLOW = 'The sign-in service is taking longer than usual…';

test(
  'the list of the last visit is there before the tenant answers, and stays where it is once it has',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    await waitForStoredList(page);
    const shown = await watchForSignIn(page);
    const release = await holdRequests(page, '**/authorize?*');
    const counts = countSignIns(page);
    await page.reload({ waitUntil: 'commit' });
    await app.expectLastList([person.primary, ...person.linked]);
    await expect(app.header).toContainText(person.email);
    await expect(app.selectSeveralButton).toBeHidden();
    const elements = await page.locator('[data-identity], header button').elementHandles();
    await app.unlinkButton(person.linked[1]!).focus();

    release();
    await app.expectIdentities([person.primary, ...person.linked]);
    await expect(app.selectSeveralButton).toBeVisible();
    expect(elements).toHaveLength(5);
    for (const element of elements) {
      expect(await element.evaluate((node) => node.isConnected)).toBe(true);
    }
    await expect(app.unlinkButton(person.linked[1]!)).toBeFocused();
    expect(counts).toEqual(ONCE);
    expect(await shown()).toBe(false);
    await expectNothingLeft(page);
  },
);

test(
  'Unlink waits for the answer of the tenant before it asks, and unlinks once',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const google = person.linked[0]!;
    await waitForStoredList(page);
    const release = await holdRequests(page, isUserUrl);
    const requests = recordManagementRequests(page);
    await page.reload({ waitUntil: 'commit' });
    await app.expectLastList([person.primary, ...person.linked]);
    await app.unlinkButton(google).click();
    await expect(app.unlinkButton(google)).toHaveText('Waiting…');
    await expect(app.row(google)).toHaveAttribute('aria-busy', 'true');
    await expect(app.dialog).toBeHidden();

    release();
    await expect(app.confirmButton(google)).toBeVisible();
    await app.confirmButton(google).click();
    await app.expectIdentities([person.primary, ...person.linked.slice(1)]);
    expect(requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
  },
);

test('the rows of the last list hear of what changes later', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await waitForStoredList(page);
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
  const row = app.row(google);
  const element = await row.elementHandle();
  await app.detailsSummary(google).click();
  await row.getByRole('button', { name: /^Name this login/ }).click();
  await row.getByRole('textbox', { name: 'Your name for it' }).fill('Work');
  await page.keyboard.press('Enter');
  await expect(row.locator('.name')).toContainText('“Work”');
  expect(await element.evaluate((node) => node.isConnected)).toBe(true);
});

test('details that are opened before the answer show what the tenant says', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await waitForStoredList(page);
  const release = await holdRequests(page, isUserUrl);
  await page.reload({ waitUntil: 'commit' });
  await app.expectLastList([person.primary, ...person.linked]);
  await app.detailsSummary(google).click();
  await expect(app.row(google).locator('dl')).toHaveCount(0);
  release();
  await expect(app.row(google).locator('dl')).toContainText('1150000000000');
});

test('a login that is not linked any more goes, and asked for before, nothing is unlinked', async ({
  app,
  page,
  signedIn: person,
}) => {
  await changeStoredList(page, (list) => {
    const extra = { ...googleOf(list), user_id: '777', profileData: { email: 'gone@google.example' } };
    return { ...list, user: { ...list.user, identities: [...list.user.identities, extra] } };
  });
  const gone = { key: 'google-oauth2|777', name: 'Google', label: 'gone@google.example' };
  const release = await holdRequests(page, isUserUrl);
  const requests = recordManagementRequests(page);
  await page.reload({ waitUntil: 'commit' });
  await app.expectLastList([person.primary, ...person.linked, gone]);
  await app.unlinkButton(gone).click();
  release();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.selectSeveralButton).toBeVisible();
  await expect(app.dialog).toBeHidden();
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

test('what the tenant says of a login takes the place of what it said at the last visit', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github] = person.linked;
  await changeStoredList(page, (list) => {
    const identities = list.user.identities.map((identity) =>
      identity.provider === 'github' ? { ...identity, profileData: { email: 'old@github.example' } } : identity,
    );
    return { ...list, user: { ...list.user, identities } };
  });
  const release = await holdRequests(page, isUserUrl);
  await page.reload({ waitUntil: 'commit' });
  const old = { ...github!, label: 'old@github.example' };
  await expect(app.unlinkButton(old)).toBeVisible();
  await app.unlinkButton(google!).click();
  release();
  await expect(app.confirmButton(google!)).toBeVisible();
  await app.keepButton.click();
  await expect(app.unlinkButton(github!)).toBeVisible();
  await expect(app.unlinkButton(old)).toHaveCount(0);
});

// attack: page
test('the last way in stays, although the last list had another one', async ({ app, page, signedIn: person }) => {
  const [google, github] = person.linked;
  await overrideSettings(page, withClosed('auth0', 'samlp', 'google-oauth2'));
  await page.reload();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.unlinkButton(github!)).toBeDisabled();
  await changeStoredList(page, (list) => {
    const extra = { ...googleOf(list), provider: 'facebook', connection: 'facebook', user_id: '777' };
    return { ...list, user: { ...list.user, identities: [...list.user.identities, extra] } };
  });
  const release = await holdRequests(page, isUserUrl);
  const requests = recordManagementRequests(page);
  await page.reload({ waitUntil: 'commit' });
  await expect(app.rows).toHaveCount(5);
  await expect(app.unlinkButton(github!)).toBeEnabled();
  await app.unlinkButton(github!).click();
  release();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.status).toHaveText(/^GitHub .* stays\./);
  await expect(app.dialog).toBeHidden();
  await expect(app.unlinkButton(github!)).toBeDisabled();
  await expect(app.unlinkButton(google!)).toBeEnabled();
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

test(
  'the list of a session that has ended gives way to the sign-in, and is forgotten',
  { tag: '@anywhere' },
  async ({ app, context, page, signedIn: person }) => {
    await waitForStoredList(page);
    await context.clearCookies();
    const release = await holdRequests(page, '**/authorize?*');
    await page.reload({ waitUntil: 'commit' });
    await app.expectLastList([person.primary, ...person.linked]);
    await app.unlinkButton(person.linked[0]!).click();
    release();
    await app.expectSignedOut();
    await expect(app.rows).toHaveCount(0);
    await expect(app.dialog).toBeHidden();
    expect((await leftBehind(page)).local).toEqual([]);
    await page.reload();
    await app.expectSignedOut();
  },
);

test('signing out needs no answer of the tenant, and one that comes later signs nobody in', async ({
  app,
  page,
  signedIn: person,
}) => {
  await waitForStoredList(page);
  await holdRequests(page, '**/oauth/token');
  await page.reload({ waitUntil: 'commit' });
  await app.expectLastList([person.primary, ...person.linked]);
  await app.signOutButton.click();
  await app.expectSignedOut();
  expect((await leftBehind(page)).local).toEqual([]);
});

// attack: page
test('a list of another day, or of somebody else, is not shown before it is known who is there', async ({
  app,
  page,
  signedIn: person,
}) => {
  for (const change of [{ age: DAY }, { age: -60 }, { user_id: 'auth0|somebody-else' }]) {
    await changeStoredList(page, (list) => ({
      user: { ...list.user, user_id: change.user_id ?? list.user.user_id },
      read_at: Math.floor(Date.now() / 1000) - (change.age ?? 1),
    }));
    const release = await holdRequests(page, '**/authorize?*');
    await page.reload({ waitUntil: 'commit' });
    await app.expectLoading();
    await expect(app.rows).toHaveCount(0);
    release();
    await app.expectIdentities([person.primary, ...person.linked]);
    // It is stored anew, for the next one.
    await expect.poll(async () => JSON.parse((await storedList(page))!).user.user_id).toBe(person.userId);
    await page.unrouteAll();
  }
});

// attack: page
test('a stored list that is none changes nothing', async ({ app, page, signedIn: person }) => {
  for (const text of ['', 'null', '{}', '[]', '{"user":{},"read_at":1}', '{"read_at":"x","user":7}']) {
    await removeStoredList(page);
    await page.evaluate((text) => localStorage.setItem('linked-accounts.list', text), text);
    await page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);
    await expect.poll(async () => (await storedList(page))?.length).toBeGreaterThan(100);
  }
});

// WCAG 2.2.1: time
test('while the tenant is too busy, the last list says when it goes on', async ({
  app,
  page,
  consoleGuard,
  signedIn: person,
}) => {
  consoleGuard.expectStatus(503);
  await waitForStoredList(page);
  await pauseClock(page);
  await page.route(isManagementUrl, (route) => route.fulfill({ status: 503, headers: { 'retry-after': '2' } }));
  await page.reload();
  await app.expectLastList([person.primary, ...person.linked]);
  await expect(page.getByRole('timer')).toHaveText('It goes on by itself in 2 seconds.');
  await page.unrouteAll();
  await page.clock.runFor(3100);
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(page.getByRole('timer')).toHaveCount(0);
});

// WCAG 2.2.1: time
test('a tenant that keeps the last list waiting is told after three seconds', async ({
  app,
  page,
  signedIn: person,
}) => {
  await waitForStoredList(page);
  await pauseClock(page);
  await page.route('**/authorize?*', () => {});
  await page.reload({ waitUntil: 'commit' });
  await app.expectLastList([person.primary, ...person.linked]);
  await page.clock.runFor(2900);
  await expect(page.getByText(SLOW)).toBeHidden();
  await page.clock.runFor(200);
  await expect(page.getByText(SLOW)).toBeVisible();
  await page.clock.runFor(10_000);
  await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
  await expect(app.rows).toHaveCount(4);
  await expect(app.unlinkButton(person.linked[0]!)).toBeDisabled();
});
