//! Sign-in: the hosted pages, passwords, and the stand-ins for other providers.
//!
//! A waiting authorization request is a row, named by a handle in the page's address and bound to the browser
//! that asked by a cookie. Both must fit, so that nobody can be signed in by another's link or form.

mod forgot_password;
pub(crate) mod login_throttle;
pub(crate) mod pages;
mod password_sign_in;
mod sign_up;
mod stand_in;
pub(crate) mod stand_in_sessions;
mod ticket;
pub(crate) mod upstream;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use model::{ConnectionName, IdentityKey, Profile};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::{Digest, PendingLoginRow, Unit, UserRow};

use crate::clock::Moment;
use crate::configuration::Connection;
use crate::http::body::read_object;
use crate::http::cookie::Cookie;
use crate::http::error::{log_failure, uncached};
use crate::oauth::authorize;
use crate::oauth::request::{AuthorizationRequest, InvalidAuthorizationRequest, origin_of};
use crate::secret::{Secret, digest};
use crate::{Tenant, session};
use pages::{Assets, PageContext, ProblemPage};
pub(crate) use stand_in::forget;

/// How long a login page waits for its person.
const LOGIN_LIFETIME: Duration = Duration::from_hours(1);

pub(crate) fn router() -> Router<Tenant> {
    let assets = assets();
    Router::new()
        .route(pages::LOGIN, get(password_sign_in::show).post(password_sign_in::submit))
        .route(pages::SIGN_UP, get(sign_up::show).post(sign_up::submit))
        .route(pages::FORGOTTEN, get(forgot_password::show).post(forgot_password::submit))
        .route(pages::RESET, get(ticket::show_reset).post(ticket::reset))
        .route(pages::VERIFY, get(ticket::show_verify).post(ticket::verify))
        .route(pages::CONNECTION, get(start_connection))
        .route(upstream::CALLBACK, get(upstream::callback))
        .route(pages::STAND_IN, post(stand_in::submit))
        .route(&assets.style, get(|| async { asset("text/css; charset=utf-8", pages::STYLESHEET) }))
        .route(&assets.marks, get(|| async { asset("image/svg+xml", pages::MARKS) }))
        .route(&assets.icon, get(|| async { asset("image/svg+xml", pages::ICON) }))
        .route("/u/{*rest}", any(not_found))
        // Whoever types the address of a form, too, reads a page.
        .method_not_allowed_fallback(not_found)
}

/// Where the stylesheet, the marks and the icon are: named by their content, so that they can be kept for ever.
pub(crate) fn assets() -> Assets {
    let name = |content: &str| digest(content.as_bytes())[..16].to_owned();
    Assets {
        style: format!("/u/style-{}.css", name(pages::STYLESHEET)),
        marks: format!("/u/marks-{}.svg", name(pages::MARKS)),
        icon: format!("/u/icon-{}.svg", name(pages::ICON)),
    }
}

fn asset(content_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, content).into_response()
}

/// A hosted page with its own headers. `answers_to` is where a form's answer may redirect to: browsers apply
/// `form-action` to every hop.
fn page(status: StatusCode, markup: maud::Markup, answers_to: Option<&str>) -> Response {
    let origin = answers_to.and_then(origin_of).map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'{origin}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = (status, Html(markup.into_string())).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Keeps the handle in the address from leaving, and the `Origin` of our own forms readable.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    uncached(response)
}

/// A page that says what went wrong.
pub(crate) fn problem(
    tenant: &Tenant,
    status: StatusCode,
    title: &str,
    text: &str,
    detail: Option<&str>,
) -> Response {
    let view = ProblemPage { tenant: tenant.name(), title, text, detail, request_id: None, link: None };
    page(status, pages::problem(&tenant.0.assets, &view), None)
}

/// A page where a person's way ends here: it leads back to the application that asked last in this browser, else to
/// where the tenant says. Both come from the configuration, so that no link can lead anybody elsewhere.
fn final_page(tenant: &Tenant, headers: &HeaderMap, status: StatusCode, title: &str, text: &str) -> Response {
    let (configuration, asked) = (&tenant.0.configuration, Cookie::Application.read(tenant, headers));
    let application = asked.and_then(|asked| {
        configuration.clients().iter().find(|client| asked.equals(&digest(client.client_id.as_bytes())))
    });
    let home_url = application.and_then(|client| Some((client.home_url()?, client.name.as_str())));
    let other = || configuration.options().default_redirection_uri.clone().map(|url| (url, tenant.name()));
    let link = home_url.or_else(other);
    let link = link.as_ref().map(|(url, name)| (url.as_str(), *name));
    let view = ProblemPage { tenant: tenant.name(), title, text, detail: None, request_id: None, link };
    page(status, pages::problem(&tenant.0.assets, &view), None)
}

