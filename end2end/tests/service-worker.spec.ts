import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { countSignIns, ONCE } from '../browser/early-start.ts';
import { goOnline, OFFLINE, reportOfflineOnLoad } from '../browser/offline.ts';
import {
  cachedPaths,
  disconnect,
  hasUnusedDocument,
  shownBuild,
  waitForServiceWorker,
  waitForUnusedDocument,
} from '../browser/service-worker.ts';
import { expect, PASSWORD, test as base } from '../fixtures/index.ts';
import { openStandInPopup, uniqueEmail } from '../pages/linking.ts';
import { siteFolder } from '../servers/build.ts';
import { OtherBuild } from '../servers/other-build.ts';
import type { StaticHost } from '../servers/static-host.ts';

interface Fixtures {
  /** The host of the page, which is as before after the test. Its script is that of `build`. */
  host: StaticHost;
  /** The path of the script of the site that was built. */
  build: string;
  /** A newer build of the site. */
  otherBuild: OtherBuild;
}

const test = base.extend<Fixtures>({
  host: async ({ worker }, use) => {
    const host = worker.host!;
    const { folder, lifetime, redirectsHome, released } = host;
    await use(host);
    Object.assign(host, { folder, lifetime, redirectsHome, released });
  },

  build: async ({ page, signedIn: _ }, use) => {
    await waitForServiceWorker(page);
    await use((await shownBuild(page))!);
  },

  otherBuild: async ({}, use) => {
    const build = await OtherBuild.make();
    await use(build);
    await build.remove();
  },
});

test.use({ serviceWorkers: 'allow' });

/** Has the host hold back whatever has no hash in its name. Returns what lets them go. */
function holdDocuments(host: StaticHost): () => void {
  let release = () => {};
  host.released = new Promise((resolve) => (release = resolve));
  return release;
}

test(
  'a reload without any connection shows the last list, each time, and the page goes on by itself',
  { tag: '@anywhere' },
  async ({ app, context, page, consoleGuard, signedIn: person }) => {
    consoleGuard.expectMessage('net::ERR_INTERNET_DISCONNECTED');
    await waitForServiceWorker(page);
    // In a document that comes from a worker, the browser of the tests would report that it is online.
    await reportOfflineOnLoad(page);
    const reconnect = await disconnect(context);
    for (let visit = 0; visit < 3; visit += 1) {
      await page.reload();
      await expect(page.getByText(OFFLINE)).toBeVisible();
      await expect(page.getByText(/^As of \d+ \w+ \d{4}/)).toBeVisible();
      await app.expectIdentities([person.primary, ...person.linked]);
      await expect(app.unlinkButton(person.linked[0]!)).toBeDisabled();
    }
    await page.goto('/');
    await app.expectIdentities([person.primary, ...person.linked]);
    await reconnect();
    await goOnline(page);
    await app.expectList();
    await app.unlink(person.linked[0]!);
    await expect(app.status).toHaveText(/was unlinked\.$/);
  },
);

test(
  'where the browser believes in a connection, and there is none, the last list is shown, too',
  { tag: '@anywhere' },
  async ({ app, context, page, consoleGuard, signedIn: person }) => {
    consoleGuard.expectMessage(/net::ERR_(INTERNET_DISCONNECTED|FAILED)/);
    await waitForServiceWorker(page);
    await page.addInitScript(() => Object.defineProperty(navigator, 'onLine', { get: () => true }));
    const reconnect = await disconnect(context);
    await page.reload();
    // The hidden frame has ten seconds, because a browser does not say that a frame failed.
    const told = page.getByText(/^The sign-in service cannot be reached\. You can read this list/);
    await expect(told).toBeVisible({ timeout: 30_000 });
    await app.expectIdentities([person.primary, ...person.linked]);
    await reconnect();
    await page.getByRole('button', { name: 'Try again' }).click();
    await app.expectList();
  },
);

test(
  'while the host is away, the page works with the tenant alone',
  { tag: '@static-host' },
  async ({ app, page, consoleGuard, host, signedIn: person, build }) => {
    consoleGuard.expectMessage('net::ERR_CONNECTION_REFUSED');
    const google = person.linked[0]!;
    await host.stop();
    for (let visit = 0; visit < 2; visit += 1) {
      const counts = countSignIns(page);
      await page.goto('/linked-accounts');
      await app.expectIdentities([person.primary, ...person.linked]);
      expect(counts).toEqual(ONCE);
    }
    await app.unlink(google);
    await expect(app.status).toHaveText(/was unlinked\.$/);
    expect(await shownBuild(page)).toBe(build);
    await host.listen();
  },
);

