//! Link and unlink (contract [A11](model::contract#a11), [A12](model::contract#a12)): the rules, and the
//! handlers that apply them.
//!
//! Rules are additions to Auth0's. Some bind people but not machines: an identity of a pinned connection cannot be
//! unlinked, nor moved by linking its account to another one, and the last identity that can sign in cannot be unlinked.
//! Nor does a person link accounts of a database whose address nobody proved; an option of the tenant makes that a rule for
//! all accounts and for machines, or no rule. Others bind everybody: a blocked account is not linked, and an ID token proves
//! an account once, soon after the sign-in.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::id::is_dot_segment;
use model::{Identity, IdentityId, IdentityKey, NewIdentityId, Provider, UserId};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{Digest, ProfileText, Unit, UserRow};

use super::body;
use super::path::PathIds;
use crate::clock::Moment;
use crate::configuration::{Configuration, Connection, VerifiedEmailToLink};
use crate::http::bearer::{Caller, LINK_BY_ID, MayChangeIdentities, is_before_reset};
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::notice_mails::{self, Change, Login};
use crate::secret::Secret;
use crate::state::Tenant;
use crate::token::{self, Audience, InvalidToken};
use crate::view;

/// The error message for a secondary that does not exist.
const INEXISTENT_NOT_ALLOWED: &str = "Linking to an inexistent identity is not allowed.";

/// The same, if the provider has several connections and the request names none.
const INEXISTENT_WITHOUT_CONNECTION: &str = "Linking to an inexistent identity requires a connection.";

/// The decision about an unlink request.
#[derive(Debug, PartialEq, Eq)]
enum UnlinkDecision {
    /// The request names the primary identity, which cannot be unlinked.
    Primary,
    /// The request names an identity of a pinned connection.
    Pinned,
    /// The request names the only identity that can sign in.
    LastWayIn,
    /// The request names a linked identity, which is unlinked.
    Secondary(IdentityKey),
    /// Nothing matches, which is not an error (contract [A12](model::contract#a12)).
    Nothing,
}

/// Applies the rule of contract [A12](model::contract#a12): the primary cannot be unlinked, whether or not
/// there are other identities. If `guard` is given, the rules for people apply too, with the connections of
/// that configuration.
fn decide<P>(
    user: &UserRow<P>,
    provider: &Provider,
    segment: &str,
    guard: Option<&Configuration>,
) -> UnlinkDecision {
    let place = |fits: &dyn Fn(&Identity<P>) -> bool| user.identities.iter().position(fits);
    // An exact match has precedence: `connection|id` of one identity can equal the id of another.
    let exact = |one: &Identity<P>| one.provider == *provider && one.user_id.as_str() == segment;
    let place = match place(&exact).or_else(|| place(&|one| one.matches(provider, segment))) {
        None => return UnlinkDecision::Nothing,
        Some(0) => return UnlinkDecision::Primary,
        Some(place) => place,
    };
    let identity = &user.identities[place];
    if let Some(configuration) = guard {
        let connection = |identity: &Identity<P>| configuration.connection(identity.connection.as_str());
        if connection(identity).is_some_and(|connection| connection.pinned) {
            return UnlinkDecision::Pinned;
        }
        let mut others = user.identities.iter().enumerate().filter(|(other, _)| *other != place);
        if !others.any(|(_, other)| connection(other).is_some_and(Connection::is_enabled)) {
            return UnlinkDecision::LastWayIn;
        }
    }
    UnlinkDecision::Secondary(identity.key())
}