/// The page for a storage failure; the cause goes to the log.
pub(crate) fn failure(tenant: &Tenant, error: &store::Error) -> Response {
    log_failure(error);
    problem(
        tenant,
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong here",
        "The tenant could not finish this. Nothing was changed. Please try again in a moment.",
        None,
    )
}

/// The page for an authorization request that cannot be answered (contract [C1](model::contract#c1), [U-12](model::contract#u-12)).
pub(crate) fn invalid_request(tenant: &Tenant, error: InvalidAuthorizationRequest) -> Response {
    let (status, text, detail) = match error {
        InvalidAuthorizationRequest::Malformed => (
            StatusCode::BAD_REQUEST,
            "The request to sign in cannot be read.",
            "A parameter stands in the address more than once.",
        ),
        InvalidAuthorizationRequest::UnknownClient => (
            StatusCode::FORBIDDEN,
            "Unknown client. The application that sent you here is not known to this tenant.",
            "Check client_id against the tenant's applications.",
        ),
        InvalidAuthorizationRequest::CallbackMismatch => (
            StatusCode::FORBIDDEN,
            "Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.",
            "Add the exact redirect_uri to the application's callbacks.",
        ),
        InvalidAuthorizationRequest::OriginMismatch => (
            StatusCode::FORBIDDEN,
            "Web origin mismatch. The page that asked is not in the list of allowed web origins.",
            "Add the origin of redirect_uri to the application's web_origins.",
        ),
    };
    problem(tenant, status, "Oops!, something went wrong", text, Some(detail))
}

/// The page after signing out without an address to return to.
pub(crate) fn signed_out(tenant: &Tenant) -> Response {
    page(StatusCode::OK, pages::signed_out(&tenant.0.assets, tenant.name()), None)
}

/// The page that asks whether to sign out; `fields` come back with the answer.
pub(crate) fn confirm_logout(tenant: &Tenant, fields: &[(&str, &str)], target: Option<&str>) -> Response {
    page(StatusCode::OK, pages::confirm_logout(&tenant.0.assets, tenant.name(), fields), target)
}

/// The page for an address that the tenant does not have.
pub(crate) async fn not_found(State(tenant): State<Tenant>, headers: HeaderMap) -> Response {
    let text = "There is no page at this address.";
    final_page(&tenant, &headers, StatusCode::NOT_FOUND, "Page not found", text)
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
    let handle = Secret::random();
    let now = tenant.now();
    let row = PendingLoginRow {
        digest: handle.digest(),
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
                .append_pair("state", handle.expose())
                .append_pair("connection", connection.name.as_str())
                .finish();
            format!("{}?{query}", pages::CONNECTION)
        }
        None if request.sign_up => format!("{}?state={}", pages::SIGN_UP, handle.expose()),
        None => format!("{}?state={}", pages::LOGIN, handle.expose()),
    };
    let mut response = authorize::redirect_found(&location);
    if fresh {
        response.headers_mut().append(header::SET_COOKIE, Cookie::Browser.set(tenant, &browser));
    }
    let application = Secret::new(digest(request.client_id.as_bytes()));
    response.headers_mut().append(header::SET_COOKIE, Cookie::Application.set(tenant, &application));
    Ok(uncached(response))
}

/// What stands in the query of a page's address; nothing where it cannot be read.
fn in_query<T: DeserializeOwned + Default>(address: &Uri) -> T {
    Query::try_from_uri(address).map(|Query(read)| read).unwrap_or_default()
}

/// The handle of a waiting login in a page's address.
#[derive(Default, Deserialize)]
struct LoginState {
    #[serde(default)]
    state: String,
}

/// `GET /u/connection?state=…&connection=…`: to the connection's provider, or to who stands in for it.
async fn start_connection(State(tenant): State<Tenant>, request: Request) -> Response {
    let (peer, choice) = (Peer::of(&request), in_query::<stand_in::Choice>(request.uri()));
    match tenant.0.configuration.connection(&choice.connection) {
        Some(connection) if connection.upstream.is_some() => {
            upstream::start(&tenant, &peer, &choice.state, &choice.connection).await
        }
        _ => stand_in::show(&tenant, &peer, &choice).await,
    }
}

