//! `/oauth/token` (contract [C3](model::contract#c3), RFC 6749 sections 4.1.3, 4.4 and 6, RFC 7636 section 4.6).

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use model::{IdentityKey, Scope, Scopes};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{AccessTokenRow, CodeRow, Digest, RefreshFamilyRow, RefreshTokenRow, Unit, UserRow};

use super::access_token::{AccessToken, Subject};
use super::audience::{AccessRefusal, ClientAccess, Permitted, UserAccess, permissions_of};
use super::client::authenticate;
use super::consent;
use super::id_token::{self, SignIn};
use super::request::AuthorizationRequest;
use crate::clock::Moment;
use crate::configuration::{Client, ClientAuthentication, RefreshTokens};
use crate::http::body::read_parameters;
use crate::http::cors::hide_from_scripts;
use crate::http::error::TokenError;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::secret::{Secret, digest};
use crate::state::Tenant;
use crate::token;

const AUTHORIZATION_CODE: &str = "authorization_code";
const CLIENT_CREDENTIALS: &str = "client_credentials";
const REFRESH_TOKEN: &str = "refresh_token";

/// A successful token response.
#[derive(Serialize)]
struct Tokens {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    scope: Scopes,
    expires_in: u64,
    token_type: &'static str,
}

/// `POST /oauth/token`: exchanges a grant for tokens. The body is JSON or a form.
pub(super) async fn exchange(
    State(tenant): State<Tenant>,
    request: Request<Body>,
) -> Result<Response, TokenError> {
    let peer = Peer::of(&request);
    let body = read_parameters(&tenant.0.body_memory, request, None).await?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let wanted =
        text("grant_type").ok_or(TokenError::InvalidRequest("Missing required parameter: grant_type"))?;
    let grant_type = [AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN]
        .into_iter()
        .find(|known| *known == wanted)
        .ok_or(TokenError::UnsupportedGrant)?;
    let client = authenticate(&tenant, &peer, &body).await?;
    if !client.may_use(grant_type) {
        return Err(TokenError::UnauthorizedClient(grant_type));
    }
    let issued = match grant_type {
        AUTHORIZATION_CODE => {
            let code = text("code").ok_or(TokenError::InvalidRequest("Missing required parameter: code"))?;
            exchange_code(&tenant, client, &Secret::new(code), &body).await
        }
        REFRESH_TOKEN => {
            let token = text("refresh_token").ok_or(TokenError::InvalidRequest("Missing Refresh Token"))?;
            exchange_refresh_token(&tenant, client, &Secret::new(token), text("scope").map(Scopes::parse))
                .await
        }
        _ => {
            exchange_client_credentials(&tenant, client, text("audience"), text("scope").map(Scopes::parse))
                .await
        }
    };
    Ok(hide_from_scripts(client, issued.into_response()))
}

/// The authorization that a user gave a client. It is behind a code and behind every refresh token that
/// results from it.
struct Grant {
    family: Digest,
    client_id: String,
    key: IdentityKey,
    request: AuthorizationRequest,
    sid: String,
    authenticated_at: i64,
}

impl Grant {
    fn sign_in(&self) -> SignIn<'_> {
        SignIn { key: &self.key, sid: &self.sid, authenticated_at: self.authenticated_at }
    }
}

impl TryFrom<RefreshFamilyRow> for Grant {
    type Error = TokenError;

    fn try_from(row: RefreshFamilyRow) -> Result<Self, TokenError> {
        Ok(Self {
            request: serde_json::from_str(&row.request).map_err(|_| TokenError::Internal)?,
            family: row.family,
            client_id: row.client_id,
            key: row.key,
            sid: row.sid,
            authenticated_at: row.authenticated_at,
        })
    }
}

impl TryFrom<CodeRow> for Grant {
    type Error = TokenError;

    fn try_from(row: CodeRow) -> Result<Self, TokenError> {
        Ok(Self {
            request: serde_json::from_str(&row.request).map_err(|_| TokenError::Internal)?,
            family: row.digest,
            client_id: row.client_id,
            key: row.key,
            sid: row.sid,
            authenticated_at: row.authenticated_at,
        })
    }
}

/// The secrets that an exchange can issue. They are generated before the unit of work, which sees only their
/// digests.
#[derive(Clone)]
struct NewTokens {
    access: Secret,
    refresh: Secret,
    now: Moment,
}