/// `DELETE /api/v2/users/{id}/identities/{provider}/{user_id}`: 200 with the remaining identities, also if
/// nothing matched.
pub(crate) async fn unlink(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let permission = caller.may_change_identities(&tenant, path.user()).await?;
    let (provider, segment) = path.identity()?;
    let (segment, now) = (segment.to_owned(), tenant.now().millis());
    let rules = tenant.clone();
    // Decision and change are one unit of work, so that no other change comes between them.
    let (remaining, unlinked) = tenant
        .0
        .store
        .write_user(permission.user_id().clone(), move |unit| {
            Box::pin(async move {
                let user_id = permission.user_id();
                let mut user = unit.find_user_texts(user_id).await?.ok_or(ApiError::UnknownUser)?;
                let guard = (!permission.covers_any_user()).then_some(&rules.0.configuration);
                let key = match decide(&user, &provider, &segment, guard) {
                    UnlinkDecision::Primary => return Err(ApiError::MainIdentity),
                    UnlinkDecision::Pinned => return Err(ApiError::Pinned),
                    UnlinkDecision::LastWayIn => return Err(ApiError::LastWayIn),
                    UnlinkDecision::Nothing => return Ok((user, None)),
                    UnlinkDecision::Secondary(key) => key,
                };
                // What cannot be answered is not done.
                user.identities
                    .iter()
                    .filter_map(|one| one.profile_data.as_ref())
                    .try_for_each(ProfileText::check)?;
                unit.unlink_identity(&user, &key, now).await?;
                let place = user.identities.iter().position(|identity| identity.key() == key);
                let unlinked = place.map(|place| user.identities.remove(place));
                // A machine tells people itself what it does for them.
                Ok((user, unlinked.filter(|_| guard.is_some())))
            })
        })
        .await?;
    if let (Some(identity), Some(account)) = (unlinked, Login::primary(&remaining)) {
        let profile = identity.profile_data.as_ref().map(ProfileText::read).transpose();
        let login = Login::with_profile(&identity, &profile.unwrap_or_default().unwrap_or_default());
        notice_mails::send(&tenant, &remaining.user_id, Change::Unlinked, &login, &account).await;
    }
    Ok(management_json(StatusCode::OK, &view::identities(&remaining)))
}

/// Checks that an account can be linked: it is not blocked, and its e-mail addresses are verified as the tenant requires.
fn check_account(
    tenant: &Tenant,
    permission: &MayChangeIdentities,
    role: &'static str,
    user: &UserRow,
) -> Result<(), ApiError> {
    if user.blocked == Some(true) {
        return Err(ApiError::Blocked(role));
    }
    let refused = match tenant.0.configuration.options().verified_email_to_link {
        VerifiedEmailToLink::Nobody => false,
        VerifiedEmailToLink::Databases => !permission.covers_any_user() && has_unproven_address(user),
        VerifiedEmailToLink::Everybody => {
            user.profile.email().is_none() || user.profile.email_verified() != Some(true)
        }
    };
    if refused { Err(ApiError::UnverifiedEmail(role)) } else { Ok(()) }
}

/// Returns whether an identity of a database, primary or linked, has an address that nobody proved to read: whoever signed up
/// with it may be somebody else. Other providers vouch for who signs in, whatever the address.
fn has_unproven_address(user: &UserRow) -> bool {
    user.identities.iter().any(|identity| {
        let profile = identity.profile_data.as_ref().unwrap_or(&user.profile);
        identity.provider.as_str() == "auth0"
            && profile.email().is_some()
            && profile.email_verified() != Some(true)
    })
}

/// Returns whether an organisation manages an identity of the user.
fn has_pinned(configuration: &Configuration, user: &UserRow) -> bool {
    let connection = |identity: &Identity| configuration.connection(identity.connection.as_str());
    user.identities.iter().filter_map(connection).any(|connection| connection.pinned)
}

/// An ID token that proves an account for a link, besides its subject.
#[derive(Clone)]
struct LinkProof {
    digest: Digest,
    sid: Option<String>,
    issued_at: i64,
    expires_at: i64,
}

impl LinkProof {
    /// Checks that the token is from a recent sign-in to this account that goes on, and records its use. An error undoes the
    /// record with the whole unit of work.
    ///
    /// Every ID token of this tenant has a `sid`.
    async fn spend(
        &self,
        tenant: &Tenant,
        unit: &mut Unit,
        secondary: &UserRow,
        now: Moment,
    ) -> Result<(), ApiError> {
        let session = match &self.sid {
            Some(sid) => unit.find_session_by_sid(sid).await?,
            None => None,
        };
        let session = session.filter(|session| {
            session.expires_at > now.millis() && secondary.identity(&session.key).is_some()
        });
        let Some(session) = session.filter(|_| !is_before_reset(secondary, self.issued_at)) else {
            return Err(ApiError::Link("JWT (link_with) is of a session that has ended."));
        };
        let limit = tenant.0.configuration.options().link_proof_max_age;
        if now >= Moment::from_millis(session.authenticated_at).after(limit) {
            return Err(ApiError::Link("JWT (link_with) must be of a recent sign-in, as by max_age=0."));
        }
        if !unit.use_link_proof(&self.digest, self.expires_at.saturating_mul(1000), now.millis()).await? {
            return Err(ApiError::Link("JWT (link_with) was used before."));
        }
        Ok(())
    }
}

