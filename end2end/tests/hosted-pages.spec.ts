import type { Page } from '@playwright/test';

import { expectAccessible } from '../accessibility/axe.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';

const WIDTHS = [360, 768, 1280];

/** Expects a page to pass axe in light and dark, and to fit each width, also with text twice as large. */
async function expectGoodAtEverySize(page: Page): Promise<void> {
  await expectAccessible(page);
  for (const fontSize of ['100%', '200%']) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate((fontSize) => {
        document.documentElement.style.setProperty('font-size', fontSize);
        return document.documentElement.scrollWidth - document.documentElement.clientWidth;
      }, fontSize);
      expect(overflow, `at ${width} px with text at ${fontSize}`).toBeLessThanOrEqual(0);
    }
  }
  await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
}

// WCAG 3.3.7, 2.1.1: keyboard
test('the address typed at sign-in comes along to the other pages with the keyboard alone, and into no address', async ({
  app,
  hosted,
  page,
}) => {
  const address = 'typed@example.test';
  await app.open();
  await app.signInButton.click();
  await expect(hosted.email).toBeFocused();
  await page.keyboard.type(address);
  for (let tabs = 0; tabs < 3; tabs++) {
    await page.keyboard.press('Tab');
  }
  await expect(page.getByRole('button', { name: 'Forgot your password?' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Forgot your password?' })).toBeVisible();
  await expect(hosted.email).toHaveValue(address);
  await expect(hosted.email).toBeFocused();
  expect(page.url()).not.toContain('typed');
  await page.getByRole('button', { name: 'Back to sign-in' }).click();
  await expect(hosted.email).toHaveValue(address);
  await expect(hosted.password).toBeFocused();
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { name: 'Sign up for' })).toBeVisible();
  await expect(hosted.email).toHaveValue(address);
  await expect(hosted.password).toBeFocused();
  expect(page.url()).not.toContain('typed');
  await expectGoodAtEverySize(page);
});

// WCAG 3.3.1, 3.3.3: text
test('what is no e-mail address is told at its field, which has the focus', async ({
  app,
  hosted,
  page,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(422);
  await app.open();
  await app.signInButton.click();
  await hosted.email.fill('ada');
  for (const [button, submit] of [
    ['Sign up', 'Sign up'],
    ['Forgot your password?', 'Send the mail'],
  ] as const) {
    await page.getByRole('button', { name: button }).click();
    if (submit === 'Sign up') {
      await hosted.password.fill(PASSWORD);
    }
    await page.getByRole('button', { name: submit }).click();
    await expect(hosted.error).toHaveText('This isn’t an e-mail address. One looks like ada@example.com.');
    await expect(hosted.email).toBeFocused();
    await expect(hosted.email).toHaveValue('ada');
    await expect(hosted.email).toHaveAttribute('aria-invalid', 'true');
    await expect(hosted.email).toHaveAccessibleDescription(/^This isn’t an e-mail address/);
    await expectGoodAtEverySize(page);
    await page.getByRole('button', { name: submit === 'Sign up' ? 'Sign in' : 'Back to sign-in' }).click();
    await expect(hosted.heading).toBeVisible();
  }
});

test('after sign-up a page says that a mail went out, sends it again, and goes on', async ({
  app,
  hosted,
  page,
  worker,
}) => {
  const address = `signs.up${Date.now()}@example.test`;
  await app.open();
  await app.signInButton.click();
  await page.getByRole('button', { name: 'Sign up' }).click();
  await hosted.email.fill(address);
  await hosted.password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
  await expect(page.getByText(`We sent a mail to ${address}.`)).toBeVisible();
  const goOn = page.getByRole('button', { name: /^Continue to / });
  await expect(goOn).toBeFocused();
  expect(page.url()).not.toContain('signs.up');
  await expectGoodAtEverySize(page);
  const first = await worker.server.linkTo(address);

  await page.getByRole('button', { name: 'Send the mail again' }).click();
  await expect(page.getByRole('status')).toContainText(`If ${address} still has to be confirmed, a mail`);
  await expectGoodAtEverySize(page);
  await expect.poll(() => worker.server.linkTo(address)).not.toBe(first);
  await goOn.click();
  await app.expectList();
});

test.describe('an address that nobody confirmed', () => {
  test.use({ person: async ({ worker }, use) => use(worker.claimPerson('withUnprovenAddress')) });

  test('gets the mail again from where it is told', async ({ app, page, worker, signedIn: person }) => {
    const row = app.row(person.primary);
    await expect(row).toContainText('This e-mail address is not verified. Send the mail again');
    // A provider's own address is not ours to confirm.
    await expect(page.getByRole('link', { name: 'Send the mail again' })).toHaveCount(2);
    await row.getByRole('link', { name: 'Send the mail again' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Send a new mail');
    await expect(page.getByLabel('E-mail address')).toHaveValue(person.email);
    expect(page.url()).not.toContain('person');
    await expectGoodAtEverySize(page);
    await page.getByRole('button', { name: 'Send a new mail' }).click();
    await expect(page.getByRole('status')).toContainText('a mail with a link is on its way');
    await page.goto(await worker.server.linkTo(person.email));
    await expect(page.getByRole('button', { name: 'Yes, confirm it' })).toBeVisible();
  });
});

// WCAG 3.3.3: text
test('a link that is used up says so, and its page sends a new mail with a good one', async ({
  app,
  hosted,
  page,
  person,
  worker,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(400);
  await app.open();
  await app.signInButton.click();
  await hosted.email.fill(person.email);
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByRole('button', { name: 'Send the mail' }).click();
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  await expectGoodAtEverySize(page);
  const link = await worker.server.linkTo(person.email);
  await page.goto(link);
  await expect(page.getByLabel('E-mail address')).toHaveValue(person.email);
  await expectGoodAtEverySize(page);
  await page.getByLabel('New password').fill('another horse, another battery');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByRole('heading', { name: 'Password changed' })).toBeVisible();

  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'This link has expired' })).toBeVisible();
  await expect(hosted.email).toBeFocused();
  await expectGoodAtEverySize(page);
  await page.keyboard.type(person.email);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  expect(page.url()).not.toContain(person.email);
  await page.goto(await worker.server.linkTo(person.email));
  await expect(page.getByRole('heading', { name: 'Set a new password' })).toBeVisible();
});

test('a mistake of an application is told in plain words, with a way on', async ({ page, target, consoleGuard }) => {
  consoleGuard.expectStatus(403);
  await page.goto(`${target.server.origin}/authorize?client_id=nobody&response_type=code`);
  await expect(page.getByRole('heading', { name: 'Something went wrong' })).toBeVisible();
  await expect(page.getByText('It is not your fault.')).toBeVisible();
  await expectGoodAtEverySize(page);
});
