import { waitForPaint } from '../browser/layout.ts';
import { removeStoredList } from '../browser/last-list.ts';
import { holdRequests } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the page says that it needs it', async ({ page, consoleGuard: _ }) => {
    await page.goto('/');
    // Located by its element, because text locators skip noscript.
    const notice = page.locator('noscript').locator('.notice');
    await expect(notice).toBeVisible();
    await expect(notice).toContainText('This page needs JavaScript.');
  });

  test('signing in at the tenant needs none', async ({ hosted, worker, page, person, request }) => {
    // The authorization request that the page would send. The code is not redeemed, so any challenge will do.
    const { clientId } = await (await request.get('/config.json')).json();
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: `${worker.pageOrigin}/callback`,
      scope: 'openid',
      state: 'st4te',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await page.goto(`${worker.tenantOrigin}/authorize?${parameters}`);
    await hosted.signIn(person.email, PASSWORD);
    await expect(page).toHaveURL(/\/callback\?code=[^&]+&state=st4te&iss=[^&]+$/);
  });
});

test('without WebAssembly the page says what it needs', async ({ page, consoleGuard }) => {
  // The boot script logs the error.
  consoleGuard.expectMessage(/instantiateStreaming|WebAssembly/);
  await page.addInitScript(() => {
    Object.defineProperty(window, 'WebAssembly', { value: undefined });
  });
  await page.goto('/');
  await expect(page.getByRole('alert')).toContainText('This page could not start.');
  await expect(page.getByRole('alert')).toContainText('WebAssembly');
});

for (const [what, file] of [
  ['script', '**/app-*.js'],
  ['WebAssembly file', '**/*.wasm'],
] as const) {
  test(`a ${what} that does not arrive is told`, async ({ page, consoleGuard }) => {
    consoleGuard.expectMessage(/Failed to (load resource|fetch)|ERR_FAILED/);
    await page.route(file, (route) => route.abort());
    await page.goto('/');
    await expect(page.getByRole('alert')).toContainText('This page could not start.');
    await expect(page.getByRole('alert')).toContainText('Reload the page to try again.');
  });
}

test('the shell paints before the WebAssembly arrives, and nothing shifts when it does', async ({ app, page }) => {
  const release = await holdRequests(page, '**/*.wasm');
  await page.addInitScript(() => {
    const shifts: number[] = [];
    const record = (entries: PerformanceEntryList) =>
      shifts.push(...entries.map((entry) => (entry as PerformanceEntry & { value: number }).value));
    const observer = new PerformanceObserver((list) => record(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    const totalShift = () => {
      record(observer.takeRecords());
      return shifts.reduce((sum, shift) => sum + shift, 0);
    };
    Object.assign(window, { totalShift });
  });
  await page.goto('/', { waitUntil: 'commit' });
  await expect(app.header).toContainText('Linked accounts');
  const skeleton = page.locator('[aria-busy="true"]');
  await expect(skeleton).toBeVisible();
  await expect(skeleton).toContainText('Loading your logins…');
  const paintCount = () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length);
  await expect.poll(paintCount, 'something was painted').toBe(1);
  const positions = async () => [await app.header.boundingBox(), await app.header.getByRole('link').boundingBox()];
  const before = await positions();

  release();
  await app.expectSignedOut();
  expect(await positions()).toEqual(before);
  await waitForPaint(page);
  const totalShift = await page.evaluate(() => (window as unknown as { totalShift(): number }).totalShift());
  expect(totalShift, 'layout shift').toBeLessThan(0.1);
});

test('the list takes the place of a skeleton of the same kind', async ({ app, page, signedIn: person }) => {
  await removeStoredList(page);
  const release = await holdRequests(page, '**/api/v2/**');
  const managementRequest = page.waitForRequest('**/api/v2/**');
  await page.reload();
  await managementRequest;
  const skeleton = page.locator('main [aria-busy="true"]');
  await expect(skeleton).toBeVisible();
  const top = (await skeleton.boundingBox())!.y;
  release();
  await app.expectIdentities([person.primary, ...person.linked]);
  await expect(skeleton).toHaveCount(0);
  expect(Math.abs((await app.heading.boundingBox())!.y - top)).toBeLessThan(16);
});

test('each part of the WebAssembly is fetched once', async ({ app, page }) => {
  const wasmUrls: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('.wasm')) {
      wasmUrls.push(request.url());
    }
  });
  await app.open();
  await app.expectSignedOut();
  expect(wasmUrls).toHaveLength(new Set(wasmUrls).size);
  expect(wasmUrls.filter((url) => url.includes('/app_bg-'))).toHaveLength(1);
});

test('an address that leads nowhere says so and leads on', async ({ app, page }) => {
  await page.goto('/nowhere/at-all');
  await expect(app.heading).toHaveText('Page not found');
  await page.getByRole('link', { name: 'Go to your logins' }).click();
  await app.expectSignedOut();
});

test('the page is dark where darkness is wanted', async ({ app, page }) => {
  const lightness = async (colorScheme: 'light' | 'dark') => {
    await page.emulateMedia({ colorScheme });
    return page.evaluate(() => {
      const canvas = document.createElement('canvas').getContext('2d')!;
      canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)].reduce((sum, part) => sum + part, 0) / 3;
    });
  };
  await app.open();
  await app.expectSignedOut();
  expect(await lightness('light')).toBeGreaterThan(200);
  expect(await lightness('dark')).toBeLessThan(60);
});
