import type { Page } from '@playwright/test';

import { recordManagementRequests } from '../browser/requests.ts';
import { overrideSettings } from '../browser/settings.ts';
import { expect, PASSWORD, type Person, test } from '../fixtures/index.ts';
import { HostedLogin, StandIn } from '../pages/hosted-login.ts';
import { LinkedAccounts } from '../pages/linked-accounts.ts';
import { linkNewIdentity } from '../pages/linking.ts';

/** The region that explains that the identity belongs to another user. */
const otherAccount = (page: Page) => page.getByRole('region', { name: 'It belongs to your other account' });

/** Starts linking the Facebook identity of `other`, and signs in with it. */
async function startLinkingFacebookOf(app: LinkedAccounts, page: Page, other: Person): Promise<void> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.linkButton('Facebook').click()]);
  await new StandIn(popup).chooseUser(other.linked[0]!.label);
  await expect(otherAccount(page)).toBeVisible();
}

/** Signs `person` in on another page, and returns that page with its list. */
async function openListOf(page: Page, person: Person): Promise<LinkedAccounts> {
  const theirs = new LinkedAccounts(page);
  await theirs.open();
  await theirs.signInButton.click();
  await new HostedLogin(page).signIn(person.email, PASSWORD);
  await theirs.expectList();
  return theirs;
}

test('the other account is shown with what it would lose, and left alone unless the person says so', async ({
  app,
  worker,
  page,
  signedIn: person,
}) => {
  const other = worker.claimPerson('withStandInLogins');
  const requests = recordManagementRequests(page);
  await startLinkingFacebookOf(app, page, other);
  await expect(otherAccount(page)).toContainText(
    `Facebook (${other.linked[0]!.label}) opens the account of ${other.email}`,
  );
  await expect(otherAccount(page)).toContainText('The other account loses Facebook and keeps everything else.');
  await expect(otherAccount(page)).toContainText('All 3 of its logins open this account then.');
  await expect(otherAccount(page)).toContainText('This cannot be undone.');
  await page.getByRole('button', { name: 'Leave it there' }).click();
  await expect(otherAccount(page)).toBeHidden();
  await expect(page.locator('#link-another')).toBeFocused();
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
  await app.expectIdentities([person.primary, ...person.linked]);
});

test(
  'the login alone is moved, and the other account keeps the rest',
  { tag: '@anywhere' },
  async ({ app, worker, otherBrowser, page, signedIn: person }) => {
    const other = worker.claimPerson('withStandInLogins');
    const [facebook, microsoft] = other.linked;
    await startLinkingFacebookOf(app, page, other);
    // The stand-in has a session since a moment ago, so the second sign-in needs no interaction.
    await page.getByRole('button', { name: 'Move it here' }).click();
    await expect(app.status).toHaveText(`Facebook (${facebook!.label}) is linked to this account now.`);
    await app.expectIdentities([person.primary, ...person.linked, facebook!]);
    const theirs = await openListOf(await otherBrowser.newPage(), other);
    await theirs.expectIdentities([other.primary, microsoft!]);
  },
);

test('a login that left the other account and did not arrive is said to be on its own, and the way on brings it', async ({
  app,
  worker,
  page,
  signedIn: person,
}) => {
  const other = worker.claimPerson('withStandInLogins');
  const facebook = other.linked[0]!;
  await startLinkingFacebookOf(app, page, other);
  await page.getByText('Demo: play a fault').click();
  await page.getByRole('button', { name: 'Closed window' }).click();
  await page.getByRole('button', { name: 'Move it here' }).click();
  await expect(app.notice).toContainText('The window was closed');
  await expect(app.notice).toContainText('The login left the other account already');
  await expect(app.notice).not.toContainText('Nothing was changed');
  await app.tryAgainButton.click();
  await expect(app.status).toHaveText(`Facebook (${facebook.label}) is linked to this account now.`);
  await app.expectIdentities([person.primary, ...person.linked, facebook]);
});

