//! Connections with an identity provider of their own, by OpenID Connect.
//!
//! Request and response are bound in three ways. `state` names the pending login, which is bound to the browser. Nonce
//! and PKCE verifier are derived from the browser's cookie and the state, so that a response fits one attempt in one
//! browser and nothing about it is stored. Each connection has its own redirect URI, so that no provider can pass the
//! response of another one off as its own (RFC 9700 section 4.4).

mod profile;
pub(crate) mod provider;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use model::{IdentityId, NewIdentityId, route};
use serde_json::{Map, Value};

use super::complete::{AuthenticatedPerson, CompleteError, complete};
use super::login_page;
use super::pages::login::FormError;
use super::pending::{PendingLogin, PendingLoginError};
use crate::configuration::{Connection, Upstream};
use crate::database::accounts::new_user;
use crate::http::body::read_form;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::http::response::redirect_found;
use crate::oauth::response::respond_with_error;
use crate::secret::Secret;
use crate::state::Tenant;
use provider::UpstreamError;
use provider::{Binding, UpstreamPerson};

/// The path that providers redirect to.
pub(super) const CALLBACK: &str = "/login/callback/{connection}";

/// The reason why a sign-in through a provider fails.
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

/// Redirects the browser to the connection's provider.
pub(super) async fn start(tenant: &Tenant, peer: &Peer, handle: &str, name: &str) -> Response {
    let pending = match PendingLogin::find(tenant, peer, handle).await {
        Ok(pending) => pending,
        Err(error) => return error.into_response(tenant, peer),
    };
    let Some((connection, upstream)) = offered(tenant, &pending, name) else {
        return PendingLoginError::Gone.into_response(tenant, peer);
    };
    // The pending login's state is valid in this browser only; the random part makes each attempt different.
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

/// `GET /login/callback/{connection}`: the provider's response.
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

/// Returns the connection with this name, if the application may use it and it has a provider.
fn offered<'t>(
    tenant: &'t Tenant,
    pending: &PendingLogin,
    name: &str,
) -> Option<(&'t Connection, &'t Upstream)> {
    let connection = pending.connections(tenant).find(|connection| connection.name.as_str() == name)?;
    Some((connection, connection.upstream.as_ref()?))
}

/// Derives what binds an attempt to the browser, the state and the connection.
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
    let id = identity_id(connection, &person).ok_or(UpstreamError::Untrusted)?;
    let profile = profile::profile(&connection.name, &person);
    let new_user = new_user(connection, id, profile.clone(), tenant.now().millis());
    let person = AuthenticatedPerson {
        key: new_user.key,
        new_user: Some(new_user.row),
        upstream_profile: Some((connection.name.clone(), profile)),
        authenticated_at: Some(person.authenticated_at),
    };
    complete(tenant, &peer.headers, pending, person).await.map_err(|error| match error {
        CompleteError::Blocked => UpstreamSignInError::Blocked,
        CompleteError::OtherConnection => UpstreamError::OtherConnection.into(),
        CompleteError::Pending(error) => UpstreamSignInError::Pending(error),
    })
}

/// Returns the id of a person's identity in the format of contract [B3](model::contract#b3). Returns `None` for an id that
/// OpenID Connect does not permit, or that cannot be used in a path.
fn identity_id(connection: &Connection, person: &UpstreamPerson) -> Option<NewIdentityId> {
    let subject = person.subject.as_str();
    // OpenID Connect Core section 2 permits 255 ASCII characters.
    let is_subject = (1..=255).contains(&subject.len())
        && subject.chars().all(|character| character.is_ascii() && !character.is_ascii_control());
    let id = if connection.strategy.has_connection_in_id() {
        IdentityId::text(format!("{}|{subject}", connection.name))
    } else {
        IdentityId::from_parts(subject, connection.strategy.as_str() == "github")
    };
    NewIdentityId::new(id).ok().filter(|_| is_subject)
}

/// Reports a failure: to the application if it requested this connection only, else on the login page, which has the
/// other ways to sign in.
async fn report(
    tenant: &Tenant,
    peer: &Peer,
    pending: &PendingLogin,
    connection: &Connection,
    problem: UpstreamError,
) -> Response {
    let label = &connection.label();
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
