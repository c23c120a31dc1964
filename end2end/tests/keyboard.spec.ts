import type { Locator, Page } from '@playwright/test';

import { waitForPaint } from '../browser/layout.ts';
import { captureAuthorization } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';

/** Limit for the presses of Tab: more than any page here has tab stops. */
const MAX_TAB_STOPS = 60;

/** Presses Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  const focused = () => target.evaluate((element) => element === document.activeElement);
  for (let stop = 0; stop < MAX_TAB_STOPS && !(await focused()); stop += 1) {
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
}

/** Fails when the focused element has no visible outline. */
async function expectVisibleFocus(target: Locator): Promise<void> {
  const outline = await target.evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth);
  });
  expect(outline, 'the focus can be seen').toBeGreaterThan(0);
}

// WCAG 2.1.1, 2.4.7, 3.3.2: keyboard
test('everything from signing in to unlinking works with the keyboard alone', async ({ app, hosted, page, person }) => {
  const [google, github, company] = person.linked;
  await app.open();
  await tabTo(page, app.signInButton);
  await expectVisibleFocus(app.signInButton);
  await page.keyboard.press('Enter');

  await tabTo(page, hosted.email);
  await page.keyboard.type(person.email);
  await page.keyboard.press('Tab');
  await expect(hosted.password).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await tabTo(page, hosted.submitButton);
  await expectVisibleFocus(hosted.submitButton);
  await page.keyboard.press('Enter');

  await app.expectList();
  await tabTo(page, app.unlinkButton(github!));
  await expectVisibleFocus(app.unlinkButton(github!));
  await page.keyboard.press('Enter');
  await expect(app.keepButton).toBeFocused();
  await expectVisibleFocus(app.keepButton);
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(app.unlinkButton(github!)).toBeFocused();

  await page.keyboard.press('Enter');
  await tabTo(page, app.confirmButton(github!));
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(`GitHub (${github!.label}) was unlinked.`);
  await expect(app.statusNotice).toBeFocused();
  await expectVisibleFocus(app.statusNotice);
  await app.expectIdentities([person.primary, google!, company!]);

  await tabTo(page, app.signOutButton);
  await page.keyboard.press('Enter');
  await app.expectSignedOut();
});

test('a dialog that was just closed opens again at once', async ({ app, page, signedIn: person }) => {
  const github = app.unlinkButton(person.linked[1]!);
  await github.click();
  await expect(app.keepButton).toBeFocused();
  // Closes the dialog as Escape does, and presses the button before the dialog's `close` event.
  await github.evaluate((button: HTMLElement) => {
    const dialog = document.querySelector('dialog')!;
    const closed = new Promise((done) => dialog.addEventListener('close', done, { once: true }));
    dialog.close();
    button.click();
    return closed.then(() => {});
  });
  await waitForPaint(page);
  await expect(app.keepButton).toBeFocused();
});

// WCAG 2.4.3, 2.1.2: keyboard
test('selecting several takes the focus to the first box and back, and Escape leaves it', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github] = person.linked;
  await app.selectSeveralButton.press('Enter');
  await expect(app.checkbox(google!)).toBeFocused();
  await page.keyboard.press('Space');
  await page.keyboard.press('Escape');
  await expect(app.selectionBar).toBeHidden();
  await expect(app.selectSeveralButton).toBeFocused();
  await page.keyboard.press('Enter');
  await app.selectionBar.getByRole('button', { name: 'Cancel' }).press('Enter');
  await expect(app.selectSeveralButton).toBeFocused();

  // Escape closes an open dialog and nothing else.
  await page.keyboard.press('Enter');
  await app.checkbox(google!).press('Space');
  await app.checkbox(github!).press('Space');
  const unlink = app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' });
  await unlink.press('Enter');
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(unlink).toBeFocused();
  await unlink.press('Enter');
  await app.dialog.getByRole('button', { name: 'Unlink 2 logins' }).press('Enter');
  await expect(app.row(github!)).toHaveCount(0);
  await expect(page.locator('body')).not.toBeFocused();
});

