//! Bearer tokens: authentication of a caller, and the permissions that its scopes give (contract
//! [A2](model::contract#a2), [A4](model::contract#a4)).
//!
//! A handler gets a [`Caller`] and exchanges it for the permission that it needs, a type that only this module can
//! create. Functions that read or change users require such a permission as an argument.

use std::sync::{Arc, LazyLock};

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use model::{IdentityKey, Scope, Scopes, UserId};
use store::{Digest, UserRow, UserTexts};

use super::error::ApiError;
use super::required_scopes::RequiredScopes;
use crate::clock::Moment;
use crate::state::Tenant;
use crate::token::{self, AccessClaims, Audience, InvalidToken};

/// The caller of the Management API, authenticated by its access token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    claims: Arc<AccessClaims>,
    subject: UserId,
    /// The scopes of a caller with an ID token, which has none of its own.
    implied_scopes: Option<&'static Scopes>,
    /// The caller's own account, as it was when the token was checked; `None` for a client.
    account: Option<Arc<UserTexts>>,
}

/// Where the time of a caller's sign-in is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SignIn {
    /// The caller is a client, which does not sign in.
    Client,
    /// In the row of an access token.
    Token(Digest),
    /// In the row of the session of an ID token.
    Session(String),
    /// The token is of before version 0.3 and names neither.
    Unknown,
}

impl SignIn {
    fn of(claims: &AccessClaims) -> Self {
        match (&claims.sid, &claims.jti) {
            _ if claims.is_of_client() => Self::Client,
            (_, Some(jti)) => Self::Token(token::row_digest(jti)),
            (Some(sid), None) => Self::Session(sid.clone()),
            (None, None) => Self::Unknown,
        }
    }

    /// Returns when the person signed in; `None` if nothing says so.
    async fn time(&self, tenant: &Tenant) -> Result<Option<Moment>, store::Error> {
        let mut reader = tenant.0.store.read().await?;
        let time = match self {
            Self::Client | Self::Unknown => None,
            Self::Token(digest) => {
                reader.find_access_token(digest).await?.and_then(|row| row.authenticated_at)
            }
            Self::Session(sid) => reader.find_session_by_sid(sid).await?.map(|row| row.authenticated_at),
        };
        Ok(time.map(Moment::from_millis))
    }
}

/// The permission to read one user. See [`Caller::may_read`].
#[derive(Debug)]
pub(crate) struct MayRead {
    user_id: UserId,
    /// The user, if it is the caller, whose row was read already.
    known: Option<Arc<UserTexts>>,
}

/// The permission to link and unlink the identities of a user. See [`Caller::may_change_identities`].
#[derive(Clone, Debug)]
pub(crate) struct MayChangeIdentities {
    user_id: UserId,
    any_user: bool,
    client_id: Option<String>,
}

/// The permission to read all users. See [`Caller::may_read_all_users`].
#[derive(Debug)]
pub(crate) struct MayReadAllUsers(());

/// The permission to create users. See [`Caller::may_create`].
#[derive(Debug)]
pub(crate) struct MayCreate(());

/// The permission to delete one user. See [`Caller::may_delete`].
#[derive(Clone, Debug)]
pub(crate) struct MayDelete(UserId);

/// The permission to update some or all attributes of one user. See [`Caller::may_update`].
#[derive(Clone, Debug)]
pub(crate) struct MayUpdate {
    user_id: UserId,
    updatable: Updatable,
}

/// The attributes that a permission to update covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Updatable {
    Everything,
    AppMetadata,
    UserMetadata,
}

/// The permission for an operation that requires scopes and nothing else. See [`Caller::require`].
#[derive(Debug)]
pub(crate) struct Permitted(());

