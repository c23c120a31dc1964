//! Pending logins: authorization requests that wait for a person to sign in.
//!
//! A pending login is a row, named by the `state` in the address of its pages and bound by a cookie to the browser
//! that sent the request. Both must match, so that nobody can be signed in by a link or form of another person.

use std::time::Duration;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use model::bidi::isolate;
use model::{ConnectionName, Identity, IdentityKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::{Bounds, Digest, PendingLoginRow, fold_identifier};

use super::pages::layout::PageContext;
use super::pages::purpose::{login_name, purpose_title};
use super::paths;
use super::response::{failure, final_page, final_page_of, unreadable_form};
use crate::configuration::Connection;
use crate::http::body::UnreadableBody;
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::http::response::{no_store, redirect_found};
use crate::oauth::request::AuthorizationRequest;
use crate::secret::{Secret, digest};
use crate::session::Session;
use crate::state::Tenant;

/// The lifetime of a pending login.
const LOGIN_LIFETIME: Duration = Duration::from_hours(1);

/// How many logins wait at once. The oldest make room, so that nobody's requests fill the disk.
pub(super) const WAITING: Bounds = Bounds { per_browser: 20, per_network: 1000, in_all: 20_000 };

/// A pending login, found by its state and bound to the browser of the request.
pub(super) struct PendingLogin {
    pub(super) state: String,
    pub(super) digest: Digest,
    /// The value of the cookie that identifies the browser.
    pub(super) browser: Secret,
    pub(super) request: AuthorizationRequest,
    pub(super) ip: String,
    /// The network that sent the request.
    pub(super) network: String,
    /// The account that the person has to confirm by a fresh sign-in.
    pub(super) own: Option<OwnAccount>,
}

/// The account that the browser is signed in to: a fresh sign-in to it offers nothing else.
pub(super) struct OwnAccount {
    /// Its identities that can sign in to the application.
    identities: Vec<Identity>,
    /// The address of the database login among them: of the one in use, if it is one.
    address: Option<String>,
}

impl OwnAccount {
    /// Returns the account of the session of this browser, if `request` is for a fresh sign-in to it. The hint of the
    /// application has to fit: a page may belong to another account than the browser is signed in to by now.
    async fn find(
        tenant: &Tenant,
        headers: &HeaderMap,
        request: &AuthorizationRequest,
    ) -> Result<Option<Self>, store::Error> {
        if !request.is_confirmation() {
            return Ok(None);
        }
        let Some(Session { row, user }) = Session::find(tenant, headers).await? else { return Ok(None) };
        let configuration = &tenant.0.configuration;
        let profile_of =
            |identity: &Identity| identity.profile_data.as_ref().unwrap_or(&user.profile).clone();
        let fits = request.login_hint.as_deref().is_none_or(|hint| {
            user.identities.iter().any(|identity| {
                identity.user_id.as_str() == hint
                    || profile_of(identity).0.values().any(|value| value.as_str() == Some(hint))
            })
        });
        let mut identities = user.identities.clone();
        identities.retain(|identity| configuration.admits(identity, &request.client_id));
        let has_wanted = request
            .connection
            .as_deref()
            .is_none_or(|name| identities.iter().any(|identity| identity.connection.as_str() == name));
        if !fits || !has_wanted || identities.is_empty() {
            return Ok(None);
        }
        let is_database = |identity: &&Identity| {
            configuration.connection(identity.connection.as_str()).is_some_and(Connection::is_database)
        };
        let in_use = identities.iter().find(|identity| identity.key() == row.key).filter(is_database);
        let address = in_use.or_else(|| identities.iter().find(is_database)).and_then(|identity| {
            let profile = profile_of(identity);
            profile.email().or(profile.username()).map(str::to_owned)
        });
        Ok(Some(Self { identities, address }))
    }

    /// Returns whether the identity is one of the account's.
    pub(super) fn has(&self, key: &IdentityKey) -> bool {
        self.identities.iter().any(|identity| identity.key() == *key)
    }

    /// Returns whether a login of the account has this address.
    pub(super) fn has_address(&self, address: &str) -> bool {
        self.address.as_deref().is_some_and(|own| fold_identifier(own) == fold_identifier(address))
    }
}

/// The reason why there is no pending login.
pub(super) enum PendingLoginError {
    /// The state is unknown, expired, used, or of another browser. The response is the same for all of them.
    Gone,
    /// The browser sent no cookie of any sign-in: it blocks cookies, or removed them. Contains the client whose request
    /// waits, if there is one.
    NoCookie(Option<String>),
    /// Another site sent the form.
    CrossSite,
    /// The body is no form, or too large.
    Unreadable(UnreadableBody),
    Store(store::Error),
}

impl From<store::Error> for PendingLoginError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl PendingLoginError {
    /// Returns the page that explains the error.
    pub(super) fn into_response(self, tenant: &Tenant, peer: &Peer) -> Response {
        match self {
            Self::Gone => final_page(
                tenant,
                &peer.headers,
                StatusCode::BAD_REQUEST,
                "This sign-in is over",
                "It was finished, was open for too long, or was started in another browser. \
                 Go back to the application and sign in again.",
            ),
            Self::NoCookie(client_id) => final_page_of(
                tenant,
                client_id.and_then(|client_id| tenant.client(&client_id)),
                StatusCode::BAD_REQUEST,
                "Cookies are needed to sign in",
                &format!(
                    "Your browser did not send the cookie of this sign-in, so it cannot be finished. Allow cookies for \
                     {} in the browser's settings, or use a window that does not block them. Then start again from the \
                     application, in the same browser.",
                    isolate(tenant.0.issuer.origin())
                ),
            ),
            Self::CrossSite => final_page(
                tenant,
                &peer.headers,
                StatusCode::FORBIDDEN,
                "This form came from another site",
                "For your safety, nothing was done with it. Go back to the application and sign in again.",
            ),
            Self::Unreadable(reason) => unreadable_form(tenant, reason),
            Self::Store(error) => failure(tenant, &error),
        }
    }
}

impl PendingLogin {
    /// Returns the pending login with this state.
    ///
    /// # Errors
    /// [`PendingLoginError::Gone`] when there is none in this browser, [`PendingLoginError::NoCookie`] when the browser
    /// sends no cookie; the store's errors.
    pub(super) async fn find(tenant: &Tenant, peer: &Peer, state: &str) -> Result<Self, PendingLoginError> {
        let (row, browser, request) = find_waiting(tenant, peer, state, |request| request).await?;
        let PendingLoginRow { digest, network, .. } = row;
        let own = OwnAccount::find(tenant, &peer.headers, &request).await?;
        Ok(Self { state: state.to_owned(), digest, browser, request, ip: peer.ip(), network, own })
    }

    /// Returns what all pages of the login show.
    pub(super) fn context<'p>(&'p self, tenant: &'p Tenant) -> PageContext<'p> {
        let client = tenant.client(&self.request.client_id).map_or("", |client| &client.name);
        PageContext { tenant: tenant.name(), client, state: &self.state, purpose: self.purpose(tenant) }
    }

    /// Returns what the sign-in is for, in words; `None` if it is for nothing but signing in.
    fn purpose(&self, tenant: &Tenant) -> Option<String> {
        let purpose = self.request.purpose.as_ref()?;
        let wanted = self.request.connection.as_deref().filter(|_| purpose.kind.is_proof());
        let name = purpose.connection.as_ref().map(ConnectionName::as_str).or(wanted);
        let label = name.and_then(|name| tenant.0.configuration.connection(name)).map(login_name);
        Some(purpose_title(purpose.kind, label.as_deref()))
    }

    /// Returns the login hint of the application, or the address of the account to confirm; may be empty.
    pub(super) fn hint(&self) -> &str {
        match &self.own {
            Some(OwnAccount { address: Some(address), .. }) => address,
            _ => self.request.login_hint.as_deref().unwrap_or_default(),
        }
    }

    /// Returns the connections that the application may use: only those of the account to confirm, or the one that it
    /// requested.
    pub(super) fn connections<'t>(&self, tenant: &'t Tenant) -> impl Iterator<Item = &'t Connection> {
        let wanted = self.request.connection.clone();
        let client_id = self.request.client_id.clone();
        let own: Option<Vec<ConnectionName>> = self
            .own
            .as_ref()
            .map(|own| own.identities.iter().map(|identity| identity.connection.clone()).collect());
        tenant.0.configuration.connections().iter().filter(move |connection| {
            connection.is_enabled_for(&client_id)
                && match &own {
                    Some(own) => own.contains(&connection.name),
                    None => wanted.as_deref().is_none_or(|name| name == connection.name.as_str()),
                }
        })
    }
}

