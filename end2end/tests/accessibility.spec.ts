import { expectAccessible } from '../accessibility/axe.ts';
import { pauseClock } from '../browser/clock.ts';
import { removeStoredList } from '../browser/last-list.ts';
import { holdRequests, isManagementUrl } from '../browser/requests.ts';
import { overrideSettings, withPasswordsClosed } from '../browser/settings.ts';
import { demoTest, expect, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';
import {
  uniqueEmail,
  linkNewIdentity,
  openStandInPopup,
  takeProofsForSignIns,
  overrideMetadata,
} from '../pages/linking.ts';

// Keeps the message with the outcome on the page while axe runs.
test.use({ settings: { undoSeconds: 0 } });

test('the way in is accessible', async ({ app, page }) => {
  await app.open();
  await app.expectSignedOut();
  await expectAccessible(page);
});

test('the list is accessible', async ({ page, signedIn: _ }) => {
  await expectAccessible(page);
});

test('the dialog is accessible', async ({ app, page, signedIn: person }) => {
  await app.unlinkButton(person.linked[2]!).click();
  await expect(app.dialog).toBeVisible();
  await expectAccessible(page);
});

test('a failure and an outcome are accessible', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(500);
  await app.unlink(person.linked[0]!);
  await expect(app.status).toHaveText(/was unlinked\.$/);
  await expectAccessible(page);
  await page.route(isManagementUrl, (route) => route.fulfill({ status: 500, body: 'broken pipe' }));
  await app.unlink(person.linked[1]!);
  await app.notice.getByText('Technical details').click();
  await expect(app.notice.locator('pre')).toBeVisible();
  await expectAccessible(page);
});

test('a row that is busy is accessible', async ({ app, page, signedIn: person }) => {
  const release = await holdRequests(page, isManagementUrl);
  await app.unlink(person.linked[0]!);
  await expect(app.row(person.linked[0]!)).toHaveAttribute('aria-busy', 'true');
  await expectAccessible(page);
  release();
  await expect(app.row(person.linked[0]!)).toHaveCount(0);
});

test('a login that must stay, and choosing several, are accessible', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  await overrideSettings(page, (settings) => {
    const { connections = [], ...rest } = withPasswordsClosed(settings) as { connections?: { name: string }[] };
    return {
      ...rest,
      connections: connections.map((connection) =>
        connection.name === 'acme-saml' ? { ...connection, pinned: true } : connection,
      ),
    };
  });
  await page.reload();
  await expect(app.row(company!)).toContainText('Managed by your company');
  await app.unlinkButton(company!).press('Enter');
  await expect(app.status).toContainText('Only your administrator');
  await page.getByText('Demo: play a fault').click();
  await expectAccessible(page);
  await app.selectSeveralButton.click();
  await app.checkbox(google!).check();
  await app.checkbox(github!).check();
  await expectAccessible(page);
  await app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' }).click();
  await expect(app.dialog).toBeVisible();
  await expectAccessible(page);
});

test('a pause is accessible', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(503);
  // Axe needs a running clock, so the pause is longer than axe can take.
  await page.route(isManagementUrl, (route) => route.fulfill({ status: 503, headers: { 'retry-after': '280' } }));
  await app.unlink(person.linked[0]!);
  await expect(page.getByRole('timer')).toBeVisible();
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole('timer')).toBeVisible();
  await expectAccessible(page);
});

test('the list without a connection is accessible, also as it was', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  await context.setOffline(true);
  await expect(page.getByText('You are offline.')).toBeVisible();
  await expectAccessible(page);
  await context.setOffline(false);
  await page.addInitScript(() => Object.defineProperty(navigator, 'onLine', { get: () => false }));
  await page.reload();
  await expect(page.getByText(/^As of /)).toBeVisible();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expectAccessible(page);
});

test('waiting long, and a tenant that cannot be reached, are accessible', async ({ app, page, signedIn: _ }) => {
  const storeListAgain = await removeStoredList(page);
  await pauseClock(page);
  await page.route('**/authorize?*', () => {});
  await page.reload({ waitUntil: 'commit' });
  await app.expectLoading();
  await storeListAgain();
  await page.clock.runFor(4000);
  await expect(page.getByText('The sign-in service is taking longer than usual…')).toBeVisible();
  // Axe needs a running clock.
  await page.clock.resume();
  await expectAccessible(page);
  await page.clock.runFor(10_000);
  await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
  await expectAccessible(page);
  await page.unrouteAll();
});

test('a login that went elsewhere is accessible', async ({ app, context, page, signedIn: person }) => {
  const tab = new LinkedAccounts(await context.newPage());
  await tab.open('/linked-accounts');
  await tab.expectIdentities([person.primary, ...person.linked]);
  await page.clock.setFixedTime(Date.now() + 60_000);
  await tab.unlink(person.linked[0]!);
  await expect(app.row(person.linked[0]!)).toContainText('Already unlinked');
  await expectAccessible(page);
});

