//! Connections that sign people in through a provider of their own, by OpenID Connect.
//!
//! The way there and back is bound three times over. `state` names the waiting login, which is this browser's;
//! nonce and PKCE verifier are derived from the browser's cookie and the state, so that an answer fits one attempt
//! in one browser and nothing about it needs to be stored; and every connection has an address of its own to come
//! back to, so that no provider can pass another's answer off as its own (RFC 9700 section 4.4).

pub(crate) mod provider;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use model::{IdentityId, IdentityKey, Profile, route};
use serde_json::{Map, Value};

use super::complete::{AuthenticatedPerson, CompleteError, complete, new_user_row};
use super::login_page;
use super::pages::login::FormError;
use super::pending::{PendingLogin, PendingLoginError};
use crate::configuration::{Connection, Upstream};
use crate::http::body::read_form;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::http::response::redirect_found;
use crate::oauth::response::respond_with_error;
use crate::secret::Secret;
use crate::state::Tenant;
use provider::UpstreamError;
use provider::{Binding, UpstreamPerson};

/// Where providers send people back to.
pub(super) const CALLBACK: &str = "/login/callback/{connection}";

/// What of a person's claims becomes their profile; everything else stays with the provider.
const CLAIMS: [&str; 12] = [
    "name",
    "given_name",
    "middle_name",
    "family_name",
    "nickname",
    "preferred_username",
    "picture",
    "email",
    "phone_number",
    "gender",
    "locale",
    "zoneinfo",
];

/// Why a sign-in through a provider ends without a session.
enum UpstreamSignInError {
    Upstream(UpstreamError),
    Blocked,
    Pending(PendingLoginError),
}

impl From<UpstreamError> for UpstreamSignInError {
    fn from(problem: UpstreamError) -> Self {
        Self::Upstream(problem)
    }
}

impl From<store::Error> for UpstreamSignInError {
    fn from(error: store::Error) -> Self {
        Self::Pending(error.into())
    }
}

/// Sends the person to the connection's provider.
pub(super) async fn start(tenant: &Tenant, peer: &Peer, handle: &str, name: &str) -> Response {
    let pending = match PendingLogin::find(tenant, peer, handle).await {
        Ok(pending) => pending,
        Err(error) => return error.into_response(tenant, peer),
    };
    let Some((connection, upstream)) = offered(tenant, &pending, name) else {
        return PendingLoginError::Gone.into_response(tenant, peer);
    };
    // The handle is of use in this browser only; the rest makes every attempt another one.
    let state = format!("{handle}.{}", Secret::random().expose());
    let binding = bind(tenant, &pending, connection, state);
    let url = async {
        let provider = tenant.0.providers.find(connection, upstream, tenant.now()).await?;
        provider.authorization_url(&binding, &pending.request)
    };
    match url.await {
        Ok(url) => no_store(redirect_found(&url)),
        Err(problem) => report(tenant, peer, &pending, connection, problem).await,
    }
}

/// `GET /login/callback/{connection}`: the provider's answer.
pub(super) async fn callback(
    State(tenant): State<Tenant>,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let peer = Peer::of(&request);
    let name = name.map_or_else(|_| String::new(), |Path(name)| name);
    let answer = read_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let state = answer.get("state").and_then(Value::as_str).unwrap_or_default();
    let handle = state.split_once('.').map_or("", |(handle, _)| handle);
    let pending = match PendingLogin::find(&tenant, &peer, handle).await {
        Ok(pending) => pending,
        Err(error) => return error.into_response(&tenant, &peer),
    };
    let Some((connection, upstream)) = offered(&tenant, &pending, &name) else {
        return PendingLoginError::Gone.into_response(&tenant, &peer);
    };
    let binding = bind(&tenant, &pending, connection, state.to_owned());
    match sign_in(&tenant, &peer, &pending, connection, upstream, &binding, &answer).await {
        Ok(response) => response,
        Err(UpstreamSignInError::Upstream(problem)) => {
            report(&tenant, &peer, &pending, connection, problem).await
        }
        Err(UpstreamSignInError::Blocked) => {
            login_page::render(&tenant, &pending, "", Some(FormError::Blocked))
        }
        Err(UpstreamSignInError::Pending(error)) => error.into_response(&tenant, &peer),
    }
}

/// The connection by that name, if this application may use it and it has a provider.
fn offered<'t>(
    tenant: &'t Tenant,
    pending: &PendingLogin,
    name: &str,
) -> Option<(&'t Connection, &'t Upstream)> {
    let connection = pending.connections(tenant).find(|connection| connection.name.as_str() == name)?;
    Some((connection, connection.upstream.as_ref()?))
}