// WCAG 3.3.4: text
test('merging asks first, with both accounts side by side and what is deleted by its name, and brings all logins', async ({
  app,
  worker,
  page,
  signedIn: person,
}) => {
  const other = worker.claimPerson('withStandInLogins');
  const requests = recordManagementRequests(page);
  await startLinkingFacebookOf(app, page, other);
  await page.getByRole('button', { name: 'Merge both' }).click();
  await expect(app.dialog).toHaveAccessibleName('Delete the other account and merge?');
  await expect(app.dialog).toHaveAccessibleDescription(/opens this account afterwards.*This cannot be undone\./);
  await expect(app.dialog.getByRole('region', { name: 'This account stays' })).toContainText(person.email);
  const deleted = app.dialog.getByRole('region', { name: 'The other account is deleted' });
  await expect(deleted).toContainText(other.email);
  await expect(deleted.getByRole('listitem')).toHaveCount(3);
  await expect(app.dialog).toContainText(`its id (${other.userId}), its metadata`);
  await expect(app.dialog).toContainText('its sign-in history (1 sign-in)');
  // What it says is longer than the window is high, so reading begins at the title.
  await expect(app.dialog.getByRole('heading', { level: 2 })).toBeFocused();
  // Leaving it leads back to the choice.
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(otherAccount(page)).toBeVisible();
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
  await page.getByRole('button', { name: 'Merge both' }).click();
  await app.dialog.getByRole('button', { name: 'Merge and delete' }).click();
  await expect(app.status).toHaveText(/ and 2 more are linked to this account now\.$/);
  await expect(app.linkedList.getByRole('listitem')).toHaveCount(person.linked.length + 3);
  await page.reload();
  await app.expectList();
  await expect(app.header).toContainText(person.email);
  await expect(app.linkedList).toContainText(other.email);
});

// WCAG 3.3.4: text
test('a move that leaves nothing to open the other account asks first', async ({ app, worker, page, signedIn: _ }) => {
  const other = worker.claimPerson('withStandInLogins');
  const closed = ['Username-Password-Authentication', 'windowslive'];
  await overrideSettings(page, ({ connections = [], ...settings }) => ({
    ...settings,
    connections: connections.map((one) => ({ ...one, closed: closed.includes(one.name) })),
  }));
  await page.reload();
  await app.expectList();
  const requests = recordManagementRequests(page);
  await startLinkingFacebookOf(app, page, other);
  await expect(otherAccount(page)).toContainText('Nothing else opens it.');
  await page.getByRole('button', { name: 'Move it here' }).click();
  await expect(app.dialog).toHaveAccessibleName('Move Facebook and lock the other account?');
  await expect(app.dialog).toHaveAccessibleDescription(/^Nothing else opens the other account\./);
  const keep = app.dialog.getByRole('button', { name: 'Leave it there' });
  await expect(keep).toBeFocused();
  await keep.click();
  await expect(otherAccount(page)).toBeVisible();
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

// WCAG 3.3.4: text
test('a login whose own account would be deleted is not linked on one click, and a new one is', async ({
  app,
  otherBrowser,
  page,
  signedIn: person,
}) => {
  const email = person.email.replace('@', '+old@');
  const theirs = new LinkedAccounts(await otherBrowser.newPage());
  await theirs.open();
  await theirs.signInButton.click();
  await (await new HostedLogin(theirs.page).continueWith('LinkedIn')).signInAsNewUser('Old Account', email);
  await theirs.expectList();
  // The account is days old when its login is linked here.
  await page.route(/\/api\/v2\/users\/linkedin/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), created_at: '2020-02-02T02:02:02.000Z' } });
  });
  const requests = recordManagementRequests(page);
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.linkButton('LinkedIn').click()]);
  await new StandIn(popup).signInAsNewUser('Old Account', email);
  await expect(app.dialog).toHaveAccessibleName(`Delete the other account and link LinkedIn, ${email}?`);
  await expect(app.dialog).toContainText('Its login comes over, and nothing else.');
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  await expect(app.status).toHaveText(`LinkedIn (${email}) is linked to this account now.`);
  await page.unrouteAll();
  await linkNewIdentity(app, page, person.email.replace('@', '+new@'));
  await expect(app.status).toContainText('+new@');
});