pub(crate) const READ_USER: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::READ_USERS, Scope::READ_CURRENT_USER, Scope::READ_USER_IDP_TOKENS]);
pub(crate) const READ_ALL_USERS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_USERS]);
pub(crate) const CREATE: RequiredScopes = RequiredScopes::AnyOf(&[Scope::CREATE_USERS]);
pub(crate) const DELETE: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::DELETE_USERS, Scope::DELETE_CURRENT_USER]);
pub(crate) const UPDATE: RequiredScopes = RequiredScopes::AnyOf(&[
    Scope::UPDATE_USERS,
    Scope::UPDATE_USERS_APP_METADATA,
    Scope::UPDATE_CURRENT_USER_METADATA,
]);
const UPDATE_APP_METADATA: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::UPDATE_USERS, Scope::UPDATE_USERS_APP_METADATA]);
const UPDATE_ATTRIBUTE: RequiredScopes = RequiredScopes::AnyOf(&[Scope::UPDATE_USERS]);
pub(crate) const READ_CONNECTIONS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_CONNECTIONS]);
pub(crate) const READ_CLIENTS: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::READ_CLIENTS, Scope::READ_CLIENT_KEYS]);
pub(crate) const READ_CLIENT_GRANTS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_CLIENT_GRANTS]);
pub(crate) const READ_RESOURCE_SERVERS: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::READ_RESOURCE_SERVERS]);
pub(crate) const READ_TENANT_SETTINGS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_TENANT_SETTINGS]);
pub(crate) const READ_ACTIONS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_ACTIONS]);
pub(crate) const READ_DIRECTORY_PROVISIONINGS: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::READ_DIRECTORY_PROVISIONINGS]);
pub(crate) const READ_SESSIONS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_SESSIONS]);
pub(crate) const DELETE_SESSIONS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::DELETE_SESSIONS]);
pub(crate) const READ_REFRESH_TOKENS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_REFRESH_TOKENS]);
pub(crate) const DELETE_REFRESH_TOKENS: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::DELETE_REFRESH_TOKENS]);
pub(crate) const READ_GRANTS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_GRANTS]);
pub(crate) const DELETE_GRANTS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::DELETE_GRANTS]);
pub(crate) const REVOKE_ACCESS: RequiredScopes =
    RequiredScopes::AllOf(&[Scope::DELETE_SESSIONS, Scope::DELETE_REFRESH_TOKENS]);
pub(crate) const READ_USER_BLOCKS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_USERS]);
pub(crate) const CHANGE_USER_BLOCKS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::UPDATE_USERS]);
pub(crate) const CREATE_TICKETS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::CREATE_USER_TICKETS]);
pub(crate) const MAIL_VERIFICATION: RequiredScopes = RequiredScopes::AnyOf(&[Scope::UPDATE_USERS]);
pub(crate) const IMPORT_USERS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::CREATE_USERS]);
pub(crate) const READ_JOBS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::CREATE_USERS, Scope::READ_USERS]);
pub(crate) const READ_ROLES: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_ROLES]);
pub(crate) const READ_ROLE_USERS: RequiredScopes =
    RequiredScopes::AllOf(&[Scope::READ_USERS, Scope::READ_ROLES]);
pub(crate) const ASSIGN_ROLE_USERS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::UPDATE_ROLES]);
pub(crate) const READ_USER_ROLES: RequiredScopes =
    RequiredScopes::AllOf(&[Scope::READ_USERS, Scope::READ_ROLES, Scope::READ_ROLE_MEMBERS]);
pub(crate) const READ_USER_PERMISSIONS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::READ_USERS]);
pub(crate) const CHANGE_ASSIGNMENTS: RequiredScopes = RequiredScopes::AnyOf(&[Scope::UPDATE_USERS]);
pub(crate) const CHANGE_IDENTITIES: RequiredScopes =
    RequiredScopes::AnyOf(&[Scope::UPDATE_USERS, Scope::UPDATE_CURRENT_USER_IDENTITIES]);

/// Linking by provider and id requires this scope (contract [A11](model::contract#a11)).
pub(crate) const LINK_BY_ID: RequiredScopes = RequiredScopes::AnyOf(&[Scope::UPDATE_USERS]);

impl FromRequestParts<Tenant> for Caller {
    type Rejection = ApiError;

