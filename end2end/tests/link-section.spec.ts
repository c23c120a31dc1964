import type { Locator, Page } from '@playwright/test';

import { overrideSettings } from '../browser/settings.ts';
import { expect, test } from '../fixtures/index.ts';
import { linkNewIdentity, uniqueEmail } from '../pages/linking.ts';

/** The buttons of the connections that are shown, without the one for any other login. */
const connections = (page: Page): Locator =>
  page.getByRole('group', { name: 'Link another login' }).getByLabel(/^Link /);

const namesOf = (buttons: Locator): Promise<string[]> =>
  buttons.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));

const shownNames = async (page: Page): Promise<string[]> => namesOf(connections(page).and(page.locator(':visible')));

test('what is not linked yet comes first, four of them, and the rest when it is asked for', async ({
  app,
  page,
  signedIn: _,
}) => {
  const first = ['Link Facebook', 'Link LinkedIn', 'Link Microsoft', 'Link Apple'];
  await expect.poll(() => shownNames(page)).toEqual(first);
  await expect(page.getByRole('button', { name: 'Another login' })).toBeVisible();
  await expect(app.showAllButton).toHaveAttribute('aria-expanded', 'false');
  await app.showAllButton.press('Enter');
  await expect(app.showAllButton).toBeFocused();
  await expect(app.showAllButton).toHaveText('Show fewer');
  await expect(app.showAllButton).toHaveAttribute('aria-expanded', 'true');
  const all = await shownNames(page);
  expect(all.slice(0, 4)).toEqual(first);
  expect(all.length).toBeGreaterThan(8);
  const isLinked = all.map((name) => name.endsWith(', linked already'));
  expect(isLinked, 'those that are linked come last').toEqual([...isLinked].sort());
  expect(all.slice(-4)).toEqual([
    'Link Password, linked already',
    'Link Google, linked already',
    'Link GitHub, linked already',
    'Link Acme Corp, linked already',
  ]);
  await app.showAllButton.click();
  await expect.poll(() => shownNames(page)).toEqual(first);
});

test('a connection says that it is linked as soon as it is, and no longer once it is not', async ({
  app,
  page,
  signedIn: person,
}) => {
  await app.showAllButton.click();
  const before = await shownNames(page);
  await linkNewIdentity(app, page, uniqueEmail(person, 'said'));
  await expect(app.linkButton('LinkedIn')).toContainText('Linked already');
  await expect(app.linkButton('LinkedIn')).toHaveAccessibleName('Link LinkedIn, linked already');
  await app.unlink(person.linked[1]!);
  await expect(app.linkButton('GitHub')).toHaveAccessibleName('Link GitHub');
  await expect(app.linkButton('GitHub')).not.toContainText('Linked already');
  const withoutNote = (names: string[]) => names.map((name) => name.replace(', linked already', ''));
  expect(withoutNote(await shownNames(page)), 'nothing moves under the pointer').toEqual(withoutNote(before));
});

test('from eight connections on they are found by their names, and the number is told', async ({
  app,
  page,
  signedIn: _,
}) => {
  const search = page.getByRole('searchbox', { name: 'Search' });
  await search.fill('ACME');
  await expect.poll(() => shownNames(page)).toEqual(['Link Acme Corp, linked already']);
  await expect(page.getByText('1 found')).toHaveRole('status');
  await expect(app.showAllButton).toBeHidden();
  await search.fill('no such company');
  await expect(page.getByText('Nothing here has that name.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Another login' })).toBeVisible();
  await search.fill('');
  await expect(connections(page).and(page.locator(':visible'))).toHaveCount(4);
});

test('a few connections need neither a search nor more than one look', async ({ app, page, signedIn: _ }) => {
  await overrideSettings(page, ({ connections = [], ...settings }) => ({
    ...settings,
    connections: connections.slice(0, 4),
  }));
  await page.reload();
  await app.expectList();
  await expect(connections(page)).toHaveCount(4);
  await expect(app.showAllButton).toHaveCount(0);
  await expect(page.getByRole('searchbox')).toHaveCount(0);
});
