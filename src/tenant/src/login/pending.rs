//! Pending logins: authorization requests that wait for a person to sign in.
//!
//! A pending login is a row, named by the `state` in the address of its pages and bound by a cookie to the browser
//! that sent the request. Both must match, so that nobody can be signed in by a link or form of another person.

use std::time::Duration;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::{Digest, PendingLoginRow};

use super::pages::layout::PageContext;
use super::paths;
use super::response::{failure, final_page};
use crate::configuration::Connection;
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::http::response::{no_store, redirect_found};
use crate::oauth::request::AuthorizationRequest;
use crate::secret::{Secret, digest};
use crate::state::Tenant;

/// How long a login page waits for its person.
const LOGIN_LIFETIME: Duration = Duration::from_hours(1);

/// A waiting login, found by its state and proven to be this browser's.
pub(super) struct PendingLogin {
    pub(super) state: String,
    pub(super) digest: Digest,
    /// The browser's own cookie.
    pub(super) browser: Secret,
    pub(super) request: AuthorizationRequest,
    pub(super) ip: String,
}

/// Why there is no waiting login.
pub(super) enum PendingLoginError {
    /// The state is unknown, expired, used, or another browser's: one answer for all.
    Gone,
    /// The form was sent by another site.
    CrossSite,
    Store(store::Error),
}

impl From<store::Error> for PendingLoginError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl PendingLoginError {
    pub(super) fn into_response(self, tenant: &Tenant, peer: &Peer) -> Response {
        match self {
            Self::Gone => final_page(
                tenant,
                &peer.headers,
                StatusCode::BAD_REQUEST,
                "This sign-in is over",
                "It was finished, open for too long, or started in another browser. \
                 Go back to the application and sign in again.",
            ),
            Self::CrossSite => final_page(
                tenant,
                &peer.headers,
                StatusCode::FORBIDDEN,
                "This form came from another site",
                "For your safety it was not looked at. Go back to the application and sign in again.",
            ),
            Self::Store(error) => failure(tenant, &error),
        }
    }
}

impl PendingLogin {
    pub(super) async fn find(tenant: &Tenant, peer: &Peer, state: &str) -> Result<Self, PendingLoginError> {
        let browser = Cookie::Browser.read(tenant, &peer.headers).ok_or(PendingLoginError::Gone)?;
        let digest = Secret::new(state).digest();
        let row =
            tenant.0.store.read().await?.find_pending_login(&digest).await?.ok_or(PendingLoginError::Gone)?;
        if row.browser != browser.digest() || row.expires_at <= tenant.now().millis() {
            return Err(PendingLoginError::Gone);
        }
        let request = serde_json::from_str(&row.request).map_err(|_| PendingLoginError::Gone)?;
        Ok(Self { state: state.to_owned(), digest, browser, request, ip: peer.ip() })
    }

    /// What all of its pages show.
    pub(super) fn context<'p>(&'p self, tenant: &'p Tenant) -> PageContext<'p> {
        let client = tenant.client(&self.request.client_id).map_or("", |client| &client.name);
        PageContext { tenant: tenant.name(), client, state: &self.state }
    }

    /// Whom the application expects, as far as it says; may be empty.
    pub(super) fn hint(&self) -> &str {
        self.request.login_hint.as_deref().unwrap_or_default()
    }

    /// The connections that this application may use, or the one that it asked for.
    pub(super) fn connections<'t>(&self, tenant: &'t Tenant) -> impl Iterator<Item = &'t Connection> {
        let wanted = self.request.connection.clone();
        let client_id = self.request.client_id.clone();
        tenant.0.configuration.connections().iter().filter(move |connection| {
            connection.is_enabled_for(&client_id)
                && wanted.as_deref().is_none_or(|name| name == connection.name.as_str())
        })
    }
}

/// The login that a page's address names; the answer is a page that says so where there is none.
impl FromRequestParts<Tenant> for PendingLogin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, tenant: &Tenant) -> Result<Self, Response> {
        let LoginState { state } = in_query(&parts.uri);
        let peer = Peer::new(&parts.headers, &parts.extensions);
        Self::find(tenant, &peer, &state).await.map_err(|gone| gone.into_response(tenant, &peer))
    }
}

/// Keeps the request and sends the person to the page where they sign in.
pub(crate) async fn start_login(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    headers: &HeaderMap,
) -> Result<Response, store::Error> {
    let (browser, fresh) = match Cookie::Browser.read(tenant, headers) {
        Some(browser) => (browser, false),
        None => (Secret::random(), true),
    };
    let state = Secret::random();
    let now = tenant.now();
    let row = PendingLoginRow {
        digest: state.digest(),
        browser: browser.digest(),
        request: serde_json::to_string(request).map_err(|_| store::Error::Damaged("request"))?,
        expires_at: now.after(LOGIN_LIFETIME).millis(),
    };
    tenant
        .0
        .store
        .write(move |unit| Box::pin(async move { unit.insert_pending_login(&row, now.millis()).await }))
        .await?;
    // A request for one connection skips the choice, unless that connection is a database.
    let connection = request.connection.as_deref().and_then(|name| tenant.0.configuration.connection(name));
    let location = match connection.filter(|connection| !connection.is_database()) {
        Some(connection) => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("state", state.expose())
                .append_pair("connection", connection.name.as_str())
                .finish();
            format!("{}?{query}", paths::CONNECTION)
        }
        None if request.sign_up => format!("{}?state={}", paths::SIGN_UP, state.expose()),
        None => format!("{}?state={}", paths::LOGIN, state.expose()),
    };
    let mut response = redirect_found(&location);
    if fresh {
        response.headers_mut().append(header::SET_COOKIE, Cookie::Browser.set(tenant, &browser));
    }
    let application = Secret::new(digest(request.client_id.as_bytes()));
    response.headers_mut().append(header::SET_COOKIE, Cookie::Application.set(tenant, &application));
    Ok(no_store(response))
}

/// What stands in the query of a page's address; nothing where it cannot be read.
pub(super) fn in_query<T: DeserializeOwned + Default>(address: &Uri) -> T {
    Query::try_from_uri(address).map(|Query(read)| read).unwrap_or_default()
}

/// The state of a waiting login in a page's address.
#[derive(Default, Deserialize)]
struct LoginState {
    #[serde(default)]
    state: String,
}
