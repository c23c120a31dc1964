import type { Locator } from '@playwright/test';

import { expect, isManagement, managementRequests, test } from '../fixtures/index.ts';

/** Puts a mark on elements that only these very elements have. */
const mark = (rows: Locator) =>
  rows.evaluateAll((all) => all.forEach((one) => Object.assign(one, { marked: one.getAttribute('data-identity') })));
const marks = (rows: Locator) =>
  rows.evaluateAll((all) => all.map((one) => (one as Element & { marked?: string }).marked));

test(
  'unlinking removes that login and nothing else, for good',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const [google, github, company] = person.linked;
    await app.unlinks(github!);
    await expect(app.status).toHaveText(`GitHub (${github!.who}) was unlinked.`);
    await app.shows([person.main, google!, company!]);
    await page.reload();
    await app.showsTheList();
    await app.shows([person.main, google!, company!]);
  },
);

test('one DELETE is sent and the user is not asked for again', async ({ app, page, signedIn: person }) => {
  const requests = managementRequests(page);
  const [google, github, company] = person.linked;
  await app.unlinks(company!);
  await app.shows([person.main, google!, github!]);
  await app.unlinks(github!);
  await app.shows([person.main, google!]);
  const user = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  expect(requests).toEqual([
    // The id of a company login holds a bar and a slash, which must not become part of the path.
    `DELETE ${user}/identities/samlp/${encodeURIComponent(company!.key.slice('samlp|'.length))}`,
    `DELETE ${user}/identities/github/${github!.key.slice('github|'.length)}`,
  ]);
});

test('the list is drawn from what the tenant returned', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  await page.route(isManagement, async (route) => {
    const answer = await route.fetch();
    const left: { provider: string }[] = await answer.json();
    await route.fulfill({ response: answer, json: left.filter(({ provider }) => provider !== 'samlp') });
  });
  await app.unlinks(google!);
  await expect(app.row(company!)).toHaveCount(0);
  await app.shows([person.main, github!]);
});

test('the other rows keep their elements', async ({ app, signedIn: person }) => {
  const [google, github, company] = person.linked;
  await mark(app.rows);
  await app.unlinks(github!);
  await app.shows([person.main, google!, company!]);
  expect(await marks(app.rows)).toEqual([person.main.key, google!.key, company!.key]);
});

test('a row folds away where motion is welcome, and the others keep their elements', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  const [google, github, company] = person.linked;
  await mark(app.rows);
  await app.unlinks(google!);
  await app.shows([person.main, github!, company!]);
  expect(await marks(app.rows)).toEqual([person.main.key, github!.key, company!.key]);
  await expect(app.unlink(github!)).toBeFocused();
});

test('the row is busy, and no other can be unlinked, until the answer comes', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github] = person.linked;
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(isManagement, async (route) => {
    await held;
    await route.continue();
  });
  await app.unlinks(google!);
  await expect(app.row(google!)).toHaveAttribute('aria-busy', 'true');
  await expect(app.unlink(google!)).toBeDisabled();
  await expect(app.unlink(google!)).toHaveText('Unlinking…');
  await expect(app.unlink(github!)).toBeDisabled();
  await expect(app.row(github!)).not.toHaveAttribute('aria-busy', 'true');
  await expect(app.status).toBeEmpty();
  answer();
  await expect(app.status).toHaveText(`Google (${google!.who}) was unlinked.`);
  await expect(app.row(google!)).toHaveCount(0);
  await expect(app.unlink(github!)).toBeEnabled();
});

test('the focus goes to the next login, then to the one before, then to the heading', async ({
  app,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await app.unlinks(github!);
  await expect(app.unlink(company!)).toBeFocused();
  await app.unlinks(company!);
  await expect(app.unlink(google!)).toBeFocused();
  await app.unlinks(google!);
  await expect(app.linkedHeading).toBeFocused();
});

test('somebody without another login is told so', async ({ app, page, signedIn: person }) => {
  for (const login of person.linked) {
    await app.unlinks(login);
    await expect(app.row(login)).toHaveCount(0);
  }
  await expect(page.getByText('No other login is linked to this account.')).toBeVisible();
  await app.shows([person.main]);
});

test.describe('where nothing goes by itself', () => {
  test.use({ settings: { undoSeconds: 0 } });

  test('the outcome is said politely, and can be dismissed', async ({ app, page, signedIn: person }) => {
    const region = await app.status.elementHandle();
    await app.unlinks(person.linked[0]!);
    await expect(app.status).toHaveText(/was unlinked\.$/);
    // A region that comes with its text is not announced: it must have been there before.
    expect(await region!.textContent()).toMatch(/was unlinked\.$/);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(app.status).toBeEmpty();
  });
});

test('keeping a login sends nothing and gives the focus back', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
}) => {
  const requests = managementRequests(page);
  const github = person.linked[1]!;
  await app.unlink(github).click();
  await expect(app.keepIt).toBeFocused();
  await app.keepIt.click();
  await expect(app.dialog).toBeHidden();
  await expect(app.unlink(github)).toBeFocused();

  await app.unlink(github).click();
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(app.unlink(github)).toBeFocused();

  await app.unlink(github).click();
  await page.mouse.click(5, 5);
  await expect(app.dialog).toBeHidden();

  await app.shows([person.main, ...person.linked]);
  await page.reload();
  await app.showsTheList();
  await app.shows([person.main, ...person.linked]);
  expect(requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
});

test('an unlinked login opens a separate, empty account afterwards', { tag: '@anywhere' }, async ({
  app,
  hosted,
  house,
  page,
}) => {
  const visitor = house.claim('atStandIns');
  const [facebook, microsoft] = visitor.linked;
  await app.open();
  await app.signIn.click();
  await (await hosted.continueWith('Microsoft')).choose(microsoft!.who);
  await app.showsTheList();
  await app.unlinks(facebook!);
  await app.shows([visitor.main, microsoft!]);

  await app.signOut.click();
  await app.showsTheWayIn();
  await app.signIn.click();
  await (await hosted.continueWith('Facebook')).choose(facebook!.who);
  await app.showsTheList();
  await app.shows([facebook!]);
  await expect(app.mainLogin).toContainText('Facebook');
  await expect(app.mainLogin).toContainText(facebook!.who);
  await expect(page.getByText('No other login is linked to this account.')).toBeVisible();
});
