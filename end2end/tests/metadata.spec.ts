import { requestUser, startLinkingUserWith } from '../browser/metadata.ts';
import { isUserUrl, recordManagementRequests } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';

test(
  'what would be lost is shown side by side, and one PATCH keeps what the person chose',
  { tag: '@anywhere' },
  async ({ app, worker, otherBrowser, page, signedIn: person }) => {
    await requestUser(page, worker.tenantOrigin, { theme: 'light', locale: 'en' });
    await page.reload();
    await app.expectList();
    const email = await startLinkingUserWith(
      { theme: 'dark', locale: 'en', newsletter: true, phone: { home: '555' } },
      { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
    );
    const theme = app.dialog.getByRole('group', { name: 'Theme' });
    await expect(theme.getByRole('radio', { name: 'This account light' })).toBeChecked();
    // A key with the same value on both sides offers no choice.
    await expect(app.dialog.getByRole('group', { name: 'Locale' })).toHaveCount(0);
    const newsletter = app.dialog.getByRole('group', { name: 'Newsletter' });
    await expect(newsletter.getByRole('radio', { name: 'The other account Yes' })).toBeChecked();
    const phone = app.dialog.getByRole('group', { name: 'Phone' });
    await expect(phone.locator('dl')).toHaveText('Home555');
    await theme.getByRole('radio', { name: 'The other account dark' }).check();
    await phone.getByRole('radio', { name: 'This account nothing' }).check();

    const requests = recordManagementRequests(page);
    await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
    await expect(app.status).toHaveText(`LinkedIn (${email}) is linked to this account now.`);
    expect(requests.map((request) => request.split(' ')[0])).toEqual(['PATCH', 'POST']);
    expect((await requestUser(page, worker.tenantOrigin)).user_metadata).toEqual({
      theme: 'dark',
      locale: 'en',
      newsletter: true,
    });
  },
);

test('keeping nothing sends no PATCH', async ({ app, worker, otherBrowser, page, signedIn: person }) => {
  const email = await startLinkingUserWith(
    { theme: 'dark' },
    { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
  );
  await app.dialog.getByRole('radio', { name: 'This account nothing' }).check();
  const requests = recordManagementRequests(page);
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  await expect(app.status).toContainText(email);
  expect(requests.map((request) => request.split(' ')[0])).toEqual(['POST']);
  expect((await requestUser(page, worker.tenantOrigin)).user_metadata ?? {}).toEqual({});
});

test('not linking changes nothing on either side', async ({ app, worker, otherBrowser, page, signedIn: person }) => {
  const other = await otherBrowser.newPage();
  await startLinkingUserWith({ theme: 'dark' }, { app, other, page, person, tenant: worker.tenantOrigin });
  const requests = recordManagementRequests(page);
  await page.keyboard.press('Escape');
  await expect(app.dialog).toBeHidden();
  await expect(page.locator('#link-another')).toBeFocused();
  await app.expectIdentities([person.primary, ...person.linked]);
  expect((await requestUser(other, worker.tenantOrigin)).user_metadata).toEqual({ theme: 'dark' });
  expect(requests).toEqual([]);
});

test('details that cannot be kept keep the login from being linked', async ({
  app,
  worker,
  otherBrowser,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(500);
  await startLinkingUserWith(
    { theme: 'dark' },
    { app, other: await otherBrowser.newPage(), page, person, tenant: worker.tenantOrigin },
  );
  await page.route(isUserUrl, (route) =>
    route.request().method() === 'PATCH'
      ? route.fulfill({ status: 500, headers: { 'access-control-allow-origin': '*' }, body: '' })
      : route.continue(),
  );
  const requests = recordManagementRequests(page);
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  await expect(app.notice).toContainText('The sign-in service has a problem');
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  await app.expectIdentities([person.primary, ...person.linked]);
});
