import type { Page } from '@playwright/test';

/** What the page says above the last list while the browser is offline. */
export const OFFLINE = 'You are offline. You can read this list; changes wait until you are back.';

/** Makes the browser report that it is offline from the next load on. */
export async function reportOfflineOnLoad(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let online = false;
    Object.defineProperty(navigator, 'onLine', { get: () => online });
    Object.assign(window, {
      goOnline: () => {
        online = true;
        window.dispatchEvent(new Event('online'));
      },
    });
  });
}

/** Has a page whose browser reported that it is offline go online. */
export const goOnline = (page: Page): Promise<void> =>
  page.evaluate(() => (window as unknown as { goOnline(): void }).goOnline());
