//! `GET /api/v2/tenants/settings` (contract [A18](model::contract#a18)).

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};

use super::object::Object;
use super::query::Query;
use crate::http::bearer::{Caller, READ_TENANT_SETTINGS};
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::state::Tenant;

/// The settings in the representation of the API.
#[derive(Serialize)]
struct Settings<'c> {
    allowed_logout_urls: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    default_audience: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_redirection_uri: Option<&'c str>,
    enabled_locales: [&'static str; 1],
    flags: Map<String, Value>,
    friendly_name: &'c str,
    idle_session_lifetime: Value,
    session_lifetime: Value,
    oidc_logout: OidcLogout,
}

#[derive(Serialize)]
struct OidcLogout {
    rp_logout_end_session_endpoint_discovery: bool,
}

/// Returns the settings that the tenant has.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_TENANT_SETTINGS)?;
    let fields = Query::parse(query.as_deref()).fields()?;
    let options = tenant.0.configuration.options();
    let settings = Settings {
        allowed_logout_urls: &options.allowed_logout_urls,
        default_audience: options.default_audience.as_deref(),
        default_redirection_uri: options.default_redirection_uri.as_deref(),
        enabled_locales: ["en"],
        flags: Map::new(),
        friendly_name: &options.friendly_name,
        idle_session_lifetime: hours(options.idle_session_lifetime),
        session_lifetime: hours(options.session_lifetime),
        oidc_logout: OidcLogout { rp_logout_end_session_endpoint_discovery: options.end_session_discovery },
    };
    Ok(management_json(StatusCode::OK, &Object::of(&settings)?.with_fields(&fields, &[])))
}

/// Returns a duration in hours, as a fraction only if it is one.
fn hours(duration: Duration) -> Value {
    let seconds = duration.as_secs();
    if seconds.is_multiple_of(3600) {
        (seconds / 3600).into()
    } else {
        (duration.as_secs_f64() / 3600.0).into()
    }
}