// WCAG 2.4.3, 2.4.11, 1.4.13: keyboard
test('Undo is one Tab away from where the focus is after unlinking, and Escape leads on to the next login', async ({
  app,
  page,
  signedIn: person,
}) => {
  const undo = page.getByRole('button', { name: 'Undo', exact: true });
  const [google, github, company] = person.linked;
  // The last login, one in the middle, and the only one that is left.
  for (const [login, next] of [
    [company, app.unlinkButton(github!)],
    [google, app.unlinkButton(github!)],
    [github, app.linkedHeading],
  ] as const) {
    await app.unlinkButton(login!).press('Enter');
    await app.confirmButton(login!).press('Enter');
    await expect(app.statusNotice).toBeFocused();
    await expect(app.statusNotice).toBeInViewport({ ratio: 1 });
    await page.keyboard.press('Tab');
    await expect(undo).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(undo).toBeHidden();
    await expect(next).toBeFocused();
  }
});

// WCAG 2.4.1, 2.4.7: keyboard
test('the way past the header is the first thing that Tab reaches, and leads to the list', async ({
  app,
  page,
  signedIn: person,
}) => {
  const skip = page.getByRole('link', { name: 'Skip to your logins' });
  const address = page.url();
  await page.locator('body').evaluate((body) => body.focus());
  expect(await skip.evaluate((link) => getComputedStyle(link).clipPath)).toBe('inset(50%)');
  await page.keyboard.press('Tab');
  await expect(skip).toBeFocused();
  await expectVisibleFocus(skip);
  await expect(skip).toBeInViewport({ ratio: 1 });
  expect(await skip.evaluate((link) => getComputedStyle(link).clipPath)).toBe('none');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Main login', exact: true })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(app.detailsSummary(person.primary)).toBeFocused();
  expect(page.url()).toBe(address);
  await app.signOutButton.click();
  await app.expectSignedOut();
  await expect(skip).toBeHidden();
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 640 } });

  // WCAG 2.4.3, 1.3.2: keyboard
  test('the order of Tab in the dialog is its order on the screen', async ({ app, page, signedIn: person }) => {
    await app.unlinkButton(person.linked[0]!).click();
    await expect(app.keepButton).toBeFocused();
    const top = async (button: Locator) => (await button.boundingBox())!.y;
    const [keep, confirm] = [app.keepButton, app.confirmButton(person.linked[0]!)];
    expect(await top(keep)).toBeLessThan(await top(confirm));
    await page.keyboard.press('Tab');
    await expect(confirm).toBeFocused();
  });

  // WCAG 2.4.11: keyboard
  test('neither the notice nor the bar of chosen logins covers what has the focus', async ({
    app,
    page,
    signedIn: person,
  }) => {
    /** Whether a point in the middle of the focused element shows something else. */
    const isCovered = () =>
      page.evaluate(() => {
        const focused = document.activeElement!;
        const { x, y, width, height } = focused.getBoundingClientRect();
        const at = document.elementFromPoint(x + width / 2, y + height / 2);
        return focused !== document.body && at !== null && !focused.contains(at) && !at.contains(focused);
      });
    await app.unlink(person.linked[0]!);
    await expect(page.getByRole('button', { name: 'Undo', exact: true })).toBeVisible();
    for (let stop = 0; stop < 12; stop += 1) {
      await page.keyboard.press('Tab');
      await waitForPaint(page);
      expect(await isCovered()).toBe(false);
    }
    await app.selectSeveralButton.click();
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let stop = 0; stop < 16; stop += 1) {
        await page.keyboard.press(key);
        await waitForPaint(page);
        expect(await isCovered()).toBe(false);
      }
    }
  });
});

test.describe('on a low screen', () => {
  test.use({ viewport: { width: 360, height: 300 } });

  // WCAG 2.4.11, 1.4.10: keyboard
  test('the dialog begins with what it says, and its buttons hide none of it', async ({
    app,
    page,
    signedIn: person,
  }) => {
    await app.unlinkButton(person.linked[0]!).click();
    const title = app.dialog.getByRole('heading');
    await expect(title).toBeFocused();
    await expect(title).toBeInViewport({ ratio: 1 });
    await page.keyboard.press('Tab');
    await expect(app.keepButton).toBeFocused();
    await expect(app.keepButton).toBeInViewport({ ratio: 1 });
    const [facts, acts] = [app.dialog.locator('.facts'), app.dialog.locator('.dialog-acts')];
    const box = (await facts.boundingBox())!;
    expect(box.y + box.height).toBeLessThanOrEqual((await acts.boundingBox())!.y);
  });
});

