import { overrideSettings, withPasswordsClosed } from '../browser/settings.ts';
import { demoTest, expect, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

// WCAG 3.3.4: text
test('the dialog names the ways in that remain, the account that splits off, and what stays', async ({
  app,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await app.unlinkButton(github!).click();
  await expect(app.dialog).toHaveAccessibleName(`Unlink GitHub, ${github!.label}?`);
  await expect(app.dialog).toContainText('You can still sign in with Password, Google and Acme Corp.');
  await expect(app.dialog).toContainText('Signing in with GitHub afterwards opens a separate, empty account.');
  await expect(app.dialog).toContainText('Everything in this account stays as it is.');
  await expect(app.dialog).toContainText('That includes your name and your e-mail address.');
  await expect(app.dialog).toHaveAccessibleDescription(/^You can still sign in .* your e-mail address\..*Password\.$/);
  await expect(app.dialog.getByRole('button')).toHaveText(['Keep it', 'Unlink GitHub']);
  await app.keepButton.click();
  await app.unlink(google!);
  await expect(app.status).toHaveText(`Google (${google!.label}) was unlinked.`);
  await app.unlinkButton(company!).click();
  await expect(app.dialog).toContainText('You can still sign in with Password and GitHub.');
});

test('a login that opens the account no longer is not promised as a way in', async ({
  app,
  page,
  signedIn: person,
}) => {
  await overrideSettings(page, withPasswordsClosed);
  await page.reload();
  await app.unlinkButton(person.linked[1]!).click();
  await expect(app.dialog).toContainText('You can still sign in with Google and Acme Corp.');
});

test('somebody who signed in with another login is told that they stay signed in', async ({
  app,
  signedIn: person,
}) => {
  await app.unlinkButton(person.linked[0]!).click();
  await expect(app.dialog).toContainText('You stay signed in here, because you signed in with Password.');
});

test('unlinking the login in use signs out here and in the other tabs, as the dialog says', async ({
  app,
  context,
  hosted,
  worker,
}) => {
  const visitor = worker.claimPerson('withStandInLogins');
  const [facebook, microsoft] = visitor.linked;
  await app.open();
  await app.signInButton.click();
  await (await hosted.continueWith('Microsoft')).chooseUser(microsoft!.label);
  await app.expectList();
  const tab = new LinkedAccounts(await context.newPage());
  await tab.open('/linked-accounts');
  await tab.expectIdentities([visitor.primary, facebook!, microsoft!]);

  await app.unlinkButton(microsoft!).click();
  await expect(app.dialog).toContainText('You signed in with Microsoft this time, so you will be signed out here');
  await app.confirmButton(microsoft!).click();

  await app.expectSignedOut();
  await expect(app.page.getByText(`Microsoft (${microsoft!.label}) was unlinked.`)).toContainText('you are signed out');
  await tab.expectSignedOut();
  await expect(tab.rows).toHaveCount(0);
  await app.page.reload();
  await app.expectSignedOut();
  await expect(app.page.getByText('was unlinked')).toHaveCount(0);
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
});

demoTest(
  'more than three logins that remain are a list, with each on as few lines as it fits',
  async ({ app, hosted, page }) => {
    await app.open();
    await app.signInButton.click();
    await hosted.signIn('ada@example.com', 'ada-demo');
    await app.expectList();
    await page.getByRole('button', { name: /^Unlink GitHub/ }).click();
    const logins = app.dialog.locator('.fact-logins li');
    await expect(logins).toHaveText(['Password', /^Google \(.+\)$/, /^Google \(.+\)$/, /^Acme Corp/]);
    const lineHeight = (await logins.first().boundingBox())!.height;
    for (const login of await logins.all()) {
      expect((await login.boundingBox())!.height).toBe(lineHeight);
    }
  },
);