/// Binds an attempt to the browser, to its state and to the connection.
fn bind(tenant: &Tenant, pending: &PendingLogin, connection: &Connection, state: String) -> Binding {
    let name = connection.name.as_str();
    let callback = CALLBACK.replace("{connection}", &route::segment(name));
    Binding {
        nonce: pending.browser.derive(&format!("nonce {state} {name}")),
        verifier: pending.browser.derive(&format!("verifier {state} {name}")),
        redirect_uri: tenant.0.issuer.url(&callback),
        state,
    }
}

async fn sign_in(
    tenant: &Tenant,
    peer: &Peer,
    pending: &PendingLogin,
    connection: &Connection,
    upstream: &Upstream,
    binding: &Binding,
    answer: &Map<String, Value>,
) -> Result<Response, UpstreamSignInError> {
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    let mut provider = tenant.0.providers.find(connection, upstream, tenant.now()).await?;
    if !provider.accepts_issuer(text("iss")) {
        tracing::warn!(connection = %connection.name, "an answer does not say that it is the provider's");
        return Err(UpstreamError::Untrusted.into());
    }
    if let Some(error) = text("error") {
        tracing::info!(connection = %connection.name, ?error, "a provider did not sign somebody in");
        return Err(match error {
            "access_denied" => UpstreamError::Denied,
            "temporarily_unavailable" => UpstreamError::Unreachable,
            _ => UpstreamError::Rejected,
        }
        .into());
    }
    let code = text("code").ok_or(UpstreamError::Untrusted)?;
    let person = provider.exchange_code(binding, code, &pending.request).await?;
    let key = key(connection, &person).ok_or(UpstreamError::Untrusted)?;
    let profile = profile(&person);
    let person = AuthenticatedPerson {
        new_user: Some(new_user_row(connection, &key, profile.clone(), tenant.now().millis())),
        upstream_profile: Some((connection.name.clone(), profile)),
        authenticated_at: Some(person.authenticated_at),
        key,
    };
    complete(tenant, &peer.headers, pending, person).await.map_err(|error| match error {
        CompleteError::Blocked => UpstreamSignInError::Blocked,
        CompleteError::OtherConnection => UpstreamError::OtherConnection.into(),
        CompleteError::Pending(error) => UpstreamSignInError::Pending(error),
    })
}

/// The identity of a person, in the form of contract [B3](model::contract#b3); `None` for an id that nobody could be addressed by.
fn key(connection: &Connection, person: &UpstreamPerson) -> Option<IdentityKey> {
    let subject = person.subject.as_str();
    // OpenID Connect Core section 2 allows 255 ASCII characters.
    let is_id = (1..=255).contains(&subject.len())
        && subject.chars().all(|character| character.is_ascii() && !character.is_ascii_control())
        && !matches!(subject, "." | "..");
    let user_id = if connection.strategy.has_connection_in_id() {
        IdentityId::text(format!("{}|{subject}", connection.name))
    } else {
        IdentityId::from_parts(subject, connection.strategy.as_str() == "github")
    };
    is_id.then(|| IdentityKey { provider: connection.strategy.clone(), user_id })
}

/// What becomes of the claims. An address that the provider does not vouch for is not verified.
fn profile(person: &UpstreamPerson) -> Profile {
    let text = |name: &str| person.claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut profile = Profile::default();
    for name in CLAIMS {
        if let Some(text) = text(name) {
            profile = profile.with(name, text);
        }
    }
    for (address, verified, name) in [
        ("email", "email_verified", "email_verified"),
        ("phone_number", "phone_number_verified", "phone_verified"),
    ] {
        if text(address).is_some() {
            let is_verified = person.claims.get(verified).and_then(Value::as_bool).unwrap_or(false);
            profile = profile.with(name, is_verified);
        }
    }
    profile
}

/// Says what went wrong: to the application if it asked for this provider alone, else on the login page, where the
/// other ways to sign in are.
async fn report(
    tenant: &Tenant,
    peer: &Peer,
    pending: &PendingLogin,
    connection: &Connection,
    problem: UpstreamError,
) -> Response {
    let label = connection.label();
    if pending.request.connection.is_none() {
        return login_page::render(tenant, pending, "", Some(FormError::Provider { problem, label }));
    }
    let digest = pending.digest.clone();
    let over = tenant.0.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move { unit.remove_pending_login(&digest).await })
    });
    match over.await {
        Ok(true) => {
            respond_with_error(tenant, &pending.request.reply_to, &problem.authorization_error(label))
        }
        Ok(false) => PendingLoginError::Gone.into_response(tenant, peer),
        Err(error) => PendingLoginError::Store(error).into_response(tenant, peer),
    }
}
