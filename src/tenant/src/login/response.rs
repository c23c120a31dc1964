//! Responses with a hosted page.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::pages;
use super::pages::problem::ProblemPage;
use crate::configuration::Client;
use crate::http::body::UnreadableBody;
use crate::http::cookie::Cookie;
use crate::http::error::log_failure;
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

/// Returns a page that explains an error.
pub(crate) fn problem(
    tenant: &Tenant,
    status: StatusCode,
    title: &str,
    text: &str,
    detail: Option<&str>,
) -> Response {
    let view = ProblemPage { tenant: tenant.name(), title, text, detail, link: None };
    page(status, pages::problem::problem(&tenant.0.assets, &view))
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
    let (configuration, asked) = (&tenant.0.configuration, Cookie::Application.read(tenant, headers));
    let application = asked.and_then(|asked| {
        configuration.clients().iter().find(|client| asked.equals(&digest(client.client_id.as_bytes())))
    });
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
    let configuration = &tenant.0.configuration;
    let home_url = application.and_then(|client| Some((client.home_url()?, client.name.as_str())));
    let other = || configuration.options().default_redirection_uri.clone().map(|url| (url, tenant.name()));
    let link = home_url.or_else(other);
    let link = link.as_ref().map(|(url, name)| (url.as_str(), *name));
    let view = ProblemPage { tenant: tenant.name(), title, text, detail: None, link };
    page(status, pages::problem::problem(&tenant.0.assets, &view))
}

/// Returns the page for a failure of the store, and logs the cause.
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

/// Returns the page for a body that is no form of a hosted page. Browsers send nothing else.
pub(crate) fn unreadable_form(tenant: &Tenant, reason: UnreadableBody) -> Response {
    let (status, text) = match reason {
        UnreadableBody::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The form is larger than 65536 bytes."),
        UnreadableBody::Malformed => {
            (StatusCode::BAD_REQUEST, "A field of the form stands there more than once.")
        }
        UnreadableBody::Type => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send a form, not another type of content.")
        }
        UnreadableBody::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "There are too many requests at the moment. Please try again in a moment.",
        ),
    };
    problem(tenant, status, "This form cannot be read", text, None)
}

/// Returns the page for an authorization request that must not be answered by redirect (contract
/// [C1](model::contract#c1), [U-12](model::contract#u-12)).
pub(crate) fn invalid_request(tenant: &Tenant, error: InvalidAuthorizationRequest) -> Response {
    let (status, text, detail) = match error {
        InvalidAuthorizationRequest::Malformed => (
            StatusCode::BAD_REQUEST,
            "The request to sign in cannot be read.",
            "A parameter stands in the address more than once.",
        ),
        InvalidAuthorizationRequest::StateTooLong => (
            StatusCode::BAD_REQUEST,
            "The request to sign in is too long.",
            "The state is too long: send at most 2048 bytes, and keep more at the application.",
        ),
        InvalidAuthorizationRequest::RedirectUriTooLong => (
            StatusCode::BAD_REQUEST,
            "The request to sign in is too long.",
            "The redirect_uri is too long: send at most 2048 bytes, and keep more at the application.",
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
        InvalidAuthorizationRequest::RequestObject => (
            StatusCode::BAD_REQUEST,
            "The request to sign in cannot be verified.",
            "The request object is not signed by a key of the client, or its claims are wrong.",
        ),
        InvalidAuthorizationRequest::RequestUri => (
            StatusCode::BAD_REQUEST,
            "This request to sign in is over. Go back to the application and sign in again.",
            "The request_uri is unknown, was used, is too old, or belongs to another client.",
        ),
        InvalidAuthorizationRequest::OriginMismatch => (
            StatusCode::FORBIDDEN,
            "Web origin mismatch. The page that asked is not in the list of allowed web origins.",
            "Add the origin of redirect_uri to the application's web_origins.",
        ),
    };
    problem(tenant, status, "Oops!, something went wrong", text, Some(detail))
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
    let text = "There is no page at this address.";
    final_page(&tenant, &headers, StatusCode::NOT_FOUND, "Page not found", text)
}