/// Extracts the pending login that the query names. Rejects with the page of [`PendingLoginError`].
impl FromRequestParts<Tenant> for PendingLogin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, tenant: &Tenant) -> Result<Self, Response> {
        let LoginState { state } = in_query(&parts.uri);
        let peer = Peer::new(&parts.headers, &parts.extensions);
        Self::find(tenant, &peer, &state).await.map_err(|gone| gone.into_response(tenant, &peer))
    }
}

/// Returns what waits under this state in the browser that the cookie names: the row, the cookie and what the row stores.
/// `request` returns the authorization request in it. What waits for something else is not found.
///
/// # Errors
/// As [`PendingLogin::find`].
pub(super) async fn find_waiting<T: DeserializeOwned>(
    tenant: &Tenant,
    peer: &Peer,
    state: &str,
    request: impl Fn(&T) -> &AuthorizationRequest,
) -> Result<(PendingLoginRow, Secret, T), PendingLoginError> {
    let digest = Secret::new(state).digest();
    let row = tenant.0.store.read().await?.find_pending_login(&digest).await?;
    let waiting = row.as_ref().and_then(|row| serde_json::from_str::<T>(&row.request).ok());
    let Some(browser) = Cookie::Browser.read(tenant, &peer.headers) else {
        let client_id = waiting.map(|waiting| request(&waiting).client_id.clone());
        return Err(PendingLoginError::NoCookie(client_id));
    };
    let (row, waiting) = row.zip(waiting).ok_or(PendingLoginError::Gone)?;
    if row.browser != browser.digest() || row.expires_at <= tenant.now().millis() {
        return Err(PendingLoginError::Gone);
    }
    Ok((row, browser, waiting))
}

