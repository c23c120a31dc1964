import { expect, type Page } from '@playwright/test';

/** How often a page sent each request of a sign-in, from `countSignIns` on. */
export interface SignInRequests {
  settings: number;
  authorizations: number;
  exchanges: number;
  users: number;
}

/** Counts the requests of a page for settings, sign-in, tokens and user, from now on. Preflights are left out. */
export function countSignIns(page: Page): SignInRequests {
  const counts = { settings: 0, authorizations: 0, exchanges: 0, users: 0 };
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === 'OPTIONS') {
      return;
    }
    counts.settings += Number(pathname === '/config.json');
    counts.authorizations += Number(pathname === '/authorize');
    counts.exchanges += Number(pathname === '/oauth/token');
    counts.users += Number(/^\/api\/v2\/users\/[^/]+$/.test(pathname));
  });
  return counts;
}

/** One of each: what a silent sign-in takes, whoever sends it. */
export const ONCE: SignInRequests = { settings: 1, authorizations: 1, exchanges: 1, users: 1 };

/** Returns what scripts of the page could find of its early start: the object itself, a frame, and the keys of its storages. */
export function leftBehind(
  page: Page,
): Promise<{ symbols: number; frames: number; local: string[]; session: string[] }> {
  return page.evaluate(() => ({
    symbols: Object.getOwnPropertySymbols(window).filter((symbol) => symbol.description?.startsWith('linked-accounts'))
      .length,
    frames: document.querySelectorAll('iframe').length,
    local: Object.keys(localStorage).sort(),
    session: Object.keys(sessionStorage).sort(),
  }));
}

/** The local-storage key of what the early start remembers of the settings. */
export const REMEMBERED_SETTINGS = 'linked-accounts.settings';

/**
 * Checks that a page with a list holds nothing of its early start, and stores no more than it does without one, beside the
 * settings that it began with.
 */
export async function expectNothingLeft(page: Page): Promise<void> {
  const { local, ...left } = await leftBehind(page);
  expect(left).toEqual({ symbols: 0, frames: 0, session: [] });
  const stored = local.filter((key) => key !== REMEMBERED_SETTINGS);
  expect(stored).toEqual(['linked-accounts.list', 'linked-accounts.signed-in']);
}

/** Takes `crypto.subtle` from every document of a page from its next load on, as a page without a secure context has it. */
export const withoutSubtle = (page: Page): Promise<unknown> =>
  page.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }));

/** Records, from the next load on, whether the page ever shows that nobody is signed in. */
export async function watchForSignIn(page: Page): Promise<() => Promise<boolean>> {
  await page.addInitScript(() => {
    const shown = () =>
      [...document.querySelectorAll('main button')].some((button) => button.textContent.trim() === 'Sign in');
    Object.assign(window, { signInShown: false });
    new MutationObserver(() => {
      if (shown()) {
        Object.assign(window, { signInShown: true });
      }
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { signInShown: boolean }).signInShown);
}
