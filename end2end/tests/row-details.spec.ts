import { expectAccessible } from '../accessibility/axe.ts';
import { isManagementUrl } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';

test('the details of a row say on demand what the tenant tells, and leave the other rows alone', async ({
  app,
  page,
  signedIn: person,
}) => {
  const [google, github] = person.linked;
  const row = app.row(google!);
  await app.row(github!).evaluate((element) => Object.assign(element, { isFirst: true }));
  await expect(row.locator('dl')).toHaveCount(0);
  await expect(app.detailsSummary(google!)).toHaveAccessibleName(`Details of Google (${google!.label})`);
  await app.detailsSummary(google!).press('Enter');
  await expect(row.locator('dt')).toHaveText(['Your name for it', 'Connection', 'Id', 'E-mail address', 'Name']);
  await expect(row.locator('dd').nth(1)).toHaveText('Google');
  await expect(row.locator('dd').nth(2)).toContainText(google!.key);
  await expect(row.locator('dd').nth(3)).toHaveText(`${google!.label}, verified`);
  expect(await app.row(github!).evaluate((element) => 'isFirst' in element)).toBe(true);
  await expect(page.locator('dl')).toHaveCount(1);
  await app.detailsSummary(google!).press('Enter');
  await expect(row.locator('dl')).toHaveCount(0);
});

test('the main login tells since when the account is there and when it was last opened', async ({
  app,
  signedIn: person,
}) => {
  await app.detailsSummary(person.primary).click();
  const times = app.row(person.primary).locator('time');
  await expect(times).toHaveCount(2);
  for (const time of await times.all()) {
    await expect(time).toHaveText(/^\d{1,2} \w{3,4} \d{4}, \d{2}:\d{2}$/);
    await expect(time).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\dT.*Z$/);
  }
  await expect(app.row(person.primary).locator('dt').filter({ hasText: 'Account since' })).toHaveCount(1);
});

// WCAG 4.1.3: tree snapshot
test('the id is copied, which is said politely', async ({ app, context, page, signedIn: person }) => {
  const github = person.linked[1]!;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.detailsSummary(github).click();
  await app.row(github).getByRole('button', { name: 'Copy the id' }).click();
  await expect(app.row(github).getByRole('status')).toHaveText('Copied.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(github.key);
});

// attack: page
test('no secret in a profile is shown, and what is no secret is shown as text', async ({
  app,
  page,
  signedIn: person,
}) => {
  await page.route(isManagementUrl, async (route) => {
    const response = await route.fetch();
    const user = await response.json();
    Object.assign(user.identities[1].profileData, {
      access_token: 's3cret-value',
      more: { refreshToken: 's3cret-value', place: '<img src=x onerror=alert(1)>' },
    });
    await route.fulfill({ response, json: user });
  });
  await page.reload();
  const row = app.row(person.linked[0]!);
  await app.detailsSummary(person.linked[0]!).click();
  await expect(row.locator('.row-details')).toContainText('<img src=x onerror=alert(1)>');
  await expect(row.locator('.row-details')).not.toContainText('s3cret-value');
  await expect(row.locator('.row-details img')).toHaveCount(0);
});

test('open details are accessible', async ({ app, page, signedIn: person }) => {
  await app.detailsSummary(person.primary).click();
  await app.detailsSummary(person.linked[0]!).click();
  await expectAccessible(page);
});