/// Returns the value of the cookie that identifies the browser, and the cookie to set if it has none yet.
pub(super) fn browser_of(tenant: &Tenant, headers: &HeaderMap) -> (Secret, Option<HeaderValue>) {
    if let Some(browser) = Cookie::Browser.read(tenant, headers) {
        return (browser, None);
    }
    let browser = Secret::random();
    let cookie = Cookie::Browser.set(tenant, &browser);
    (browser, Some(cookie))
}

/// Stores the authorization request as a pending login and redirects to the page where the person signs in.
pub(crate) async fn start_login(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    peer: &Peer,
) -> Result<Response, store::Error> {
    let (browser, cookie) = browser_of(tenant, &peer.headers);
    let state = Secret::random();
    let now = tenant.now();
    let row = PendingLoginRow {
        digest: state.digest(),
        browser: browser.digest(),
        network: peer.network(),
        request: serde_json::to_string(request).map_err(|_| store::Error::Damaged("request"))?,
        expires_at: now.after(LOGIN_LIFETIME).millis(),
    };
    tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move { unit.insert_pending_login(&row, WAITING, now.millis()).await })
        })
        .await?;
    // A request for one connection skips the login page, unless the connection is a database.
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
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    let application = Secret::new(digest(request.client_id.as_bytes()));
    response.headers_mut().append(header::SET_COOKIE, Cookie::Application.set(tenant, &application));
    Ok(no_store(response))
}

/// Parses the query of an address. Returns the default value if it cannot be read.
pub(super) fn in_query<T: DeserializeOwned + Default>(address: &Uri) -> T {
    Query::try_from_uri(address).map(|Query(read)| read).unwrap_or_default()
}

/// The query of a page of a pending login.
#[derive(Default, Deserialize)]
pub(super) struct LoginState {
    #[serde(default)]
    pub(super) state: String,
}