/// `POST /api/v2/users/{id}/identities`: 201 with every identity of the primary, the new ones last.
pub(crate) async fn link(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let permission = caller.may_change_identities(&tenant, path.user()).await?;
    let (body, _) = body::read(&tenant, request).await?;
    let (secondary, proof, not_found) = match LinkRequest::parse(&body)? {
        LinkRequest::WithToken(token) => {
            tenant.learn_key_of(&token).await;
            let (secondary, proof) = secondary_of_token(&tenant, &token, &permission)?;
            (secondary, Some(proof), INEXISTENT_NOT_ALLOWED)
        }
        LinkRequest::ById { key, connection_id } if permission.covers_any_user() => {
            let not_found = check_connection(&tenant, &key, connection_id.as_deref()).await?;
            (key.as_user_id(), None, not_found)
        }
        LinkRequest::ById { .. } => return Err(ApiError::InsufficientScope(LINK_BY_ID)),
    };
    let (now, inner) = (tenant.now(), tenant.clone());
    let (linked, login) = tenant
        .0
        .store
        .write_user(permission.user_id().clone(), move |unit| {
            Box::pin(async move {
                let user_id = permission.user_id();
                let primary = unit.find_user(user_id).await?.ok_or(ApiError::UnknownUser)?;
                if *user_id == secondary {
                    return Err(ApiError::Link("Main identity and the new one are the same."));
                }
                check_account(&inner, &permission, "primary", &primary)?;
                let mut login = None;
                if let Some(secondary) = unit.find_user(&secondary).await? {
                    check_account(&inner, &permission, "secondary", &secondary)?;
                    if !permission.covers_any_user() && has_pinned(&inner.0.configuration, &secondary) {
                        return Err(ApiError::PinnedSecondary);
                    }
                    if let Some(proof) = &proof {
                        proof.spend(&inner, unit, &secondary, now).await?;
                    }
                    login = Login::primary(&secondary).filter(|_| !permission.covers_any_user());
                }
                if !unit.link_user(user_id, &secondary, now.millis()).await? {
                    // The secondary is linked to a user already, or does not exist.
                    let key = secondary.as_identity_key();
                    let linked = match &key {
                        Some(key) => unit.find_user_by_identity(key).await?.is_some(),
                        None => false,
                    };
                    return Err(if linked { ApiError::IdentityExists } else { ApiError::Link(not_found) });
                }
                Ok((unit.find_user(user_id).await?.ok_or(ApiError::UnknownUser)?, login))
            })
        })
        .await?;
    if let (Some(login), Some(account)) = (login, Login::primary(&linked)) {
        notice_mails::send(&tenant, &linked.user_id, Change::Linked, &login, &account).await;
    }
    Ok(management_json(StatusCode::CREATED, &view::identities(&linked)))
}

/// The two forms of a link request's body.
#[derive(Debug)]
enum LinkRequest {
    /// With the secondary's ID token.
    WithToken(String),
    /// With the secondary's provider and id, and optionally the id of its connection.
    ById { key: IdentityKey, connection_id: Option<String> },
}

impl LinkRequest {
    fn parse(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let payload = |message: String| ApiError::Payload(message);
        for key in body.keys() {
            if !matches!(key.as_str(), "link_with" | "provider" | "user_id" | "connection_id") {
                return Err(payload(format!("Additional properties not allowed: {key}")));
            }
        }
        let text = |key: &str| match body.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(payload(format!("Expected type string but found another on property {key}"))),
        };
        if let Some(token) = text("link_with")? {
            return match body.len() {
                1 => Ok(Self::WithToken(token)),
                _ => Err(payload(
                    "Additional properties not allowed: link_with excludes all others".to_owned(),
                )),
            };
        }
        if body.is_empty() {
            return Err(payload("Too few properties defined (0), minimum 1".to_owned()));
        }
        let missing = |key: &str| payload(format!("Missing required property: {key}"));
        let provider = Provider::new(text("provider")?.ok_or_else(|| missing("provider"))?);
        if !provider.is_known() {
            return Err(payload(format!("No enum match for: {provider}")));
        }
        let id = match body.get("user_id") {
            Some(Value::String(id)) if !id.is_empty() => id.clone(),
            Some(Value::Number(id)) if id.is_u64() => id.to_string(),
            Some(_) => return Err(payload("Invalid type: expected string or integer".to_owned())),
            None => return Err(missing("user_id")),
        };
        // The id can include its provider as a prefix (contract A11).
        let bare = id.strip_prefix(provider.as_str()).and_then(|rest| rest.strip_prefix('|')).unwrap_or(&id);
        // An identity with such an id could not be unlinked: clients resolve such a segment of a path.
        if bare.split('|').any(is_dot_segment) {
            return Err(payload(format!("String does not match pattern ^(?!\\.{{1,2}}$): {id}")));
        }
        let connection_id = text("connection_id")?;
        let has_form = |id: &str| {
            id.strip_prefix("con_")
                .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        };
        if let Some(wrong) = connection_id.as_deref().filter(|id| !has_form(id)) {
            return Err(payload(format!("String does not match pattern ^con_[A-Za-z0-9]{{16}}$: {wrong}")));
        }
        let key = IdentityKey { user_id: IdentityId::text(bare), provider };
        Ok(Self::ById { key, connection_id })
    }
}

