import type { Locator } from '@playwright/test';

import { pauseClock } from '../browser/clock.ts';
import { isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { translate } from '../browser/translation.ts';
import { expect, test } from '../fixtures/index.ts';
import type { Identity } from '../fixtures/people.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';
import { openStandInPopup, uniqueEmail } from '../pages/linking.ts';

/** Unlinks a login and confirms the dialog, whose buttons the translation names anew. */
async function unlink(app: LinkedAccounts, login: Identity): Promise<void> {
  await app.unlinkButton(login).click();
  await app.dialog.getByRole('button').last().click();
}

/** Waits until the list shows exactly these logins. Its name is translated, so that it is found without. */
async function expectRows(app: LinkedAccounts, logins: Identity[]): Promise<void> {
  const keys = (rows: Element[]) => rows.map((row) => row.getAttribute('data-identity'));
  await expect.poll(() => app.page.locator('[data-identity]').evaluateAll(keys)).toEqual(logins.map(({ key }) => key));
}

/** The row of a login. */
const row = (app: LinkedAccounts, { key }: Identity): Locator => app.page.locator(`[data-identity="${key}"]`);

// The notice stays.
test.use({ settings: { undoSeconds: 0 } });

test(
  'on a translated page the dialog asks about the login that was clicked, each time anew, and that one is unlinked',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const [google, github, company] = person.linked;
    const requests = recordManagementRequests(page);
    await app.unlinkButton(google!).click();
    await expect(app.dialog).toContainText(`Unlink Google, ${google!.label}?`);
    await translate(page);
    await expect(app.dialog.getByRole('heading')).toHaveText(`UNLINK Google, ${google!.label}?`);
    await page.keyboard.press('Escape');
    await expect(app.dialog).toBeHidden();
    for (const { login, asked, split } of [
      { login: company!, asked: `UNLINK ${company!.name}`, split: `SIGNING IN WITH ${company!.name} AFTERWARDS` },
      { login: github!, asked: 'UNLINK GitHub', split: 'SIGNING IN WITH GitHub AFTERWARDS' },
    ]) {
      await app.unlinkButton(login).click();
      await expect(app.dialog.getByRole('heading')).toHaveText(`${asked}, ${login.label}?`);
      await expect(app.dialog).toContainText(split);
      await expect(app.dialog).not.toContainText('SIGNING IN WITH Google');
      await expect(app.dialog.getByRole('button')).toHaveText(['KEEP IT', asked]);
      if (login === company) {
        await app.dialog.getByRole('button', { name: 'KEEP IT' }).click();
      }
    }
    await app.dialog.getByRole('button').last().click();
    await expect(app.status).toHaveText(`GitHub (${github!.label}) WAS UNLINKED.`);
    await expectRows(app, [person.primary, google!, company!]);
    expect(requests.map((request) => decodeURIComponent(request).split('/identities/')[1])).toEqual([
      github!.key.replace('|', '/'),
    ]);

    // The next sentence takes the place of the one before, and is not added to it.
    await unlink(app, google!);
    await expect(app.status).toHaveText(`Google (${google!.label}) WAS UNLINKED.`);
    await unlink(app, company!);
    await expect(app.status).toHaveText(`${company!.name} (${company!.label}) WAS UNLINKED.`);
    await expect(page.getByText('NO OTHER LOGIN IS LINKED TO THIS ACCOUNT.')).toBeVisible();
  },
);

test('a translated page counts the chosen logins as they are chosen', async ({ app, page, signedIn: person }) => {
  const [google, github, company] = person.linked;
  await app.selectSeveralButton.click();
  await translate(page);
  const count = app.selectionBar.getByRole('status');
  await expect(count).toHaveText('CHOOSE THE LOGINS TO UNLINK.');
  await app.checkbox(google!).check();
  await expect(count).toHaveText('1 LOGIN CHOSEN');
  await app.checkbox(company!).check();
  await app.checkbox(github!).check();
  await expect(count).toHaveText('3 LOGINS CHOSEN');
  await app.checkbox(github!).uncheck();
  await expect(count).toHaveText('2 LOGINS CHOSEN');
  const unlink = app.selectionBar.getByRole('button').last();
  await expect(unlink).toHaveText('UNLINK 2 LOGINS');
  await unlink.click();
  await expect(app.dialog.getByRole('heading')).toHaveText('UNLINK 2 LOGINS?');
  await expect(app.dialog).toContainText(google!.label);
  await expect(app.dialog).not.toContainText(github!.label);
  await app.dialog.getByRole('button', { name: 'UNLINK 2 LOGINS' }).click();
  await expect(app.status).toHaveText(
    `Google (${google!.label}) AND ${company!.name} (${company!.label}) WERE UNLINKED.`,
  );
  await expectRows(app, [person.primary, github!]);
});

test('a countdown goes on on a translated page', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(503);
  const google = person.linked[0]!;
  await translate(page);
  await pauseClock(page);
  await page.route(isManagementUrl, (route) =>
    route.fulfill({ status: 503, headers: { 'retry-after': '7' }, json: { statusCode: 503 } }),
  );
  await unlink(app, google);
  await expect(row(app, google).getByRole('timer')).toHaveText('IT GOES ON BY ITSELF IN 7 SECONDS.');
  await expect(app.unlinkButton(google)).toHaveText('WAITING…');
  await page.clock.runFor(2000);
  await expect(row(app, google).getByRole('timer')).toHaveText('IT GOES ON BY ITSELF IN 5 SECONDS.');
  await page.unrouteAll();
  await page.clock.runFor(6100);
  await expect(app.status).toHaveText(`Google (${google.label}) WAS UNLINKED.`);
});

test('linking, undoing and failing say on a translated page what is so', async ({
  app,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  const email = uniqueEmail(person, 'translated');
  const google = person.linked[0]!;
  await translate(page);
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await expect(page.getByText('GO ON IN THE WINDOW THAT OPENED.', { exact: true })).toBeVisible();
  await standIn.signInAsNewUser('Trans Lated', email);
  await expect(app.status).toHaveText(`LinkedIn (${email}) IS LINKED TO THIS ACCOUNT NOW.`);
  await expect(page.getByText('GO ON IN THE WINDOW THAT OPENED.', { exact: true })).toBeHidden();
  await expect(page.locator('[data-identity]')).toHaveCount(1 + person.linked.length + 1);

  await page.route(isManagementUrl, (route) => route.fulfill({ status: 500 }));
  await unlink(app, google);
  await expect(app.notice).toContainText('THE SIGN-IN SERVICE HAS A PROBLEM');
  await expect(app.unlinkButton(google)).toHaveText('UNLINK');
  await page.unrouteAll();
  await app.notice.getByRole('button', { name: 'TRY AGAIN' }).click();
  await expect(app.notice).toBeHidden();
  await expect(app.status).toHaveText(`Google (${google.label}) WAS UNLINKED.`);

  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'UNDO', exact: true }).click(),
  ]);
  await popup.close();
  await expect(app.header).toContainText(person.email);
});
