import { holdRequests } from '../browser/requests.ts';
import { expect, test } from '../fixtures/index.ts';

/** The code that the first screen does without. */
const LATER_CHUNK = '**/later-*.wasm';

// The first load has come when the list stands; these tests decide about what comes after it.
test(
  'the list stands without the later chunk, which is fetched once and by itself',
  {
    tag: '@anywhere',
  },
  async ({ app, page, signedIn: person }) => {
    const release = await holdRequests(page, LATER_CHUNK);
    const asked: string[] = [];
    page.on('request', (request) => {
      if (/\/later-[0-9a-f]{16}\.wasm$/.test(request.url())) {
        asked.push(request.url());
      }
    });
    const request = page.waitForRequest(LATER_CHUNK);
    await page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);
    await request;
    await expect(app.unlinkButton(person.linked[0]!)).toBeEnabled();
    await expect(app.selectSeveralButton).toBeHidden();
    release();
    await expect(app.selectSeveralButton).toBeVisible();
    await expect(page.getByRole('group', { name: 'Link another login' })).toBeVisible();
    expect(asked).toHaveLength(1);
  },
);

test('a click that needs the later chunk waits for it and says so', async ({ app, page, signedIn: person }) => {
  const google = person.linked[0]!;
  const release = await holdRequests(page, LATER_CHUNK);
  await page.reload();
  await app.unlinkButton(google).click();
  await expect(app.unlinkButton(google)).toHaveText('Waiting…');
  await expect(app.row(google)).toHaveAttribute('aria-busy', 'true');
  await expect(app.dialog).toBeHidden();
  release();
  await expect(app.dialog).toBeVisible();
  await expect(app.keepButton).toBeFocused();
  await app.confirmButton(google).click();
  await expect(app.status).toHaveText(/was unlinked\.$/);
});

test(
  'a later chunk that does not come is told in its place, and Try again goes on',
  {
    tag: '@anywhere',
  },
  async ({ app, page, signedIn: person, consoleGuard }) => {
    consoleGuard.expectMessage(/Failed to (load resource|fetch)|ERR_FAILED/);
    const google = person.linked[0]!;
    await page.route(LATER_CHUNK, (route) => route.abort());
    await page.reload();
    await app.unlinkButton(google).click();
    const notice = app.row(google).getByRole('alert');
    await expect(notice).toContainText('This part of the page could not be loaded.');
    await expect(notice).toContainText('Nothing was changed.');
    await expect(app.unlinkButton(google)).toHaveText('Unlink');
    // The section for linking says the same of itself, and the list stays.
    await expect(page.locator('.linking').getByRole('alert')).toBeVisible();
    await app.expectIdentities([person.primary, ...person.linked]);

    await page.unroute(LATER_CHUNK);
    await notice.getByRole('button', { name: 'Try again' }).click();
    await expect(app.dialog).toBeVisible();
    await app.confirmButton(google).click();
    await expect(app.status).toHaveText(/was unlinked\.$/);
    await expect(page.getByRole('group', { name: 'Link another login' })).toBeVisible();
    await expect(app.notice).toBeHidden();
  },
);

test('details that are opened before the later chunk is here say that they come', async ({
  app,
  page,
  signedIn: person,
}) => {
  const release = await holdRequests(page, LATER_CHUNK);
  await page.reload();
  await app.detailsSummary(person.linked[0]!).click();
  await expect(app.row(person.linked[0]!).getByText('Loading…')).toBeVisible();
  release();
  await expect(app.row(person.linked[0]!).getByRole('term').first()).toBeVisible();
});

test('a failure that is told by the later chunk is told without it, too', async ({
  app,
  page,
  signedIn,
  consoleGuard,
}) => {
  void signedIn;
  consoleGuard.expectMessage(/Failed to (load resource|fetch)|ERR_FAILED/);
  consoleGuard.expectStatus(500);
  await page.route(LATER_CHUNK, (route) => route.abort());
  await page.route('**/api/v2/**', (route) => route.fulfill({ status: 500, json: {} }));
  await page.reload();
  await expect(app.notice).toContainText('This part of the page could not be loaded.');
  await page.unroute(LATER_CHUNK);
  await app.tryAgainButton.click();
  await expect(app.notice).toContainText('Technical details');
  await page.unrouteAll();
  await app.tryAgainButton.click();
  await app.expectList();
});
