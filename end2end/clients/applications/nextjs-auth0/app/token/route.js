import { audience, auth0 } from '../../lib/auth0';

/** Reads the signed-in person's user with an access token, with `?refresh` by a new one. */
export async function GET(request) {
  const { user } = await auth0.getSession();
  const refresh = new URL(request.url).searchParams.has('refresh');
  const { token, expiresAt } = await auth0.getAccessToken({ refresh });
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${audience}users/${user.sub}`, { headers });
  const { identities } = await response.json();
  return Response.json({ status: response.status, identities: identities?.length, expiresAt });
}
