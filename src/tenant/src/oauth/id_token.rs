//! ID tokens (contract [C6](model::contract#c6)).

use model::{IdentityKey, Scopes};
use store::UserRow;

use super::request::AuthorizationRequest;
use crate::configuration::Client;
use crate::secret::{Secret, half_digest};
use crate::state::Tenant;
use crate::token::{self, IdClaims};
use crate::view;

/// The sign-in that a token is issued for.
pub(super) struct SignIn<'s> {
    pub(super) key: &'s IdentityKey,
    pub(super) sid: &'s str,
    pub(super) authenticated_at: i64,
}

/// An ID token for a request's client, bound to the access token beside it (OpenID Connect Core 3.1.3.6); `None` when it
/// cannot be signed.
pub(super) async fn issue(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    scopes: &Scopes,
    user: &UserRow,
    sign_in: &SignIn<'_>,
    nonce: Option<String>,
    access_token: &str,
) -> Option<String> {
    let mut claims = claims(tenant, request, scopes, user, sign_in, nonce);
    claims.at_hash = Some(half_digest(access_token.as_bytes()));
    token::sign(tenant.keys(), &claims).await
}

/// An ID token in the response to a request, bound to the code beside it (OpenID Connect Core 3.3.2.11); `None` when it
/// cannot be signed.
pub(super) async fn issue_with_code(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    user: &UserRow,
    sign_in: &SignIn<'_>,
    code: Option<&Secret>,
) -> Option<String> {
    let mut claims = claims(tenant, request, &request.scopes, user, sign_in, request.nonce.clone());
    claims.c_hash = code.map(|code| half_digest(code.expose().as_bytes()));
    token::sign(tenant.keys(), &claims).await
}

fn claims(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    scopes: &Scopes,
    user: &UserRow,
    sign_in: &SignIn<'_>,
    nonce: Option<String>,
) -> IdClaims {
    let issuer = tenant.0.issuer.as_str();
    let lifetime = tenant
        .client(&request.client_id)
        .map_or(Client::ID_TOKEN_LIFETIME, |client| client.id_token_lifetime);
    let mut claims = IdClaims::new(issuer, &request.client_id, &user.user_id, tenant.now(), lifetime);
    claims.profile = view::claims(user, scopes);
    if let Some(identity) = user.identities.iter().find(|identity| identity.key() == *sign_in.key) {
        let name = tenant.0.configuration.options().identity_claim.clone();
        claims.profile.insert(name, view::identity_claim(identity));
    }
    claims.nonce = nonce;
    claims.sid = Some(sign_in.sid.to_owned());
    claims.auth_time = request.wants_auth_time().then(|| sign_in.authenticated_at.div_euclid(1000));
    claims
}
