import { expect, test } from '../fixtures/index.ts';

/** Parses a content security policy into a map from directive to sources. */
function parsePolicy(policy: string | undefined): Record<string, string[]> {
  const directives = (policy ?? '').split(';').map((directive) => directive.trim().split(/\s+/));
  return Object.fromEntries(directives.map(([name, ...sources]) => [name, sources]));
}

test("the page's policy allows its own files, its two inline scripts and its styles, WebAssembly, and nothing else", async ({
  request,
}) => {
  for (const path of ['/', '/linked-accounts', '/callback', '/nowhere']) {
    const response = await request.get(path, { headers: { accept: 'text/html' } });
    const text = response.headers()['content-security-policy'];
    const policy = parsePolicy(text);
    expect(text).not.toContain('unsafe-inline');
    expect(text).not.toContain("'unsafe-eval'");
    expect(policy['default-src']).toEqual(["'none'"]);
    expect(policy['script-src']?.slice(0, 2)).toEqual(["'self'", "'wasm-unsafe-eval'"]);
    expect(policy['script-src']?.slice(2)).toEqual(
      Array(2).fill(expect.stringMatching(/^'sha256-[A-Za-z0-9+/=]{44}'$/)),
    );
    expect(policy['style-src']).toEqual([expect.stringMatching(/^'sha256-[A-Za-z0-9+/=]{44}'$/)]);
    expect(policy['connect-src']).toEqual(["'self'"]);
    expect(policy['frame-ancestors']).toEqual(["'none'"]);
    expect(policy['base-uri']).toEqual(["'none'"]);
    expect(policy['object-src']).toEqual(["'none'"]);
    expect(response.headers()['x-content-type-options']).toBe('nosniff');
  }
});

// attack: page
test('the login page runs no script and cannot be framed', async ({ app, hosted, page }) => {
  const loginPage = page.waitForResponse((response) => new URL(response.url()).pathname === '/u/login');
  await app.open();
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
  const headers = await (await loginPage).allHeaders();
  const policy = parsePolicy(headers['content-security-policy']);
  expect(policy['default-src']).toEqual(["'none'"]);
  expect(policy['script-src']).toBeUndefined();
  expect(policy['frame-ancestors']).toEqual(["'none'"]);
  expect(headers['x-frame-options']).toBe('DENY');
  expect(headers['cache-control']).toContain('no-store');
});

// attack: page
test('an injected inline script does not run', async ({ app, page, consoleGuard }) => {
  consoleGuard.expectMessage(/[Cc]ontent [Ss]ecurity [Pp]olicy|policy violation/);
  await app.open();
  await app.expectSignedOut();
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    return 'injected' in window;
  });
  expect(ran).toBe(false);
});

// attack: page
test('no other site can show the page in a frame', async ({ worker, page, consoleGuard }) => {
  const refusal = /frame-ancestors|refused to connect|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE/i;
  consoleGuard.expectMessage(refusal);
  await page.route('**/framing', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<iframe src="${worker.pageOrigin}/"></iframe>` }),
  );
  const refused = page.waitForEvent('console', (message) => refusal.test(message.text()));
  await page.goto('/framing');
  await refused;
  await expect(page.frameLocator('iframe').getByRole('button', { name: 'Sign in' })).toHaveCount(0);
});
