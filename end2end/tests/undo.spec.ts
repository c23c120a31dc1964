import type { Locator, Page } from '@playwright/test';

import { expect, PASSWORD, test } from '../fixtures/index.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';
import { StandIn } from '../pages/hosted-login.ts';

// The notice stays, except where its time is what a test is about.
test.use({ settings: { undoSeconds: 0 } });

const undo = (page: Page): Locator => page.getByRole('button', { name: 'Undo', exact: true });

/** From now on, time passes on the page only when a test says so. */
async function timeStandsStill(app: LinkedAccounts, page: Page): Promise<void> {
  await page.clock.install();
  await page.reload();
  await app.showsTheList();
  await page.clock.pauseAt(Date.now() + 60_000);
}

async function links(app: LinkedAccounts, page: Page, provider: string, email: string): Promise<void> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.link(provider).click()]);
  await new StandIn(popup).be('Undo Me', email);
  await expect(app.linkedLogins).toContainText(email);
}

test('Undo is one click where the provider still knows the person', { tag: '@anywhere' }, async ({
  app,
  page,
  signedIn: person,
}) => {
  const email = person.email.replace('@', '+undo@');
  await links(app, page, 'LinkedIn', email);
  // The session goes on with the login that was linked last.
  await links(app, page, 'GitHub', person.email.replace('@', '+stays@'));
  const keys = await app.keys();
  await page.getByRole('button', { name: `Unlink LinkedIn, ${email}`, exact: true }).click();
  await app.dialog.getByRole('button', { name: 'Unlink LinkedIn' }).click();
  await expect(app.linkedLogins).not.toContainText(email);
  await Promise.all([page.waitForEvent('popup'), undo(page).click()]);
  await expect(app.status).toContainText(`LinkedIn (${email}) is linked to this account now.`);
  // The same identity on the same account, nothing else changed.
  expect((await app.keys()).toSorted()).toEqual(keys.toSorted());
  await expect(undo(page)).toBeHidden();
  await expect(page.getByRole('heading', { name: 'Recently unlinked' })).toBeHidden();
  await page.reload();
  await app.showsTheList();
  expect((await app.keys()).toSorted()).toEqual(keys.toSorted());
  await expect(app.header).toContainText(person.email);
});

test('another login than the unlinked one is not taken for it', async ({ app, page, signedIn: person }) => {
  const github = person.linked[1]!;
  await app.unlinks(github);
  await expect(app.row(github)).toHaveCount(0);
  const [popup] = await Promise.all([page.waitForEvent('popup'), undo(page).click()]);
  await new StandIn(popup).be('Somebody Else', person.email.replace('@', '+else@'));
  await expect(app.notice).toContainText('That was another login');
  await expect(app.notice).toContainText(person.email.replace('@', '+else@'));
  await app.shows([person.main, person.linked[0]!, person.linked[2]!]);
  await app.notice.getByRole('button', { name: 'Link this one' }).click();
  await expect(app.linkedLogins).toContainText(person.email.replace('@', '+else@'));
});

test.describe('the notice', () => {
  test.use({ settings: {} });

  test('goes after ten seconds, and "Link again" stays', async ({ app, page, signedIn: person }) => {
    const google = person.linked[0]!;
    await timeStandsStill(app, page);
    await app.unlinks(google);
    await expect(undo(page)).toBeVisible();
    await expect(page.getByText('If you are still signed in there, Undo takes this one click; otherwise you sign in there.')).toBeVisible();
    await page.clock.runFor(9_000);
    await expect(undo(page)).toBeVisible();
    await page.clock.runFor(1_500);
    await expect(undo(page)).toBeHidden();
    await page.clock.resume();
    const again = page.getByRole('button', { name: `Link Google, ${google.who}, again` });
    await expect(again).toBeVisible();
    await page.reload();
    await app.showsTheList();
    await expect(again).toBeVisible();
    await app.signOut.click();
    await app.showsTheWayIn();
    expect(await page.evaluate(() => ({ ...localStorage }))).toEqual({});
  });

  test('waits while the person points at it or is in it', async ({ app, page, signedIn: person }) => {
    await timeStandsStill(app, page);
    await app.unlinks(person.linked[0]!);
    await undo(page).hover();
    await page.clock.runFor(30_000);
    await expect(undo(page)).toBeVisible();
    await undo(page).focus();
    await page.mouse.move(5, 5);
    await page.clock.runFor(30_000);
    await expect(undo(page)).toBeVisible();
    await app.unlink(person.linked[1]!).focus();
    await page.clock.runFor(11_000);
    await expect(undo(page)).toBeHidden();
  });

  for (const [seconds, stays, goes] of [
    [60, 58_000, 4_000],
    [0, 600_000, undefined],
  ] as const) {
    test.describe('when the settings say so', () => {
      test.use({ settings: { undoSeconds: seconds } });

      test(`stays for ${seconds || 'as long as nobody dismisses it, for 0'} seconds`, async ({ app, page, signedIn: person }) => {
        await timeStandsStill(app, page);
        await app.unlinks(person.linked[0]!);
        await expect(undo(page)).toBeVisible();
        await page.clock.runFor(stays);
        await expect(undo(page)).toBeVisible();
        if (goes === undefined) {
          await page.getByRole('button', { name: 'Dismiss' }).click();
        } else {
          await page.clock.runFor(goes);
        }
        await expect(undo(page)).toBeHidden();
      });
    });
  }
});

test('Undo says before when the person will have to sign in there', async ({ app, house, hosted, page }) => {
  const visitor = house.claim('atStandIns');
  await app.open();
  await app.signIn.click();
  await hosted.signInAs(visitor.email, PASSWORD);
  await app.showsTheList();
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.link('Text message').click()]);
  await popup.getByLabel(/phone|number/i).fill(`+1555${visitor.userId.slice(-7)}`);
  await popup.getByRole('button', { name: 'Sign in as this person' }).click();
  await expect(app.linkedLogins).toContainText('Text message');
  await links(app, page, 'LinkedIn', visitor.email.replace('@', '+stays@'));
  await page.getByRole('button', { name: /^Unlink Text message/ }).click();
  await app.dialog.getByRole('button', { name: 'Unlink Text message' }).click();
  await expect(page.getByText('You will be sent a code.')).toBeVisible();
});
