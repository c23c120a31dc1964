import type { Locator, Page } from '@playwright/test';

import { pauseClock } from '../browser/clock.ts';
import { recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings } from '../browser/settings.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';
import { openStandInPopup, uniqueEmail } from '../pages/linking.ts';

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

test.describe('a tenant that asks for a recent sign-in', () => {
  test.beforeEach(({ consoleGuard }) => consoleGuard.expectStatus(401));

  test(
    'is answered by one in a window of its own, and the login is unlinked',
    { tag: '@anywhere' },
    async ({ app, page, signedIn: person }) => {
      const [google, github, company] = person.linked;
      const deleteCount = countDeletes(page);
      await planFault(app, 'Old sign-in');
      const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlink(github!)]);
      await expect(app.row(github!)).toContainText('Go on in the window that opened.');
      await new HostedLogin(popup).reauthenticate(person.email, PASSWORD);
      await expect(app.status).toContainText(`GitHub (${github!.label}) was unlinked.`);
      await app.expectIdentities([person.primary, google!, company!]);
      expect(deleteCount()).toBe(2);
    },
  );

  test('is answered while linking, too', async ({ app, page, signedIn: person }) => {
    const email = uniqueEmail(person, 'recent');
    await planFault(app, 'Old sign-in');
    const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
    const [popup] = await Promise.all([page.waitForEvent('popup'), standIn.signInAsNewUser('Re Cent', email)]);
    await new HostedLogin(popup).reauthenticate(person.email, PASSWORD);
    await expect(app.status).toContainText(`LinkedIn (${email}) is linked to this account now.`);
  });

  test('changes nothing when the person cancels, and is answered when they try again', async ({
    app,
    page,
    signedIn: person,
  }) => {
    const github = person.linked[1]!;
    await planFault(app, 'Old sign-in');
    await Promise.all([page.waitForEvent('popup'), app.unlink(github)]);
    await app.row(github).getByRole('button', { name: 'Cancel' }).click();
    await expect(app.row(github)).toContainText('A recent sign-in is needed');
    await app.expectIdentities([person.primary, ...person.linked]);
    const deleteCount = countDeletes(page);
    const again = app.row(github).getByRole('button', { name: 'Try again' });
    const [popup] = await Promise.all([page.waitForEvent('popup'), again.click()]);
    expect(deleteCount(), 'the page knows that it must ask first').toBe(0);
    await new HostedLogin(popup).reauthenticate(person.email, PASSWORD);
    await expect(app.row(github)).toHaveCount(0);
  });

  test.describe('on a small screen', () => {
    test.use({ viewport: { width: 360, height: 740 } });

    test('is told, and answered when they try again', async ({ app, hosted, page, signedIn: person }) => {
      const github = person.linked[1]!;
      await planFault(app, 'Old sign-in');
      await app.unlink(github);
      await expect(app.row(github)).toContainText('A recent sign-in is needed');
      await app.row(github).getByRole('button', { name: 'Try again' }).click();
      await hosted.reauthenticate(person.email, PASSWORD);
      await app.expectList();
      await expect(app.status).toContainText(`GitHub (${github.label}) was unlinked.`);
      expect(page.url()).not.toContain('code=');
    });
  });
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