test(
  'the next visit does not wait for the document',
  { tag: '@static-host' },
  async ({ app, page, host, signedIn: person, build }) => {
    const release = holdDocuments(host);
    const counts = countSignIns(page);
    const answer = await page.goto('/linked-accounts');
    expect(answer!.fromServiceWorker()).toBe(true);
    await app.expectIdentities([person.primary, ...person.linked]);
    expect(counts).toEqual(ONCE);
    // Whether there is another build is not known yet.
    expect(await hasUnusedDocument(page)).toBe(false);
    release();
    await waitForUnusedDocument(page);
    expect(await shownBuild(page)).toBe(build);
  },
);

test(
  'an old build is shown once, and no more',
  { tag: '@static-host' },
  async ({ app, page, host, signedIn: person, build, otherBuild }) => {
    host.folder = otherBuild.folder;
    // Left before the worker can have the other build.
    await page.goto('/linked-accounts', { waitUntil: 'commit' });
    expect(await shownBuild(page)).toBe(build);
    for (let visit = 0; visit < 3; visit += 1) {
      await page.goto('/linked-accounts');
      expect(await shownBuild(page)).toBe(otherBuild.script);
      await app.expectIdentities([person.primary, ...person.linked]);
    }
    // The worker has nothing of the build before.
    await expect.poll(() => cachedPaths(page)).not.toContain(build);
    expect(await cachedPaths(page)).toContain(otherBuild.script);
  },
);

test(
  'of tabs that are opened at once, an old build is shown to one',
  { tag: '@static-host' },
  async ({ context, page, host, build, otherBuild }) => {
    const tabs = [page, ...(await Promise.all([1, 2, 3, 4].map(() => context.newPage())))];
    host.folder = otherBuild.folder;
    await Promise.all(tabs.map((tab) => tab.goto('/linked-accounts', { waitUntil: 'commit' })));
    const shown = await Promise.all(tabs.map(shownBuild));
    expect(shown.filter((script) => script === build)).toHaveLength(1);
    expect(shown.filter((script) => script === otherBuild.script)).toHaveLength(4);
  },
);

for (const lifetime of ['public, max-age=31536000, immutable', 'no-cache', 'no-store']) {
  test(
    `an old build works once more where the host has its files no more and sent them with "${lifetime}"`,
    { tag: '@static-host' },
    async ({ app, context, page, host, hosted, person, otherBuild }) => {
      host.lifetime = lifetime;
      await app.open();
      await app.signInButton.click();
      await hosted.signIn(person.email, PASSWORD);
      await app.expectList();
      await waitForServiceWorker(page);
      const build = await shownBuild(page);
      host.folder = otherBuild.folder;
      const later = (await cachedPaths(page)).find((path) => path.startsWith('/later-'))!;
      await rm(join(otherBuild.folder, later));
      await (await context.newCDPSession(page)).send('Network.clearBrowserCache');
      await page.goto('/linked-accounts');
      expect(await shownBuild(page)).toBe(build);
      await app.expectIdentities([person.primary, ...person.linked]);
      await app.unlink(person.linked[0]!);
      await expect(app.status).toHaveText(/was unlinked\.$/);
    },
  );
}

test(
  'a new build that is not all there yet takes the place of nothing',
  { tag: '@static-host' },
  async ({ app, context, page, consoleGuard, host, signedIn: person, build, otherBuild }) => {
    consoleGuard.expectMessage(/status of 404|net::ERR_CONNECTION_REFUSED/);
    await rm(join(otherBuild.folder, otherBuild.script));
    host.folder = otherBuild.folder;
    const missing = context.waitForEvent('response', (response) => response.url().endsWith(otherBuild.script));
    await page.goto('/linked-accounts');
    expect((await missing).status()).toBe(404);
    await app.expectIdentities([person.primary, ...person.linked]);
    await host.stop();
    await page.goto('/linked-accounts');
    expect(await shownBuild(page)).toBe(build);
    await app.expectIdentities([person.primary, ...person.linked]);
    await host.listen();
  },
);

test(
  'a policy that the host changes holds from the second visit on',
  { tag: '@static-host' },
  async ({ app, page, host, build, otherBuild }) => {
    // The same build.
    await rm(otherBuild.folder, { recursive: true });
    await cp(siteFolder, otherBuild.folder, { recursive: true });
    const policyOf = async () => (await page.goto('/linked-accounts'))!.headers()['content-security-policy']!;
    await writeFile(
      join(otherBuild.folder, 'csp.txt'),
      (await policyOf()).replace("font-src 'self'", "font-src 'none'"),
    );
    await waitForUnusedDocument(page);
    host.folder = otherBuild.folder;
    expect(await policyOf()).toContain("font-src 'self'");
    await waitForUnusedDocument(page);
    expect(await policyOf()).toContain("font-src 'none'");
    await app.expectList();
    expect(await shownBuild(page)).toBe(build);
  },
);