/// A waiting login, found by its handle and proven to be this browser's.
struct PendingLogin {
    handle: String,
    digest: Digest,
    /// The browser's own cookie.
    browser: Secret,
    request: AuthorizationRequest,
    ip: String,
}

/// Somebody who proved who they are.
struct AuthenticatedPerson {
    key: IdentityKey,
    /// The user to add if this is the first time that anybody sees the identity.
    first: Option<UserRow>,
    /// What their provider says about them now, and the connection that it speaks for.
    told: Option<(ConnectionName, Profile)>,
    /// When they did, if not just now.
    authenticated_at: Option<Moment>,
}

/// Why there is no waiting login.
enum PendingLoginError {
    /// The handle is unknown, expired, used, or another browser's: one answer for all.
    Gone,
    /// The form was sent by another site.
    CrossSite,
    Store(store::Error),
}

/// Why a proven person is not signed in.
enum CompleteError {
    /// The account is blocked; the login goes on waiting for somebody else.
    Blocked,
    /// The identity is another connection's.
    OtherConnection,
    Pending(PendingLoginError),
}

impl From<store::Error> for PendingLoginError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<store::Error> for CompleteError {
    fn from(error: store::Error) -> Self {
        Self::Pending(error.into())
    }
}

impl PendingLoginError {
    fn into_response(self, tenant: &Tenant, peer: &Peer) -> Response {
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
    async fn find(tenant: &Tenant, peer: &Peer, handle: &str) -> Result<Self, PendingLoginError> {
        let browser = Cookie::Browser.read(tenant, &peer.headers).ok_or(PendingLoginError::Gone)?;
        let digest = Secret::new(handle).digest();
        let row =
            tenant.0.store.read().await?.find_pending_login(&digest).await?.ok_or(PendingLoginError::Gone)?;
        if row.browser != browser.digest() || row.expires_at <= tenant.now().millis() {
            return Err(PendingLoginError::Gone);
        }
        let request = serde_json::from_str(&row.request).map_err(|_| PendingLoginError::Gone)?;
        Ok(Self { handle: handle.to_owned(), digest, browser, request, ip: peer.ip() })
    }

    /// What all of its pages show.
    fn context<'p>(&'p self, tenant: &'p Tenant) -> PageContext<'p> {
        let client = tenant.client(&self.request.client_id).map_or("", |client| &client.name);
        PageContext { tenant: tenant.name(), client, state: &self.handle }
    }

    /// Whom the application expects, as far as it says; may be empty.
    fn hint(&self) -> &str {
        self.request.login_hint.as_deref().unwrap_or_default()
    }

    /// The connections that this application may use, or the one that it asked for.
    fn connections<'t>(&self, tenant: &'t Tenant) -> impl Iterator<Item = &'t Connection> {
        let wanted = self.request.connection.clone();
        let client_id = self.request.client_id.clone();
        tenant.0.configuration.connections().iter().filter(move |connection| {
            connection.is_enabled_for(&client_id)
                && wanted.as_deref().is_none_or(|name| name == connection.name.as_str())
        })
    }

    /// As [`PendingLogin::admit`], for somebody who is known by this tenant alone.
    async fn finish(
        &self,
        tenant: &Tenant,
        headers: &HeaderMap,
        key: IdentityKey,
        first: Option<UserRow>,
    ) -> Result<Response, CompleteError> {
        let person = AuthenticatedPerson { key, first, told: None, authenticated_at: None };
        self.admit(tenant, headers, person).await
    }

    /// Signs the person in who arrived: a new session, a counted login, an answer for the application.
    /// One unit, so that a handle opens one session at most.
    async fn admit(
        &self,
        tenant: &Tenant,
        headers: &HeaderMap,
        person: AuthenticatedPerson,
    ) -> Result<Response, CompleteError> {
        let AuthenticatedPerson { key, first, told, authenticated_at } = person;
        let (mut session, cookie) = session::new_session(tenant, key.clone());
        if let Some(moment) = authenticated_at {
            session.authenticated_at = moment.millis();
        }
        let (code, code_row) = authorize::new_code(tenant, &self.request, &session).unzip();
        let begun = session.clone();
        let before = Cookie::Session.read(tenant, headers).map(|cookie| cookie.digest());
        let (now, digest, ip) = (tenant.now().millis(), self.digest.clone(), self.ip.clone());
        let user = tenant
            .0
            .store
            .write(move |unit| {
                Box::pin(async move {
                    if !unit.remove_pending_login(&digest).await? {
                        return Err(CompleteError::Pending(PendingLoginError::Gone));
                    }
                    if let Some(first) = first
                        && unit.find_user_by_identity(&key).await?.is_none()
                    {
                        unit.insert_user(&first).await?;
                    }
                    if let Some((connection, profile)) = &told {
                        sync_upstream_profile(unit, &key, connection, profile, now).await?;
                    }
                    let user = unit.find_user_by_identity(&key).await?;
                    let user = user.ok_or(CompleteError::Pending(PendingLoginError::Gone))?;
                    if user.blocked == Some(true) {
                        return Err(CompleteError::Blocked);
                    }
                    // A new session for every sign-in: nobody can know its cookie beforehand.
                    if let Some(before) = &before {
                        unit.remove_session(before).await?;
                    }
                    unit.insert_session(&session).await?;
                    unit.record_sign_in(&user.user_id, &ip, now).await?;
                    if let Some(code) = &code_row {
                        unit.insert_code(code, now).await?;
                    }
                    Ok(user)
                })
            })
            .await?;
        let mut response = authorize::respond_with_grant(tenant, &self.request, &begun, &user, code.as_ref());
        response.headers_mut().append(header::SET_COOKIE, Cookie::Session.set(tenant, &cookie));
        Ok(response)
    }
}

