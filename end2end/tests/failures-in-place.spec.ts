import type { Locator, Page, Route } from '@playwright/test';

import { isManagementUrl } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import type { Person } from '../fixtures/people.ts';
import { HostedLogin, StandIn } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';
import { linkNewIdentity, openStandInPopup, overrideMetadata, uniqueEmail } from '../pages/linking.ts';

// A failure stands where the action was pressed, is announced, and has a button that goes on.
test.use({ settings: { undoSeconds: 0 } });

interface Fault {
  answer: Parameters<Route['fulfill']>[0] | 'cut';
  /** The message that the browser itself writes to the console. */
  consoleMessage: string;
  title: string;
  wayOn: 'Try again' | 'Sign in again';
}

const refusal = (statusCode: number, error: string, errorCode: string) => ({
  status: statusCode,
  headers: { 'access-control-allow-origin': '*' },
  json: { statusCode, error, message: error, errorCode },
});

const FAULTS = {
  'an ended session': {
    answer: refusal(401, 'Unauthorized', 'invalid_token'),
    consoleMessage: 'a status of 401',
    title: 'Your session has ended',
    wayOn: 'Sign in again',
  },
  'a missing permission': {
    answer: refusal(403, 'Forbidden', 'insufficient_scope'),
    consoleMessage: 'a status of 403',
    title: 'This sign-in does not allow that',
    wayOn: 'Sign in again',
  },
  'too many requests': {
    answer: refusal(429, 'Too Many Requests', 'too_many_requests'),
    consoleMessage: 'a status of 429',
    title: 'That was a little too fast',
    wayOn: 'Try again',
  },
  'a fault of the tenant': {
    answer: refusal(500, 'Internal Server Error', 'internal_error'),
    consoleMessage: 'a status of 500',
    title: 'The sign-in service has a problem',
    wayOn: 'Try again',
  },
  'a lost connection': {
    answer: 'cut',
    consoleMessage: 'net::ERR_CONNECTION_RESET',
    title: 'The sign-in service cannot be reached',
    wayOn: 'Try again',
  },
} as const satisfies Record<string, Fault>;

const ALL = Object.entries(FAULTS) as [string, Fault][];

/** Plays a fault for requests of this method to the Management API, until `page.unrouteAll`. */
const play = (page: Page, method: string, { answer }: Fault) =>
  page.route(
    (url) => isManagementUrl(url),
    (route) => {
      if (route.request().method() !== method) {
        return route.fallback();
      }
      return answer === 'cut' ? route.abort('connectionreset') : route.fulfill(answer);
    },
  );

/** Fails unless the only failure of the page stands in `place`, in sight, with its way on, and the focus is somewhere. */
async function expectFailureIn(place: Locator, title: string, wayOn: string): Promise<void> {
  const alert = place.getByRole('alert');
  await expect(alert).toContainText(title);
  await expect(place.page().getByRole('alert')).toHaveCount(1);
  const button = alert.getByRole('button', { name: wayOn, exact: true });
  await expect(button).toBeEnabled();
  await expect(button).toBeInViewport({ ratio: 1 });
  await expect(place.page().locator('body')).not.toBeFocused();
}

const section = (page: Page): Locator => page.locator('.linking');
const unlinkedRow = (page: Page): Locator =>
  page.getByRole('list', { name: 'Recently unlinked' }).locator('> li').first();

/** Signs in with the login of another person, which belongs to their account. */
async function openOtherAccount(app: LinkedAccounts, page: Page, other: Person): Promise<void> {
  await (await openStandInPopup(page, () => app.linkButton('Facebook').click())).chooseUser(other.linked[0]!.label);
  await expect(page.getByRole('button', { name: 'Move it here' })).toBeVisible();
}