test('the main login of another account cannot leave it alone, so only merging is offered', async ({
  worker,
  page,
  signedIn: _,
}) => {
  const other = worker.claimPerson('withStandInLogins');
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Another login' }).click(),
  ]);
  await new HostedLogin(popup).signIn(other.email, PASSWORD);
  await expect(otherAccount(page)).toContainText(`It is the main login of the account of ${other.email}`);
  await expect(page.getByRole('button', { name: 'Move it here' })).toBeHidden();
  await expect(page.getByRole('button', { name: 'Merge both' })).toBeVisible();
});

test('somebody who leaves the other account alone still has their own after a reload', async ({
  app,
  worker,
  page,
  signedIn: person,
}) => {
  const other = worker.claimPerson('withStandInLogins');
  await startLinkingFacebookOf(app, page, other);
  // The proof of the other login moved no session.
  await page.reload();
  await app.expectList();
  await app.expectIdentities([person.primary, ...person.linked]);
});

test.describe('on a small screen', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('the login alone is moved by redirects', async ({ app, hosted, worker, page, signedIn: person }) => {
    const other = worker.claimPerson('withStandInLogins');
    const facebook = other.linked[0]!;
    await app.linkButton('Facebook').click();
    await new StandIn(page).chooseUser(facebook.label);
    await expect(otherAccount(page)).toBeVisible();
    await page.getByRole('button', { name: 'Move it here' }).click();
    await page.getByRole('button', { name: 'Sign in to finish' }).click();
    await hosted.reauthenticate(person.email, PASSWORD);
    await app.expectList();
    await expect(app.status).toHaveText(`Facebook (${facebook.label}) is linked to this account now.`);
    await app.expectIdentities([person.primary, ...person.linked, facebook]);
  });

  // attack: linking
  test('merging by redirects deletes nothing before it is confirmed', async ({
    app,
    hosted,
    worker,
    otherBrowser,
    page,
    signedIn: person,
  }) => {
    const other = worker.claimPerson('withStandInLogins');
    await app.linkButton('Facebook').click();
    await new StandIn(page).chooseUser(other.linked[0]!.label);
    await page.getByRole('button', { name: 'Merge both' }).click();
    await expect(page.getByText('Before anything is deleted, you are asked.')).toBeVisible();
    await page.getByRole('button', { name: 'Sign in to finish' }).click();
    await hosted.reauthenticate(person.email, PASSWORD);
    await app.expectList();
    await expect(app.dialog).toHaveAccessibleName('Delete the other account and merge?');
    const theirs = await openListOf(await otherBrowser.newPage(), other);
    await theirs.expectIdentities([other.primary, ...other.linked]);
    await app.dialog.getByRole('button', { name: 'Keep both accounts' }).click();
    await app.expectIdentities([person.primary, ...person.linked]);
    await theirs.page.reload();
    await theirs.expectList();
    await theirs.expectIdentities([other.primary, ...other.linked]);
  });

  test.describe('with another login than the unlinked one', () => {
    test.use({
      person: async ({ worker }, use) => use(worker.claimPerson('withStandInLogins')),
    });

    // attack: linking
    test('Undo by redirects merges no account unasked', async ({
      app,
      worker,
      otherBrowser,
      page,
      signedIn: person,
    }) => {
      const other = worker.claimPerson('withStandInLogins');
      const facebook = other.linked[0]!;
      await app.unlink(person.linked[0]!);
      await expect(app.row(person.linked[0]!)).toHaveCount(0);
      await page.getByRole('button', { name: 'Undo', exact: true }).click();
      await new StandIn(page).chooseUser(facebook.label);
      await expect(otherAccount(page)).toContainText(
        `Facebook (${facebook.label}) opens the account of ${other.email}`,
      );
      await expect(page.getByRole('button', { name: 'Sign in to finish' })).toBeHidden();
      const theirs = await openListOf(await otherBrowser.newPage(), other);
      await theirs.expectIdentities([other.primary, ...other.linked]);
    });
  });
});
