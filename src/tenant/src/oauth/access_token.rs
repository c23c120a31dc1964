//! Access tokens: JWTs for an API (contract [C6](model::contract#c6)).

use std::time::Duration;

use model::{Scope, UserId};

use super::audience::Permitted;
use crate::clock::Moment;
use crate::configuration::{RequestedApi, TokenDialect};
use crate::secret::Secret;
use crate::state::Tenant;
use crate::token::{self, AccessClaims, Audience};

/// Whom a token speaks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'s> {
    /// A person who signed in, now or, with a refresh token, before; in this session. `jti` names the token's row.
    User { user_id: &'s UserId, refreshed: bool, sid: &'s str, jti: &'s str },
    /// The client itself.
    Client,
}

/// A token to be signed.
#[derive(Debug)]
pub(super) struct AccessToken<'t> {
    pub(super) api: RequestedApi<'t>,
    pub(super) client_id: &'t str,
    pub(super) subject: Subject<'t>,
    pub(super) permitted: &'t Permitted,
    pub(super) lifetime: Duration,
}

impl AccessToken<'_> {
    /// Signs the token, in the form of its API. Returns `None` if signing fails.
    pub(super) async fn sign(&self, tenant: &Tenant, now: Moment) -> Option<String> {
        let dialect = match self.api {
            RequestedApi::Management => TokenDialect::Auth0,
            RequestedApi::Own(api) => api.token_dialect,
        };
        let (azp, client_id, gty) = match dialect {
            TokenDialect::Auth0 => (Some(self.client_id.to_owned()), None, self.grant_type()),
            TokenDialect::Rfc9068 => (None, Some(self.client_id.to_owned()), None),
        };
        let (sid, jti) = match self.subject {
            Subject::User { sid, jti, .. } => (Some(sid.to_owned()), Some(jti.to_owned())),
            Subject::Client if dialect == TokenDialect::Rfc9068 => {
                (None, Some(Secret::random().expose().to_owned()))
            }
            Subject::Client => (None, None),
        };
        let claims = AccessClaims {
            iss: tenant.0.issuer.as_str().to_owned(),
            sub: match self.subject {
                Subject::User { user_id, .. } => user_id.to_string(),
                Subject::Client => format!("{}@clients", self.client_id),
            },
            aud: self.audience(tenant),
            iat: now.seconds(),
            exp: now.after(self.lifetime).seconds(),
            nbf: None,
            azp,
            scope: Some(self.permitted.scopes.clone()),
            gty: gty.map(str::to_owned),
            client_id,
            jti,
            permissions: self.permitted.permissions.clone(),
            sid,
        };
        token::sign_access_token(tenant.keys(), &claims).await
    }

    /// Returns the audience: the API, and `/userinfo` if a person's scopes include `openid`. The Management API accepts
    /// a single audience only, and `/userinfo` accepts its tokens as they are (contract [U-15](model::contract#u-15)).
    fn audience(&self, tenant: &Tenant) -> Audience {
        let api = self.api.audience(&tenant.0.issuer);
        let is_own = matches!(self.api, RequestedApi::Own(_));
        let is_person = matches!(self.subject, Subject::User { .. });
        if is_own && is_person && self.permitted.scopes.contains(&Scope::OPENID) {
            Audience::Many(vec![api, tenant.0.issuer.url(model::route::USERINFO)])
        } else {
            Audience::One(api)
        }
    }

    /// Returns the claim `gty`.
    fn grant_type(&self) -> Option<&'static str> {
        match (self.subject, self.api) {
            (Subject::Client, _) => Some("client-credentials"),
            (Subject::User { refreshed: true, .. }, RequestedApi::Own(_)) => Some("refresh_token"),
            (Subject::User { .. }, _) => None,
        }
    }
}
