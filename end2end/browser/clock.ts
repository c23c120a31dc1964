import type { BrowserContext, Page } from '@playwright/test';

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

/** Sets the device's date `seconds` off, for every page of a context from its next load on. Its clocks run as before. */
export async function shiftDate(context: BrowserContext, seconds: number): Promise<void> {
  await context.addInitScript((milliseconds) => {
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...parameters: unknown[]) {
        super(...((parameters.length === 0 ? [RealDate.now() + milliseconds] : parameters) as []));
      }

      static override now = () => RealDate.now() + milliseconds;
    } as DateConstructor;
  }, seconds * 1000);
}
