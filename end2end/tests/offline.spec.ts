import type { BrowserContext, Page } from '@playwright/test';

import { expect, managementRequests, test, withSettings } from '../fixtures/index.ts';

const OFFLINE = 'You are offline. You can read this list; changes wait until you are back.';

/** The files of the page still come, the tenant does not answer: what a browser shows that has no connection. */
async function loseTheTenant(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let online = false;
    Object.defineProperty(navigator, 'onLine', { get: () => online });
    Object.assign(window, {
      comeBack: () => {
        online = true;
        window.dispatchEvent(new Event('online'));
      },
    });
  });
}

const comeBack = (page: Page) => page.evaluate(() => (window as unknown as { comeBack(): void }).comeBack());

const lose = (context: BrowserContext) => context.setOffline(true);

test('offline the list stays readable, its actions say why they wait, and it resumes by itself', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  const google = person.linked[0]!;
  await lose(context);
  await expect(page.getByText(OFFLINE)).toBeVisible();
  await app.shows([person.main, ...person.linked]);
  await expect(app.unlink(google)).toBeDisabled();
  await expect(app.unlink(google)).toHaveAccessibleDescription(OFFLINE);
  await app.unlink(google).focus();
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(OFFLINE);
  await expect(app.dialog).toBeHidden();

  await context.setOffline(false);
  await expect(page.getByText(OFFLINE)).toHaveCount(1); // what was said stays until it is dismissed
  await expect(app.unlink(google)).toBeEnabled();
  await app.unlinks(google);
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test('what was unlinked comes back only with a connection', async ({ app, context, page, signedIn: person }) => {
  const google = person.linked[0]!;
  await withSettings(page, (settings) => ({ ...settings, undoSeconds: 0 }));
  await page.reload();
  await app.unlinks(google);
  const ways = page.getByRole('button', { name: /^(Undo|Link Google, .* again)$/ });
  await expect(ways).toHaveCount(2);
  await lose(context);
  for (const way of await ways.all()) {
    await expect(way).toBeDisabled();
  }
  await context.setOffline(false);
  for (const way of await ways.all()) {
    await expect(way).toBeEnabled();
  }
});

test('opened offline, the page shows the last list as it was, and goes on by itself', async ({
  app,
  page,
  signedIn: person,
}) => {
  await loseTheTenant(page);
  const requests = managementRequests(page);
  await page.reload();
  await expect(page.getByText(OFFLINE)).toBeVisible();
  await expect(page.getByText(/^As of \d+ \w+ \d{4}/)).toBeVisible();
  await app.shows([person.main, ...person.linked]);
  await expect(app.row(person.linked[0]!)).toContainText(person.linked[0]!.who);
  await expect(app.unlink(person.linked[0]!)).toBeDisabled();
  await expect(app.selectSeveral).toBeHidden();
  expect(requests).toEqual([]);
  await comeBack(page);
  await app.showsTheList();
  await expect(app.unlink(person.linked[0]!)).toBeEnabled();
});

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
  await app.signOut.click();
  await app.showsTheWayIn();
  expect(await kept()).toBeNull();
  await loseTheTenant(page);
  await page.reload();
  await app.showsTheWayIn();
  await expect(app.rows).toHaveCount(0);
});
