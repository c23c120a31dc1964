import type { Locator } from '@playwright/test';

import {
  expect,
  isManagement,
  managementRequests,
  PASSWORD,
  test as base,
  unknowing,
  withoutPasswords,
  withSettings,
} from '../fixtures/index.ts';
import { linksANewLogin } from '../fixtures/linking.ts';

/** Somebody with a login that their organisation manages. */
const test = base.extend({
  person: async ({ house }, use) => use(house.claim('managed')),
});

/** Fails unless the action is out of use, yet in the order of the focus, and says why. */
async function expectExplained(button: Locator, why: string): Promise<void> {
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await expect(button).toHaveAccessibleDescription(why);
  await button.focus();
  await expect(button).toBeFocused();
}

test('the main login has its action out of use, and a press says why', async ({ app, page, signedIn: person }) => {
  const requests = managementRequests(page);
  const why = 'The main login holds your account, so it stays.';
  await expectExplained(app.unlink(person.main), why);
  await expect(app.row(person.main)).toContainText(why);
  await page.keyboard.press('Enter');
  await expect(app.status).toHaveText(`Password (${person.main.who}) stays. ${why}`);
  await expect(app.dialog).toBeHidden();
  expect(requests).toEqual([]);
});

test('a login that an organisation manages says so, and only its administrator can unlink it', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [twitter, globex] = person.linked;
  await expect(app.row(globex!)).toContainText('Managed by your organisation');
  await expectExplained(app.unlink(globex!), 'Only your administrator can unlink this.');
  await page.keyboard.press('Space');
  await expect(app.status).toContainText('Only your administrator can unlink this.');
  await expect(app.dialog).toBeHidden();
  await expect(app.unlink(twitter!)).toBeEnabled();
});

test('the page takes the word of the tenant for what its settings do not tell', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
  watch,
}) => {
  watch.expectStatus(403);
  const globex = person.linked[1]!;
  await withSettings(page, unknowing);
  await page.reload();
  await app.unlinks(globex);
  await expect(app.status).toHaveText(
    `Microsoft Entra ID (${globex.who}) was not unlinked. Only your administrator can unlink this.`,
  );
  await expectExplained(app.unlink(globex), 'Only your administrator can unlink this.');
  await expect(app.notice).toBeHidden();
  await page.reload();
  await app.shows([person.main, ...person.linked]);
});

test('the last way in stays until another login is linked', async ({ app, page, signedIn: person }) => {
  const [twitter, globex, linkedin] = person.linked;
  await withSettings(page, (settings) => withoutPasswords(unknowing(settings)));
  await page.reload();
  await app.unlinks(twitter!);
  await app.shows([person.main, globex!, linkedin!]);
  await withSettings(page, (settings) => {
    const { connections = [], ...rest } = withoutPasswords(settings) as { connections?: { name: string }[] };
    return { ...rest, connections: connections.map((one) => (one.name === 'globex' ? { ...one, closed: true } : one)) };
  });
  await page.reload();
  const why = 'Nothing else would open this account. Link another login first.';
  await expectExplained(app.unlink(linkedin!), why);
  await expect(app.row(linkedin!)).toContainText('Last way in');
  await page.keyboard.press('Enter');
  await expect(app.status).toContainText(why);
  await app.row(linkedin!).getByRole('link', { name: 'Link another login first' }).click();
  await expect(page.locator('#link-another')).toBeFocused();
});

test('a refusal of the last way in leads to linking another login', async ({ app, page, signedIn: person, watch }) => {
  watch.expectStatus(403);
  const twitter = person.linked[0]!;
  await page.route(isManagement, (route) =>
    route.fulfill({
      status: 403,
      json: {
        statusCode: 403,
        error: 'Forbidden',
        message: 'No other identity of this user can sign in. Link another one first.',
        errorCode: 'last_way_in',
      },
    }),
  );
  await app.unlinks(twitter);
  await expectExplained(app.unlink(twitter), 'Nothing else would open this account. Link another login first.');
  await page.unrouteAll();
  // Somebody who comes back to the page sees what holds by then.
  await page.clock.setFixedTime(Date.now() + 60_000);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(app.unlink(twitter)).toBeEnabled();
});

// The settings of the static host tell nothing of the tenant's closed connection.
test('the tenant keeps the last way in until another login is linked, and the page follows at once', {
  tag: '@static-host',
}, async ({ app, hosted, house, page, watch }) => {
  watch.expectStatus(403);
  const stranded = house.claim('stranded');
  const facebook = stranded.linked[0]!;
  await app.open();
  await app.signIn.click();
  await (await hosted.continueWith('Facebook')).choose(facebook.who);
  await app.showsTheList();
  await app.unlinks(facebook);
  const why = 'Nothing else would open this account. Link another login first.';
  await expectExplained(app.unlink(facebook), why);
  await expect(app.status).toHaveText(`Facebook (${facebook.who}) was not unlinked. ${why}`);
  await app.shows([stranded.main, facebook]);
  await linksANewLogin(app, page, stranded.email);
  await expect(app.status).toContainText('is linked to this account now.');
  await app.unlinks(facebook);
  await expect(app.row(facebook)).toHaveCount(0);
  await page.reload();
  await app.showsTheList();
  await expect(app.rows).toHaveCount(2);
  await expect(app.row(facebook)).toHaveCount(0);
});

test('the tenant holds the rule, whatever the page lets through, and changes nothing', async ({
  app,
  hosted,
  page,
  request,
  signedIn: person,
}) => {
  const asked = page.waitForRequest((request) => request.url().includes('/api/v2/users/'));
  await page.reload();
  const { authorization } = (await asked).headers();
  await app.showsTheList();
  const user = `/api/v2/users/${encodeURIComponent(person.userId)}`;
  const answer = await request.delete(`${user}/identities/waad/${encodeURIComponent(person.linked[1]!.key.slice(5))}`, {
    headers: { authorization: authorization! },
  });
  expect(answer.status()).toBe(403);
  expect(await answer.json()).toMatchObject({ errorCode: 'pinned_connection' });
  await app.signOut.click();
  await app.showsTheWayIn();
  await app.signIn.click();
  await hosted.signInAs(person.email, PASSWORD);
  await app.shows([person.main, ...person.linked]);
});