    /// Authenticates the request once. Later extractions, such as that of a handler behind a middleware, reuse the
    /// result.
    async fn from_request_parts(parts: &mut Parts, tenant: &Tenant) -> Result<Self, ApiError> {
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        let caller = Self::authenticate(parts, tenant).await?;
        tracing::Span::current().record("actor", caller.subject.as_str());
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

impl Caller {
    /// Returns the user or client that the token was issued for.
    pub(crate) fn subject(&self) -> &UserId {
        &self.subject
    }

    /// Authenticates the bearer token of the request. For a token of a person this reads the account, in one statement with
    /// what the token depends on; reading one's own account needs no other.
    async fn authenticate(parts: &Parts, tenant: &Tenant) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or(ApiError::MissingAuthentication)?;
        let claims = tenant.verify(token).await.map_err(|error| match error {
            InvalidToken::Malformed => ApiError::BadBearer,
            InvalidToken::Header | InvalidToken::Algorithm | InvalidToken::Signature => {
                ApiError::InvalidSignature
            }
            InvalidToken::Expired => ApiError::ExpiredToken,
            InvalidToken::Claims => ApiError::InvalidToken,
        })?;
        let audience = tenant.0.issuer.management_audience();
        if claims.iss != tenant.0.issuer.as_str() {
            return Err(ApiError::InvalidToken);
        }
        let implied_scopes = if claims.aud.contains(&audience) {
            None
        } else {
            Some(scopes_of_id_token(tenant, &claims).ok_or(ApiError::InvalidToken)?)
        };
        let account = if claims.is_of_client() {
            None
        } else {
            let holder = find_holder(tenant, &claims).await?;
            holder.map_err(|Ended| ApiError::InvalidToken)?.map(Arc::new)
        };
        Ok(Self { subject: UserId::new(&*claims.sub), claims, implied_scopes, account })
    }

    fn scopes(&self) -> &Scopes {
        static NONE: Scopes = Scopes::NONE;
        self.implied_scopes.or(self.claims.scope.as_ref()).unwrap_or(&NONE)
    }

    /// Returns the client that the token was issued to: the `azp` of an access token, the audience of an ID token.
    fn client_id(&self) -> Option<&str> {
        match self.implied_scopes {
            None => self.claims.azp.as_deref(),
            Some(_) => self.claims.client(),
        }
    }
}

/// A token of a person that has ended before it expires.
pub(crate) struct Ended;

/// Returns the user of a token that was issued to a person, in one statement. `None` if the user does not exist, which only
/// tokens of before version 0.3 can say, because they have no `sid`.
///
/// A token ends with the right that it stands for: when the user is blocked or gets a new password, when the identity that
/// signed in leaves the account, when its connection is closed to the client, and when the grant is revoked. An ID token ends
/// with its session, too.
pub(crate) async fn find_holder(
    tenant: &Tenant,
    claims: &AccessClaims,
) -> Result<Result<Option<UserTexts>, Ended>, store::Error> {
    let (user_id, now) = (UserId::new(&*claims.sub), tenant.now().millis());
    let mut reader = tenant.0.store.read().await?;
    let found = match (&claims.sid, &claims.jti) {
        (Some(_), Some(jti)) => reader.find_user_of_token(&user_id, &token::row_digest(jti), now).await?,
        (Some(sid), None) => reader.find_user_of_session(&user_id, sid, now).await?,
        (None, _) => {
            let user = reader.find_user_texts(&user_id).await?;
            return Ok(match user {
                Some(user) if has_ended(&user, claims) => Err(Ended),
                user => Ok(user),
            });
        }
    };
    Ok(match found {
        Some((user, key))
            if !has_ended(&user, claims) && is_admitted(tenant, &user, &key, claims.client()) =>
        {
            Ok(Some(user))
        }
        _ => Err(Ended),
    })
}

fn has_ended<P>(user: &UserRow<P>, claims: &AccessClaims) -> bool {
    user.blocked == Some(true) || is_before_reset(user, claims.iat)
}

/// Returns whether an identity of a user may still sign in to the client that a token was issued to.
pub(crate) fn is_admitted<P>(
    tenant: &Tenant,
    user: &UserRow<P>,
    key: &IdentityKey,
    client: Option<&str>,
) -> bool {
    let client = client.filter(|client_id| tenant.client(client_id).is_some());
    let admits = |(identity, client)| tenant.0.configuration.admits(identity, client);
    user.identity(key).zip(client).is_some_and(admits)
}

/// Returns whether something that was issued at `issued_at`, in seconds, is older than the user's password.
pub(crate) fn is_before_reset<P>(user: &UserRow<P>, issued_at: i64) -> bool {
    user.last_password_reset.is_some_and(|reset| issued_at < reset.div_euclid(1000))
}

/// Returns the token of an `Authorization: Bearer` header. The scheme is case-insensitive (RFC 9110 section
/// 11.1).
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Returns the scopes of a user for their own account, which an ID token gives in place of an access token, if the tenant
/// allows that (contract E). Every use is logged.
fn scopes_of_id_token(tenant: &Tenant, claims: &AccessClaims) -> Option<&'static Scopes> {
    static IMPLIED: LazyLock<Scopes> = LazyLock::new(|| {
        let scopes = [
            Scope::READ_CURRENT_USER,
            Scope::UPDATE_CURRENT_USER_METADATA,
            Scope::UPDATE_CURRENT_USER_IDENTITIES,
        ];
        scopes.into_iter().collect()
    });
    let Audience::One(client_id) = &claims.aud else { return None };
    let is_id_token = claims.scope.is_none()
        && claims.azp.is_none()
        && claims.gty.is_none()
        && claims.client_id.is_none()
        && claims.jti.is_none();
    let is_taken = tenant.0.configuration.options().id_token_bearer;
    if !is_taken || !is_id_token || tenant.client(client_id).is_none() {
        return None;
    }
    tracing::warn!(client_id = ?client_id, user_id = ?claims.sub, "an ID token was taken for an access token");
    Some(&IMPLIED)
}

