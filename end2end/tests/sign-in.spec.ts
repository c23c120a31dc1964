import { expect, history, PASSWORD, test } from '../fixtures/index.ts';

test('somebody signed out is told what this is, and has one way in', async ({ app, page }) => {
  await app.open();
  await expect(app.heading).toHaveText('Linked accounts');
  await expect(page.getByText('See every login that opens your account')).toBeVisible();
  await expect(page.getByRole('button')).toHaveCount(1);
  await app.showsTheWayIn();
});

test('a password opens the list', { tag: '@anywhere' }, async ({ app, hosted, page, person }) => {
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
  await expect(page).toHaveURL('/linked-accounts');
  await expect(app.header).toContainText(person.email);
  await app.shows([person.main, ...person.linked]);
});

test('an e-mail address may be typed in capitals', async ({ app, hosted, person }) => {
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email.toUpperCase(), PASSWORD);
  await app.showsTheList();
});

test('a stand-in provider opens the account that its login is linked to', async ({ app, hosted, house }) => {
  const visitor = house.claim('atStandIns');
  await app.open();
  await app.signIn.click();
  const standIn = await hosted.continueWith('Facebook');
  await standIn.choose(visitor.linked[0]!.who);
  await app.showsTheList();
  await app.shows([visitor.main, ...visitor.linked]);
});

test('somebody new at a stand-in gets an account with that one login', async ({ app, hosted }) => {
  await app.open();
  await app.signIn.click();
  const standIn = await hosted.continueWith('LinkedIn');
  await standIn.be('Newcomer Example', 'newcomer@linkedin.example');
  await app.showsTheList();
  await expect(app.mainLogin).toContainText('LinkedIn');
  await expect(app.mainLogin).toContainText('newcomer@linkedin.example');
  await expect(app.linkedLogins.getByRole('listitem')).toHaveCount(0);
});

test('a wrong password is refused without saying which part was wrong, and the address stays', async ({
  app,
  hosted,
  person,
  watch,
}) => {
  watch.expectStatus(401);
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(person.email, 'wrong');
  await expect(hosted.refusal).toHaveText('Wrong e-mail address or password.');
  await expect(hosted.email).toHaveValue(person.email);
  await expect(hosted.password).toHaveValue('');
  await hosted.signInAs('nobody@example.test', 'wrong');
  // The answer to this one: what was typed is gone.
  await expect(hosted.password).toHaveValue('');
  await expect(hosted.email).toHaveValue('nobody@example.test');
  await expect(hosted.refusal).toHaveText('Wrong e-mail address or password.');
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
});

test('somebody who goes back from the login page can still sign in', async ({ app, hosted, page, person }) => {
  await app.open();
  await app.signIn.click();
  await expect(hosted.heading).toBeVisible();
  await page.goBack();
  await app.showsTheWayIn();
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
});

test('somebody who goes back from a stand-in can sign in another way', async ({ app, hosted, person }) => {
  await app.open();
  await app.signIn.click();
  const standIn = await hosted.continueWith('Google');
  await standIn.back.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.showsTheList();
});

test(
  'signing in leads back to where the person was going, query and hash included',
  { tag: '@anywhere' },
  async ({ app, hosted, page, person }) => {
    await app.open('/linked-accounts?from=mail%20one#linked-logins');
    await app.showsTheWayIn();
    await app.signIn.click();
    await hosted.signInAs(person.email, PASSWORD);
    await app.showsTheList();
    await expect(page).toHaveURL('/linked-accounts?from=mail%20one#linked-logins');
  },
);

test('the way in leads a signed-in person on to the list and leaves no trap for the back button', async ({
  app,
  page,
  signedIn,
}) => {
  const before = await history(page);
  await app.open('/');
  await app.showsTheList();
  await expect(page).toHaveURL('/linked-accounts');
  const added = (await history(page)).slice(before.length).map((url) => new URL(url).pathname);
  expect(added).toEqual(['/linked-accounts']);
  await app.shows([signedIn.main, ...signedIn.linked]);
});

test('the page under another name of this machine leads to where sign-in works', async ({ house, request }) => {
  const other = house.page.replace('localhost', '127.0.0.1');
  const answer = await request.get(`${other}/linked-accounts?a=b`, {
    headers: { accept: 'text/html' },
    maxRedirects: 0,
  });
  expect(answer.headers().location).toBe(`${house.page}/linked-accounts?a=b`);
});
