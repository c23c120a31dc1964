import type { Locator, Page } from '@playwright/test';

import { pauseClock } from '../browser/clock.ts';
import { recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings } from '../browser/settings.ts';
import { expect, test } from '../fixtures/index.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

/** Plans a fault with the page's demo switch. */
async function planFault(app: LinkedAccounts, name: string): Promise<void> {
  const { page } = app;
  const button = page.getByRole('button', { name, exact: true });
  if (!(await button.isVisible())) {
    await page.getByText('Demo: play a fault').click();
  }
  await button.click();
  await expect(app.status).toHaveText(`Planned for your next change: ${name}.`);
}

/** Advances the page's clock by the pause that `timer` shows. */
async function waitOutPause(page: Page, timer: Locator): Promise<void> {
  await expect(timer).toHaveText(/^It goes on by itself in \d+ seconds?\.$/);
  const seconds = Number(/\d+/.exec((await timer.textContent())!)![0]);
  // Plus the random delay of up to a second that spreads out pages with the same `Retry-After`.
  await page.clock.runFor(seconds * 1000 + 1000);
}

/** Returns a function that counts the DELETE requests from now on. */
const countDeletes = (page: Page) => {
  const requests = recordManagementRequests(page);
  return () => requests.filter((request) => request.startsWith('DELETE')).length;
};

test('an expired token asks to sign in again, and the unlinking works then', async ({
  app,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(401);
  const google = person.linked[0]!;
  await planFault(app, 'Expired token');
  await app.unlink(google);
  await expect(app.notice).toContainText('Your session has ended');
  await app.expectIdentities([person.primary, ...person.linked]);
  await app.signInAgainButton.click();
  await expect(app.notice).toBeHidden();
  await app.expectList();
  await app.unlink(google);
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test(
  'too many requests make the page wait and go on by itself',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person, consoleGuard }) => {
    consoleGuard.expectStatus(429);
    const google = person.linked[0]!;
    await planFault(app, 'Too many requests');
    await pauseClock(page, 0);
    const deleteCount = countDeletes(page);
    await app.unlink(google);
    await waitOutPause(page, app.row(google).getByRole('timer'));
    await expect(app.status).toHaveText(`Google (${google.label}) was unlinked.`);
    expect(deleteCount()).toBe(2);
  },
);

test('a busy service makes the page wait and go on by itself', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(503);
  const google = person.linked[0]!;
  await planFault(app, 'Busy service');
  await pauseClock(page, 0);
  const deleteCount = countDeletes(page);
  await app.unlink(google);
  await waitOutPause(page, app.row(google).getByRole('timer'));
  await expect(app.status).toHaveText(`Google (${google.label}) was unlinked.`);
  expect(deleteCount()).toBe(2);
});

test('a slow answer is waited for, and nothing is sent twice', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await planFault(app, 'Slow answer');
  const deleteCount = countDeletes(page);
  await app.unlink(google);
  await expect(app.unlinkButton(google)).toHaveText('Unlinking…');
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(`Google (${google.label}) was unlinked.`);
  expect(deleteCount()).toBe(1);
});

test('a fault of the tenant is told, and trying again works', async ({ app, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(500);
  const google = person.linked[0]!;
  await planFault(app, 'Server error');
  await app.unlink(google);
  await expect(app.notice).toContainText('The sign-in service has a problem');
  await app.tryAgainButton.click();
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test('a login that another device unlinks just before is gone, without a failure', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await planFault(app, 'Unlinked elsewhere');
  await app.unlink(github!);
  await app.expectIdentities([person.primary, google!, company!]);
  await expect(app.notice).toBeHidden();
  await page.reload();
  await app.expectIdentities([person.primary, google!, company!]);
});

test('a window for signing in that closes at once is told, and the next one works', async ({
  app,
  page,
  signedIn: _,
}) => {
  await planFault(app, 'Closed window');
  await app.linkButton('LinkedIn').click();
  await expect(app.notice).toContainText('The window was closed');
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.tryAgainButton.click()]);
  await expect(popup.getByRole('heading', { level: 1 })).toHaveText('Stand-in for LinkedIn');
  await popup.close();
});

test('without a demo tenant there is no switch', async ({ app, page, signedIn: _ }) => {
  await expect(page.getByText('Demo: play a fault')).toBeVisible();
  await overrideSettings(page, (settings) => ({ ...settings, demo: false }));
  await page.reload();
  await app.expectList();
  await expect(page.getByText('Demo: play a fault')).toHaveCount(0);
});
