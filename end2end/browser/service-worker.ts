import { type BrowserContext, expect, type Page, type Route } from '@playwright/test';

/** Where the service worker has the document for the next visit that need not wait for the host. */
const UNUSED_DOCUMENT = '/?unused';

/** Waits until a page has its service worker, with all that it keeps. */
export async function waitForServiceWorker(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

/** Waits until the service worker knows that the host has the build of its document, and the next visit need not wait for it. */
export async function waitForUnusedDocument(page: Page): Promise<void> {
  await expect.poll(() => hasUnusedDocument(page)).toBe(true);
}

/** Whether the next visit need not wait for the host. */
export const hasUnusedDocument = (page: Page): Promise<boolean> =>
  page.evaluate(async (path) => (await caches.match(path)) !== undefined, UNUSED_DOCUMENT);

/** Returns the paths, with queries, of everything in caches of the page's origin. */
export const cachedPaths = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url.slice(location.origin.length));
  });

/** Returns the path of the script of the build that a page shows. */
export const shownBuild = (page: Page): Promise<string | null> =>
  page.locator('link[rel="modulepreload"]').getAttribute('href');

/**
 * Takes the connection from a context, and from its service worker, which `setOffline` leaves out, with what the browser keeps by
 * itself. The returned function brings the connection back.
 */
export async function disconnect(context: BrowserContext): Promise<() => Promise<void>> {
  const [page] = context.pages();
  const devtools = await context.newCDPSession(page!);
  await devtools.send('Network.clearBrowserCache');
  await devtools.detach();
  const abort = (route: Route) => route.abort('internetdisconnected');
  await context.route('**/*', abort);
  await context.setOffline(true);
  return async () => {
    await context.unroute('**/*', abort);
    await context.setOffline(false);
  };
}
