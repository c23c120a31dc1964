import { historyUrls } from '../browser/history.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';

test('somebody signed out is told what this is, and has one way in', async ({ app, page }) => {
  await app.open();
  await expect(app.heading).toHaveText('Your logins');
  await expect(page.getByText('See every login that opens your account')).toBeVisible();
  await expect(page.getByRole('button')).toHaveCount(1);
  await app.expectSignedOut();
});

test('a password opens the list', { tag: '@anywhere' }, async ({ app, hosted, page, person }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
  await expect(page).toHaveURL('/linked-accounts');
  await expect(app.header).toContainText(person.email);
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('an e-mail address may be typed in capitals', async ({ app, hosted, person }) => {
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email.toUpperCase(), PASSWORD);
  await app.expectList();
});

test('a stand-in provider opens the account that its login is linked to', async ({ app, hosted, worker }) => {
  const visitor = worker.claimPerson('withStandInLogins');
  await app.open();
  await app.signInButton.click();
  const standIn = await hosted.continueWith('Facebook');
  await standIn.chooseUser(visitor.linked[0]!.label);
  await app.expectList();
  await app.expectIdentities([visitor.primary, ...visitor.linked]);
});

test('somebody new at a stand-in gets an account with that one login', async ({ app, hosted }) => {
  await app.open();
  await app.signInButton.click();
  const standIn = await hosted.continueWith('LinkedIn');
  await standIn.signInAsNewUser('Newcomer Example', 'newcomer@linkedin.example');
  await app.expectList();
  await expect(app.primaryList).toContainText('LinkedIn');
  await expect(app.primaryList).toContainText('newcomer@linkedin.example');
  await expect(app.linkedList.getByRole('listitem')).toHaveCount(0);
});

test('a wrong password is refused without saying which part was wrong, and the address stays', async ({
  app,
  hosted,
  person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(401);
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, 'wrong');
  await expect(hosted.error).toHaveText('Wrong e-mail address or password.');
  await expect(hosted.email).toHaveValue(person.email);
  await expect(hosted.password).toHaveValue('');
  await hosted.signIn('nobody@example.test', 'wrong');
  // Waits for the response to this attempt, which empties the password.
  await expect(hosted.password).toHaveValue('');
  await expect(hosted.email).toHaveValue('nobody@example.test');
  await expect(hosted.error).toHaveText('Wrong e-mail address or password.');
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
});

test('somebody who goes back from the login page can still sign in', async ({ app, hosted, page, person }) => {
  await app.open();
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
  await page.goBack();
  await app.expectSignedOut();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
});

test('somebody who goes back from a stand-in can sign in another way', async ({ app, hosted, person }) => {
  await app.open();
  await app.signInButton.click();
  const standIn = await hosted.continueWith('Google');
  await standIn.backLink.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
});

test(
  'signing in leads back to where the person was going, query and hash included',
  { tag: '@anywhere' },
  async ({ app, hosted, page, person }) => {
    await app.open('/linked-accounts?from=mail%20one#linked-logins');
    await app.expectSignedOut();
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
    await expect(page).toHaveURL('/linked-accounts?from=mail%20one#linked-logins');
  },
);

test('the way in leads a signed-in person on to the list and leaves no trap for the back button', async ({
  app,
  page,
  signedIn,
}) => {
  const before = await historyUrls(page);
  await app.open('/');
  await app.expectList();
  await expect(page).toHaveURL('/linked-accounts');
  const added = (await historyUrls(page)).slice(before.length).map((url) => new URL(url).pathname);
  expect(added).toEqual(['/linked-accounts']);
  await app.expectIdentities([signedIn.primary, ...signedIn.linked]);
});

test('the page under another name of this machine leads to where sign-in works', async ({ worker, request }) => {
  const other = worker.pageOrigin.replace('localhost', '127.0.0.1');
  const response = await request.get(`${other}/linked-accounts?a=b`, {
    headers: { accept: 'text/html' },
    maxRedirects: 0,
  });
  expect(response.headers().location).toBe(`${worker.pageOrigin}/linked-accounts?a=b`);
});
