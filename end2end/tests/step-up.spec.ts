import type { Page } from '@playwright/test';

import { recordManagementRequests } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { HostedLogin } from '../pages/hosted-login.ts';

test.use({ settings: { freshSignIn: 50 } });

/** Advances the page's clock until the sign-in is too old for a change. */
async function makeSignInOld(page: Page): Promise<void> {
  // The tenant's clock stays, and it tolerates a difference of a minute.
  await page.clock.install({ time: Date.now() + 55_000 });
}

test(
  'an old sign-in is made fresh in a window of its own, then the login is unlinked',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    await makeSignInOld(page);
    const [google, github, company] = person.linked;
    const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlink(github!)]);
    await new HostedLogin(popup).reauthenticate(person.email, PASSWORD);
    await expect(app.status).toContainText(`GitHub (${github!.label}) was unlinked.`);
    await app.expectIdentities([person.primary, google!, company!]);
  },
);

test('the dialog says before the click that a fresh sign-in comes, and the window what it is for', async ({
  app,
  page,
  signedIn: person,
}) => {
  await makeSignInOld(page);
  const github = person.linked[1]!;
  await app.unlinkButton(github).click();
  await expect(app.dialog).toHaveAccessibleDescription(/you will be asked to sign in again first/);
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.confirmButton(github).click()]);
  const login = new HostedLogin(popup);
  await expect(login.heading).toHaveText("Confirm it's you to unlink GitHub");
  expect((await popup.title()).replace(/[\u2066-\u2069]/g, '')).toMatch(/^Confirm it's you to unlink GitHub · /);
  // Nobody signs up to confirm who they are, nor by a login that the account does not have.
  await expect(popup.getByRole('button', { name: 'Sign up' })).toHaveCount(0);
  const ways = popup.getByRole('link', { name: /^Continue with / });
  await expect(ways).toHaveText([/Google/, /GitHub/, /Company|Acme/i]);
  await expect(login.email).toHaveValue(person.email);

  const row = app.row(github);
  await expect(row.getByRole('status').filter({ hasText: 'Go on in the window that opened.' })).toBeVisible();
  await expect(row.getByRole('button', { name: 'Show the window' })).toBeVisible();
  const closed = popup.waitForEvent('close');
  await row.getByRole('button', { name: 'Cancel' }).click();
  await closed;
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('the window of a fresh sign-in for several logins says so', async ({ app, page, signedIn: person }) => {
  await makeSignInOld(page);
  await app.selectSeveralButton.click();
  for (const login of person.linked.slice(0, 2)) {
    await app.checkbox(login).check();
  }
  await app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' }).click();
  const confirm = app.dialog.getByRole('button', { name: 'Unlink 2 logins' });
  const [several] = await Promise.all([page.waitForEvent('popup'), confirm.click()]);
  await expect(new HostedLogin(several).heading).toHaveText("Confirm it's you to unlink logins");
  await app.row(person.linked[0]!).getByRole('button', { name: 'Cancel' }).click();
  await expect(app.row(person.linked[0]!)).not.toContainText('Go on in the window');
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('several logins take one fresh sign-in', async ({ app, page, signedIn: person }) => {
  await makeSignInOld(page);
  const [google, github, company] = person.linked;
  let popupCount = 0;
  page.on('popup', () => (popupCount += 1));
  await app.selectSeveralButton.click();
  await app.checkbox(google!).check();
  await app.checkbox(company!).check();
  await app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' }).click();
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    app.dialog.getByRole('button', { name: 'Unlink 2 logins' }).click(),
  ]);
  await new HostedLogin(popup).reauthenticate(person.email, PASSWORD);
  await app.expectIdentities([person.primary, github!]);
  expect(popupCount).toBe(1);
});

// attack: page
test('somebody else in that window is refused, and nothing is changed', async ({
  app,
  worker,
  page,
  signedIn: person,
}) => {
  const other = worker.claimPerson('ordinary');
  await makeSignInOld(page);
  const requests = recordManagementRequests(page);
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlink(person.linked[0]!)]);
  await new HostedLogin(popup).signIn(other.email, PASSWORD);
  await expect(app.notice).toContainText('Somebody else signed in');
  await expect(app.notice).toContainText(other.email);
  expect(requests).toEqual([]);
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.header).toContainText(person.email);

  // The tenant's session belongs to the other user now. A reload shows a question in place of that user's list.
  await page.clock.resume();
  await page.reload();
  await expect(app.heading).toHaveText('Somebody else is signed in now');
  await expect(page.getByText(`You were signed in here as ${person.email}.`)).toBeVisible();
  await expect(app.rows).toHaveCount(0);
  await page.getByRole('button', { name: `Sign in as ${person.email}` }).click();
  await new HostedLogin(page).reauthenticate(person.email, PASSWORD);
  await app.expectList();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test('closing that window keeps the login, and the way on asks again', async ({ app, page, signedIn: person }) => {
  await makeSignInOld(page);
  const github = person.linked[1]!;
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.unlink(github)]);
  await new HostedLogin(popup).heading.waitFor();
  await popup.close();
  // The page polls for popups that are out of sight.
  await page.clock.runFor(1_000);
  await expect(app.row(github)).toContainText('This page cannot see the window any more.');
  await app.expectIdentities([person.primary, ...person.linked]);
  const openAgain = app.row(github).getByRole('button', { name: 'Open it again' });
  const [again] = await Promise.all([page.waitForEvent('popup'), openAgain.click()]);
  await new HostedLogin(again).reauthenticate(person.email, PASSWORD);
  await expect(app.row(github)).toHaveCount(0);
});

test.describe('where the settings say so', () => {
  test.use({ settings: { freshSignIn: 0 } });

  test('nobody is asked', async ({ app, page, signedIn: person }) => {
    await page.clock.install({ time: Date.now() + 3_600_000 });
    await app.unlink(person.linked[0]!);
    await expect(app.row(person.linked[0]!)).toHaveCount(0);
  });
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test(
    'the page leaves for it and unlinks after coming back',
    { tag: '@anywhere' },
    async ({ app, hosted, page, signedIn: person }) => {
      await makeSignInOld(page);
      const github = person.linked[1]!;
      await app.unlink(github);
      await hosted.reauthenticate(person.email, PASSWORD);
      await app.expectList();
      await expect(app.status).toContainText(`GitHub (${github.label}) was unlinked.`);
      await app.expectIdentities([person.primary, person.linked[0]!, person.linked[2]!]);
    },
  );

  // attack: page
  test('somebody else who signs in there unlinks nothing, and is not shown the list', async ({
    app,
    hosted,
    worker,
    page,
    signedIn: person,
  }) => {
    const other = worker.claimPerson('ordinary');
    await makeSignInOld(page);
    const requests = recordManagementRequests(page);
    await app.unlink(person.linked[1]!);
    await hosted.signIn(other.email, PASSWORD);
    await expect(app.heading).toHaveText('Somebody else is signed in now');
    await expect(app.rows).toHaveCount(0);
    await page.getByRole('button', { name: `Sign in as ${person.email}` }).click();
    await hosted.reauthenticate(person.email, PASSWORD);
    await app.expectList();
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  });
});
