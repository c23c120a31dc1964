import type { BrowserContext, Page } from '@playwright/test';

/** Whether a URL belongs to the Management API. */
export const isManagementUrl = (url: URL): boolean => url.pathname.startsWith('/api/v2/');

/** Whether a URL is that of a user in the Management API. */
export const isUserUrl = (url: URL): boolean => /^\/api\/v2\/users\/[^/]+$/.test(url.pathname);

/** Records the requests of a page to the Management API from now on, as `METHOD path`. Preflights are left out. */
export function recordManagementRequests(page: Page): string[] {
  const requests: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (isManagementUrl(url) && request.method() !== 'OPTIONS') {
      requests.push(`${request.method()} ${url.pathname}`);
    }
  });
  return requests;
}

/** Holds requests back from now on. The returned function lets them, and all later ones, continue to the server. */
export async function holdRequests(
  target: Page | BrowserContext,
  url: string | ((url: URL) => boolean),
): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await target.route(url, (route) => released.then(() => route.continue()));
  return release;
}

/** Reloads a page and returns the `Authorization` header that it sends to the Management API. */
export async function captureAuthorization(page: Page): Promise<string> {
  const request = page.waitForRequest((request) => request.url().includes('/api/v2/users/'));
  await page.reload();
  return (await request).headers().authorization!;
}

/** Answers the next request of a page to the Management API as the tenant answers an expired token. */
export async function rejectNextToken(page: Page): Promise<void> {
  const body = { statusCode: 401, error: 'Unauthorized', message: 'Expired token' };
  let rejected = false;
  // Not `{ times: 1 }`: Playwright then stops intercepting requests while the page starts to renew its token in a frame,
  // and a request that is intercepted at that moment can hang.
  await page.route('**/api/v2/**', async (route) => {
    if (rejected) {
      await route.fallback();
      return;
    }
    rejected = true;
    await route.fulfill({ status: 401, json: body });
  });
}
