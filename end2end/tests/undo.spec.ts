import type { Locator, Page } from '@playwright/test';

import { expect, PASSWORD, test } from '../fixtures/index.ts';
import { StandIn } from '../pages/hosted-login.ts';
import type { LinkedAccounts } from '../pages/linked-accounts.ts';

// The notice stays, except in the tests of its timeout.
test.use({ settings: { undoSeconds: 0 } });

const undoButton = (page: Page): Locator => page.getByRole('button', { name: 'Undo', exact: true });

/** Reloads the page with a clock that advances only when the test says so. */
async function reloadWithPausedClock(app: LinkedAccounts, page: Page): Promise<void> {
  await page.clock.install();
  await page.reload();
  await app.expectList();
  await page.clock.pauseAt(Date.now() + 60_000);
}

async function linkIdentity(app: LinkedAccounts, page: Page, provider: string, email: string): Promise<void> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.linkButton(provider).click()]);
  await new StandIn(popup).signInAsNewUser('Undo Me', email);
  await expect(app.linkedList).toContainText(email);
}

test(
  'Undo is one click where the provider still knows the person',
  { tag: '@anywhere' },
  async ({ app, page, signedIn: person }) => {
    const email = person.email.replace('@', '+undo@');
    await linkIdentity(app, page, 'LinkedIn', email);
    // The tenant's session continues with the identity that was linked last.
    await linkIdentity(app, page, 'Facebook', person.email.replace('@', '+stays@'));
    const keys = await app.identityKeys();
    await page.getByRole('button', { name: `Unlink LinkedIn, ${email}`, exact: true }).click();
    await app.dialog.getByRole('button', { name: 'Unlink LinkedIn' }).click();
    await expect(app.linkedList).not.toContainText(email);
    await Promise.all([page.waitForEvent('popup'), undoButton(page).click()]);
    await expect(app.status).toContainText(`LinkedIn (${email}) is linked to this account now.`);
    // The user has the same identities as before.
    expect((await app.identityKeys()).toSorted()).toEqual(keys.toSorted());
    await expect(undoButton(page)).toBeHidden();
    await expect(page.getByRole('heading', { name: 'Recently unlinked' })).toBeHidden();
    await page.reload();
    await app.expectList();
    expect((await app.identityKeys()).toSorted()).toEqual(keys.toSorted());
    await expect(app.header).toContainText(person.email);
  },
);

// attack: page
test('another login than the unlinked one is not taken for it', async ({ app, page, signedIn: person }) => {
  const github = person.linked[1]!;
  await app.unlink(github);
  await expect(app.row(github)).toHaveCount(0);
  const [popup] = await Promise.all([page.waitForEvent('popup'), undoButton(page).click()]);
  await new StandIn(popup).signInAsNewUser('Somebody Else', person.email.replace('@', '+else@'));
  await expect(app.notice).toContainText('That was another login');
  await expect(app.notice).toContainText(person.email.replace('@', '+else@'));
  await app.expectIdentities([person.primary, person.linked[0]!, person.linked[2]!]);
  await app.notice.getByRole('button', { name: 'Link this one' }).click();
  await expect(app.linkedList).toContainText(person.email.replace('@', '+else@'));
});

test.describe('the notice', () => {
  test.use({ settings: {} });

  test('goes after ten seconds, and "Link again" stays', async ({ app, page, signedIn: person }) => {
    const google = person.linked[0]!;
    await reloadWithPausedClock(app, page);
    await app.unlink(google);
    await expect(undoButton(page)).toBeVisible();
    await expect(
      page.getByText('If you are still signed in there, Undo takes this one click; otherwise you sign in there.'),
    ).toBeVisible();
    await page.clock.runFor(9_000);
    await expect(undoButton(page)).toBeVisible();
    await page.clock.runFor(1_500);
    await expect(undoButton(page)).toBeHidden();
    // The focus, which came to the notice with a click, goes on with it.
    await expect(app.unlinkButton(person.linked[1]!)).toBeFocused();
    await page.clock.resume();
    const again = page.getByRole('button', { name: `Link again: Google, ${google.label}` });
    await expect(again).toBeVisible();
    await page.reload();
    await app.expectList();
    await expect(again).toBeVisible();
    await app.signOutButton.click();
    await app.expectSignedOut();
    expect(await page.evaluate(() => ({ ...localStorage }))).toEqual({});
  });

  // WCAG 2.2.1: time
  test('waits while the person points at it or is in it', async ({ app, page, signedIn: person }) => {
    await reloadWithPausedClock(app, page);
    await app.unlink(person.linked[0]!);
    await undoButton(page).hover();
    await page.clock.runFor(30_000);
    await expect(undoButton(page)).toBeVisible();
    await undoButton(page).focus();
    await page.mouse.move(5, 5);
    await page.clock.runFor(30_000);
    await expect(undoButton(page)).toBeVisible();
    await app.unlinkButton(person.linked[1]!).focus();
    await page.clock.runFor(11_000);
    await expect(undoButton(page)).toBeHidden();
  });

  for (const [seconds, stays, goes] of [
    [60, 58_000, 4_000],
    [0, 600_000, undefined],
  ] as const) {
    test.describe('when the settings say so', () => {
      test.use({ settings: { undoSeconds: seconds } });

      test(`stays for ${seconds || 'as long as nobody dismisses it, for 0'} seconds`, async ({
        app,
        page,
        signedIn: person,
      }) => {
        await reloadWithPausedClock(app, page);
        await app.unlink(person.linked[0]!);
        await expect(undoButton(page)).toBeVisible();
        await page.clock.runFor(stays);
        await expect(undoButton(page)).toBeVisible();
        if (goes === undefined) {
          await page.getByRole('button', { name: 'Dismiss' }).click();
        } else {
          await page.clock.runFor(goes);
        }
        await expect(undoButton(page)).toBeHidden();
      });
    });
  }
});

test('Undo says before when the person will have to sign in there', async ({ app, worker, hosted, page }) => {
  const visitor = worker.claimPerson('withStandInLogins');
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(visitor.email, PASSWORD);
  await app.expectList();
  await app.showAllButton.click();
  const [popup] = await Promise.all([page.waitForEvent('popup'), app.linkButton('Text message').click()]);
  await popup.getByLabel(/phone|number/i).fill(`+1555${visitor.userId.slice(-7)}`);
  await popup.getByRole('button', { name: 'Sign in as this person' }).click();
  await expect(app.linkedList).toContainText('Text message');
  await linkIdentity(app, page, 'LinkedIn', visitor.email.replace('@', '+stays@'));
  await page.getByRole('button', { name: /^Unlink Text message/ }).click();
  await app.dialog.getByRole('button', { name: 'Unlink Text message' }).click();
  await expect(page.getByText('You will be sent a code.')).toBeVisible();
});
