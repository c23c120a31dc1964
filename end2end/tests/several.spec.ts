import type { Locator } from '@playwright/test';

import { expect, isManagement, managementRequests, PASSWORD, test, unknowing, withoutPasswords, withSettings } from '../fixtures/index.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';
import type { Login } from '../fixtures/people.ts';

async function choose(app: LinkedAccounts, ...logins: Login[]): Promise<void> {
  await app.selectSeveral.click();
  for (const login of logins) {
    await app.box(login).click();
    await expect(app.box(login)).toBeChecked();
  }
}

async function unlinkChosen(app: LinkedAccounts, count: number): Promise<void> {
  await app.chosen.getByRole('button', { name: `Unlink ${count} logins` }).click();
  await expect(app.dialog).toHaveAccessibleName(`Unlink ${count} logins?`);
  await app.dialog.getByRole('button', { name: `Unlink ${count} logins` }).click();
}

test('several logins go with one dialog', { tag: '@anywhere' }, async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  const requests = managementRequests(page);
  await choose(app, google!, company!);
  await expect(app.chosen).toContainText('2 logins chosen');
  await app.chosen.getByRole('button', { name: 'Unlink 2 logins' }).click();
  await expect(app.dialog).toContainText(google!.who);
  await expect(app.dialog).toContainText(company!.who);
  await expect(app.dialog).toContainText('You can still sign in with your password and GitHub.');
  await expect(app.dialog).toContainText(
    'Signing in with Google or your company login afterwards opens a separate, empty account of its own.',
  );
  await app.dialog.getByRole('button', { name: 'Unlink 2 logins' }).click();
  await app.shows([person.main, github!]);
  await expect(app.status).toHaveText(`Google (${google!.who}) and Company login (${company!.who}) were unlinked.`);
  await expect(app.chosen).toBeHidden();
  expect(requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(2);
  await page.reload();
  await app.shows([person.main, github!]);
});

test('each row shows how far it is, and nothing can be begun twice', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  const answers: (() => void)[] = [];
  await page.route(isManagement, async (route) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    await route.continue();
  });
  await choose(app, google!, github!);
  await unlinkChosen(app, 2);
  await expect(app.unlink(google!)).toHaveText('Unlinking…');
  await expect(app.unlink(github!)).toHaveText('Waiting…');
  await expect(app.status).toHaveText('Unlinking 1 of 2 logins…');
  await expect(app.unlink(company!)).toBeDisabled();
  await app.unlink(company!).click({ force: true });
  await expect(app.dialog).toBeHidden();
  await expect(app.selectSeveral).toBeHidden();
  await expect.poll(() => answers.length).toBe(1);
  answers.shift()!();
  await expect(app.row(google!)).toHaveCount(0);
  await expect(app.unlink(github!)).toHaveText('Unlinking…');
  await expect.poll(() => answers.length).toBe(1);
  answers.shift()!();
  await app.shows([person.main, company!]);
});

test('a refused one does not stop the others, and its row says why', async ({ app, hosted, house, page, watch }) => {
  watch.expectStatus(403);
  const member = house.claim('managed');
  const [twitter, globex, linkedin] = member.linked;
  await withSettings(page, unknowing);
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(member.email, PASSWORD);
  await app.showsTheList();
  await choose(app, twitter!, globex!, linkedin!);
  await unlinkChosen(app, 3);
  await app.shows([member.main, globex!]);
  await expect(app.row(globex!)).toContainText('Only your administrator can unlink this.');
  await expect(app.status).toHaveText(
    `Twitter (${twitter!.who}) and LinkedIn (${linkedin!.who}) were unlinked. The rows that stayed say why.`,
  );
  await page.reload();
  await app.shows([member.main, globex!]);
});

test('one that failed can be tried again, and the others are gone', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(500);
  const [google, github, company] = person.linked;
  await page.route(isManagement, (route) =>
    route.request().url().includes('/github/') ? route.fulfill({ status: 500, body: 'broken pipe' }) : route.continue(),
  );
  await choose(app, google!, github!, company!);
  await unlinkChosen(app, 3);
  await app.shows([person.main, github!]);
  await expect(app.row(github!).getByRole('alert')).toContainText('The sign-in service has a problem');
  await page.unrouteAll();
  await app.tryAgain.click();
  await app.shows([person.main]);
});

test('the guard holds for the set: the last way in cannot be chosen with all the others', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await withSettings(page, withoutPasswords);
  await page.reload();
  await choose(app, google!, github!);
  const why = 'Nothing else would open this account. Link another login first.';
  await expect(app.box(company!)).toHaveAttribute('aria-disabled', 'true');
  await expect(app.box(company!)).toHaveAccessibleDescription(why);
  await app.box(company!).press('Space');
  await expect(app.box(company!)).not.toBeChecked();
  await expect(app.status).toContainText(why);
  await app.chosen.getByRole('button', { name: 'Select all' }).click();
  await expect(app.chosen).toContainText('2 logins chosen');
  await app.box(github!).click();
  await expect(app.box(company!)).not.toHaveAttribute('aria-disabled', 'true');
});

test('a login that must stay cannot be chosen', async ({ app, hosted, house }) => {
  const member = house.claim('managed');
  const [twitter, globex, linkedin] = member.linked;
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(member.email, PASSWORD);
  await app.showsTheList();
  await app.selectSeveral.click();
  await expect(app.box(globex!)).toHaveAccessibleDescription('Only your administrator can unlink this.');
  await app.chosen.getByRole('button', { name: 'Select all' }).click();
  await expect(app.box(twitter!)).toBeChecked();
  await expect(app.box(globex!)).not.toBeChecked();
  await expect(app.box(linkedin!)).toBeChecked();
  await app.chosen.getByRole('button', { name: 'Cancel' }).click();
  await app.shows([member.main, ...member.linked]);
});

test('choosing and unlinking several works with the keyboard alone', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  const to = async (target: Locator) => {
    for (let stop = 0; stop < 30 && !(await isFocused(target)); stop += 1) {
      await page.keyboard.press('Tab');
    }
    await expect(target).toBeFocused();
  };
  await to(app.selectSeveral);
  await page.keyboard.press('Enter');
  await to(app.box(google!));
  await page.keyboard.press('Space');
  await to(app.box(github!));
  await page.keyboard.press('Space');
  await to(app.chosen.getByRole('button', { name: 'Unlink 2 logins' }));
  await page.keyboard.press('Enter');
  await expect(app.dialog.getByRole('button', { name: 'Keep them' })).toBeFocused();
  await to(app.dialog.getByRole('button', { name: 'Unlink 2 logins' }));
  await page.keyboard.press('Enter');
  await app.shows([person.main, company!]);
  await expect(app.unlink(company!)).toBeFocused();
});

const isFocused = (target: Locator) => target.evaluate((element) => element === document.activeElement);
