//! Lists that tools read by habit and that are always empty here: an export by Auth0's Deploy CLI fails without them
//! (contract [G50](model::contract#g50)).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::query::Query;
use crate::http::bearer::{Caller, READ_ACTIONS, READ_DIRECTORY_PROVISIONINGS};
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::state::Tenant;

/// The Actions, in the order of keys as recorded.
#[derive(Serialize)]
struct Actions {
    #[serde(rename = "actions")]
    items: [Value; 0],
    total: u32,
    per_page: u32,
}

/// `GET /api/v2/actions/actions`.
pub(super) async fn actions(
    State(_): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_ACTIONS)?;
    let page = Query::parse(query.as_deref()).page()?;
    Ok(management_json(StatusCode::OK, &Actions { items: [], total: 0, per_page: page.limit }))
}

/// `GET /api/v2/connections-directory-provisionings`.
pub(super) async fn directory_provisionings(
    State(_): State<Tenant>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_DIRECTORY_PROVISIONINGS)?;
    Ok(management_json(StatusCode::OK, &json!({ "directory_provisionings": [] })))
}
