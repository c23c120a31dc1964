//! Responses with a hosted page.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::pages;
use super::pages::layout::FormRefusal;
use super::pages::problem::{ProblemPage, WayOn};
use crate::configuration::Client;
use crate::http::body::UnreadableBody;
use crate::http::cookie::Cookie;
use crate::http::error::{log_failure, status_of_failure};
use crate::http::response::no_store;
use crate::oauth::request::InvalidAuthorizationRequest;
use crate::secret::digest;
use crate::state::Tenant;

/// The policy of every hosted page that runs no script. Its forms are sent to the tenant, and no redirect follows them in
/// a browser, see [`form_redirect`](super::form_redirect).
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// Returns a hosted page with its security headers.
pub(super) fn page(status: StatusCode, markup: maud::Markup) -> Response {
    let mut response = (status, Html(markup.into_string())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Keeps the state in the address from other sites, and the `Origin` of the tenant's own forms readable.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    no_store(response)
}

/// Returns a page that explains an error, with a way on to the application if it is known, else to the tenant's default
/// address. `detail` is for the people who run the application or the tenant.
pub(crate) fn problem(
    tenant: &Tenant,
    application: Option<&Client>,
    status: StatusCode,
    (title, text): (&str, &str),
    detail: Option<&str>,
) -> Response {
    let home = home(tenant, application);
    let way_on = home.as_ref().map(|(url, name)| WayOn::Site(url, name));
    let view = ProblemPage { tenant: tenant.name(), title, text, detail, way_on };
    page(status, pages::problem::problem(&tenant.0.assets, &view))
}

/// Returns the page that says that nobody can sign up. Its link leads to the login page with the address `sign_in`.
pub(super) fn sign_up_closed(tenant: &Tenant, sign_in: &str) -> Response {
    let view = ProblemPage {
        tenant: tenant.name(),
        title: "You can’t sign up here",
        text: "New accounts are not made on this page. If you have an account already, sign in; if not, ask the people who \
               run this service for one.",
        detail: None,
        way_on: Some(WayOn::SignIn(sign_in)),
    };
    page(StatusCode::FORBIDDEN, pages::problem::problem(&tenant.0.assets, &view))
}

/// Returns what a page says after too many mails were asked for.
pub(super) fn too_many_mails(wait: Duration) -> FormRefusal<'static> {
    let sentence = if wait > Duration::from_mins(1) {
        "Enough mails were asked for. Open the link in the last one, or try again in an hour."
    } else {
        "Too many attempts. Wait a minute, then try again."
    };
    FormRefusal { sentence, field: None }
}

/// Returns a response that says how long to wait before the next attempt.
pub(super) fn wait_before(mut response: Response, wait: Duration) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    response
}

/// Returns the last page of a flow. Its link leads to the application that sent the browser last, else to the tenant's
/// default address. Both come from the configuration, so that a request cannot choose the target.
pub(super) fn final_page(
    tenant: &Tenant,
    headers: &HeaderMap,
    status: StatusCode,
    title: &str,
    text: &str,
) -> Response {
    let application = application_of(tenant, headers);
    final_page_of(tenant, application, status, title, text)
}

/// Returns the last page of a flow that `application` began, like [`final_page`].
pub(super) fn final_page_of(
    tenant: &Tenant,
    application: Option<&Client>,
    status: StatusCode,
    title: &str,
    text: &str,
) -> Response {
    problem(tenant, application, status, (title, text), None)
}

/// Returns the application that sent the browser last.
pub(super) fn application_of<'t>(tenant: &'t Tenant, headers: &HeaderMap) -> Option<&'t Client> {
    let asked = Cookie::Application.read(tenant, headers)?;
    let mut clients = tenant.0.configuration.clients().iter();
    clients.find(|client| asked.equals(&digest(client.client_id.as_bytes())))
}

/// Returns the address of an application and its name, or else the tenant's default address.
pub(super) fn home<'t>(tenant: &'t Tenant, application: Option<&'t Client>) -> Option<(String, &'t str)> {
    let home_url = application.and_then(|client| Some((client.home_url()?, client.name.as_str())));
    let other = || {
        let url = tenant.0.configuration.options().default_redirection_uri.clone()?;
        Some((url, tenant.name()))
    };
    home_url.or_else(other)
}

/// The heading of the pages for errors that a person cannot correct.
pub(crate) const SOMETHING_WENT_WRONG: &str = "Something went wrong";

