// Keeps the files of the page, so that whoever comes back does not wait for its document, and reads the last list without a connection.
// It answers no request to the tenant, and keeps nothing that says anything about a person.
//
// It is the same for each build, whose document names its files. So a build replaces another one by the next document, and no worker
// has to take the place of another one meanwhile.
//
// `cargo xtask build` replaces every name that starts with a dollar by a constant of the page, and minifies it.

const CACHE = 'linked-accounts';
const DOCUMENT = $HOME_PATH;
// The document again, until a visit is answered with it. It comes back when the page has been drawn and the server has said what its
// document is: nobody is shown an old build twice.
const UNUSED_DOCUMENT = DOCUMENT + '?unused';

// The clients whose document came from here. They get its files from here, too, because the host may have those of another build, and
// the browser may have forgotten its own.
const keptClients = new Set();

const isPage = (path) => $PAGE_PATHS.includes(path) || $DEEP_LINKS.some((start) => path.startsWith(start));
const isFile = (path) => /\.(js|svg|wasm)$/.test(path);
const open = () => caches.open(CACHE);
// Files are the same whatever a request accepts.
const ANY = { ignoreVary: true };
const kept = async (path) => (await open()).match(path, ANY);
const fetchAnew = (path) => fetch(path, { cache: 'no-cache' }).catch(Response.error);

// Returns the paths of a document's files, or nothing where it is not this page.
const filesOf = (text) => text.match(/<meta name="files" content="([^"]+)">/)?.[1].split(' ');

// Some hosts answer with the document for a file that they do not have.
const isDocument = (answer) => answer.headers.get('content-type')?.startsWith('text/html');
const isThere = (answer) => answer.ok && !isDocument(answer);
const isGone = (answer) => [404, 410].includes(answer.status) || (answer.ok && isDocument(answer));

const keepFile = async (cache, path) => {
  const file = await fetch(path);
  if (!isThere(file)) throw new Error(`${path} is missing`);
  await cache.put(path, file);
};

// Keeps the document of the server with its files, in place of those before, once all are there.
const keep = async () => {
  const answer = await fetchAnew(DOCUMENT);
  const files = filesOf(await answer.clone().text());
  if (!answer.ok || answer.redirected || !files) throw new Error('The site has no document of this page');
  const cache = await open();
  const known = (await cache.keys()).map(({ url }) => new URL(url));
  const isKnown = (path) => known.some(({ pathname }) => pathname === path);
  await Promise.all(files.filter((path) => !isKnown(path)).map((path) => keepFile(cache, path)));
  await cache.put(DOCUMENT, answer.clone());
  await cache.put(UNUSED_DOCUMENT, answer);
  const isOld = ({ pathname }) => pathname !== DOCUMENT && !files.includes(pathname);
  await Promise.all(known.filter(isOld).map((url) => cache.delete(url)));
};

// Each waits for the one before, so that none removes the files of another's document.
let keeping = Promise.resolve();
const keepInTurn = () => (keeping = keeping.catch(() => {}).then(keep));

// Unregisters the worker, and removes its cache, where the site has none any more.
const unregisterIfGone = async () => {
  if (!isGone(await fetchAnew(location.pathname))) return false;
  await registration.unregister();
  return caches.delete(CACHE);
};

const keepOrUnregister = async () => (await unregisterIfGone()) || keepInTurn();

// The address may belong to another application by now.
const checkDocument = async (answer) => {
  if (answer.ok && !filesOf(await answer.text())) await unregisterIfGone();
};

const answerWithDocument = async (event) => {
  const unused = await kept(UNUSED_DOCUMENT);
  // Of two visits at once, one takes it away.
  if (unused && (await (await open()).delete(UNUSED_DOCUMENT, ANY))) {
    keptClients.add(event.resultingClientId);
    return unused;
  }
  try {
    const answer = await fetch(event.request);
    event.waitUntil(checkDocument(answer.clone()));
    return answer;
  } catch {
    keptClients.add(event.resultingClientId);
    return (await kept(DOCUMENT)) ?? Response.error();
  }
};

const answerWithFile = async (request, path) => (await kept(path)) ?? fetch(request);

addEventListener('install', (event) => event.waitUntil(keepInTurn()));
// The page has been drawn, and nothing that it waits for is slowed by this.
addEventListener('message', (event) => event.waitUntil(keepOrUnregister().catch(() => {})));
addEventListener('fetch', (event) => {
  const { request, clientId } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.destination === 'document' && isPage(pathname)) event.respondWith(answerWithDocument(event));
  else if (keptClients.has(clientId) && isFile(pathname)) event.respondWith(answerWithFile(request, pathname));
});
