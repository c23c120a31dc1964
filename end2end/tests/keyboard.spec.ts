import type { Locator, Page } from '@playwright/test';

import { bearer, expect, hasPainted, PASSWORD, test } from '../fixtures/index.ts';

/** More presses than any page here has stops. */
const STOPS = 60;

/** Presses Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  const focused = () => target.evaluate((element) => element === document.activeElement);
  for (let stop = 0; stop < STOPS && !(await focused()); stop += 1) {
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
}

/** Fails when the focused element cannot be told from the others. */
async function expectVisibleFocus(target: Locator): Promise<void> {
  const outline = await target.evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth);
  });
  expect(outline, 'the focus can be seen').toBeGreaterThan(0);
}

test('everything from signing in to unlinking works with the keyboard alone', async ({ app, hosted, page, person }) => {
  const [google, github, company] = person.linked;
  await app.open();
  await tabTo(page, app.signIn);
  await expectVisibleFocus(app.signIn);
  await page.keyboard.press('Enter');

  await tabTo(page, hosted.email);
  await page.keyboard.type(person.email);
  await page.keyboard.press('Tab');
  await expect(hosted.password).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await tabTo(page, hosted.submit);
  await expectVisibleFocus(hosted.submit);
  await page.keyboard.press('Enter');

  await app.showsTheList();
  await tabTo(page, app.unlink(github!));
  await expectVisibleFocus(app.unlink(github!));
  await page.keyboard.press('Enter');
  await expect(app.keepIt).toBeFocused();
  await expectVisibleFocus(app.keepIt);
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(app.unlink(github!)).toBeFocused();

  await page.keyboard.press('Enter');
  await tabTo(page, app.confirm(github!));
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(`GitHub (${github!.who}) was unlinked.`);
  await expect(app.unlink(company!)).toBeFocused();
  await app.shows([person.main, google!, company!]);

  await tabTo(page, app.signOut);
  await page.keyboard.press('Enter');
  await app.showsTheWayIn();
});

test('a dialog that was just closed opens again at once', async ({ app, page, signedIn: person }) => {
  const github = app.unlink(person.linked[1]!);
  await github.click();
  await expect(app.keepIt).toBeFocused();
  // What Escape does, and a press of the button before the dialog's own event tells that it closed.
  await github.evaluate((button: HTMLElement) => {
    const dialog = document.querySelector('dialog')!;
    const told = new Promise((done) => dialog.addEventListener('close', done, { once: true }));
    dialog.close();
    button.click();
    return told.then(() => {});
  });
  await hasPainted(page);
  await expect(app.keepIt).toBeFocused();
});

test('the open dialog keeps the focus', async ({ app, page, signedIn: person }) => {
  await app.unlink(person.linked[0]!).click();
  await expect(app.keepIt).toBeFocused();
  for (let press = 0; press < 6; press += 1) {
    await page.keyboard.press('Tab');
    // Between its ends, the browser's own controls have a turn; the page behind never has.
    const inside = await page.evaluate(
      () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
    );
    expect(inside).toBe(true);
  }
});

test('a stand-in works with the keyboard alone', async ({ app, hosted, house, page }) => {
  const visitor = house.claim('atStandIns');
  await app.open();
  await app.signIn.press('Enter');
  await tabTo(page, page.getByRole('link', { name: 'Continue with Microsoft' }));
  await page.keyboard.press('Enter');
  await expect(hosted.page.getByRole('heading', { name: 'Stand-in for Microsoft' })).toBeVisible();
  await page.getByRole('button', { name: visitor.linked[1]!.who }).focus();
  await page.keyboard.press('Enter');
  await app.showsTheList();
  await app.shows([visitor.main, ...visitor.linked]);
});

test('a failure can be read, copied and left with the keyboard alone', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(500);
  const google = person.linked[0]!;
  await page.route('**/api/v2/**', (route) => route.fulfill({ status: 500, body: 'broken pipe' }));
  await app.unlinks(google);
  await expect(app.notice).toBeVisible();
  // The answer takes nobody's focus away: it is still in the row that was asked for.
  await expect(app.unlink(google)).toBeFocused();
  await tabTo(page, app.notice.getByText('Technical details'));
  await page.keyboard.press('Enter');
  await expect(app.notice.locator('pre')).toBeVisible();
  await page.unrouteAll();
  await page.keyboard.press('Shift+Tab');
  await expect(app.notice.getByRole('button', { name: 'Dismiss' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(app.tryAgain).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test('whatever is dismissed gives the focus back to where the work is', async ({
  app,
  page,
  request,
  signedIn: person,
  watch,
}) => {
  watch.expectStatus(500);
  const [google, github, company] = person.linked;
  const authorization = await bearer(page);
  await app.showsTheList();

  // A failure, to the button of its row.
  await page.route('**/api/v2/**', (route) => route.fulfill({ status: 500 }), { times: 1 });
  await app.unlinks(google!);
  await app.notice.getByRole('button', { name: 'Dismiss' }).press('Enter');
  await expect(app.notice).toBeHidden();
  await expect(app.unlink(google!)).toBeFocused();

  // A login that went elsewhere, to the one below.
  const [provider, id] = github!.key.split('|');
  const path = `/api/v2/users/${encodeURIComponent(person.userId)}/identities/${provider}/${id}`;
  expect((await request.delete(path, { headers: { authorization } })).status()).toBe(200);
  await page.clock.setFixedTime(Date.now() + 60_000);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await app.row(github!).getByRole('button', { name: 'Dismiss' }).press('Enter');
  await app.shows([person.main, google!, company!]);
  await expect(app.unlink(company!)).toBeFocused();

  // What is told politely, to where the person was.
  const dismiss = page.locator('.toast').getByRole('button', { name: 'Dismiss' });
  await expect(dismiss).toBeVisible();
  await dismiss.press('Enter');
  await expect(dismiss).toBeHidden();
  await expect(app.unlink(company!)).toBeFocused();
});