impl NewTokens {
    /// Stores the row of the access token, by which it ends before its time: of an opaque one by its own digest, of a JWT by
    /// that of its `jti`.
    async fn store_access_token(
        &self,
        unit: &mut Unit,
        grant: &Grant,
        permitted: &PermittedNow,
    ) -> Result<(), store::Error> {
        let row = AccessTokenRow {
            digest: match grant.request.audience {
                Some(_) => token::row_digest(self.access.expose()),
                None => self.access.digest(),
            },
            client_id: grant.client_id.clone(),
            family: grant.family.clone(),
            key: grant.key.clone(),
            sid: grant.sid.clone(),
            authenticated_at: Some(grant.authenticated_at),
            scopes: permitted.permitted.scopes.clone(),
            expires_at: self.now.after(permitted.lifetime).millis(),
        };
        unit.insert_access_token(&row, self.now.millis()).await
    }
}

/// Returns the expiry, in milliseconds, of something that starts now; the maximum if it has no lifetime.
fn expiry(now: Moment, lifetime: Option<Duration>) -> i64 {
    lifetime.map_or(i64::MAX, |lifetime| now.after(lifetime).millis())
}

/// Returns the user of a grant, unless blocked, unless the client may not use the connection of the identity that signed
/// in any more, or unless the identity belongs to another user since, whose `sub` the client does not expect (OpenID Connect
/// Core 12.2), or unless the user does not allow the client this any more. The grant stays as it is: it is good again once the
/// connection is open again.
async fn find_active_user(
    tenant: &Tenant,
    unit: &mut Unit,
    grant: &Grant,
) -> Result<Option<UserRow>, store::Error> {
    let user = unit.find_user_by_identity(&grant.key).await?.filter(|user| {
        let identity = user.identity(&grant.key);
        user.blocked != Some(true)
            && grant.request.may_be_about(&user.user_id)
            && identity.is_some_and(|identity| tenant.0.configuration.admits(identity, &grant.client_id))
    });
    match user {
        Some(user) if consent::is_missing(tenant, unit, &user.user_id, &grant.request).await? => Ok(None),
        user => Ok(user),
    }
}

/// Returns whether a text is a verifier as RFC 7636 section 4.1 requires. A shorter one could be guessed from
/// its challenge.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Checks that a code belongs to this client and redirect URI, and that the verifier matches its challenge.
fn check_code(
    row: CodeRow,
    client_id: &str,
    redirect_uri: Option<&str>,
    challenge: Option<&str>,
    now: Moment,
) -> Result<Grant, TokenError> {
    let is_over = row.expires_at <= now.millis();
    let grant = Grant::try_from(row)?;
    if is_over || grant.client_id != client_id || redirect_uri != Some(&grant.request.reply_to.redirect_uri) {
        return Err(TokenError::InvalidCode);
    }
    // A verifier without a challenge means that an attacker removed the challenge (RFC 9700 section 4.8).
    if grant.request.code_challenge.as_deref() != challenge {
        return Err(TokenError::InvalidVerifier);
    }
    Ok(grant)
}

fn new_family(grant: &Grant, user: &UserRow, lifetimes: &RefreshTokens, now: Moment) -> RefreshFamilyRow {
    RefreshFamilyRow {
        family: grant.family.clone(),
        client_id: grant.client_id.clone(),
        key: grant.key.clone(),
        // It was parsed from JSON, so serialization cannot fail.
        request: serde_json::to_string(&grant.request.for_refresh(&user.user_id)).unwrap_or_default(),
        sid: grant.sid.clone(),
        authenticated_at: grant.authenticated_at,
        expires_at: expiry(now, lifetimes.lifetime),
        idle_until: expiry(now, lifetimes.idle_lifetime),
    }
}

/// Returns whether a token was rotated and must not be used any more. Only the token before the newest can be
/// used again, within the leeway. Without one it cannot, whatever the clock of the server says that rotated it.
fn is_reused(token: &RefreshTokenRow, leeway: Duration, now: Moment) -> bool {
    token.rotated_at.is_some_and(|rotated_at| {
        token.generation + 1 < token.newest
            || leeway.is_zero()
            || now >= Moment::from_millis(rotated_at).after(leeway)
    })
}

fn new_tokens(tenant: &Tenant) -> NewTokens {
    NewTokens { access: Secret::random(), refresh: Secret::random(), now: tenant.now() }
}

/// Returns the access that a client has by a request now. The configuration can have changed since the request.
fn access_of<'t>(
    tenant: &'t Tenant,
    client: &Client,
    request: &AuthorizationRequest,
) -> Result<UserAccess<'t>, AccessRefusal> {
    UserAccess::find(&tenant.0.configuration, &tenant.0.issuer, client, request.audience.as_deref())
}

/// What a user permits now, and for how long.
struct PermittedNow {
    permitted: Permitted,
    lifetime: Duration,
}

