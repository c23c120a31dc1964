//! Blocks of accounts after wrong passwords (contract [A19](model::contract#a19), [G12](model::contract#g12)): what the
//! tenant holds back for a while at most.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use store::{UserRow, fold_identifier};

use super::path::PathIds;
use super::query::{Query, invalid};
use crate::database::accounts::identifiers;
use crate::http::bearer::{CHANGE_USER_BLOCKS, Caller, READ_USER_BLOCKS};
use crate::http::error::ApiError;
use crate::http::response::{management_empty, management_json};
use crate::state::Tenant;

#[derive(Serialize)]
struct Blocks {
    blocked_for: Vec<Block>,
}

/// A block of one identifier. The address that the wrong passwords came from is not kept.
#[derive(Serialize)]
struct Block {
    identifier: String,
}

/// `GET /api/v2/user-blocks` with `identifier`.
pub(super) async fn list_by_identifier(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_USER_BLOCKS)?;
    respond(&tenant, vec![identifier(query.as_deref())?]).await
}

/// `DELETE /api/v2/user-blocks` with `identifier`: 204, whether or not anything was blocked.
pub(super) async fn delete_by_identifier(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CHANGE_USER_BLOCKS)?;
    tenant.0.login_throttle.reset_account(&identifier(query.as_deref())?).await?;
    Ok(management_empty())
}

/// `GET /api/v2/user-blocks/{id}`: the blocks of everything that the user can type to sign in.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_USER_BLOCKS)?;
    Query::parse(query.as_deref()).boolean("consider_brute_force_enablement", false)?;
    respond(&tenant, identifiers_of(&tenant, &path).await?).await
}

/// `DELETE /api/v2/user-blocks/{id}`: 204, whether or not anything was blocked. A user that is `blocked` stays so.
pub(super) async fn delete(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CHANGE_USER_BLOCKS)?;
    for identifier in identifiers_of(&tenant, &path).await? {
        tenant.0.login_throttle.reset_account(&identifier).await?;
    }
    Ok(management_empty())
}

fn identifier(query: Option<&str>) -> Result<String, ApiError> {
    let query = Query::parse(query);
    query.boolean("consider_brute_force_enablement", false)?;
    let text = query.text("identifier")?;
    Ok(fold_identifier(text.ok_or_else(|| invalid("Missing required property: identifier", "identifier"))?))
}

async fn identifiers_of(tenant: &Tenant, path: &PathIds) -> Result<Vec<String>, ApiError> {
    let user = tenant.0.store.read().await?.find_user(&path.user()).await?.ok_or(ApiError::UnknownUser)?;
    let UserRow { profile, identities, .. } = &user;
    let databases = identities.iter().filter(|identity| identity.provider.as_str() == "auth0");
    let mut found: Vec<String> = databases
        .flat_map(|identity| identifiers(identity.profile_data.as_ref().unwrap_or(profile)))
        .collect();
    found.dedup();
    Ok(found)
}

async fn respond(tenant: &Tenant, identifiers: Vec<String>) -> Result<Response, ApiError> {
    let now = tenant.now();
    let mut blocked_for = Vec::new();
    for identifier in identifiers {
        if tenant.0.login_throttle.is_waiting(&identifier, now).await? {
            blocked_for.push(Block { identifier });
        }
    }
    Ok(management_json(StatusCode::OK, &Blocks { blocked_for }))
}
