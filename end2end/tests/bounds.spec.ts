import { rejectNextToken } from '../browser/requests.ts';
import { expect, PASSWORD, test } from '../fixtures/index.ts';

test('a renewal lock that another tab never gives back is waited for ten seconds, and the unlinking goes on', async ({
  app,
  baseURL,
  context,
  page,
  signedIn: person,
  consoleGuard,
}) => {
  consoleGuard.expectStatus(401);
  const google = person.linked[0]!;
  const other = await context.newPage();
  await other.goto(`${baseURL}/robots.txt`);
  await other.evaluate(async () => {
    await new Promise<void>((held) => {
      void navigator.locks.request('linked-accounts.renewal', () => {
        held();
        return new Promise(() => {});
      });
    });
  });
  await page.clock.install();
  await rejectNextToken(page);
  await app.unlink(google);
  await expect.poll(() => page.evaluate(async () => (await navigator.locks.query()).pending?.length)).toBe(1);
  await expect(app.row(google)).toHaveAttribute('aria-busy', 'true');
  await page.clock.runFor(10_500);
  await expect(app.status).toContainText(`Google (${google.label}) was unlinked.`);
});

test('a browser that refuses locks renews without one', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(401);
  const google = person.linked[0]!;
  await page.addInitScript(() => {
    navigator.locks.request = () => Promise.reject(new DOMException('not here', 'SecurityError'));
  });
  await page.reload();
  await app.expectList();
  await rejectNextToken(page);
  await app.unlink(google);
  await expect(app.status).toContainText(`Google (${google.label}) was unlinked.`);
});

test('settings that never arrive are told after half a minute, and can be loaded again', async ({ app, page }) => {
  await page.clock.install();
  await page.route('**/config.json', () => {});
  const asked = page.waitForRequest('**/config.json');
  await app.open();
  await asked;
  await page.clock.runFor(30_500);
  await expect(app.notice).toContainText('This page cannot start');
  await page.unrouteAll();
  await app.tryAgainButton.click();
  await app.expectSignedOut();
});

test('a tenant that does not answer a sign-in is told, and the button works again', async ({
  app,
  hosted,
  page,
  person,
}) => {
  await page.clock.install();
  // An answer without a document leaves the browser where it is.
  await page.route('**/authorize?*', (route) => route.fulfill({ status: 204 }));
  await app.open();
  const asked = page.waitForRequest('**/authorize?*');
  await app.signInButton.click();
  await asked;
  await page.clock.runFor(30_500);
  await expect(app.notice).toContainText('The sign-in service does not answer');
  await page.unrouteAll();
  await page.reload();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await app.expectList();
});

test('an issuer without its slash is said to be that', async ({ app, hosted, page, person }) => {
  await page.route('**/oauth/token', async (route) => {
    const response = await route.fetch();
    const tokens = (await response.json()) as { id_token: string };
    const [header, payload, signature] = tokens.id_token.split('.');
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as { iss: string };
    claims.iss = claims.iss.replace(/\/$/, '');
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await route.fulfill({ response, json: { ...tokens, id_token: [header, changed, signature].join('.') } });
  });
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(person.email, PASSWORD);
  await expect(app.notice).toContainText('This page is not set up correctly');
  await expect(app.notice).not.toContainText('clock');
  await app.notice.getByText('Technical details').click();
  await expect(app.notice.locator('pre')).toContainText('only the slash at the end differs');
});