/// Checks that the tenant has the named connection, or any connection of the provider, and that an existing
/// identity belongs to the named one (contract [A11](model::contract#a11)). Returns the error message for an
/// identity that does not exist.
async fn check_connection(
    tenant: &Tenant,
    key: &IdentityKey,
    connection_id: Option<&str>,
) -> Result<&'static str, ApiError> {
    let mut connections = tenant
        .0
        .configuration
        .connections()
        .iter()
        .filter(|connection| connection.strategy == key.provider)
        .filter(|connection| connection_id.is_none_or(|id| connection.id == id));
    let Some(connection) = connections.next() else {
        return Err(ApiError::Link("The provider/connection is not configured."));
    };
    if connection_id.is_none() {
        let several = connections.next().is_some();
        return Ok(if several { INEXISTENT_WITHOUT_CONNECTION } else { INEXISTENT_NOT_ALLOWED });
    }
    // The connection of an identity never changes, so it can be read before the unit of work.
    let user = tenant.0.store.read().await?.find_user_by_identity(key).await?;
    let identity = user.iter().flat_map(|user| &user.identities).find(|one| one.key() == *key);
    if identity.is_some_and(|identity| identity.connection != connection.name) {
        return Err(ApiError::Link(INEXISTENT_NOT_ALLOWED));
    }
    Ok(INEXISTENT_NOT_ALLOWED)
}

/// Returns the subject of the ID token in `link_with`, after the checks of contract
/// [A11](model::contract#a11) in their order, and what the token is checked for once the account is known.
fn secondary_of_token(
    tenant: &Tenant,
    token: &str,
    permission: &MayChangeIdentities,
) -> Result<(UserId, LinkProof), ApiError> {
    let claims: Map<String, Value> = match token::verify(&tenant.keys(), token, tenant.now()) {
        Ok(claims) => claims,
        Err(InvalidToken::Algorithm) => {
            return Err(ApiError::Link("JWT (link_with) must have an alg of RS256."));
        }
        Err(_) => return Err(ApiError::Link("Invalid token (link_with).")),
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(tenant.0.issuer.as_str()) {
        return Err(ApiError::Link("JWT (link_with) must have the same issuer as the calling user."));
    }
    let Some(subject) = text("sub").filter(|subject| !subject.is_empty()) else {
        return Err(ApiError::Link("JWT (link_with) must contains sub claim."));
    };
    let subject = UserId::new(subject);
    let is_nameable = |key: IdentityKey| NewIdentityId::new(key.user_id).is_ok();
    if !subject.as_identity_key().is_some_and(is_nameable) {
        return Err(ApiError::Link("JWT (link_with) contains an invalid sub claim."));
    }
    // An access token is none for a client, even if its API is called like one.
    let audience = claims.get("aud").filter(|_| !token::is_access_token(&claims));
    let audience = audience.and_then(|aud| Audience::deserialize(aud).ok());
    let is_for = |azp: &str| audience.as_ref().is_some_and(|audience| audience.contains(azp));
    if !permission.client_id().is_some_and(is_for) {
        return Err(ApiError::Link("JWT (link_with) contains an invalid aud claim"));
    }
    let time = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    let proof = LinkProof {
        digest: Secret::new(token).digest(),
        sid: text("sid").map(str::to_owned),
        issued_at: time("iat"),
        expires_at: time("exp"),
    };
    Ok((subject, proof))
}