impl Caller {
    /// Returns the permission to read a user: any user with `read:users`, the own user with
    /// `read:current_user`.
    pub(crate) fn may_read(&self, user_id: UserId) -> Result<MayRead, ApiError> {
        if !self.scopes().contains(&Scope::READ_USERS) {
            if !self.scopes().contains(&Scope::READ_CURRENT_USER) {
                return Err(ApiError::InsufficientScope(READ_USER));
            }
            self.require_own(&user_id)?;
        }
        let known = self.account.clone().filter(|_| self.subject == user_id);
        Ok(MayRead { user_id, known })
    }

    /// Returns the permission to link and unlink the identities of a user: of any user with `update:users`,
    /// of the own user with `update:current_user_identities`. If the tenant says so, a person must have signed in recently
    /// (RFC 9470).
    ///
    /// # Errors
    /// [`ApiError::InsufficientScope`], [`ApiError::UnownedResource`], [`ApiError::OldSignIn`]; the store's errors.
    pub(crate) async fn may_change_identities(
        &self,
        tenant: &Tenant,
        user_id: UserId,
    ) -> Result<MayChangeIdentities, ApiError> {
        self.require_any(CHANGE_IDENTITIES)?;
        let any_user = self.scopes().contains(&Scope::UPDATE_USERS);
        if !any_user {
            self.require_own(&user_id)?;
        }
        self.require_fresh_sign_in(tenant).await?;
        Ok(MayChangeIdentities { user_id, any_user, client_id: self.client_id().map(str::to_owned) })
    }

    /// Returns the permission to read all users, which requires `read:users`.
    pub(crate) fn may_read_all_users(&self) -> Result<MayReadAllUsers, ApiError> {
        self.require_any(READ_ALL_USERS).map(MayReadAllUsers)
    }

    /// Returns the permission to create users, which requires `create:users`.
    pub(crate) fn may_create(&self) -> Result<MayCreate, ApiError> {
        self.require_any(CREATE).map(MayCreate)
    }

    /// Returns the permission to delete a user: any user with `delete:users`, the own user with
    /// `delete:current_user`.
    pub(crate) fn may_delete(&self, user_id: UserId) -> Result<MayDelete, ApiError> {
        self.require_any(DELETE)?;
        if !self.scopes().contains(&Scope::DELETE_USERS) {
            self.require_own(&user_id)?;
        }
        Ok(MayDelete(user_id))
    }

