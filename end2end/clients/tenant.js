import { createHash, randomBytes } from 'node:crypto';

/** The origin of the tenant of this run. */
export const tenant = process.env.CLIENTS_TENANT;
/** The tenant's host, as Auth0's SDKs take it. */
export const domain = new URL(tenant).host;
export const audience = `${tenant}/api/v2/`;

export const machine = { clientId: 'machine', clientSecret: 'machine-secret-that-everybody-may-read' };
/** A machine client that may only read users. */
export const reader = { clientId: 'reader', clientSecret: 'reader-secret-that-everybody-may-read' };
/** The origin at which applications may listen during this run. */
export const webOrigin = process.env.CLIENTS_WEB_ORIGIN;
/** The public client, and the URL of its page. */
export const page = { clientId: 'page', url: `${webOrigin}/` };

/** The web application, and its callback URL. */
export const web = {
  clientId: 'web',
  clientSecret: 'web-secret-that-everybody-may-read',
  callback: `${webOrigin}/callback`,
};

/** The password of every user in users.json. */
export const PASSWORD = 'correct horse battery staple';
export const DATABASE = 'Username-Password-Authentication';
export const ada = { id: 'auth0|ada', email: 'ada@example.test' };
export const grace = { id: 'auth0|grace', email: 'grace@example.test' };
/** A separate user until a test links it. */
export const graceAtGoogle = {
  provider: 'google-oauth2',
  user_id: '115000000000000000002',
  email: 'grace@gmail.example',
};
export const alan = {
  id: 'auth0|alan',
  google: { provider: 'google-oauth2', user_id: '115000000000000000003' },
  github: { provider: 'github', user_id: '5000003' },
};

/**
 * Opens the URL of an authorization request as a browser does, and signs in. Returns the URL that the tenant redirects
 * to.
 */
export async function signInAt(url, email, password = PASSWORD) {
  const { origin } = new URL(url);
  const loginPage = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } });
  const response = await fetch(`${origin}/u/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      cookie: loginPage.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; '),
      origin,
    },
    body: new URLSearchParams({ state: location(loginPage).searchParams.get('state'), username: email, password }),
  });
  return location(response);
}

/** Signs in as a browser on the public client's page does. Returns the authorization code and the PKCE verifier. */
export async function authorize(email, { password = PASSWORD, scope = 'openid', ...parameters } = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: page.clientId,
    redirect_uri: page.url,
    scope,
    state: 'a state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  });
  const callback = await signInAt(`${tenant}/authorize?${query}`, email, password);
  return { code: callback.searchParams.get('code'), code_verifier: verifier };
}

/** Signs in, and returns the token response. */
export async function signIn(email, parameters) {
  const response = await fetch(`${tenant}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: page.clientId,
      redirect_uri: page.url,
      ...(await authorize(email, parameters)),
    }),
  });
  return response.json();
}

function location(response) {
  return new URL(response.headers.get('location'), tenant);
}
