import type { BrowserContext } from '@playwright/test';

import { goOnline, OFFLINE, reportOfflineOnLoad } from '../browser/offline.ts';
import { recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings, withClosed } from '../browser/settings.ts';
import { expect, test } from '../fixtures/index.ts';

const goOffline = (context: BrowserContext) => context.setOffline(true);

test('offline the list stays readable, its actions say why they wait, and it resumes by itself', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  const google = person.linked[0]!;
  await goOffline(context);
  await expect(page.getByText(OFFLINE)).toBeVisible();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.unlinkButton(google)).toBeDisabled();
  await expect(app.unlinkButton(google)).toHaveAccessibleDescription(OFFLINE);
  await app.unlinkButton(google).focus();
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(OFFLINE);
  await expect(app.dialog).toBeHidden();

  await context.setOffline(false);
  await expect(page.getByText(OFFLINE)).toHaveCount(1); // the status message stays until it is dismissed
  await expect(app.unlinkButton(google)).toBeEnabled();
  await app.unlink(google);
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test('what was unlinked comes back only with a connection', async ({ app, context, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await overrideSettings(page, (settings) => ({ ...settings, undoSeconds: 0 }));
  await page.reload();
  await app.unlink(google);
  const linkAgainButtons = page.getByRole('button', { name: /^(Undo|Link again: Google, .*)$/ });
  await expect(linkAgainButtons).toHaveCount(2);
  await goOffline(context);
  for (const button of await linkAgainButtons.all()) {
    await expect(button).toBeDisabled();
  }
  await context.setOffline(false);
  for (const button of await linkAgainButtons.all()) {
    await expect(button).toBeEnabled();
  }
});

test('opened offline, the page shows the last list as it was, and goes on by itself', async ({
  app,
  page,
  signedIn: person,
}) => {
  await reportOfflineOnLoad(page);
  const requests = recordManagementRequests(page);
  await page.reload();
  await expect(page.getByText(OFFLINE)).toBeVisible();
  await expect(page.getByText(/^As of \d+ \w+ \d{4}/)).toBeVisible();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(app.row(person.linked[0]!)).toContainText(person.linked[0]!.label);
  await expect(app.unlinkButton(person.linked[0]!)).toBeDisabled();
  await expect(app.selectSeveralButton).toBeHidden();
  expect(requests).toEqual([]);
  await goOnline(page);
  await app.expectList();
  await expect(app.unlinkButton(person.linked[0]!)).toBeEnabled();
});

test('opened offline, the ways in are counted, without a link to where nothing can be linked', async ({
  app,
  page,
  signedIn: _,
}) => {
  await overrideSettings(page, withClosed('auth0', 'github', 'samlp'));
  await reportOfflineOnLoad(page);
  await page.reload();
  await expect(page.getByText(OFFLINE)).toBeVisible();
  await expect(app.safetyLine).toHaveText('1 way in. Link a second, so that losing it does not lock you out.');
  await expect(app.safetyLine.getByRole('link')).toHaveCount(0);
  await goOnline(page);
  await app.expectList();
  await expect(app.safetyLine.getByRole('link')).toHaveCount(1);
});

// attack: page
test('what is kept for reading holds no token and no metadata, and goes at sign-out', async ({
  app,
  page,
  signedIn: person,
}) => {
  const kept = () => page.evaluate(() => localStorage.getItem('linked-accounts.list'));
  const list = JSON.parse((await kept())!);
  expect(Object.keys(list).sort()).toEqual(['read_at', 'user']);
  expect(list.user.user_id).toBe(person.userId);
  expect(JSON.stringify(list)).not.toMatch(/eyJ|token|last_ip|metadata/);
  await app.signOutButton.click();
  await app.expectSignedOut();
  expect(await kept()).toBeNull();
  await reportOfflineOnLoad(page);
  await page.reload();
  await app.expectSignedOut();
  await expect(app.rows).toHaveCount(0);
});
