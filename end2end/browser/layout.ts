import { expect, type Page } from '@playwright/test';

/** Fails when the page can be scrolled horizontally. */
export async function expectNoHorizontalScroll(page: Page): Promise<void> {
  // A new viewport size reaches the page a little later.
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBe(page.viewportSize()!.width);
  const { contentWidth, visibleWidth } = await page.evaluate(() => ({
    contentWidth: document.documentElement.scrollWidth,
    visibleWidth: document.documentElement.clientWidth,
  }));
  expect(contentWidth, 'nothing reaches beyond the edge').toBeLessThanOrEqual(visibleWidth);
}

/** Waits for two animation frames, so that everything the page deferred to its next paint has happened. */
export async function waitForPaint(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
