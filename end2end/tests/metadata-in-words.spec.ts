import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { startLinkingUserWith } from '../browser/metadata.ts';
import { isManagementUrl, recordManagementRequests } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';

/** The side of the other account in the choice with this label. */
function theirs(dialog: Locator, label: string): Locator {
  return dialog.getByRole('group', { name: label, exact: true }).locator('.choice-option').nth(1);
}

test('metadata is told in words: labels, lines for objects, lists as sentences, Yes and No, dates as dates', async ({
  app,
  worker,
  otherBrowser,
  page,
  signedIn: person,
}) => {
  await startLinkingUserWith(
    {
      newsletter_opt_in: true,
      marketingEmails: false,
      address: { postalCode: 'N1', street: { line_1: '1 Long Lane' } },
      languages: ['en', 'de', 'ar'],
      terms_accepted_at: 1_700_000_000,
      born: '1990-12-10',
      empty: '',
      website: 'https://ada.example/?a=b',
      order_number: 1_700_000_000,
    },
    { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
  );
  const { dialog } = app;
  await expect(theirs(dialog, 'Newsletter opt in')).toHaveText('The other accountYes');
  await expect(theirs(dialog, 'Marketing emails')).toHaveText('The other accountNo');
  const address = theirs(dialog, 'Address');
  await expect(address.locator('dt')).toHaveText(['Postal code', 'Street', 'Line 1']);
  await expect(address.locator('dd').last()).toHaveText('1 Long Lane');
  await expect(address.getByRole('radio', { name: 'The other account' })).toHaveAccessibleDescription(
    /Postal code\s*N1\s*Street\s*Line 1\s*1 Long Lane/,
  );
  await expect(theirs(dialog, 'Languages')).toContainText('en, de and ar');
  const accepted = theirs(dialog, 'Terms accepted at').locator('time');
  await expect(accepted).toHaveAttribute('datetime', '2023-11-14T22:13:20Z');
  await expect(accepted).toHaveText(/^1[45] Nov 2023, \d\d:\d\d$/);
  await expect(theirs(dialog, 'Born').locator('time')).toHaveText('10 Dec 1990');
  await expect(theirs(dialog, 'Empty')).toContainText('Nothing');
  await expect(theirs(dialog, 'Website')).toContainText('https://ada.example/?a=b');
  await expect(dialog.getByRole('link')).toHaveCount(0);
  await expect(theirs(dialog, 'Order number')).toContainText('1700000000');
  await expect(dialog).not.toContainText('{');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
});

test('the raw JSON is one click away, exact, and can be copied', async ({
  app,
  context,
  worker,
  otherBrowser,
  page,
  signedIn: person,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const metadata = { big: 12_345_678, phone: { home: '555' }, turned: 'a\u202eb' };
  await startLinkingUserWith(metadata, {
    app,
    other: await otherBrowser.newPage(),
    page,
    person,
    tenant: worker.tenantOrigin,
  });
  await expect(app.dialog.locator('pre')).toHaveCount(0);
  const summary = app.dialog.getByText('Show as JSON');
  await summary.press('Enter');
  // This account has none of these keys, so that there is nothing of it to show.
  await expect(app.dialog.locator('pre')).toContainText(String.raw`a\u202eb`);
  await app.dialog.getByRole('button', { name: 'Copy the JSON' }).click();
  await expect(app.dialog.getByRole('status').last()).toHaveText('Copied.');
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(metadata);
  await summary.press('Enter');
  await expect(app.dialog.locator('pre')).toHaveCount(0);
});

/** Has the tenant answer with this metadata in the account of the page `of`, whatever it stores. */
async function answerWith(of: Page, isOther: (user: { email: string }) => boolean, metadata: string): Promise<void> {
  await of.route(isManagementUrl, async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    const user = JSON.parse(body);
    if (route.request().method() !== 'GET' || !isOther(user)) return route.fulfill({ response, body });
    delete user.user_metadata;
    return route.fulfill({ response, body: `${JSON.stringify(user).slice(0, -1)},"user_metadata":${metadata}}` });
  });
}

// attack: page
test('odd metadata is shown as it is, bounded, and breaks nothing', async ({
  app,
  worker,
  otherBrowser,
  page,
  signedIn: person,
}) => {
  const deep = `${'{"in":'.repeat(40)}1${'}'.repeat(40)}`;
  const keys = Array.from({ length: 200 }, (_, place) => `"k${String(place).padStart(3, '0')}":${place}`).join(',');
  const odd = [
    '"":"no key"',
    '"__proto__":{"polluted":true}',
    '"constructor":"c"',
    '"الاسم":"ليلى"',
    '"arrays":[[1,[2,[3,[4]]]],[]]',
    '"number_text":"007"',
    '"far_off":"9999-12-31T23:59:59Z"',
    '"no_date":"2026-13-45"',
    '"a_bc":1,"aBc":2',
    `"deep":${deep}`,
    `"long":"${'x'.repeat(5000)}"`,
    '"markup":"<img src=x onerror=alert(1)>"',
    '"turned":"ada@\u202Emoc.live"',
    `"many":{${keys}}`,
    keys,
  ].join(',');
  await answerWith(page, (user) => user.email !== person.email, `{${odd}}`);
  await startLinkingUserWith(
    {},
    { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
  );
  const { dialog } = app;
  await expect(dialog.locator('fieldset')).toHaveCount(8);
  await dialog
    .getByText(/^Show \d+ more$/)
    .last()
    .press('Enter');
  await expect(dialog.locator('fieldset')).toHaveCount(215);

  await expect(theirs(dialog, 'Without a name')).toContainText('no key');
  await expect(theirs(dialog, 'Proto').locator('dd')).toHaveText('Yes');
  expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
  await expect(theirs(dialog, 'الاسم')).toContainText('ليلى');
  await expect(theirs(dialog, 'Number text')).toContainText('007');
  await expect(theirs(dialog, 'Far off').locator('time')).toHaveText(/^(31 Dec 9999|1 Jan 10000), \d\d:\d\d$/);
  await expect(theirs(dialog, 'No date')).toContainText('2026-13-45');
  await expect(theirs(dialog, 'a_bc')).toContainText('1');
  await expect(theirs(dialog, 'aBc')).toContainText('2');
  await expect(theirs(dialog, 'Markup')).toContainText('<img src=x onerror=alert(1)>');
  await expect(dialog.locator('img[src="x"]')).toHaveCount(0);
  expect(await theirs(dialog, 'Turned').textContent()).not.toContain('\u202E');

  const arrays = theirs(dialog, 'Arrays');
  await expect(arrays.locator('> .choice-value > ul > li')).toHaveCount(2);
  await expect(arrays.locator('> .choice-value > ul > li').last()).toHaveText('Nothing');
  const many = theirs(dialog, 'Many');
  await expect(many.locator('dt')).toHaveCount(8);
  await many.getByText('Show 192 more').press('Enter');
  await expect(many.locator('dt')).toHaveCount(200);
  await expect(many.getByText('Show 192 more')).toBeFocused();
  const nested = theirs(dialog, 'Deep');
  await expect(nested.locator('dt')).toHaveCount(3);
  await nested.getByText('Show all').last().press('Enter');
  await expect(nested.locator('dt')).toHaveCount(6);
  const long = theirs(dialog, 'Long');
  expect((await long.textContent())!.length).toBeLessThan(400);
  await long.getByText('Show all').press('Enter');
  await expect(long).toContainText('x'.repeat(5000));
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
});

test('what was chosen among values in words is what is kept', async ({
  app,
  worker,
  otherBrowser,
  page,
  signedIn: person,
}) => {
  const kept = Object.fromEntries(Array.from({ length: 12 }, (_, place) => [`choice_${place}`, { at: [place] }]));
  await startLinkingUserWith(kept, {
    app,
    other: await otherBrowser.newPage(),
    page,
    person,
    tenant: worker.tenantOrigin,
  });
  const choices = app.dialog.getByRole('radio', { name: 'This account nothing' });
  const more = app.dialog.getByText('Show 4 more');
  await more.click();
  await expect(choices).toHaveCount(12);
  await choices.last().check();
  // Folded away, the choice stays.
  await more.click();
  await expect(choices).toHaveCount(8);
  await more.click();
  await expect(choices).toHaveCount(12);
  await expect(choices.last()).toBeChecked();
  const requests = recordManagementRequests(page);
  const patch = page.waitForRequest((request) => request.method() === 'PATCH');
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  const sent = (await patch).postDataJSON().user_metadata;
  expect(Object.keys(sent)).toHaveLength(11);
  await expect(app.status).toContainText('is linked to this account now.');
  expect(requests).toHaveLength(2);
});

test('what a provider told is told in the same words, and its JSON has no secret', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.route(isManagementUrl, async (route) => {
    const response = await route.fetch();
    const user = await response.json();
    Object.assign(user.identities[1].profileData, {
      access_token: 's3cret-value',
      siteAdmin: true,
      member_since: 1_700_000_000,
      groups: ['staff', 'math'],
      address: { postalCode: 'N1' },
    });
    await route.fulfill({ response, json: user });
  });
  await page.reload();
  const row = app.row(person.linked[0]!);
  await app.detailsSummary(person.linked[0]!).click();
  const told = (label: string): Locator =>
    row
      .locator('.row-details > dl > div')
      .filter({ has: page.getByText(label, { exact: true }) })
      .locator('> dd');
  await expect(told('Site admin')).toHaveText('Yes');
  await expect(told('Groups')).toHaveText('staff and math');
  await expect(told('Member since').locator('time')).toHaveAttribute('datetime', '2023-11-14T22:13:20Z');
  await expect(told('Address').locator('dt')).toHaveText(['Postal code']);
  await row.getByText('Show as JSON').click();
  await expect(row.locator('pre')).toContainText('"siteAdmin": true');
  await expect(row.locator('pre')).not.toContainText('s3cret');
});