for (const [what, fault] of ALL) {
  // WCAG 2.4.3, 3.3.1: keyboard
  test(`unlinking: ${what} is told in the row`, async ({ app, page, signedIn: person, consoleGuard }) => {
    consoleGuard.expectMessage(fault.consoleMessage);
    const github = person.linked[1]!;
    await play(page, 'DELETE', fault);
    await app.unlinkButton(github).press('Enter');
    await app.confirmButton(github).press('Enter');
    await expectFailureIn(app.row(github), fault.title, fault.wayOn);
    await expect(app.unlinkButton(github)).toBeFocused();
    await page.unrouteAll();
    await page.keyboard.press('Tab');
    await expect(app.detailsSummary(github)).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(app.notice.getByRole('button', { name: fault.wayOn })).toBeFocused();
    await page.keyboard.press('Enter');
    if (fault.wayOn === 'Try again') {
      await expect(app.row(github)).toHaveCount(0);
    } else {
      await expect(app.notice).toBeHidden();
      await app.expectList();
    }
  });

  // WCAG 3.3.1: keyboard
  test(`linking: ${what} is told in the section, at the top`, async ({ app, page, signedIn: person, consoleGuard }) => {
    consoleGuard.expectMessage(fault.consoleMessage);
    await play(page, 'POST', fault);
    await linkNewIdentity(app, page, uniqueEmail(person, 'fails'));
    await expectFailureIn(section(page), fault.title, fault.wayOn);
    await page.unrouteAll();
    const wayOn = app.notice.getByRole('button', { name: fault.wayOn });
    if (fault.wayOn === 'Try again') {
      const standIn = await openStandInPopup(page, () => wayOn.press('Enter'));
      await standIn.signInAsNewUser('Linked Inn', uniqueEmail(person, 'works'));
      await expect(app.status).toContainText('is linked to this account now.');
    } else {
      await wayOn.press('Enter');
      await expect(app.notice).toBeHidden();
      await app.expectList();
    }
    await app.expectList();
  });

  test(`Undo: ${what} is told where the login is listed`, async ({ app, page, signedIn: person, consoleGuard }) => {
    consoleGuard.expectMessage(fault.consoleMessage);
    await app.unlink(person.linked[0]!);
    const undo = page.getByRole('button', { name: 'Undo', exact: true });
    await play(page, 'GET', fault);
    const standIn = await openStandInPopup(page, () => undo.press('Enter'));
    await standIn.signInAsNewUser('Undo Me', uniqueEmail(person, 'undone'));
    // What failed is a request for that login's account, so that only this login has to be proven again.
    const title = fault.title === 'Your session has ended' ? 'That sign-in has ended' : fault.title;
    await expectFailureIn(unlinkedRow(page), title, 'Try again');
    await page.unrouteAll();
    const again = await openStandInPopup(page, () => app.tryAgainButton.press('Enter'));
    await again.signInAsNewUser('Undo Me', uniqueEmail(person, 'undone'));
    await expectFailureIn(unlinkedRow(page), 'That was another login', 'Try again');
  });
}

for (const what of ['a fault of the tenant', 'a lost connection'] as const) {
  const fault = FAULTS[what];

  test(`unlinking several: ${what} is told in each row`, async ({ app, page, signedIn: person, consoleGuard }) => {
    consoleGuard.expectMessage(fault.consoleMessage);
    const [google, github] = person.linked;
    await play(page, 'DELETE', fault);
    await app.selectSeveralButton.press('Enter');
    await app.checkbox(google!).press('Space');
    await app.checkbox(github!).press('Space');
    await app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' }).press('Enter');
    await app.dialog.getByRole('button', { name: 'Unlink 2 logins' }).press('Enter');
    for (const login of [google!, github!]) {
      await expect(app.row(login).getByRole('alert')).toContainText(fault.title);
      await expect(app.row(login).getByRole('button', { name: 'Try again' })).toBeEnabled();
    }
    await expect(app.unlinkButton(google!)).toBeFocused();
    await page.unrouteAll();
    for (const login of [google!, github!]) {
      await app.row(login).getByRole('button', { name: 'Try again' }).press('Enter');
      await expect(app.row(login)).toHaveCount(0);
    }
  });
}

for (const [what, title] of [
  ['an ended session', 'That sign-in has ended'],
  ['a fault of the tenant', FAULTS['a fault of the tenant'].title],
] as const) {
  test(`moving a login: ${what} is told in place of the choice, and trying again proves that login`, async ({
    app,
    worker,
    page,
    signedIn: person,
    consoleGuard,
  }) => {
    consoleGuard.expectMessage(FAULTS[what].consoleMessage);
    const other = worker.claimPerson('withStandInLogins');
    await openOtherAccount(app, page, other);
    await play(page, 'DELETE', FAULTS[what]);
    await page.getByRole('button', { name: 'Move it here' }).press('Enter');
    await expectFailureIn(section(page), title, 'Try again');
    await page.unrouteAll();
    // The provider still knows the person, so that it takes one click.
    await app.tryAgainButton.press('Enter');
    await expect(page.getByRole('button', { name: 'Move it here' })).toBeVisible();
    await app.expectIdentities([person.primary, ...person.linked]);
  });
}

