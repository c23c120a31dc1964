import type { Page } from '@playwright/test';

import { expect, managementRequests, PASSWORD, type Person, test } from '../fixtures/index.ts';
import { HostedLogin, StandIn } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';

const story = (page: Page) => page.getByRole('region', { name: 'It belongs to your other account' });

/** Proves the Facebook login of somebody's other account. */
async function provesFacebookOf(app: LinkedAccounts, page: Page, other: Person): Promise<void> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.link('Facebook').click()]);
  await new StandIn(popup).choose(other.linked[0]!.who);
  await expect(story(page)).toBeVisible();
}

async function listOf(page: Page, person: Person): Promise<LinkedAccounts> {
  const theirs = new LinkedAccounts(page);
  await theirs.open();
  await theirs.signIn.click();
  await new HostedLogin(page).signInAs(person.email, PASSWORD);
  await theirs.showsTheList();
  return theirs;
}

test('the other account is shown with what it would lose, and left alone unless the person says so', async ({
  app,
  house,
  page,
  signedIn: person,
}) => {
  const other = house.claim('atStandIns');
  const requests = managementRequests(page);
  await provesFacebookOf(app, page, other);
  await expect(story(page)).toContainText(`Facebook (${other.linked[0]!.who}) opens the account of ${other.email}`);
  await expect(story(page)).toContainText('The other account loses Facebook and keeps everything else.');
  await expect(story(page)).toContainText('All 3 of its logins open this account then.');
  await expect(story(page)).toContainText('This cannot be undone.');
  await page.getByRole('button', { name: 'Leave it there' }).click();
  await expect(story(page)).toBeHidden();
  await expect(page.locator('#link-another')).toBeFocused();
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
  await app.shows([person.main, ...person.linked]);
});

test('the login alone is moved, and the other account keeps the rest', { tag: '@anywhere' }, async ({
  app,
  house,
  otherBrowser,
  page,
  signedIn: person,
}) => {
  const other = house.claim('atStandIns');
  const [facebook, microsoft] = other.linked;
  await provesFacebookOf(app, page, other);
  // The provider knows the person since a moment ago, so that the second proof asks nothing.
  await page.getByRole('button', { name: 'Move it here' }).click();
  await expect(app.status).toHaveText(`Facebook (${facebook!.who}) is linked to this account now.`);
  await app.shows([person.main, ...person.linked, facebook!]);
  const theirs = await listOf(await otherBrowser.newPage(), other);
  await theirs.shows([other.main, microsoft!]);
});

test('a login that left the other account and did not arrive is said to be on its own, and the way on brings it', async ({
  app,
  house,
  page,
  signedIn: person,
}) => {
  const other = house.claim('atStandIns');
  const facebook = other.linked[0]!;
  await provesFacebookOf(app, page, other);
  await page.getByText('Demo: play a fault').click();
  await page.getByRole('button', { name: 'Closed window' }).click();
  await page.getByRole('button', { name: 'Move it here' }).click();
  await expect(app.notice).toContainText('The window was closed');
  await expect(app.notice).toContainText('The login left the other account already');
  await expect(app.notice).not.toContainText('Nothing was changed');
  await app.tryAgain.click();
  await expect(app.status).toHaveText(`Facebook (${facebook.who}) is linked to this account now.`);
  await app.shows([person.main, ...person.linked, facebook]);
});

test('merging brings all logins of the other account', async ({ app, house, page, signedIn: person }) => {
  const other = house.claim('atStandIns');
  await provesFacebookOf(app, page, other);
  await page.getByRole('button', { name: 'Merge both' }).click();
  await expect(app.status).toHaveText(/ and 2 more are linked to this account now\.$/);
  await expect(app.linkedLogins.getByRole('listitem')).toHaveCount(person.linked.length + 3);
  await page.reload();
  await app.showsTheList();
  await expect(app.header).toContainText(person.email);
  await expect(app.linkedLogins).toContainText(other.email);
});

test('the main login of another account cannot leave it alone, so only merging is offered', async ({
  house,
  page,
  signedIn: _,
}) => {
  const other = house.claim('atStandIns');
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Another login' }).click(),
  ]);
  await new HostedLogin(popup).signInAs(other.email, PASSWORD);
  await expect(story(page)).toContainText(`It is the main login of the account of ${other.email}`);
  await expect(page.getByRole('button', { name: 'Move it here' })).toBeHidden();
  await expect(page.getByRole('button', { name: 'Merge both' })).toBeVisible();
});

test('somebody who leaves the other account alone still has their own after a reload', async ({
  app,
  hosted,
  house,
  page,
  signedIn: person,
}) => {
  const other = house.claim('atStandIns');
  await provesFacebookOf(app, page, other);
  await page.reload();
  await expect(app.heading).toHaveText('Somebody else is signed in now');
  await page.getByRole('button', { name: `Sign in as ${person.email}` }).click();
  await hosted.signInAgainAs(person.email, PASSWORD);
  await app.showsTheList();
  await app.shows([person.main, ...person.linked]);
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('the login alone is moved by redirects', async ({ app, hosted, house, page, signedIn: person }) => {
    const other = house.claim('atStandIns');
    const facebook = other.linked[0]!;
    await app.link('Facebook').click();
    await new StandIn(page).choose(facebook.who);
    await expect(story(page)).toBeVisible();
    await page.getByRole('button', { name: 'Move it here' }).click();
    await page.getByRole('button', { name: 'Sign in to finish' }).click();
    await hosted.signInAgainAs(person.email, PASSWORD);
    await app.showsTheList();
    await expect(app.status).toHaveText(`Facebook (${facebook.who}) is linked to this account now.`);
    await app.shows([person.main, ...person.linked, facebook]);
  });
});
