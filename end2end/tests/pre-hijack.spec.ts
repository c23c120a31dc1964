// attacks: accounts
import type { Page } from '@playwright/test';

import { expectAccessible } from '../accessibility/axe.ts';
import { expect, PASSWORD, type Person, test } from '../fixtures/index.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';
import type { Server } from '../servers/server.ts';

const NEW_PASSWORD = 'another horse, another battery';

test.use({ person: async ({ worker }, use) => use(worker.claimPerson('withUnprovenAddress')) });

/** Asks for a mail that resets the password, and opens its link. */
async function openResetLink(page: Page, server: Server, person: Person): Promise<void> {
  const app = new LinkedAccounts(page);
  await app.open();
  await app.signInButton.click();
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByRole('button', { name: 'Send the mail' }).click();
  await expect(page.getByRole('status')).toContainText('a mail with a link is on its way');
  await page.goto(await server.linkTo(person.email));
}

test('no login of a stranger stays after the first reset unless the owner says so, with the keyboard alone', async ({
  app,
  hosted,
  page,
  person,
  worker,
}) => {
  const [google, github] = person.linked;
  await openResetLink(page, worker.server, person);
  await expect(page.getByRole('heading', { name: 'Are these logins yours?' })).toBeVisible();
  await expectAccessible(page);
  const choices = (login: string) => page.getByRole('group', { name: login });
  await expect(page.getByLabel('New password')).toBeFocused();
  await page.keyboard.type(NEW_PASSWORD);

  // Without a decision the browser keeps the form, and says for which login.
  await page.keyboard.press('Enter');
  const mine = choices(`Google ${google!.label}`).getByLabel('Mine: it stays');
  await expect(mine).toBeFocused();
  await page.keyboard.press('Space');
  await expect(mine).toBeChecked();
  await page.keyboard.press('Tab');
  await expect(choices(`GitHub ${github!.label}`).getByLabel('Mine: it stays')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(choices(`GitHub ${github!.label}`).getByLabel('Not mine: it goes')).toBeChecked();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Set the password' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Password changed' })).toBeVisible();
  await expect(page.getByText('One login no longer opens your account.')).toBeVisible();

  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, NEW_PASSWORD);
  await app.expectIdentities([person.primary, google!]);
  await expect(page.getByText('First confirm that')).toBeHidden();
});

test('nobody confirms an address for an account that they are not signed in to', async ({
  app,
  hosted,
  otherBrowser,
  page,
  worker,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(422);
  const address = 'brand.new@example.test';
  await app.open();
  await app.signInButton.click();
  await page.getByRole('button', { name: 'Sign up' }).click();
  await hosted.email.fill(address);
  await hosted.password.fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('button', { name: /^Continue to / }).click();
  await app.expectList();
  // The page says before any click why nothing can be linked, and what to do.
  await expect(page.getByText(`First confirm that ${address} is your address.`)).toBeVisible();
  await expect(app.linkButton('GitHub')).toBeDisabled();
  await expectAccessible(page);

  const link = await worker.server.linkTo(address);
  const elsewhere = await otherBrowser.newPage();
  await elsewhere.goto(link);
  await expect(elsewhere.getByText('This browser is not signed in to the account.')).toBeVisible();
  await expectAccessible(elsewhere);
  await elsewhere.getByLabel('Password').fill(PASSWORD);
  await elsewhere.getByRole('button', { name: 'Yes, confirm it' }).click();
  await expect(elsewhere.getByRole('alert')).toHaveText(
    'This is not the password of the account. Nothing was changed.',
  );

  await page.goto(link);
  await expect(page.getByText('This browser is not signed in to the account.')).toBeHidden();
  await page.getByRole('button', { name: 'Yes, confirm it' }).click();
  await expect(page.getByRole('heading', { name: 'E-mail address confirmed' })).toBeVisible();
  await app.open();
  await app.expectList();
  await expect(app.linkButton('GitHub')).toBeEnabled();
});

test('a reset without a word about a login is refused by the tenant, and shows what was chosen', async ({
  page,
  person,
  worker,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(422);
  await openResetLink(page, worker.server, person);
  await page.getByLabel('New password').fill(NEW_PASSWORD);
  await page.getByRole('group', { name: 'Google' }).getByLabel('Not mine: it goes').check();
  await page.locator('form').evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByRole('alert')).toHaveText('Say for each login whether it stays. Nothing was changed.');
  await expect(page.getByRole('group', { name: 'Google' }).getByLabel('Not mine: it goes')).toBeChecked();
  await expectAccessible(page);
});
