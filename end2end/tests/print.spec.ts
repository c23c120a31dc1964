import type { Page } from '@playwright/test';

import { overrideSettings, withPasswordsClosed } from '../browser/settings.ts';
import { expect, test } from '../fixtures/index.ts';
import { linkNewIdentity, uniqueEmail } from '../pages/linking.ts';

const copyButton = (page: Page) => page.getByRole('button', { name: 'Copy as text' });
const printButton = (page: Page) => page.getByRole('button', { name: 'Print', exact: true });

/** The characters that isolate a name in text, for comparing what is read. */
const withoutIsolates = (text: string): string => text.replaceAll(/[\u2068\u2069]/g, '');

test('the copy as text has the account, the date, and each login with its address, its connection and whether it opens the account', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await overrideSettings(page, withPasswordsClosed);
  await page.clock.setFixedTime('2026-11-26T10:12:00Z');
  await page.reload();
  await app.expectList();
  await copyButton(page).click();
  await expect(page.getByText('Copied. Paste it where you keep such things.')).toHaveRole('status');
  await expect(copyButton(page)).toBeFocused();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const [google, github, company] = person.linked;
  const lines = withoutIsolates(copied).split('\n');
  expect(lines.slice(0, 4)).toEqual([
    `Logins of ${person.email}`,
    expect.stringMatching(/^As of .*2026.*\.$/),
    '3 ways in.',
    'Losing one will not lock you out.',
  ]);
  expect(lines.slice(4)).toEqual([
    '',
    '1. Password',
    `   ${person.name}, ${person.email}`,
    '   Connection: Password',
    '   Main login',
    '   No way in at the moment: signing in with it is switched off.',
    '',
    '2. Google',
    `   ${person.name.replace(' Example', ' at Google')}, ${google!.label}`,
    '   Connection: Google',
    '   A way in: signing in with it opens this account.',
    '',
    '3. GitHub',
    `   ${person.name.replace(' Example', ' at GitHub')}, ${github!.label}`,
    '   Connection: GitHub',
    '   A way in: signing in with it opens this account.',
    '',
    `4. ${company!.name}`,
    `   ${person.name.replace(' Example', ' at Acme')}, ${company!.label}`,
    `   Connection: ${company!.name}`,
    '   A way in: signing in with it opens this account.',
    '',
  ]);
  // Ids are of no use to whoever reads it, and there is no token in it.
  for (const { key } of [person.primary, ...person.linked]) {
    expect(copied).not.toContain(key.split('|').at(-1));
  }
});

test('a name from right to left turns nothing around in the copy', async ({ app, context, page, signedIn: person }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.route('**/api/v2/users/*', async (route) => {
    const response = await route.fetch();
    const user = (await response.json()) as { identities: { profileData?: { name: string } }[] };
    // With a character that would turn the rest of the line around.
    user.identities[1]!.profileData!.name = '\u202Eليلى';
    await route.fulfill({ response, json: user });
  });
  await page.reload();
  await app.expectList();
  await copyButton(page).click();
  await expect(page.getByText('Copied. Paste it')).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`   \u2068ليلى\u2069, \u2068${person.linked[0]!.label}\u2069`);
  expect(copied).not.toContain('\u202E');
});

test('where the browser does not copy, the text is there, selected, and the focus comes back', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await page.reload();
  await app.expectList();
  await copyButton(page).press('Enter');
  const field = page.getByLabel('Your browser did not copy it.');
  await expect(field).toBeFocused();
  const text = await field.inputValue();
  expect(text).toContain(person.linked[0]!.label);
  expect(await field.evaluate((area: HTMLTextAreaElement) => area.selectionEnd - area.selectionStart)).toBe(
    text.length,
  );
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(field).toBeHidden();
  await expect(copyButton(page)).toBeFocused();
});

test('the copy is of the list as it is now, and of the kept list where nobody can sign in', async ({
  app,
  context,
  page,
  signedIn: person,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.unlink(person.linked[0]!);
  await expect(app.row(person.linked[0]!)).toHaveCount(0);
  await linkNewIdentity(app, page, uniqueEmail(person, 'copied'));
  await expect(app.linkedList).toContainText(uniqueEmail(person, 'copied'));
  await copyButton(page).click();
  await expect(page.getByText('Copied. Paste it')).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(uniqueEmail(person, 'copied'));
  expect(copied).not.toContain(person.linked[0]!.label);
  await page.addInitScript(() => Object.defineProperty(navigator, 'onLine', { get: () => false }));
  await page.route('**/authorize?*', (route) => route.abort('internetdisconnected'));
  await page.reload();
  const kept = page.getByText(/^As of /).first();
  await expect(kept).toBeVisible();
  await copyButton(page).click();
  await expect(page.getByText('Copied. Paste it')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(await kept.innerText());
});

test('Print opens the printing of the browser', async ({ page, signedIn: _ }) => {
  await page.evaluate(() => {
    window.print = () => document.body.setAttribute('data-printed', 'yes');
  });
  await printButton(page).click();
  await expect(page.locator('body')).toHaveAttribute('data-printed', 'yes');
});

test('on paper there is the list with its heading, account and date, black on white, and no button', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await app.detailsSummary(person.linked[0]!).click();
  await app.unlink(person.linked[2]!);
  await expect(app.statusNotice).toBeVisible();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const head = page.locator('.printed');
  await expect(head).toContainText(`Logins of ${person.email}`);
  await expect(head).toBeVisible();
  await expect(head).toContainText(/As of .*\d{4}/);
  await expect(app.heading).toBeVisible();
  await expect(app.safetyLine).toBeVisible();
  for (const login of [person.primary, person.linked[0]!, person.linked[1]!]) {
    await expect(app.row(login)).toContainText(login.label);
    await expect(app.row(login)).toBeVisible();
    await expect(app.row(login)).toHaveCSS('break-inside', 'avoid');
  }
  // What a person opened is printed, what is closed is not.
  await expect(app.row(person.linked[0]!).locator('dl').first()).toBeVisible();
  await expect(app.detailsSummary(person.linked[1]!)).toBeHidden();
  await expect(page.locator('button:visible, a:visible, input:visible, textarea:visible')).toHaveCount(0);
  for (const gone of [app.header, app.statusNotice, page.locator('#link-another'), page.locator('#unlinked')]) {
    await expect(gone).toBeHidden();
  }
  const colours = await page.evaluate(() => {
    const { color, backgroundColor } = getComputedStyle(document.body);
    return { color, backgroundColor };
  });
  expect(colours).toEqual({ color: 'rgb(0, 0, 0)', backgroundColor: 'rgb(255, 255, 255)' });
  const inks = await page
    .locator('main :is(h1, h2, p, span, bdi, dt, dd):visible')
    .evaluateAll((all) => [...new Set(all.map((one) => getComputedStyle(one).color))]);
  expect(inks).toEqual(['rgb(0, 0, 0)']);
  await page.emulateMedia({ media: 'screen' });
  await expect(page.getByText(`Logins of ${person.email}`)).toBeHidden();
});
