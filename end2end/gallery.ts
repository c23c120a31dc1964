import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { isManagementUrl } from './browser/requests.ts';
import { overrideSettings, withoutConnectionStates, withPasswordsClosed } from './browser/settings.ts';
import { demoTest, expect, test } from './fixtures/index.ts';
import { type HostedLogin, StandIn } from './pages/hosted-login.ts';
import type { LinkedAccounts } from './pages/linked-accounts.ts';
import {
  uniqueEmail,
  linkNewIdentity,
  openStandInPopup,
  takeProofsForSignIns,
  overrideMetadata,
} from './pages/linking.ts';

const FOLDER = join(import.meta.dirname, 'gallery');
const SIZES = [
  { width: 360, height: 780 },
  { width: 768, height: 1024 },
  { width: 1280, height: 800 },
];

/** Takes a screenshot of the whole page at every width, in the light and in the dark colour scheme. */
async function takeScreenshots(page: Page, name: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: join(FOLDER, `${name}-${size.width}-${colorScheme}.png`),
        // A dialog covers the viewport, not the whole page.
        fullPage: !(await page.getByRole('dialog').isVisible()),
        animations: 'disabled',
      });
    }
  }
}

const GITHUB = { key: 'github|18151210', name: 'GitHub', label: 'ada@users.github.example' };

async function signIn(app: LinkedAccounts, hosted: HostedLogin, who: string, domain = 'example.com'): Promise<void> {
  await app.open();
  await app.signInButton.click();
  await hosted.signIn(`${who}@${domain}`, `${who}-demo`);
  await app.expectList();
}

demoTest('the way in', async ({ app, page }) => {
  await app.open();
  await app.expectSignedOut();
  await takeScreenshots(page, '01-way-in');
});

demoTest('the login page and a stand-in', async ({ app, hosted, page, consoleGuard }) => {
  consoleGuard.expectStatus(401);
  await app.open();
  await app.signInButton.click();
  await expect(hosted.heading).toBeVisible();
  await takeScreenshots(page, '02-login');
  await hosted.signIn('ada@example.com', 'wrong');
  await expect(hosted.error).toBeVisible();
  await takeScreenshots(page, '03-login-refused');
  await hosted.continueWith('Google');
  await takeScreenshots(page, '04-stand-in');
});

for (const [who, domain] of [
  ['ada', 'example.com'],
  ['grace', 'example.com'],
  ['alan', 'example.com'],
  ['layla', 'example.net'],
  ['linus', 'example.org'],
  ['hubert', 'example.com'],
  ['nobody', 'example.com'],
  ['mary', 'example.com'],
] as const) {
  demoTest(`the list of ${who}`, async ({ app, hosted, page }) => {
    await signIn(app, hosted, who, domain);
    await takeScreenshots(page, `05-list-${who}`);
  });
}

demoTest('the details of rows, and all connections', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'ada');
  await app.rows.first().locator('.row-details > summary').click();
  await app.detailsSummary(GITHUB).click();
  await app.showAllButton.click();
  await takeScreenshots(page, '05-details');
});

demoTest('the dialog', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'ada');
  await app.unlinkButton(GITHUB).click();
  await takeScreenshots(page, '06-dialog');
});

demoTest('unlinking, and its outcome', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'ada');
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  // The response is mocked from the real user, so that the demo tenant is unchanged.
  await page.route(isManagementUrl, async (route) => {
    const { authorization } = route.request().headers();
    const user = route.request().url().split('/identities/')[0]!;
    await held;
    const { identities } = await (await page.request.get(user, { headers: { authorization: authorization! } })).json();
    await route.fulfill({ json: identities.filter((one: { provider: string }) => one.provider !== 'github') });
  });
  await app.unlink(GITHUB);
  await expect(app.row(GITHUB)).toHaveAttribute('aria-busy', 'true');
  await takeScreenshots(page, '07-busy');
  release();
  await expect(app.status).toHaveText(/was unlinked\.$/);
  await expect(app.row(GITHUB)).toHaveCount(0);
  await takeScreenshots(page, '08-outcome');
});

