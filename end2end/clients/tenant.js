import { createHash, randomBytes } from 'node:crypto';

/** The origin of the tenant that this run has started. */
export const tenant = process.env.CLIENTS_TENANT;
/** The same as Auth0's SDKs want it. */
export const domain = new URL(tenant).host;
export const audience = `${tenant}/api/v2/`;

export const machine = { clientId: 'machine', clientSecret: 'machine-secret-that-everybody-may-read' };
/** May read users and nothing else. */
export const reader = { clientId: 'reader', clientSecret: 'reader-secret-that-everybody-may-read' };
/** Where applications may listen during this run. */
export const webOrigin = process.env.CLIENTS_WEB_ORIGIN;
/** The public client, and where its page is. */
export const page = { clientId: 'page', url: `${webOrigin}/` };

/** The web application, and where it takes answers. */
export const web = {
  clientId: 'web',
  clientSecret: 'web-secret-that-everybody-may-read',
  callback: `${webOrigin}/callback`,
};

/** The password of everybody in users.json. */
export const PASSWORD = 'correct horse battery staple';
export const DATABASE = 'Username-Password-Authentication';
export const ada = { id: 'auth0|ada', email: 'ada@example.test' };
export const grace = { id: 'auth0|grace', email: 'grace@example.test' };
/** A user of her own until somebody links her. */
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

/** Signs in as a browser with the page would, and answers with the code for it and the verifier. */
export async function authorize(email, { password = PASSWORD, scope = 'openid', ...more } = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: page.clientId,
    redirect_uri: page.url,
    scope,
    state: 'a state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  const form = await fetch(`${tenant}/authorize?${asked}`, { redirect: 'manual', headers: { accept: 'text/html' } });
  const answer = await fetch(`${tenant}/u/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      cookie: form.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; '),
      origin: tenant,
    },
    body: new URLSearchParams({ state: parameter(form, 'state'), username: email, password }),
  });
  return { code: parameter(answer, 'code'), code_verifier: verifier };
}

/** Signs in and answers with the tokens. */
export async function signIn(email, asked) {
  const traded = await fetch(`${tenant}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: page.clientId,
      redirect_uri: page.url,
      ...(await authorize(email, asked)),
    }),
  });
  return traded.json();
}

function parameter(response, name) {
  return new URL(response.headers.get('location'), tenant).searchParams.get(name);
}
