//! From a bearer token to a proven caller, and from a caller to what it may do (contract A2, A4).

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use model::{Scope, Scopes, UserId};

use super::error::ApiError;
use crate::Tenant;
use crate::token::{self, AccessClaims, Disbelief};

/// Who calls the Management API: proven by signature, issuer, audience and time.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    subject: UserId,
    scopes: Scopes,
    client_id: Option<String>,
}

/// The permission to read one user. Only [`Caller::may_read`] makes one.
#[derive(Debug)]
pub(crate) struct MayRead(UserId);

/// The permission to link and unlink the identities of one user. Only [`Caller::may_change_identities`]
/// makes one.
#[derive(Debug)]
pub(crate) struct MayChangeIdentities {
    user_id: UserId,
    of_anybody: bool,
    client_id: Option<String>,
}

const READ_USER: &[Scope] = &[Scope::READ_USERS, Scope::READ_CURRENT_USER, Scope::READ_USER_IDP_TOKENS];
const CHANGE_IDENTITIES: &[Scope] = &[Scope::UPDATE_USERS, Scope::UPDATE_CURRENT_USER_IDENTITIES];

/// Linking by provider and id takes this one (contract A11).
pub(crate) const LINK_BY_ID: &[Scope] = &[Scope::UPDATE_USERS];

impl FromRequestParts<Tenant> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, tenant: &Tenant) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or(ApiError::MissingAuthentication)?;
        let claims: AccessClaims =
            token::verify(&tenant.0.keys, token, tenant.now()).map_err(|disbelief| match disbelief {
                Disbelief::Malformed => ApiError::BadBearer,
                Disbelief::Algorithm | Disbelief::Signature => ApiError::InvalidSignature,
                Disbelief::Expired => ApiError::ExpiredToken,
                Disbelief::Claims => ApiError::InvalidToken,
            })?;
        let audience = tenant.0.issuer.management_audience();
        if claims.iss != tenant.0.issuer.as_str() || !claims.aud.contains(&audience) {
            return Err(ApiError::InvalidToken);
        }
        Ok(Self {
            subject: UserId::new(claims.sub),
            scopes: claims.scope.unwrap_or_default(),
            client_id: claims.azp,
        })
    }
}

/// The token behind `Authorization: Bearer`; the scheme in any case (RFC 9110 section 11.1).
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl Caller {
    /// Whether the caller may read this user: anybody with `read:users`, oneself with `read:current_user`.
    pub(crate) fn may_read(&self, user_id: UserId) -> Result<MayRead, ApiError> {
        if self.scopes.contains(&Scope::READ_USERS) {
            return Ok(MayRead(user_id));
        }
        if !self.scopes.contains(&Scope::READ_CURRENT_USER) {
            return Err(ApiError::InsufficientScope(READ_USER));
        }
        self.own(&user_id)?;
        Ok(MayRead(user_id))
    }

    /// Whether the caller may link and unlink this user's identities: anybody's with `update:users`, one's
    /// own with `update:current_user_identities`.
    pub(crate) fn may_change_identities(&self, user_id: UserId) -> Result<MayChangeIdentities, ApiError> {
        if !self.scopes.contains_any(CHANGE_IDENTITIES) {
            return Err(ApiError::InsufficientScope(CHANGE_IDENTITIES));
        }
        let of_anybody = self.scopes.contains(&Scope::UPDATE_USERS);
        if !of_anybody {
            self.own(&user_id)?;
        }
        Ok(MayChangeIdentities { user_id, of_anybody, client_id: self.client_id.clone() })
    }

    /// Compared before anything is looked up, so that existing and missing ids answer alike (contract A2).
    fn own(&self, user_id: &UserId) -> Result<(), ApiError> {
        if self.subject == *user_id { Ok(()) } else { Err(ApiError::UnownedResource) }
    }
}

impl MayRead {
    /// Whom.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.0
    }
}

impl MayChangeIdentities {
    /// Whose.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Whether the permission covers every user, which linking by provider and id asks for.
    pub(crate) fn is_of_anybody(&self) -> bool {
        self.of_anybody
    }

    /// The client that the caller's token was made for (`azp`).
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }
}