demoTest('failures', async ({ app, hosted, page, consoleGuard }) => {
  consoleGuard.expectStatus(500);
  consoleGuard.expectStatus(401);
  await signIn(app, hosted, 'ada');
  const answers = [
    { name: '09-failure', status: 500, message: 'Internal error', open: true },
    { name: '10-session-over', status: 401, message: 'Expired token', open: false },
  ];
  for (const { name, status, message, open } of answers) {
    await page.route(isManagementUrl, (route) =>
      route.fulfill({ status, json: { statusCode: status, error: 'Error', message } }),
    );
    await app.unlink(GITHUB);
    await expect(app.notice).toBeVisible();
    if (open) {
      await app.notice.getByText('Technical details').click();
    }
    await takeScreenshots(page, name);
    await page.unrouteAll();
  }
});

demoTest('a refused callback', async ({ app, page }) => {
  await page.goto('/callback?code=stolen&state=another');
  await expect(app.notice).toBeVisible();
  await takeScreenshots(page, '11-callback-refused');
});

demoTest('an address that leads nowhere', async ({ app, page }) => {
  await page.goto('/nowhere');
  await expect(app.heading).toHaveText('Page not found');
  await takeScreenshots(page, '12-not-found');
});

demoTest('unusable settings', async ({ app, page, consoleGuard }) => {
  consoleGuard.expectStatus(404);
  await page.route('**/config.json', (route) => route.fulfill({ status: 404 }));
  await page.goto('/');
  await expect(app.notice).toBeVisible();
  await takeScreenshots(page, '13-unusable-settings');
});

demoTest('the shell before the page runs', async ({ app, page }) => {
  await page.route('**/*.wasm', () => {});
  await page.goto('/', { waitUntil: 'commit' });
  await expect(app.header).toBeVisible();
  await takeScreenshots(page, '14-shell');
  await page.unrouteAll();
});

demoTest('the shell without WebAssembly', async ({ app, page, consoleGuard }) => {
  consoleGuard.expectMessage(/instantiateStreaming|WebAssembly/);
  await page.addInitScript(() => Object.defineProperty(window, 'WebAssembly', { value: undefined }));
  await page.goto('/');
  await expect(app.notice).toBeVisible();
  await takeScreenshots(page, '15-without-webassembly');
});

demoTest.describe('without JavaScript', () => {
  demoTest.use({ javaScriptEnabled: false });

  demoTest('the shell', async ({ page, consoleGuard: _ }) => {
    await page.goto('/');
    await expect(page.locator('noscript').locator('.notice')).toBeVisible();
    await takeScreenshots(page, '16-without-javascript');
  });
});

demoTest('the tenant’s own problem page', async ({ page, consoleGuard }) => {
  consoleGuard.expectStatus(403);
  await page.goto('/authorize?client_id=unknown');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await takeScreenshots(page, '17-tenant-problem');
});

const GOOGLE = { key: 'google-oauth2|119210409000000000010', name: 'Google', label: 'mary.jackson@gmail.example' };
const GLOBEX = {
  key: 'waad|globex|7Qd2mRk0Jx5vYt81',
  name: 'Globex',
  label: 'mary.jackson@globex.example',
};
const BUSY = {
  status: 503,
  headers: { 'retry-after': '42' },
  json: { statusCode: 503, error: 'Service Unavailable', message: 'Service Unavailable' },
};

/** Answers DELETE requests as if they had worked, computed from the real user, so that the demo tenant is unchanged. */
async function mockUnlinking(page: Page, refused: string[] = []): Promise<void> {
  const gone: string[] = [];
  await page.route(isManagementUrl, async (route) => {
    const { authorization } = route.request().headers();
    const [user, path] = route.request().url().split('/identities/');
    const provider = path?.split('/')[0] ?? '';
    if (refused.includes(provider)) {
      const errorCode = 'pinned_connection';
      await route.fulfill({
        status: 403,
        json: { statusCode: 403, error: 'Forbidden', message: 'Managed.', errorCode },
      });
      return;
    }
    if (provider) {
      gone.push(decodeURIComponent(path!).replace('/', '|'));
    }
    const answer = await (await page.request.get(user!, { headers: { authorization: authorization! } })).json();
    const left = answer.identities.filter(
      (one: { provider: string; user_id: string | number }) => !gone.includes(`${one.provider}|${one.user_id}`),
    );
    await route.fulfill({ json: path ? left : { ...answer, identities: left } });
  });
}

demoTest('the last way in', async ({ app, hosted, page }) => {
  await overrideSettings(page, (settings) => {
    const { connections = [], ...rest } = withPasswordsClosed(withoutConnectionStates(settings)) as {
      connections?: { name: string }[];
    };
    return { ...rest, connections: connections.map((one) => (one.name === 'globex' ? { ...one, closed: true } : one)) };
  });
  await signIn(app, hosted, 'mary');
  await expect(app.row(GOOGLE)).toContainText('Last way in');
  await takeScreenshots(page, '18-last-way-in');
});

