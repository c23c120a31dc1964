import type { Page } from '@playwright/test';

/**
 * Stops the clock of a page at `ahead` seconds after the present: from then on, time passes on the page only when the
 * test says so. Returns the time that the page shows, in seconds since 1970.
 */
export async function pauseClock(page: Page, ahead = 60): Promise<number> {
  const now = Math.ceil(Date.now() / 1000) + ahead;
  // `pauseAt` cannot go backwards and the clock runs until it is called, so it is installed a minute early.
  await page.clock.install({ time: (now - 60) * 1000 });
  await page.clock.pauseAt(now * 1000);
  return now;
}
