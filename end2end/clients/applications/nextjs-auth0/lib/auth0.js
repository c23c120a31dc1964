import { Auth0Client } from '@auth0/nextjs-auth0/server';

const { AUTH0_DOMAIN, LOGOUT_STRATEGY, PUSHED_REQUESTS, ALLOW_INSECURE_REQUESTS } = process.env;

/** The audience of the tenant's Management API. */
export const audience = `https://${AUTH0_DOMAIN?.replace('https://', '')}/api/v2/`;

/** The client. Its secrets and the address of the application are read from the environment, too. */
export const auth0 = new Auth0Client({
  authorizationParameters: { audience, scope: 'openid profile email offline_access read:current_user' },
  logoutStrategy: LOGOUT_STRATEGY || 'auto',
  pushedAuthorizationRequests: PUSHED_REQUESTS === 'true',
  allowInsecureRequests: ALLOW_INSECURE_REQUESTS === 'true',
});