    /// Returns the permission to update a user: all attributes of any user with `update:users`, the
    /// `app_metadata` of any user with `update:users_app_metadata`, the own `user_metadata` with a scope of
    /// the current user (contract [A4](model::contract#a4)).
    pub(crate) fn may_update(&self, user_id: UserId) -> Result<MayUpdate, ApiError> {
        let updatable = if self.scopes().contains(&Scope::UPDATE_USERS) {
            Updatable::Everything
        } else if self.scopes().contains(&Scope::UPDATE_USERS_APP_METADATA) {
            Updatable::AppMetadata
        } else if self
            .scopes()
            .contains_any(&[Scope::UPDATE_CURRENT_USER_METADATA, Scope::CREATE_CURRENT_USER_METADATA])
        {
            self.require_own(&user_id)?;
            Updatable::UserMetadata
        } else {
            return Err(ApiError::InsufficientScope(UPDATE));
        };
        Ok(MayUpdate { user_id, updatable })
    }

    /// Returns the permission for an operation that no scope of the current user opens, and that concerns any user or no
    /// user in particular.
    pub(crate) fn require(&self, scopes: RequiredScopes) -> Result<Permitted, ApiError> {
        self.require_any(scopes).map(Permitted)
    }

    fn require_any(&self, scopes: RequiredScopes) -> Result<(), ApiError> {
        if scopes.are_in(self.scopes()) { Ok(()) } else { Err(ApiError::InsufficientScope(scopes)) }
    }

    /// Requires that a person signed in as recently as the tenant says. A token whose row does not say when counts as old.
    async fn require_fresh_sign_in(&self, tenant: &Tenant) -> Result<(), ApiError> {
        let Some(limit) = tenant.0.configuration.options().fresh_sign_in else { return Ok(()) };
        let sign_in = SignIn::of(&self.claims);
        if sign_in == SignIn::Client {
            return Ok(());
        }
        let signed_in = sign_in.time(tenant).await?;
        let is_fresh = signed_in.is_some_and(|time| tenant.now() <= time.after(limit));
        if is_fresh { Ok(()) } else { Err(ApiError::OldSignIn { max_age: limit.as_secs() }) }
    }

    /// Requires that the caller is this user. The check precedes every lookup, so that responses do not
    /// reveal which ids exist (contract [A2](model::contract#a2)).
    fn require_own(&self, user_id: &UserId) -> Result<(), ApiError> {
        if self.subject == *user_id { Ok(()) } else { Err(ApiError::UnownedResource) }
    }
}

impl MayRead {
    /// Returns the user that the permission covers; `None` if it does not exist.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn read(self, tenant: &Tenant) -> Result<Option<Arc<UserTexts>>, store::Error> {
        match self.known {
            Some(user) => Ok(Some(user)),
            None => Ok(tenant.0.store.read().await?.find_user_texts(&self.user_id).await?.map(Arc::new)),
        }
    }

    /// Returns the user that the permission covers, for an answer without identities: with the primary one at least.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn read_root(self, tenant: &Tenant) -> Result<Option<Arc<UserTexts>>, store::Error> {
        match self.known {
            Some(user) => Ok(Some(user)),
            None => Ok(tenant.0.store.read().await?.find_user_root(&self.user_id).await?.map(Arc::new)),
        }
    }
}

impl MayDelete {
    /// The user that the permission covers.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.0
    }
}

impl MayUpdate {
    /// The user that the permission covers.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Checks that the permission covers these attributes.
    ///
    /// # Errors
    /// [`ApiError::InsufficientScope`] if it does not cover all of them.
    pub(crate) fn covers<'a>(
        &self,
        mut attributes: impl Iterator<Item = &'a String>,
    ) -> Result<(), ApiError> {
        let beyond = attributes.find(|attribute| match self.updatable {
            Updatable::Everything => false,
            Updatable::AppMetadata => *attribute != "app_metadata",
            Updatable::UserMetadata => *attribute != "user_metadata",
        });
        match beyond.map(String::as_str) {
            None => Ok(()),
            Some("app_metadata") => Err(ApiError::InsufficientScope(UPDATE_APP_METADATA)),
            Some(_) => Err(ApiError::InsufficientScope(UPDATE_ATTRIBUTE)),
        }
    }
}

impl MayChangeIdentities {
    /// The user that the permission covers.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Returns whether the permission covers any user, which linking by provider and id requires.
    pub(crate) fn covers_any_user(&self) -> bool {
        self.any_user
    }

    /// Returns the client that the caller's token was issued to (`azp`).
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }
}