/// Returns what a user permits now of the scopes of a grant, or of fewer. Scopes that were never granted are dropped
/// silently, as at sign-in (contract [A15](model::contract#a15)).
async fn permit(
    tenant: &Tenant,
    unit: &mut Unit,
    grant: &Grant,
    user: &UserRow,
    narrower: Option<&Scopes>,
) -> Result<Result<PermittedNow, TokenError>, store::Error> {
    let client = tenant.client(&grant.client_id).ok_or(TokenError::AccessDenied);
    let access = match client.and_then(|client| Ok(access_of(tenant, client, &grant.request)?)) {
        Ok(access) => access,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let asked = |scope: &&Scope| narrower.is_none_or(|some| some.contains(scope));
    let scopes = grant.request.scopes.iter().filter(asked).cloned().collect();
    let permissions = if access.enforces_policies() {
        permissions_of(&tenant.0.configuration, unit.find_assignments(&user.user_id).await?)
    } else {
        Vec::new()
    };
    Ok(Ok(PermittedNow { permitted: access.permit(&scopes, &permissions), lifetime: access.lifetime() }))
}

/// Exchanges a code, in one unit of work. A code works once, even if the exchange fails. A code that is used
/// again revokes the tokens that it was exchanged for (RFC 6749 section 4.1.2).
async fn exchange_code(
    tenant: &Tenant,
    client: &Client,
    code: &Secret,
    body: &Map<String, Value>,
) -> Result<Response, TokenError> {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let redirect_uri = text("redirect_uri").map(str::to_owned);
    // A verifier that could not be one is refused, whether or not the request had a challenge.
    let verifier = body.get("code_verifier").filter(|verifier| !verifier.is_null() && *verifier != "");
    let is_well_formed = verifier.is_none_or(|verifier| verifier.as_str().is_some_and(is_verifier));
    let challenge = verifier.and_then(Value::as_str).map(|verifier| digest(verifier.as_bytes()));
    let (code, client_id, lifetimes) = (code.digest(), client.client_id.clone(), client.refresh_tokens);
    let (fresh, inner) = (new_tokens(tenant), tenant.clone());
    let issued = tenant
        .0
        .store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move {
                // An error is `Ok` for the unit, so that its changes are kept.
                let Some(row) = unit.mark_code_used(&code, fresh.now.millis()).await? else {
                    unit.revoke_family(&code).await?;
                    return Ok(Err(TokenError::InvalidCode));
                };
                if !is_well_formed {
                    return Ok(Err(TokenError::InvalidVerifier));
                }
                let grant = match check_code(
                    row,
                    &client_id,
                    redirect_uri.as_deref(),
                    challenge.as_deref(),
                    fresh.now,
                ) {
                    Ok(grant) => grant,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                // A code lasts no longer than the session that it was issued in, however that ended.
                let session = unit.find_session_by_sid(&grant.sid).await?;
                if session.is_none_or(|session| session.expires_at <= fresh.now.millis()) {
                    return Ok(Err(TokenError::InvalidCode));
                }
                let Some(user) = find_active_user(&inner, unit, &grant).await? else {
                    return Ok(Err(TokenError::InvalidCode));
                };
                let permitted = match permit(&inner, unit, &grant, &user, None).await? {
                    Ok(permitted) => permitted,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                fresh.store_access_token(unit, &grant, &permitted).await?;
                inner.note_session_client(unit, &grant.client_id, &grant.sid, &user).await?;
                let permitted = permitted.permitted;
                let with_refresh_token = permitted.scopes.contains(&Scope::OFFLINE_ACCESS);
                if with_refresh_token {
                    let family = new_family(&grant, &user, &lifetimes, fresh.now);
                    let now = fresh.now.millis();
                    unit.insert_refresh_family(&family, &fresh.refresh.digest(), now).await?;
                }
                Ok(Ok(Issued { grant, user, permitted, fresh, refreshed: false, with_refresh_token }))
            })
        })
        .await??;
    token_response(tenant, client, issued).await
}

