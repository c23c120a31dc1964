import { expect, test, withoutPasswords, withSettings } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

test('the dialog names the ways in that remain, the account that splits off, and what stays', async ({
  app,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await app.unlink(github!).click();
  await expect(app.dialog).toHaveAccessibleName('Unlink GitHub?');
  await expect(app.dialog).toContainText(github!.who);
  await expect(app.dialog).toContainText('You can still sign in with your password, Google and your company login.');
  await expect(app.dialog).toContainText('Signing in with GitHub afterwards opens a separate, empty account.');
  await expect(app.dialog).toContainText('Everything in this account stays as it is.');
  await expect(app.dialog).toContainText('That includes your name and your e-mail address.');
  await expect(app.dialog.getByRole('button')).toHaveText(['Keep it', 'Unlink GitHub']);
  await app.keepIt.click();
  await app.unlinks(google!);
  await expect(app.status).toHaveText(`Google (${google!.who}) was unlinked.`);
  await app.unlink(company!).click();
  await expect(app.dialog).toContainText('You can still sign in with your password and GitHub.');
});

test('a login that opens the account no longer is not promised as a way in', async ({ app, page, signedIn: person }) => {
  await withSettings(page, withoutPasswords);
  await page.reload();
  await app.unlink(person.linked[1]!).click();
  await expect(app.dialog).toContainText('You can still sign in with Google and your company login.');
});

test('somebody who signed in with another login is told that they stay signed in', async ({ app, signedIn: person }) => {
  await app.unlink(person.linked[0]!).click();
  await expect(app.dialog).toContainText('You stay signed in here, because you signed in with your password.');
});

test('unlinking the login in use signs out here and in the other tabs, as the dialog says', async ({
  app,
  context,
  hosted,
  house,
}) => {
  const visitor = house.claim('atStandIns');
  const [facebook, microsoft] = visitor.linked;
  await app.open();
  await app.signIn.click();
  await (await hosted.continueWith('Microsoft')).choose(microsoft!.who);
  await app.showsTheList();
  const tab = new LinkedAccounts(await context.newPage());
  await tab.open('/linked-accounts');
  await tab.shows([visitor.main, facebook!, microsoft!]);

  await app.unlink(microsoft!).click();
  await expect(app.dialog).toContainText('You signed in with Microsoft this time, so you will be signed out here');
  await app.confirm(microsoft!).click();

  await app.showsTheWayIn();
  await expect(app.page.getByText(`Microsoft (${microsoft!.who}) was unlinked.`)).toContainText('you are signed out');
  await tab.showsTheWayIn();
  await expect(tab.rows).toHaveCount(0);
  await app.page.reload();
  await app.showsTheWayIn();
  await expect(app.page.getByText('was unlinked')).toHaveCount(0);
  await app.signIn.click();
  await expect(hosted.heading).toBeVisible();
});
