//! `/v2/logout` (contract [C4](model::contract#c4)).

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value};
use url::Url;

use crate::configuration::allowed_url::is_logout_url;
use crate::http::body::read_form;
use crate::http::cookie::Cookie;
use crate::http::fetch_metadata::is_hidden;
use crate::http::response::{no_store, redirect_found};
use crate::login::response::{SOMETHING_WENT_WRONG, failure, problem, signed_out};
use crate::login::stand_in::forget;
use crate::state::Tenant;

/// `GET /v2/logout`: ends the session of this browser and redirects to the return URL of the request. A URL
/// that is not allowed is refused before the session ends, and so is a page of another site that does this in an image or a
/// frame.
pub(super) async fn logout(
    State(tenant): State<Tenant>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = read_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let text = |key: &str| query.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let target = match return_url(&tenant, text("client_id"), text("returnTo"), is_logout_url) {
        Ok(target) => target,
        Err(detail) => return invalid_return_url(&tenant, detail),
    };
    if is_hidden(&headers) {
        return hidden(&tenant);
    }
    end_session(&tenant, &headers, target, is_federated(&query)).await
}

/// Returns the response to a request for logout that another site makes behind the person's back.
pub(crate) fn hidden(tenant: &Tenant) -> Response {
    let text =
        "Another site tried to sign you out without showing this page. To sign out, use the application.";
    problem(tenant, None, StatusCode::FORBIDDEN, ("You are still signed in", text), None)
}

/// Returns whether the person is signed out of the identity provider, too. The parameter is a flag without a
/// value (contract [C4](model::contract#c4)).
pub(crate) fn is_federated(parameters: &Map<String, Value>) -> bool {
    parameters.get("federated").is_some_and(|flag| flag != "false" && *flag != Value::Bool(false))
}

/// Ends the session of the browser that sent `headers`, and redirects to `target` or shows a page. With
/// `federated`, the stand-ins forget the browser as well.
pub(crate) async fn end_session(
    tenant: &Tenant,
    headers: &HeaderMap,
    target: Option<String>,
    federated: bool,
) -> Response {
    if let Some(cookie) = Cookie::Session.read(tenant, headers) {
        let digest = cookie.digest();
        let ended = tenant
            .0
            .store
            .write(move |unit| Box::pin(async move { unit.remove_session(&digest).await }))
            .await;
        if let Err(error) = ended {
            return failure(tenant, &error);
        }
    }
    let mut response = match target {
        Some(url) => redirect_found(&url),
        None => signed_out(tenant),
    };
    response.headers_mut().append(header::SET_COOKIE, Cookie::Session.clear(tenant));
    if federated && let Err(error) = forget(tenant, headers, &mut response).await {
        return failure(tenant, &error);
    }
    no_store(response)
}

/// Returns the page for a return URL that is not allowed.
pub(crate) fn invalid_return_url(tenant: &Tenant, detail: &str) -> Response {
    let text = "You are still signed in. The application made a mistake: it wants to go on, after signing out, to an address \
                that is not in the list of allowed logout URLs. It is not your fault. Go back and try again. If this page comes \
                again, tell the people who run the application what stands below.";
    problem(tenant, None, StatusCode::BAD_REQUEST, (SOMETHING_WENT_WRONG, text), Some(detail))
}

/// Returns where to redirect after logout: the requested URL if `is_registered` finds it in the list of the client or the
/// tenant, otherwise the first URL of the client, otherwise nowhere.
pub(crate) fn return_url(
    tenant: &Tenant,
    client_id: Option<&str>,
    wanted: Option<&str>,
    is_registered: impl Fn(&str, &str) -> bool,
) -> Result<Option<String>, &'static str> {
    let (allowed, detail) = match client_id {
        Some(id) => {
            let client = tenant.client(id).ok_or("The client does not exist.")?;
            (&client.allowed_logout_urls, "Add it to the application's allowed_logout_urls.")
        }
        None => (
            &tenant.0.configuration.options().allowed_logout_urls,
            "Add it to the tenant's allowed_logout_urls, or send client_id.",
        ),
    };
    let target = match wanted {
        Some(wanted) if allowed.iter().any(|allowed| is_registered(allowed, wanted)) => Some(wanted),
        Some(_) => return Err(detail),
        None if client_id.is_some() => {
            allowed.iter().find(|allowed| !allowed.contains('*')).map(String::as_str)
        }
        None => None,
    };
    // Serialized again, because a header allows only ASCII.
    Ok(target.and_then(|target| Url::parse(target).ok()).map(String::from))
}
