// Begins the silent sign-in while the page is on its way: the settings, the hidden frame, the tokens, the user. The page takes
// over whatever is begun, checks all of it, and does the rest; what is not begun, it begins itself. See
// src/early_start.rs for what is handed over.
//
// `cargo xtask build` replaces every name that starts with a dollar by a constant of the page, and puts the script into the shell,
// minified.

// The callback has an answer to another request in its address.
if (location.pathname !== $CALLBACK_PATH) {
  const encode = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const base64url = (bytes) => encode(String.fromCharCode(...new Uint8Array(bytes)));
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
  // The page looks at each promise later, so that until then none counts as forgotten.
  const kept = (promise) => (promise.catch(() => {}), promise);
  // Bodies are read here: the page could only begin to read one, and the browser would draw frames without the list meanwhile.
  const read = async (response) => ({ response, body: await response.text() });
  const request = (url, options) =>
    kept(fetch(url, { signal: AbortSignal.timeout($REQUEST_TIMEOUT), ...options }).then(read));
  const requestOfTenant = (url, authorization, options) =>
    request(url, {
      headers: { accept: 'application/json', ...authorization },
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      ...options,
    });

  const settings = request($SETTINGS_PATH, { cache: 'no-cache' });

  const signIn = async () => {
    const remembered = localStorage.getItem($REMEMBERED_USER);
    if (remembered === null || !navigator.onLine) return;
    // Settings rarely change between two visits. The sign-in begins with those of the last one, which saves a round trip, and
    // nothing of it is handed over if they have changed. Where none come, they hold.
    const before = localStorage.getItem($REMEMBERED_SETTINGS);
    const now = settings.then(
      ({ response, body }) => (response.ok ? body : undefined),
      () => before,
    );
    const [state, nonce, verifier] = [random(), random(), random()];
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const chosen = before ?? (await now);
    const { domain, clientId, audience: named, bearer } = JSON.parse(chosen);
    const host = domain.trim().toLowerCase().replace(/\/$/, '');
    const origin = host.includes('://') ? host : 'https://' + host;
    // What a browser writes in another way, the page judges.
    if (new URL(origin).origin !== origin) return;
    const audience = named || origin + $AUDIENCE_PATH;
    const client = { client_id: clientId, redirect_uri: location.origin + $CALLBACK_PATH };

    const frame = document.createElement('iframe');
    frame.hidden = true;
    const parameters = { ...client, audience, state, nonce, code_challenge: base64url(digest), ...$FIXED_PARAMETERS };
    frame.src = origin + $AUTHORIZE_PATH + '?' + new URLSearchParams(parameters);
    const listening = new AbortController();
    let timer;
    const response = await new Promise((resolve) => {
      const listen = ({ origin: sender, source, data }) => {
        if (sender === origin && source && source === frame.contentWindow && data?.type === $MESSAGE_TYPE)
          resolve(data.response);
      };
      addEventListener('message', listen, { signal: listening.signal });
      timer = setTimeout(resolve, $FRAME_TIMEOUT);
      now.then((now) => now === chosen || resolve());
      document.documentElement.append(frame);
    });
    listening.abort();
    clearTimeout(timer);
    frame.remove();

    const begun = { origin, clientId, audience, state, nonce, verifier, response };
    const code = response?.code;
    if (response?.state === state && typeof code === 'string' && typeof response.error !== 'string') {
      const exchange = { grant_type: 'authorization_code', ...client, code, code_verifier: verifier };
      const body = new URLSearchParams(exchange);
      const answer = requestOfTenant(origin + $TOKEN_PATH, {}, { method: 'POST', body });
      begun.tokens = kept(
        answer.then(({ response: { status }, body }) => ({
          status,
          body,
          at: performance.timeOrigin + performance.now(),
        })),
      );
      begun.user = kept(
        begun.tokens.then(({ body }) => {
          const { access_token, id_token } = JSON.parse(body);
          const claims = id_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
          const { sub } = JSON.parse(atob(claims));
          // Somebody else is the person's decision.
          if (sub !== JSON.parse(remembered).user_id) return;
          const authorization = 'Bearer ' + (bearer === $ID_TOKEN ? id_token : access_token);
          return { sub, answer: requestOfTenant(origin + $USER_PATH + encodeURIComponent(sub), { authorization }) };
        }),
      );
    }
    return (await now) === chosen ? begun : undefined;
  };

  // Neither to be listed nor to be named by a frame or an element: the page deletes it when it takes it.
  const value = { settings, signIn: kept(signIn()) };
  Object.defineProperty(window, Symbol.for($EARLY_START), { value, configurable: true });
}
