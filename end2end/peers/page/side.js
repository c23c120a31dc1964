// One of the two pages in a browser: how people sign in there, what is waited for, and the measurement of one visit.

/* global caches, console, MutationObserver, navigator, performance, requestAnimationFrame */

/** The emulated lines: the round trip in milliseconds, and kilobits a second down and up. */
export const LINES = {
  slow: { latency: 150, down: 1600, up: 750, slowdown: 4 },
  fast: { latency: 60, down: 9000, up: 3000, slowdown: 1 },
  none: { latency: 0, down: undefined, up: undefined, slowdown: 1 },
};

/** The request for the account of a person. */
const ACCOUNT = (response) => response.url().includes('/api/v2/users/') && response.request().method() === 'GET';

/** The longest time for anything that is waited for. */
const LIMIT = { timeout: 60_000 };

/**
 * Runs in each document: notes the time of the frame in which there are buttons that unlink, one that signs in, or a
 * dialog. A list with one enabled button and a second one is usable.
 */
function watch() {
  if (window !== window.top) return;
  const seen = {};
  window.seen = seen;
  const note = (what) => {
    seen[what] ??= null;
    requestAnimationFrame(() => {
      seen[what] ??= performance.now();
      console.debug(`seen: ${what}`);
    });
  };
  const look = () => {
    const buttons = [...document.querySelectorAll('button:not(:disabled, [aria-disabled="true"])')];
    const named = (pattern) => buttons.filter((button) => pattern.test(button.textContent));
    if (!('list' in seen) && named(/^\s*unlink/i).length > 1) note('list');
    if (!('signedOut' in seen) && named(/^\s*(sign|log) in/i).length > 0) note('signedOut');
    if (!('dialog' in seen) && document.querySelector('dialog[open], [role="dialog"]')) note('dialog');
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

/** A page with a browser context of its own. */
export class Side {
  constructor(browser, { origin, tenant }) {
    this.browser = browser;
    this.origin = origin;
    this.tenant = tenant;
  }

  /** Opens a browser in which nobody is signed in. */
  async open(options = {}) {
    this.context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    await this.context.addInitScript(watch);
    this.page = await this.context.newPage();
    this.devtools = await this.context.newCDPSession(this.page);
    await this.devtools.send('Network.enable');
    this.code = 0;
    const code = new Set();
    this.devtools.on('Network.responseReceived', ({ requestId, response }) => {
      if (/javascript|wasm/.test(response.mimeType)) code.add(requestId);
    });
    this.devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (code.has(requestId)) this.code += encodedDataLength;
    });
    return this;
  }

  async close() {
    await this.context.close();
  }

  /** Signs in without a slow line, and waits for the list. */
  async signIn(person) {
    await this.page.goto(this.origin);
    await this.enterPassword(person);
    const list = this.see('list');
    await this.page.keyboard.press('Enter');
    await list;
  }

  async enterPassword(person) {
    await this.page
      .getByRole('button', { name: /^(sign|log) in/i })
      .first()
      .click(LIMIT);
    await this.page.locator('input[name=username], input[type=email]').first().fill(person.email, LIMIT);
    await this.page.locator('input[type=password]').first().fill(person.password, LIMIT);
  }

  /**
   * Waits until a document says that it has seen something. What Playwright waits for in a document it looks for with a script of
   * its own, which takes more time of a slowed processor than much of what is measured here; a message takes none.
   */
  async see(what) {
    await this.page.waitForEvent('console', { predicate: (said) => said.text() === `seen: ${what}`, ...LIMIT });
  }

  async emulate({ latency, down, up, slowdown }) {
    const bytes = (kilobits) => (kilobits === undefined ? -1 : (kilobits * 1000) / 8);
    await this.devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency,
      downloadThroughput: bytes(down),
      uploadThroughput: bytes(up),
    });
    await this.devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  }

  /** Has the browser forget the files of the page, its service worker with them. */
  async clearCache() {
    await this.devtools.send('Network.clearBrowserCache');
    const storageTypes = 'service_workers,cache_storage';
    await this.devtools.send('Storage.clearDataForOrigin', { origin: this.origin, storageTypes });
  }

  /**
   * Waits until the page that is open has kept what it keeps for the next visit, and ends its service worker, as browsers do with one
   * that has had nothing to do for half a minute.
   */
  async keepFiles() {
    const hasWorker = await this.page.evaluate(
      async () => (await navigator.serviceWorker.getRegistration()) !== undefined,
    );
    if (!hasWorker) return;
    await this.page.waitForFunction(async () => (await caches.match('/?unused')) !== undefined, undefined, LIMIT);
    await this.devtools.send('ServiceWorker.enable');
    await this.devtools.send('ServiceWorker.stopAllWorkers');
    await this.devtools.send('ServiceWorker.disable');
  }

  /**
   * Visits an address of a person who is signed in, or not, and waits for something. Returns the milliseconds until then, until it
   * was there and the tenant had answered with the person's account, and until the first paint, and the kilobytes of script and WASM
   * that were transferred until it was there.
   */
  async visit(what, { line, cold, path = '/' }) {
    if (!cold) await this.keepFiles();
    await this.page.goto('about:blank');
    if (cold) await this.clearCache();
    await this.emulate(line);
    this.code = 0;
    const seen = this.see(what);
    const account = what === 'signedOut' ? undefined : this.page.waitForResponse(ACCOUNT, LIMIT);
    await this.page.goto(this.origin + path, { waitUntil: 'commit', ...LIMIT });
    await seen;
    const kilobytes = this.code / 1000;
    await (await account)?.finished();
    const [shown, painted, answered] = await this.page.evaluate(
      ([name, url]) => [
        window.seen[name],
        performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
        performance.getEntriesByName(url)[0]?.responseEnd ?? 0,
      ],
      [what, (await account)?.url()],
    );
    await this.emulate(LINES.none);
    return { shown, current: Math.max(shown, answered), painted, kilobytes };
  }

  /** Signs in with a cold cache on a slow line. Returns the milliseconds from the password to the list. */
  async callBack(person, line) {
    await this.page.goto(this.origin);
    await this.enterPassword(person);
    await this.clearCache();
    await this.emulate(line);
    const list = this.see('list');
    const begun = Date.now();
    await this.page.keyboard.press('Enter');
    await list;
    const ended = await this.page.evaluate(() => performance.timeOrigin + window.seen.list);
    await this.emulate(LINES.none);
    return { shown: ended - begun };
  }
}