for (const what of ['a missing permission', 'a fault of the tenant'] as const) {
  const fault = FAULTS[what];

  test(`merging: ${what} is told in the section, and both accounts are as they were`, async ({
    app,
    worker,
    page,
    signedIn: person,
    consoleGuard,
  }) => {
    consoleGuard.expectMessage(fault.consoleMessage);
    const other = worker.claimPerson('withStandInLogins');
    await openOtherAccount(app, page, other);
    await play(page, 'POST', fault);
    await page.getByRole('button', { name: 'Merge both' }).press('Enter');
    await app.dialog.getByRole('button', { name: 'Merge and delete' }).press('Enter');
    await expectFailureIn(section(page), fault.title, fault.wayOn);
    await app.expectIdentities([person.primary, ...person.linked]);
  });

  test(`keeping details: ${what} is told in the section, and nothing is linked`, async ({
    app,
    page,
    signedIn: person,
    consoleGuard,
  }) => {
    consoleGuard.expectMessage(fault.consoleMessage);
    await overrideMetadata(page, { theme: 'dark' });
    await linkNewIdentity(app, page, uniqueEmail(person, 'details'));
    await play(page, 'PATCH', fault);
    await app.dialog.getByRole('button', { name: 'Link and delete' }).press('Enter');
    await expectFailureIn(section(page), fault.title, fault.wayOn);
    await app.expectIdentities([person.primary, ...person.linked]);
  });
}

test('signing out without a connection says where it was pressed that the session goes on, and goes on with a connection', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  await context.setOffline(true);
  await expect(page.getByText('You are offline. You can')).toBeVisible();
  await app.signOutButton.press('Enter');
  await expect(app.header.getByRole('alert')).toContainText('You are still signed in');
  await app.expectIdentities([person.primary, ...person.linked]);
  await app.header.getByRole('button', { name: 'Dismiss' }).press('Enter');
  await expect(app.notice).toBeHidden();
  await expect(app.signOutButton).toBeFocused();
  await app.signOutButton.press('Enter');
  await context.setOffline(false);
  await app.header.getByRole('button', { name: 'Try again' }).press('Enter');
  await app.expectSignedOut();
});

test.describe('a fresh sign-in', () => {
  test.use({ settings: { freshSignIn: 50, undoSeconds: 0 } });

  test('that is cancelled or fails is told in the row, and can be tried again there', async ({
    app,
    page,
    signedIn: person,
    worker,
  }) => {
    await page.clock.install({ time: Date.now() + 55_000 });
    const github = person.linked[1]!;
    const row = app.row(github);
    // Cancelled on this page: nothing to explain, and the focus is where it was.
    const [first] = await Promise.all([page.waitForEvent('popup'), app.unlink(github)]);
    await row.getByRole('button', { name: 'Cancel' }).press('Enter');
    await expect(app.unlinkButton(github)).toBeFocused();
    await expect(app.notice).toBeHidden();
    expect(first.isClosed()).toBe(true);
    // Somebody else: told in the row, with the way on.
    const [second] = await Promise.all([page.waitForEvent('popup'), app.unlink(github)]);
    await new HostedLogin(second).signIn(worker.claimPerson('ordinary').email, PASSWORD);
    await expectFailureIn(row, 'Somebody else signed in', 'Try again');
    const [third] = await Promise.all([page.waitForEvent('popup'), app.tryAgainButton.press('Enter')]);
    await new HostedLogin(third).signIn(person.email, PASSWORD);
    await expect(row).toHaveCount(0);
  });

  test('whose window the browser blocks goes by a redirect, and the login is unlinked after it', async ({
    app,
    hosted,
    page,
    signedIn: person,
  }) => {
    await page.clock.install({ time: Date.now() + 55_000 });
    await page.evaluate(() => {
      window.open = () => null;
    });
    const github = person.linked[1]!;
    await app.unlink(github);
    await hosted.reauthenticate(person.email, PASSWORD);
    await app.expectList();
    await expect(app.status).toContainText(`GitHub (${github.label}) was unlinked.`);
  });
});

test('a window that is closed is told in the section and where a login is listed, each with its way on', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.getByText('Demo: play a fault').click();
  await page.getByRole('button', { name: 'Closed window' }).click();
  await app.linkButton('LinkedIn').press('Enter');
  await expectFailureIn(section(page), 'The window was closed', 'Try again');
  await app.notice.getByRole('button', { name: 'Dismiss' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Link another login' })).toBeFocused();
  await app.unlink(person.linked[0]!);
  await page.getByRole('button', { name: 'Closed window' }).click();
  await page.getByRole('button', { name: /^Link again: Google, / }).press('Enter');
  await expectFailureIn(unlinkedRow(page), 'The window was closed', 'Try again');
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.tryAgainButton.press('Enter')]);
  await expect(new StandIn(popup).heading).toHaveText('Stand-in for Google');
});