test(
  'an address that belongs to something else by now is left, with all that was kept',
  { tag: '@static-host' },
  async ({ page, host, build, otherBuild }) => {
    await rm(otherBuild.folder, { recursive: true });
    await cp(siteFolder, otherBuild.folder, { recursive: true });
    await rm(join(otherBuild.folder, 'service-worker.js'));
    await writeFile(
      join(otherBuild.folder, 'index.html'),
      '<!doctype html><link rel="icon" href="data:,"><h1>Other</h1>',
    );
    await page.evaluate(() => caches.open('of something else'));
    host.folder = otherBuild.folder;
    await page.goto('/');
    expect(await shownBuild(page)).toBe(build);
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'Other' })).toBeVisible();
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length))
      .toBe(0);
    await expect.poll(() => page.evaluate(() => caches.keys())).toEqual(['of something else']);
  },
);

test(
  'a site that has no worker any more is left by it, with all that was kept',
  { tag: '@static-host' },
  async ({ app, page, consoleGuard, host, signedIn: person, build: _, otherBuild }) => {
    consoleGuard.expectMessage('bad HTTP response code (404)');
    await rm(join(otherBuild.folder, 'service-worker.js'));
    host.folder = otherBuild.folder;
    await page.goto('/linked-accounts');
    await app.expectIdentities([person.primary, ...person.linked]);
    await expect.poll(() => page.evaluate(() => caches.keys())).toEqual([]);
    for (let visit = 0; visit < 2; visit += 1) {
      await page.goto('/linked-accounts');
      expect(await shownBuild(page)).toBe(otherBuild.script);
      await app.expectIdentities([person.primary, ...person.linked]);
      expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
    }
  },
);

test(
  'a host that redirects to another path has no worker, and works as without',
  { tag: '@static-host' },
  async ({ app, page, host, person, hosted }) => {
    host.redirectsHome = true;
    await app.open('/linked-accounts');
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
    await expect
      .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.installing?.state))
      .toBeUndefined();
    for (let visit = 0; visit < 2; visit += 1) {
      await page.goto('/');
      await app.expectIdentities([person.primary, ...person.linked]);
      expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
    }
  },
);

// attack: page
test(
  'the worker keeps files of the site and nothing of a person, and answers no callback',
  { tag: '@anywhere' },
  async ({ app, hosted, page, signedIn: person }) => {
    await waitForServiceWorker(page);
    await page.reload();
    await app.expectIdentities([person.primary, ...person.linked]);
    await app.unlink(person.linked[0]!);
    await expect(app.status).toHaveText(/was unlinked\.$/);
    const callbacks: boolean[] = [];
    page.on('response', (response) => {
      if (new URL(response.url()).pathname === '/callback') {
        callbacks.push(response.fromServiceWorker());
      }
    });
    await app.signOutButton.click();
    await app.expectSignedOut();
    await app.signInButton.click();
    await hosted.signIn(person.email, PASSWORD);
    await app.expectList();
    expect(callbacks).toEqual([false]);
    await waitForUnusedDocument(page);
    expect((await cachedPaths(page)).map((path) => path.replace(/-[0-9a-f]{16}/, '')).sort()).toEqual(
      ['/', '/?unused', '/app.js', '/app_bg.wasm', '/icon.svg', '/later.wasm', '/providers.svg'].sort(),
    );
    const kept = await page.evaluate(async () => {
      const document = await caches.match('/');
      return (await document!.text()) + JSON.stringify([...document!.headers]);
    });
    expect(kept).not.toContain(person.userId);
    expect(kept).not.toMatch(/eyJ|set-cookie/i);
  },
);

test('linking by a window works beside the worker', { tag: '@anywhere' }, async ({ app, page, signedIn: person }) => {
  await waitForServiceWorker(page);
  await page.reload();
  await app.expectList();
  const standIn = await openStandInPopup(page, () => app.linkButton('LinkedIn').click());
  await standIn.signInAsNewUser('Linked Inn', uniqueEmail(person, 'in'));
  await expect(app.rows).toHaveCount(person.linked.length + 2);
});

test(
  'without a connection, a page where nobody is signed in says what it lacks, and goes on',
  { tag: '@anywhere' },
  async ({ app, context, page, consoleGuard, signedIn: _ }) => {
    consoleGuard.expectMessage('net::ERR_INTERNET_DISCONNECTED');
    await waitForServiceWorker(page);
    await app.signOutButton.click();
    await app.expectSignedOut();
    const reconnect = await disconnect(context);
    await page.reload();
    await expect(app.notice).toBeVisible();
    await expect(app.rows).toHaveCount(0);
    await reconnect();
    await app.tryAgainButton.click();
    await app.expectSignedOut();
  },
);