demoTest('why a managed login stays', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'mary');
  await app.unlinkButton(GLOBEX).press('Enter');
  await expect(app.status).toContainText('Only your administrator');
  await takeScreenshots(page, '19-managed');
});

demoTest('several at once', async ({ app, hosted, page, consoleGuard }) => {
  consoleGuard.expectStatus(403);
  await overrideSettings(page, withoutConnectionStates);
  await signIn(app, hosted, 'mary');
  await app.selectSeveralButton.click();
  await app.checkbox(GLOBEX).check();
  await app.checkbox(GOOGLE).check();
  await takeScreenshots(page, '20-several-chosen');
  await app.selectionBar.getByRole('button', { name: 'Unlink 2 logins' }).click();
  await takeScreenshots(page, '21-several-dialog');
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(isManagementUrl, (route) => held.then(() => route.fallback()));
  await app.dialog.getByRole('button', { name: 'Unlink 2 logins' }).click();
  await expect(app.unlinkButton(GLOBEX)).toHaveText('Unlinking…');
  await takeScreenshots(page, '22-several-busy');
  await page.unrouteAll();
  await mockUnlinking(page, ['waad']);
  release();
  await expect(app.status).toContainText('The rows that stayed say why.');
  await takeScreenshots(page, '23-several-outcome');
});

demoTest('a pause', async ({ app, hosted, page, consoleGuard }) => {
  consoleGuard.expectStatus(503);
  await signIn(app, hosted, 'ada');
  await page.route(isManagementUrl, (route) => route.fulfill(BUSY));
  await app.unlink(GITHUB);
  await expect(page.getByRole('timer')).toBeVisible();
  await takeScreenshots(page, '24-pause');
  await page.reload();
  await expect(page.getByRole('timer')).toBeVisible();
  await takeScreenshots(page, '25-pause-before-the-list');
});

demoTest('offline', async ({ app, context, hosted, page }) => {
  await signIn(app, hosted, 'ada');
  await context.setOffline(true);
  await expect(page.getByText('You are offline.')).toBeVisible();
  await takeScreenshots(page, '26-offline');
  await context.setOffline(false);
  await page.addInitScript(() => Object.defineProperty(navigator, 'onLine', { get: () => false }));
  await page.reload();
  await expect(page.getByText(/^As of /)).toBeVisible();
  await takeScreenshots(page, '27-opened-offline');
});

demoTest('a tenant that does not answer', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'ada');
  await page.clock.install();
  await page.route('**/authorize?*', () => {});
  await page.reload({ waitUntil: 'commit' });
  await expect(page.getByText('Loading your logins…')).toBeAttached();
  await page.clock.runFor(4000);
  await takeScreenshots(page, '28-slow');
  await page.clock.runFor(10_000);
  await expect(page.getByText('The sign-in service cannot be reached.')).toBeVisible();
  await takeScreenshots(page, '29-unreachable');
  await page.unrouteAll();
});

demoTest('a login that went elsewhere', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'ada');
  await page.route(isManagementUrl, async (route) => {
    const answer = await route.fetch();
    const { identities, ...user } = await answer.json();
    const left = identities.filter((one: { provider: string }) => one.provider !== 'github');
    await route.fulfill({ response: answer, json: { ...user, identities: left } });
  });
  await page.clock.setFixedTime(Date.now() + 60_000);
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(app.row(GITHUB)).toContainText('Already unlinked');
  await takeScreenshots(page, '30-already-unlinked');
});

demoTest('the demo switch', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'alan');
  await page.getByText('Demo: play a fault').click();
  await takeScreenshots(page, '31-demo');
});

demoTest('the login in use', async ({ app, hosted, page }) => {
  await signIn(app, hosted, 'katherine');
  const password = { key: '', name: 'Password', label: 'katherine@example.com' };
  await app.unlinkButton(password).click();
  await expect(app.dialog).toContainText('you will be signed out');
  await takeScreenshots(page, '32-dialog-in-use');
  await mockUnlinking(page);
  await app.confirmButton(password).click();
  await app.expectSignedOut();
  await expect(page.getByText('so you are signed out')).toBeVisible();
  await takeScreenshots(page, '33-signed-out');
});

