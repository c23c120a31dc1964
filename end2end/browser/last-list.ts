import { expect, type Page } from '@playwright/test';

/** The local-storage key of the list of the last visit. */
const KEY = 'linked-accounts.list';

/** The list of the last visit as it is stored. */
export interface LastList {
  user: { user_id: string; identities: { provider: string; user_id: string | number }[] } & Record<string, unknown>;
  read_at: number;
}

/** Returns the text of the stored list; `null` when there is none. */
export const storedList = (page: Page): Promise<string | null> =>
  page.evaluate((key) => localStorage.getItem(key), KEY);

/** Waits until the page has stored its list, for the next visit. */
export async function waitForStoredList(page: Page): Promise<void> {
  await expect.poll(() => storedList(page)).not.toBeNull();
}

/** Changes the stored list. */
export async function changeStoredList(page: Page, change: (list: LastList) => LastList): Promise<void> {
  await waitForStoredList(page);
  const changed = change(JSON.parse((await storedList(page))!) as LastList);
  await page.evaluate(([key, text]) => localStorage.setItem(key!, text!), [KEY, JSON.stringify(changed)]);
}

/** Removes the stored list, so that the next visit waits for the tenant. Returns what stores it again. */
export async function removeStoredList(page: Page): Promise<() => Promise<void>> {
  await waitForStoredList(page);
  const list = (await storedList(page))!;
  await page.evaluate((key) => localStorage.removeItem(key), KEY);
  return () => page.evaluate(([key, text]) => localStorage.setItem(key!, text!), [KEY, list]);
}