// WCAG 2.1.2, 2.4.3: keyboard
test('the open dialog keeps the focus', async ({ app, page, signedIn: person }) => {
  await app.unlinkButton(person.linked[0]!).click();
  await expect(app.keepButton).toBeFocused();
  for (let press = 0; press < 6; press += 1) {
    await page.keyboard.press('Tab');
    // Between its last and first element the focus visits the browser's own controls (`body`), never the page behind.
    const inside = await page.evaluate(
      () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
    );
    expect(inside).toBe(true);
  }
});

// WCAG 2.1.1: keyboard
test('a stand-in works with the keyboard alone', async ({ app, hosted, worker, page }) => {
  const visitor = worker.claimPerson('withStandInLogins');
  await app.open();
  await app.signInButton.press('Enter');
  await tabTo(page, page.getByRole('link', { name: 'Continue with Microsoft' }));
  await page.keyboard.press('Enter');
  await expect(hosted.page.getByRole('heading', { name: 'Stand-in for Microsoft' })).toBeVisible();
  await page.getByRole('button', { name: visitor.linked[1]!.label }).focus();
  await page.keyboard.press('Enter');
  await app.expectList();
  await app.expectIdentities([visitor.primary, ...visitor.linked]);
});

// WCAG 2.1.1, 3.3.1: keyboard
test('a failure can be read, copied and left with the keyboard alone', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  const google = person.linked[0]!;
  await page.route('**/api/v2/**', (route) => route.fulfill({ status: 500, body: 'broken pipe' }));
  await app.unlink(google);
  await expect(app.notice).toBeVisible();
  // The error does not take the focus, which is still in the row.
  await expect(app.unlinkButton(google)).toBeFocused();
  await tabTo(page, app.notice.getByText('Technical details'));
  await page.keyboard.press('Enter');
  await expect(app.notice.locator('pre')).toBeVisible();
  await page.unrouteAll();
  await page.keyboard.press('Shift+Tab');
  await expect(app.notice.getByRole('button', { name: 'Dismiss' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(app.tryAgainButton).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

// WCAG 2.4.3: keyboard
test('whatever is dismissed gives the focus back to where the work is', async ({
  app,
  page,
  request,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  const [google, github, company] = person.linked;
  const authorization = await captureAuthorization(page);
  await app.expectList();

  // Dismissing an error moves the focus to the button of its row.
  await page.route('**/api/v2/**', (route) => route.fulfill({ status: 500 }), { times: 1 });
  await app.unlink(google!);
  await app.notice.getByRole('button', { name: 'Dismiss' }).press('Enter');
  await expect(app.notice).toBeHidden();
  await expect(app.unlinkButton(google!)).toBeFocused();

  // Dismissing an identity that was unlinked elsewhere moves it to the next row.
  const [provider, id] = github!.key.split('|');
  const path = `/api/v2/users/${encodeURIComponent(person.userId)}/identities/${provider}/${id}`;
  expect((await request.delete(path, { headers: { authorization } })).status()).toBe(200);
  await page.clock.setFixedTime(Date.now() + 60_000);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await app.row(github!).getByRole('button', { name: 'Dismiss' }).press('Enter');
  await app.expectIdentities([person.primary, google!, company!]);
  await expect(app.unlinkButton(company!)).toBeFocused();

  // Dismissing a status message moves it on to the next row.
  await app.unlink(company!);
  await expect(app.statusNotice).toBeFocused();
  const dismiss = page.locator('.toast').getByRole('button', { name: 'Dismiss' });
  await expect(dismiss).toBeVisible();
  await dismiss.press('Enter');
  await expect(dismiss).toBeHidden();
  await expect(app.unlinkButton(google!)).toBeFocused();
});