test('linking a login', async ({ app, worker, page, signedIn: person }) => {
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await expect(page.getByText('Go on in the window that opened.')).toBeVisible();
  await takeScreenshots(page, '34-linking');
  await standIn.page.close();
  await expect(page.getByText('This page cannot see the window any more.')).toBeVisible();
  await takeScreenshots(page, '35-window-closed');
  await page.setViewportSize(SIZES[2]!);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await overrideMetadata(page, {
    theme: 'dark',
    newsletter: true,
    address: { city: 'London', street: '12 St James’s Square' },
  });
  await page.setViewportSize(SIZES[2]!);
  await linkNewIdentity(app, page, uniqueEmail(person, 'gallery'));
  await expect(app.dialog).toBeVisible();
  await takeScreenshots(page, '36-metadata');
  await page.setViewportSize(SIZES[2]!);
  await app.dialog.getByRole('button', { name: 'Link and delete' }).click();
  await expect(app.status).toContainText('is linked to this account now.');
  await takeScreenshots(page, '37-linked');
  const other = worker.claimPerson('withStandInLogins');
  await page.setViewportSize(SIZES[2]!);
  await takeProofsForSignIns(page);
  await (await openStandInPopup(page, () => app.linkButton('Facebook').click())).chooseUser(other.linked[0]!.label);
  await expect(page.getByRole('button', { name: 'Move it here' })).toBeVisible();
  await takeScreenshots(page, '38-other-account');
  await page.setViewportSize(SIZES[2]!);
  await page.getByRole('button', { name: 'Merge both' }).click();
  await expect(app.dialog).toBeVisible();
  await takeScreenshots(page, '47-merge-and-delete');
  await page.reload();
  await expect(app.heading).toHaveText('Somebody else is signed in now');
  await takeScreenshots(page, '39-somebody-else');
});

test('taking unlinking back', async ({ app, page, signedIn: person }) => {
  await app.unlink(person.linked[0]!);
  await page.getByRole('button', { name: 'Undo', exact: true }).focus();
  await takeScreenshots(page, '40-undo');
  await page.setViewportSize(SIZES[2]!);
  const standIn = await openStandInPopup(page, () => page.getByRole('button', { name: 'Undo', exact: true }).click());
  await standIn.signInAsNewUser('Somebody Else', uniqueEmail(person, 'else'));
  await expect(page.getByRole('button', { name: 'Link this one' })).toBeVisible();
  await takeScreenshots(page, '41-another-login');
});

test('both sides by redirects', async ({ app, page, signedIn: person }) => {
  await page.setViewportSize(SIZES[0]!);
  await app.linkButton('LinkedIn').click();
  await new StandIn(page).signInAsNewUser('Small Screen', uniqueEmail(person, 'small'));
  await expect(page.getByRole('button', { name: 'Sign in to finish' })).toBeVisible();
  await takeScreenshots(page, '42-prove-first');
});

test('what an address asks for', async ({ app, page, signedIn: _ }) => {
  await page.route('**/config.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), returnTo: ['https://app.example.com/'] } });
  });
  await page.goto('/link/linkedin?return_to=https://app.example.com/');
  await app.expectList();
  await expect(page.getByText('You came here to link')).toBeVisible();
  await takeScreenshots(page, '43-asked-to-link');
  await page.goto('/link/nothing?return_to=https://evil.example/');
  await expect(app.notice).toBeVisible();
  await takeScreenshots(page, '44-ignored');
});

test('a pause while linking', async ({ app, page, signedIn: person, consoleGuard }) => {
  consoleGuard.expectStatus(503);
  await page.route(isManagementUrl, (route) =>
    route.request().method() === 'POST' ? route.fulfill(BUSY) : route.continue(),
  );
  await (
    await openStandInPopup(page, () => app.linkButton('LinkedIn').click())
  ).signInAsNewUser('Pat Ience', uniqueEmail(person, 'paused'));
  await expect(page.getByRole('timer')).toBeVisible();
  await takeScreenshots(page, '45-pause-while-linking');
});

test('a login on its own', async ({ app, worker, page, signedIn: _ }) => {
  const other = worker.claimPerson('withStandInLogins');
  await (await openStandInPopup(page, () => app.linkButton('Facebook').click())).chooseUser(other.linked[0]!.label);
  await page.getByText('Demo: play a fault').click();
  await page.getByRole('button', { name: 'Closed window' }).click();
  await page.getByRole('button', { name: 'Move it here' }).click();
  await expect(app.notice).toContainText('The login left the other account already');
  await takeScreenshots(page, '46-login-on-its-own');
});