test('linking a login is accessible, and so is a window that was closed', async ({ app, page, signedIn: _ }) => {
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await expect(page.getByText('Go on in the window that opened.')).toBeVisible();
  await expectAccessible(page);
  await standIn.page.close();
  await expect(page.getByText('This page cannot see the window any more.')).toBeVisible();
  await expectAccessible(page);
});

test('the choice of details is accessible', async ({ app, page, signedIn: person }) => {
  await overrideMetadata(page, { theme: 'dark', newsletter: true });
  await linkNewIdentity(app, page, uniqueEmail(person, 'axe'));
  await expect(app.dialog).toBeVisible();
  await expectAccessible(page);
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  await expect(app.status).toContainText('is linked to this account now.');
  await expectAccessible(page);
});

test('another account, and somebody else in this browser, are accessible', async ({
  app,
  worker,
  page,
  signedIn: _,
}) => {
  const other = worker.claimPerson('withStandInLogins');
  await takeProofsForSignIns(page);
  await (await openStandInPopup(page, () => app.linkButton('Facebook').click())).chooseUser(other.linked[0]!.label);
  await expect(page.getByRole('button', { name: 'Move it here' })).toBeVisible();
  await expectAccessible(page);
  await page.reload();
  await expect(app.heading).toHaveText('Somebody else is signed in now');
  await expectAccessible(page);
});

test('taking unlinking back is accessible', async ({ app, page, signedIn: person }) => {
  await app.unlink(person.linked[0]!);
  await page.getByRole('button', { name: 'Undo', exact: true }).focus();
  await expectAccessible(page);
  const standIn = await openStandInPopup(page, () => page.getByRole('button', { name: 'Undo', exact: true }).click());
  await standIn.signInAsNewUser('Somebody Else', uniqueEmail(person, 'else'));
  await expect(page.getByRole('button', { name: 'Link this one' })).toBeVisible();
  await expectAccessible(page);
});

test('unlinking the login in use is accessible', async ({ app, hosted, worker, page }) => {
  const microsoft = worker.claimPerson('withStandInLogins').linked[1]!;
  await app.open();
  await app.signInButton.click();
  await (await hosted.continueWith('Microsoft')).chooseUser(microsoft.label);
  await app.expectList();
  await app.unlinkButton(microsoft).click();
  await expect(app.dialog).toContainText('so you will be signed out here');
  await expectAccessible(page);
  await app.confirmButton(microsoft).click();
  await app.expectSignedOut();
  await expect(page.getByText('you are signed out')).toBeVisible();
  await expectAccessible(page);
});

test('what an address asks for is accessible', async ({ app, page, signedIn: _ }) => {
  await page.goto('/link/linkedin?return_to=https://evil.example/');
  await app.expectList();
  await expect(page.getByText('You came here to link')).toBeVisible();
  await expectAccessible(page);
});

test('an account with one login is accessible', async ({ app, page, signedIn: person }) => {
  for (const login of person.linked) {
    await app.unlink(login);
    await expect(app.row(login)).toHaveCount(0);
  }
  await expectAccessible(page);
});

test('an address that leads nowhere is accessible', async ({ page, consoleGuard: _ }) => {
  await page.goto('/nowhere');
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  await expectAccessible(page);
});

test('a refused callback is accessible', async ({ app, page }) => {
  await page.goto('/callback?code=stolen&state=another');
  await expect(app.notice).toBeVisible();
  await expectAccessible(page);
});

test('the waiting page is accessible', async ({ app, page }) => {
  const release = await holdRequests(page, '**/config.json');
  await app.open();
  await expect(page.getByText('Loading your logins…')).toBeAttached();
  await expectAccessible(page);
  release();
  await app.expectSignedOut();
});

demoTest('the login page, with its refusal, is accessible', async ({ app, hosted, page, consoleGuard }) => {
  consoleGuard.expectStatus(401);
  await app.open();
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
  await expectAccessible(page);
  await hosted.signIn('ada@example.com', 'wrong');
  await expect(hosted.error).toBeVisible();
  await expectAccessible(page);
});

demoTest('signing up and a forgotten password are accessible', async ({ app, hosted, page, consoleGuard }) => {
  consoleGuard.expectStatus(422);
  await app.open();
  await app.signInButton.click();
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('button', { name: 'Sign up' })).toBeVisible();
  await expectAccessible(page);
  await hosted.email.fill('somebody@example.com');
  await hosted.password.fill('short');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(hosted.error).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await expect(page.getByRole('button', { name: 'Send the mail' })).toBeVisible();
  await expectAccessible(page);
  await hosted.email.fill('nobody@example.net');
  await page.getByRole('button', { name: 'Send the mail' }).click();
  await expect(page.getByRole('status')).toContainText('a mail with a link is on its way');
  await expectAccessible(page);
});

demoTest('a stand-in is accessible', async ({ app, hosted, page }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.continueWith('LinkedIn');
  await expectAccessible(page);
});

demoTest('a list of twelve logins is accessible', async ({ app, hosted, page }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.signIn('grace@example.com', 'grace-demo');
  await app.expectList();
  await expectAccessible(page);
});
