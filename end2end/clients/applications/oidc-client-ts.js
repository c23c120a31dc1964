// An application with `oidc-client-ts`, whose one page is also where its windows and frames come back to.
import { UserManager } from 'oidc-client-ts';

const { tenant, clientId, audience } = SETTINGS;
const page = `${window.location.origin}/`;

window.manager = new UserManager({
  authority: tenant,
  client_id: clientId,
  redirect_uri: page,
  post_logout_redirect_uri: page,
  scope: 'openid profile email read:current_user',
  extraQueryParams: { audience },
  loadUserInfo: true,
  automaticSilentRenew: false,
});

const { searchParams } = new URL(window.location);
if (searchParams.has('code') || searchParams.has('error')) {
  window.callback = window.manager.signinCallback();
} else if (searchParams.has('state')) {
  window.callback = window.manager.signoutCallback();
}
