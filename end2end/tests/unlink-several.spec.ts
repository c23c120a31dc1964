import type { Locator } from '@playwright/test';

import { isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings, withoutConnectionStates, withPasswordsClosed } from '../browser/settings.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';
import type { Identity } from '../fixtures/people.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

async function selectRows(app: LinkedAccounts, ...logins: Identity[]): Promise<void> {
  await app.selectSeveralButton.click();
  for (const login of logins) {
    await app.checkbox(login).click();
    await expect(app.checkbox(login)).toBeChecked();
  }
}

async function unlinkSelected(app: LinkedAccounts, count: number): Promise<void> {
  await app.selectionBar.getByRole('button', { name: `Unlink ${count} logins` }).click();
  await expect(app.dialog).toHaveAccessibleName(`Unlink ${count} logins?`);
  await app.dialog.getByRole('button', { name: `Unlink ${count} logins` }).click();
}

test('several logins go with one dialog', { tag: '@anywhere' }, async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  const requests = recordManagementRequests(page);
  await selectRows(app, google!, company!);
  await expect(app.selectionBar).toContainText('2 logins chosen');
  await app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' }).click();
  await expect(app.dialog).toContainText(google!.label);
  await expect(app.dialog).toContainText(company!.label);
  await expect(app.dialog).toContainText('You can still sign in with Password and GitHub.');
  await expect(app.dialog).toContainText(
    `Signing in with Google or ${company!.name} afterwards opens a separate, empty account of its own.`,
  );
  await app.dialog.getByRole('button', { name: 'Unlink 2 logins' }).click();
  await app.expectIdentities([person.primary, github!]);
  await expect(app.status).toHaveText(
    `Google (${google!.label}) and ${company!.name} (${company!.label}) were unlinked.`,
  );
  await expect(app.selectionBar).toBeHidden();
  expect(requests.filter((request) => request.startsWith('DELETE'))).toHaveLength(2);
  await page.reload();
  await app.expectIdentities([person.primary, github!]);
});

test('each row shows how far it is, and nothing can be begun twice', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  const answers: (() => void)[] = [];
  await page.route(isManagementUrl, async (route) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    await route.continue();
  });
  await selectRows(app, google!, github!);
  await unlinkSelected(app, 2);
  await expect(app.unlinkButton(google!)).toHaveText('Unlinking…');
  await expect(app.unlinkButton(github!)).toHaveText('Waiting…');
  await expect(app.status).toHaveText('Unlinking 1 of 2 logins…');
  await expect(app.unlinkButton(company!)).toBeDisabled();
  await app.unlinkButton(company!).click({ force: true });
  await expect(app.dialog).toBeHidden();
  await expect(app.selectSeveralButton).toBeHidden();
  await expect.poll(() => answers.length).toBe(1);
  answers.shift()!();
  await expect(app.row(google!)).toHaveCount(0);
  await expect(app.unlinkButton(github!)).toHaveText('Unlinking…');
  await expect.poll(() => answers.length).toBe(1);
  answers.shift()!();
  await app.expectIdentities([person.primary, company!]);
});

test('a refused one does not stop the others, and its row says why', async ({
  app,
  hosted,
  worker,
  page,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(403);
  const member = worker.claimPerson('withPinnedLogin');
  const [twitter, globex, linkedin] = member.linked;
  await overrideSettings(page, withoutConnectionStates);
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(member.email, PASSWORD);
  await app.expectList();
  await selectRows(app, twitter!, globex!, linkedin!);
  await unlinkSelected(app, 3);
  await app.expectIdentities([member.primary, globex!]);
  await expect(app.row(globex!)).toContainText('Only your administrator can unlink this.');
  await expect(app.status).toHaveText(
    `Twitter (${twitter!.label}) and LinkedIn (${linkedin!.label}) were unlinked. The rows that stayed say why.`,
  );
  await page.reload();
  await app.expectIdentities([member.primary, globex!]);
});

test('one that failed can be tried again, and the others are gone', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  const [google, github, company] = person.linked;
  await page.route(isManagementUrl, (route) =>
    route.request().url().includes('/github/') ? route.fulfill({ status: 500, body: 'broken pipe' }) : route.continue(),
  );
  await selectRows(app, google!, github!, company!);
  await unlinkSelected(app, 3);
  await app.expectIdentities([person.primary, github!]);
  await expect(app.row(github!).getByRole('alert')).toContainText('The sign-in service has a problem');
  await page.unrouteAll();
  await app.tryAgainButton.click();
  await app.expectIdentities([person.primary]);
});

test('the guard holds for the set: the last way in cannot be chosen with all the others', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github, company] = person.linked;
  await overrideSettings(page, withPasswordsClosed);
  await page.reload();
  await selectRows(app, google!, github!);
  const reason = 'Nothing else would open this account. Link another login first.';
  await expect(app.checkbox(company!)).toHaveAttribute('aria-disabled', 'true');
  await expect(app.checkbox(company!)).toHaveAccessibleDescription(reason);
  await app.checkbox(company!).press('Space');
  await expect(app.checkbox(company!)).not.toBeChecked();
  await expect(app.status).toContainText(reason);
  await app.selectionBar.getByRole('button', { name: 'Select all' }).click();
  await expect(app.selectionBar).toContainText('2 logins chosen');
  await app.checkbox(github!).click();
  await expect(app.checkbox(company!)).not.toHaveAttribute('aria-disabled', 'true');
});

test('a login that must stay cannot be chosen', async ({ app, hosted, worker }) => {
  const member = worker.claimPerson('withPinnedLogin');
  const [twitter, globex, linkedin] = member.linked;
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(member.email, PASSWORD);
  await app.expectList();
  await app.selectSeveralButton.click();
  await expect(app.checkbox(globex!)).toHaveAccessibleDescription('Only your administrator can unlink this.');
  await app.selectionBar.getByRole('button', { name: 'Select all' }).click();
  await expect(app.checkbox(twitter!)).toBeChecked();
  await expect(app.checkbox(globex!)).not.toBeChecked();
  await expect(app.checkbox(linkedin!)).toBeChecked();
  await app.selectionBar.getByRole('button', { name: 'Cancel' }).click();
  await app.expectIdentities([member.primary, ...member.linked]);
});

// WCAG 2.1.1: keyboard
test('choosing and unlinking several works with the keyboard alone', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  const tabTo = async (target: Locator) => {
    for (let stop = 0; stop < 30 && !(await isFocused(target)); stop += 1) {
      await page.keyboard.press('Tab');
    }
    await expect(target).toBeFocused();
  };
  await tabTo(app.selectSeveralButton);
  await page.keyboard.press('Enter');
  await tabTo(app.checkbox(google!));
  await page.keyboard.press('Space');
  await tabTo(app.checkbox(github!));
  await page.keyboard.press('Space');
  await tabTo(app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' }));
  await page.keyboard.press('Enter');
  await expect(app.dialog.getByRole('button', { name: 'Keep them' })).toBeFocused();
  await tabTo(app.dialog.getByRole('button', { name: 'Unlink 2 logins' }));
  await page.keyboard.press('Enter');
  await app.expectIdentities([person.primary, company!]);
  await expect(app.statusNotice).toBeFocused();
});

const isFocused = (target: Locator) => target.evaluate((element) => element === document.activeElement);
