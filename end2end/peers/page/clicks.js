// From the click to the list without the login: in the page itself, with the tenant's answers made there, so that nothing
// but the page is measured.

/** Runs in the page. Takes the place of the tenant: it answers the GET of the user and the DELETE of an identity at once. */
function answerHere(user) {
  const real = window.fetch;
  const tenant = { user, identities: user.identities };
  window.tenant = tenant;
  const json = (value) => new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname;
    if (request.method === 'DELETE' && path.includes('/identities/')) {
      const id = decodeURIComponent(path.split('/').pop());
      tenant.identities = tenant.identities.filter((identity) => identity.user_id !== id);
      return json(tenant.identities);
    }
    if (request.method === 'GET' && /\/api\/v2\/users\/[^/]+$/.test(path)) {
      return json({ ...user, identities: tenant.identities });
    }
    return real(input, init);
  };
}

/* global BroadcastChannel, MutationObserver, Request, WebAssembly, performance, requestAnimationFrame */

/**
 * Runs in the page. Unlinks the first login that can be, and returns the milliseconds from the last click to the frame's
 * layout without its row, and whether every other row kept its element.
 */
async function unlinkFirst({ rows, confirm }) {
  const before = [...document.querySelectorAll(rows)];
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const button = (within) =>
    [...within.querySelectorAll('button')].find((one) => /^\s*unlink/i.test(one.textContent) && !one.disabled);
  let clicked = button(document);
  const row = clicked.closest(rows);
  if (confirm) {
    clicked.click();
    for (let waited = 0; waited < 600 && !document.querySelector(confirm); waited += 1) await frame();
    clicked = button(document.querySelector(confirm));
  }
  const gone = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (row.isConnected) return;
      observer.disconnect();
      void document.body.offsetHeight;
      resolve(performance.now());
    });
    observer.observe(document.body, { subtree: true, childList: true });
  });
  const begun = performance.now();
  clicked.click();
  const milliseconds = (await gone) - begun;
  const after = [...document.querySelectorAll(rows)];
  const kept = before.filter((one) => one !== row).every((one, place) => after[place] === one);
  return { milliseconds, kept: kept && after.length === before.length - 1 };
}

/**
 * Runs in the page. Tells it, as another tab does, that the logins changed, and waits until all rows are back. Before, it
 * moves the page's clock by the time for which the page takes its list for the current one.
 */
async function linkAgain({ rows, count }) {
  if (window.moved === undefined) {
    const now = performance.now.bind(performance);
    performance.now = () => now() + window.moved;
  }
  window.moved = (window.moved ?? 0) + 3000;
  window.tenant.identities = window.tenant.user.identities;
  const channel = new BroadcastChannel('linked-accounts');
  channel.postMessage(JSON.stringify({ Changed: window.tenant.user.user_id }));
  channel.close();
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let waited = 0; waited < 1200; waited += 1) {
    if (document.querySelectorAll(rows).length === count) return;
    await frame();
  }
  throw new Error('The login that was linked again is not shown.');
}

/** Takes the place of the tenant in the page of a side, for a user. */
export async function replaceTenant({ page }, user) {
  await page.evaluate(answerHere, user);
}

/**
 * Unlinks a login and links it again, `rounds` times. Returns the milliseconds of each.
 *
 * @throws when a row that stays lost its element.
 */
export async function unlinkInTurn({ page }, kind, rounds) {
  const times = [];
  const count = await page.locator(kind.rows).count();
  for (let round = 0; round < rounds; round += 1) {
    const { milliseconds, kept } = await page.evaluate(unlinkFirst, kind);
    if (!kept) throw new Error('A row that stays was drawn again.');
    times.push(milliseconds);
    if (kind.listens) await page.evaluate(linkAgain, { rows: kind.rows, count });
  }
  return times;
}

/** Returns the bytes of the script's heap and of the WASM's memory after a collection. */
export async function memory({ page, devtools }) {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const wasm = await page.evaluate(() => window.wasmMemory?.buffer.byteLength ?? 0);
  return { heap: usedSize, wasm };
}

/** Runs before the page's scripts. Remembers the memory of the WASM, which the page tells nobody. */
export function rememberMemory() {
  const real = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...parameters) => {
    const result = await real.apply(WebAssembly, parameters);
    window.wasmMemory ??= result.instance.exports.memory;
    return result;
  };
}
