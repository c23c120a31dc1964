import type { Page } from '@playwright/test';

/** Returns the URLs of a tab's history, including the current one. */
export async function historyUrls(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  const { entries } = await devtools.send('Page.getNavigationHistory');
  await devtools.detach();
  return entries.map(({ url }) => url);
}
