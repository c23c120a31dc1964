import type { Locator, Page } from '@playwright/test';

import { expect, managementRequests, stopTheClock, test, withSettings } from '../fixtures/index.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

/** Plans a fault by the page's own switch. */
async function plan(app: LinkedAccounts, name: string): Promise<void> {
  const { page } = app;
  const chosen = page.getByRole('button', { name, exact: true });
  if (!(await chosen.isVisible())) {
    await page.getByText('Demo: play a fault').click();
  }
  await chosen.click();
  await expect(app.status).toHaveText(`Planned for your next change: ${name}.`);
}

/** Lets the pause pass that a row tells of. */
async function waitsOut(page: Page, timer: Locator): Promise<void> {
  await expect(timer).toHaveText(/^It goes on by itself in \d+ seconds?\.$/);
  const seconds = Number(/\d+/.exec((await timer.textContent())!)![0]);
  // And the moment more by which pages that were told the same second come apart.
  await page.clock.runFor(seconds * 1000 + 1000);
}

const deletes = (page: Page) => {
  const requests = managementRequests(page);
  return () => requests.filter((request) => request.startsWith('DELETE')).length;
};

test('an expired token asks to sign in again, and the unlinking works then', async ({ app, signedIn: person, watch }) => {
  watch.expectStatus(401);
  const google = person.linked[0]!;
  await plan(app, 'Expired token');
  await app.unlinks(google);
  await expect(app.notice).toContainText('Your session has ended');
  await app.shows([person.main, ...person.linked]);
  await app.signInAgain.click();
  await expect(app.notice).toBeHidden();
  await app.showsTheList();
  await app.unlinks(google);
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test('too many requests make the page wait and go on by itself', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
  watch,
}) => {
  watch.expectStatus(429);
  const google = person.linked[0]!;
  await plan(app, 'Too many requests');
  await stopTheClock(page, 0);
  const sent = deletes(page);
  await app.unlinks(google);
  await waitsOut(page, app.row(google).getByRole('timer'));
  await expect(app.status).toHaveText(`Google (${google.who}) was unlinked.`);
  expect(sent()).toBe(2);
});

test('a busy service makes the page wait and go on by itself', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(503);
  const google = person.linked[0]!;
  await plan(app, 'Busy service');
  await stopTheClock(page, 0);
  const sent = deletes(page);
  await app.unlinks(google);
  await waitsOut(page, app.row(google).getByRole('timer'));
  await expect(app.status).toHaveText(`Google (${google.who}) was unlinked.`);
  expect(sent()).toBe(2);
});

test('a slow answer is waited for, and nothing is sent twice', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await plan(app, 'Slow answer');
  const sent = deletes(page);
  await app.unlinks(google);
  await expect(app.unlink(google)).toHaveText('Unlinking…');
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(`Google (${google.who}) was unlinked.`);
  expect(sent()).toBe(1);
});

test('a fault of the tenant is told, and trying again works', async ({ app, signedIn: person, watch }) => {
  watch.expectStatus(500);
  const google = person.linked[0]!;
  await plan(app, 'Server error');
  await app.unlinks(google);
  await expect(app.notice).toContainText('The sign-in service has a problem');
  await app.tryAgain.click();
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test('a login that another device unlinks just before is gone, without a failure', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await plan(app, 'Unlinked elsewhere');
  await app.unlinks(github!);
  await app.shows([person.main, google!, company!]);
  await expect(app.notice).toBeHidden();
  await page.reload();
  await app.shows([person.main, google!, company!]);
});

test('a window for signing in that closes at once is told, and the next one works', async ({
  app,
  page,
  signedIn: _,
}) => {
  await plan(app, 'Closed window');
  await app.link('LinkedIn').click();
  await expect(app.notice).toContainText('The window was closed');
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.tryAgain.click()]);
  await expect(popup.getByRole('heading', { level: 1 })).toHaveText('Stand-in for LinkedIn');
  await popup.close();
});

test('without a demo tenant there is no switch', async ({ app, page, signedIn: _ }) => {
  await expect(page.getByText('Demo: play a fault')).toBeVisible();
  await withSettings(page, (settings) => ({ ...settings, demo: false }));
  await page.reload();
  await app.showsTheList();
  await expect(page.getByText('Demo: play a fault')).toHaveCount(0);
});