/// Exchanges a refresh token for tokens with the same scopes or fewer.
///
/// A rotated token that is used again after its leeway revokes the whole family, because it may be stolen.
async fn exchange_refresh_token(
    tenant: &Tenant,
    client: &Client,
    token: &Secret,
    narrower: Option<Scopes>,
) -> Result<Response, TokenError> {
    let (token, client_id, lifetimes) = (token.digest(), client.client_id.clone(), client.refresh_tokens);
    let (fresh, inner) = (new_tokens(tenant), tenant.clone());
    let issued = tenant
        .0
        .store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move {
                let now = fresh.now.millis();
                let found = unit.find_refresh_token(&token).await?;
                let alive = found.filter(|token| {
                    token.family.client_id == client_id
                        && token.family.expires_at > now
                        && token.family.idle_until > now
                });
                let Some(token) = alive else { return Ok(Err(TokenError::InvalidRefreshToken)) };
                if lifetimes.rotate && is_reused(&token, lifetimes.leeway, fresh.now) {
                    unit.revoke_family(&token.family.family).await?;
                    return Ok(Err(TokenError::InvalidRefreshToken));
                }
                let grant = match Grant::try_from(token.family.clone()) {
                    Ok(grant) => grant,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let Some(user) = find_active_user(&inner, unit, &grant).await? else {
                    return Ok(Err(TokenError::InvalidRefreshToken));
                };
                let permitted = match permit(&inner, unit, &grant, &user, narrower.as_ref()).await? {
                    Ok(permitted) => permitted,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if lifetimes.rotate {
                    unit.rotate_refresh_token(&token, &fresh.refresh.digest(), now).await?;
                }
                let idle_until = expiry(fresh.now, lifetimes.idle_lifetime);
                unit.touch_refresh_family(&grant.family, idle_until).await?;
                fresh.store_access_token(unit, &grant, &permitted).await?;
                let permitted = permitted.permitted;
                let with_refresh_token = lifetimes.rotate;
                Ok(Ok(Issued { grant, user, permitted, fresh, refreshed: true, with_refresh_token }))
            })
        })
        .await??;
    token_response(tenant, client, issued).await
}

/// Issues the access token that a client is granted for itself, without a user (contract
/// [A15](model::contract#a15)).
async fn exchange_client_credentials(
    tenant: &Tenant,
    client: &Client,
    audience: Option<&str>,
    wanted: Option<Scopes>,
) -> Result<Response, TokenError> {
    // Anybody can use the id of a public client (RFC 6749 section 4.4).
    if client.authentication == ClientAuthentication::None {
        return Err(TokenError::UnauthorizedClient(CLIENT_CREDENTIALS));
    }
    let configuration = &tenant.0.configuration;
    let audience = audience
        .or(configuration.options().default_audience.as_deref())
        .ok_or(TokenError::InvalidRequest("Missing required parameter: audience"))?;
    let access = ClientAccess::find(configuration, &tenant.0.issuer, client, audience)?;
    let permitted = access.grant(wanted)?;
    let lifetime = access.lifetime();
    let token = AccessToken {
        api: access.api,
        client_id: &client.client_id,
        subject: Subject::Client,
        permitted: &permitted,
        lifetime,
    };
    let tokens = Tokens {
        access_token: token.sign(tenant, tenant.now()).await.ok_or(TokenError::Internal)?,
        refresh_token: None,
        id_token: None,
        scope: permitted.scopes,
        expires_in: lifetime.as_secs(),
        token_type: "Bearer",
    };
    Ok(no_store(Json(tokens).into_response()))
}

/// What an exchange issues to a person's client.
struct Issued {
    grant: Grant,
    user: UserRow,
    permitted: Permitted,
    fresh: NewTokens,
    /// Whether a refresh token was exchanged.
    refreshed: bool,
    /// Whether the answer has a refresh token.
    with_refresh_token: bool,
}

/// Returns the token response for a user.
async fn token_response(tenant: &Tenant, client: &Client, issued: Issued) -> Result<Response, TokenError> {
    let Issued { grant, user, permitted, fresh, refreshed, with_refresh_token } = issued;
    let access = access_of(tenant, client, &grant.request)?;
    let lifetime = access.lifetime();
    let access_token = match access.api() {
        Some(api) => {
            let (sid, jti) = (&grant.sid, fresh.access.expose());
            let subject = Subject::User { user_id: &user.user_id, refreshed, sid, jti };
            let token =
                AccessToken { api, client_id: &grant.client_id, subject, permitted: &permitted, lifetime };
            token.sign(tenant, fresh.now).await.ok_or(TokenError::Internal)?
        }
        None => fresh.access.expose().to_owned(),
    };
    let id_token = if permitted.scopes.contains(&Scope::OPENID) {
        // The nonce binds the first ID token to the request of the browser.
        let nonce = grant.request.nonce.clone().filter(|_| !refreshed);
        let sign_in = grant.sign_in();
        let token =
            id_token::issue(tenant, &grant.request, &permitted.scopes, &user, &sign_in, nonce, &access_token);
        Some(token.await.ok_or(TokenError::Internal)?)
    } else {
        None
    };
    let tokens = Tokens {
        access_token,
        refresh_token: with_refresh_token.then(|| fresh.refresh.expose().to_owned()),
        id_token,
        scope: permitted.scopes,
        expires_in: lifetime.as_secs(),
        token_type: "Bearer",
    };
    Ok(no_store(Json(tokens).into_response()))
}
