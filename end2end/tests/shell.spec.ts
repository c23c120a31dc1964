import { expect, hasPainted, PASSWORD, test } from '../fixtures/index.ts';

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the page says that it needs it', async ({ page, watch: _ }) => {
    await page.goto('/');
    // By its element: locators by text look past noscript.
    const notice = page.locator('noscript').locator('.notice');
    await expect(notice).toBeVisible();
    await expect(notice).toContainText('This page needs JavaScript.');
  });

  test('signing in at the tenant needs none', async ({ hosted, house, page, person, request }) => {
    // What the page would ask for; its verifier does not matter here.
    const { clientId } = await (await request.get('/config.json')).json();
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: `${house.page}/callback`,
      scope: 'openid',
      state: 'st4te',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await page.goto(`${house.tenant}/authorize?${parameters}`);
    await hosted.signInAs(person.email, PASSWORD);
    await expect(page).toHaveURL(/\/callback\?code=[^&]+&state=st4te$/);
  });
});

test('without WebAssembly the page says what it needs', async ({ page, watch }) => {
  // The boot script writes what stopped it to the console.
  watch.expect(/instantiateStreaming|WebAssembly/);
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
  test(`a ${what} that does not arrive is told`, async ({ page, watch }) => {
    watch.expect(/Failed to (load resource|fetch)|ERR_FAILED/);
    await page.route(file, (route) => route.abort());
    await page.goto('/');
    await expect(page.getByRole('alert')).toContainText('This page could not start.');
    await expect(page.getByRole('alert')).toContainText('Reload the page to try again.');
  });
}

test('the shell paints before the WebAssembly arrives, and nothing jumps when it does', async ({ app, page }) => {
  let arrive = () => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/*.wasm', (route) => held.then(() => route.continue()));
  await page.addInitScript(() => {
    const jumps: number[] = [];
    const note = (entries: PerformanceEntryList) =>
      jumps.push(...entries.map((entry) => (entry as PerformanceEntry & { value: number }).value));
    const observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    const jumped = () => {
      note(observer.takeRecords());
      return jumps.reduce((sum, jump) => sum + jump, 0);
    };
    Object.assign(window, { jumped });
  });
  await page.goto('/', { waitUntil: 'commit' });
  await expect(app.header).toContainText('Linked accounts');
  const skeleton = page.locator('[aria-busy="true"]');
  await expect(skeleton).toBeVisible();
  await expect(skeleton).toContainText('Loading your logins…');
  const painted = () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length);
  await expect.poll(painted, 'something was painted').toBe(1);
  const places = async () => [await app.header.boundingBox(), await app.header.getByRole('link').boundingBox()];
  const before = await places();

  arrive();
  await app.showsTheWayIn();
  expect(await places()).toEqual(before);
  await hasPainted(page);
  const jumped = await page.evaluate(() => (window as unknown as { jumped(): number }).jumped());
  expect(jumped, 'layout shift').toBeLessThan(0.1);
});

test('the list takes the place of a skeleton of the same kind', async ({ app, page, signedIn: person }) => {
  let arrive = () => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/api/v2/**', (route) => held.then(() => route.continue()));
  const asked = page.waitForRequest('**/api/v2/**');
  await page.reload();
  await asked;
  const skeleton = page.locator('main [aria-busy="true"]');
  await expect(skeleton).toBeVisible();
  const top = (await skeleton.boundingBox())!.y;
  arrive();
  await app.shows([person.main, ...person.linked]);
  await expect(skeleton).toHaveCount(0);
  expect(Math.abs((await app.heading.boundingBox())!.y - top)).toBeLessThan(16);
});

test('the WebAssembly is fetched once', async ({ app, page }) => {
  const fetched: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('.wasm')) {
      fetched.push(request.url());
    }
  });
  await app.open();
  await app.showsTheWayIn();
  expect(fetched).toHaveLength(1);
});

test('an address that leads nowhere says so and leads on', async ({ app, page }) => {
  await page.goto('/nowhere/at-all');
  await expect(app.heading).toHaveText('Page not found');
  await page.getByRole('link', { name: 'Go to your linked accounts' }).click();
  await app.showsTheWayIn();
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
  await app.showsTheWayIn();
  expect(await lightness('light')).toBeGreaterThan(200);
  expect(await lightness('dark')).toBeLessThan(60);
});