/// Writes down what a provider says about somebody now; what it does not speak of stays. An id that two connections
/// share names the person of the one that came first, and nobody else may speak for them.
async fn sync_upstream_profile(
    unit: &mut Unit,
    key: &IdentityKey,
    connection: &ConnectionName,
    told: &Profile,
    now: i64,
) -> Result<(), CompleteError> {
    let Some(user) = unit.find_user_by_identity(key).await? else { return Ok(()) };
    let identity = user.identities.iter().find(|identity| identity.key() == *key);
    let Some(identity) = identity.filter(|identity| identity.connection == *connection) else {
        return Err(CompleteError::OtherConnection);
    };
    let before = identity.profile_data.as_ref().unwrap_or(&user.profile);
    let mut profile = before.clone();
    profile.0.extend(told.0.clone());
    if profile != *before {
        unit.update_profile(key, &profile).await?;
        unit.touch_user(&user.user_id, now).await?;
    }
    Ok(())
}

/// Who sends a request, as far as HTTP tells.
pub(crate) struct Peer {
    headers: HeaderMap,
    address: Option<IpAddr>,
}

impl Peer {
    pub(crate) fn of(request: &Request) -> Self {
        Self::new(request.headers(), request.extensions())
    }

    fn new(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let address = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Self { headers: headers.clone(), address }
    }

    /// The address that the connection comes from.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    fn ip(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }
}

/// A submitted form's fields, after the check that it is our own page's.
struct Form(serde_json::Map<String, serde_json::Value>);

impl Form {
    async fn read(tenant: &Tenant, peer: &Peer, request: Request) -> Result<Self, PendingLoginError> {
        let origin = peer.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        if origin.is_some_and(|origin| origin != tenant.0.issuer.origin()) {
            return Err(PendingLoginError::CrossSite);
        }
        read_object(request).await.map(Self).map_err(|_| PendingLoginError::Gone)
    }

    fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().trim()
    }

    /// As typed: a password may begin or end with a space.
    fn untrimmed(&self, field: &str) -> &str {
        self.0.get(field).and_then(serde_json::Value::as_str).unwrap_or_default()
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

/// A form of a waiting login that one of our own pages sent from the login's own browser.
struct Submitted {
    peer: Peer,
    form: Form,
    pending: PendingLogin,
}

impl FromRequest<Tenant> for Submitted {
    type Rejection = Response;

    async fn from_request(request: Request, tenant: &Tenant) -> Result<Self, Response> {
        let peer = Peer::of(&request);
        let read = async {
            let form = Form::read(tenant, &peer, request).await?;
            let pending = PendingLogin::find(tenant, &peer, form.text("state")).await?;
            Ok::<_, PendingLoginError>((form, pending))
        };
        match read.await {
            Ok((form, pending)) => Ok(Self { peer, form, pending }),
            Err(error) => Err(error.into_response(tenant, &peer)),
        }
    }
}

/// A user who is seen for the first time, with one identity.
fn new_user(connection: &Connection, key: &IdentityKey, profile: model::Profile, now: i64) -> UserRow {
    let identity = model::Identity {
        profile_data: None,
        connection: connection.name.clone(),
        user_id: key.user_id.clone(),
        provider: key.provider.clone(),
        is_social: key.provider.is_social(),
    };
    UserRow::new(key.as_user_id(), profile, vec![identity], now)
}