/// Returns the page for a failure of the store, and logs the cause.
pub(crate) fn failure(tenant: &Tenant, error: &store::Error) -> Response {
    log_failure(error);
    let text = "This could not be finished. It is not your fault, and nothing was changed. Wait a minute, then try again.";
    let (status, headers) = status_of_failure(error);
    (headers, problem(tenant, None, status, (SOMETHING_WENT_WRONG, text), None)).into_response()
}

/// Returns the page for a body that is no form of a hosted page. Browsers send nothing else.
pub(crate) fn unreadable_form(tenant: &Tenant, reason: UnreadableBody) -> Response {
    let (status, text, detail) = match reason {
        UnreadableBody::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "What was typed is too long, so nothing was done with it. Go back, shorten it, and try again.",
            "The form is larger than 65536 bytes.",
        ),
        UnreadableBody::Malformed => (
            StatusCode::BAD_REQUEST,
            "The form arrived damaged, so nothing was done with it. Go back, reload the page, and try again.",
            "A field of the form stands there more than once.",
        ),
        UnreadableBody::Type => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The form arrived damaged, so nothing was done with it. Go back, reload the page, and try again.",
            "Send a form, not another type of content.",
        ),
        UnreadableBody::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many people are here at the moment. Nothing was changed. Wait a minute, then try again.",
            "There are too many requests at the moment.",
        ),
    };
    problem(tenant, None, status, (SOMETHING_WENT_WRONG, text), Some(detail))
}

/// Returns the page for an authorization request that must not be answered by redirect (contract
/// [C1](model::contract#c1), [U-12](model::contract#u-12)). `application` is the one that the request names, if it exists.
pub(crate) fn invalid_request(
    tenant: &Tenant,
    application: Option<&Client>,
    error: InvalidAuthorizationRequest,
) -> Response {
    const MISTAKE: &str = "The application that sent you here made a mistake, so you cannot sign in from there. It is not your \
                           fault. Go back and try again. If this page comes again, tell the people who run the application \
                           what stands below.";
    let (status, detail) = match error {
        InvalidAuthorizationRequest::Malformed => {
            (StatusCode::BAD_REQUEST, "A parameter stands in the address more than once.")
        }
        InvalidAuthorizationRequest::StateTooLong => (
            StatusCode::BAD_REQUEST,
            "The state is too long: send at most 2048 bytes, and keep more at the application.",
        ),
        InvalidAuthorizationRequest::RedirectUriTooLong => (
            StatusCode::BAD_REQUEST,
            "The redirect_uri is too long: send at most 2048 bytes, and keep more at the application.",
        ),
        InvalidAuthorizationRequest::UnknownClient => {
            (StatusCode::FORBIDDEN, "Unknown client. Check client_id against the tenant's applications.")
        }
        InvalidAuthorizationRequest::CallbackMismatch => (
            StatusCode::FORBIDDEN,
            "Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs. Add the exact \
             redirect_uri to the application's callbacks.",
        ),
        InvalidAuthorizationRequest::RequestObject => (
            StatusCode::BAD_REQUEST,
            "The request object is not signed by a key of the client, or its claims are wrong.",
        ),
        InvalidAuthorizationRequest::RequestUri => (
            StatusCode::BAD_REQUEST,
            "The request_uri is unknown, was used, is too old, or belongs to another client.",
        ),
        InvalidAuthorizationRequest::OriginMismatch => (
            StatusCode::FORBIDDEN,
            "Web origin mismatch. The page that asked is not in the list of allowed web origins. Add the origin of redirect_uri \
             to the application's web_origins.",
        ),
    };
    let told = match error {
        InvalidAuthorizationRequest::RequestUri => (
            "This sign-in is over",
            "It was used already, or was open for too long. Go back to the application and sign in again.",
        ),
        _ => (SOMETHING_WENT_WRONG, MISTAKE),
    };
    problem(tenant, application, status, told, Some(detail))
}

/// Returns the page after signing out without a return URL.
pub(crate) fn signed_out(tenant: &Tenant) -> Response {
    page(StatusCode::OK, pages::logout::signed_out(&tenant.0.assets, tenant.name()))
}

/// Returns the page that asks whether to sign out. Its form sends `fields` back.
pub(crate) fn confirm_logout(tenant: &Tenant, fields: &[(&str, &str)]) -> Response {
    page(StatusCode::OK, pages::logout::confirm_logout(&tenant.0.assets, tenant.name(), fields))
}

/// Returns the 404 page.
pub(crate) async fn not_found(State(tenant): State<Tenant>, headers: HeaderMap) -> Response {
    let text =
        "There is no page at this address. Check how it is spelled, or go back to where you came from.";
    final_page(&tenant, &headers, StatusCode::NOT_FOUND, "Page not found", text)
}
