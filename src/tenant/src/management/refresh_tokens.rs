//! The refresh tokens of people (contract [A19](model::contract#a19)). What the API calls a refresh token is a family here:
//! all tokens that descend from one sign-in of one client by rotation.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::UserId;
use serde::Serialize;
use serde_json::Value;
use store::{Digest, RefreshFamilyRow};

use super::list::List;
use super::object::Totals;
use super::path::PathIds;
use super::query::Query;
use crate::clock::Moment;
use crate::http::bearer::{Caller, DELETE_REFRESH_TOKENS, READ_REFRESH_TOKENS};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::{management_accepted, management_json};
use crate::state::Tenant;

/// A refresh token in the representation of the API. The token itself is not known to the tenant.
#[derive(Serialize)]
struct ShownToken {
    id: String,
    user_id: UserId,
    created_at: String,
    idle_expires_at: Option<String>,
    expires_at: Option<String>,
    client_id: String,
    session_id: String,
    rotating: bool,
    resource_servers: Vec<ResourceServer>,
}

#[derive(Serialize)]
struct ResourceServer {
    audience: String,
    scopes: String,
}

/// `GET /api/v2/users/{id}/refresh-tokens`: those of all identities of the user that have not expired, after a checkpoint.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_REFRESH_TOKENS)?;
    let query = Query::parse(query.as_deref());
    query.checkpoint()?;
    let mut reader = tenant.0.store.read().await?;
    reader.find_user(&path.user()).await?.ok_or(ApiError::UnknownUser)?;
    let rows = reader.list_refresh_families(&path.user()).await?;
    let shown = rows.into_iter().filter(|row| is_current(&tenant, row));
    let shown: Vec<_> = shown.map(|row| show(&tenant, row, path.user())).collect();
    List { name: "tokens", totals: Totals::Last }.part(&query, &shown, |token| &token.id)
}

/// `DELETE /api/v2/users/{id}/refresh-tokens`: revokes all of them; 202.
pub(super) async fn delete_all(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(DELETE_REFRESH_TOKENS)?;
    let user_id = path.user();
    let store = &tenant.0.store;
    store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                unit.find_user(&user_id).await?.ok_or(ApiError::UnknownUser)?;
                for row in unit.list_refresh_families(&user_id).await? {
                    unit.revoke_family(&row.family).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(management_accepted())
}

/// `GET /api/v2/refresh-tokens/{id}`.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_REFRESH_TOKENS)?;
    let mut reader = tenant.0.store.read().await?;
    let row = reader.find_refresh_family(&Digest::new(path.id())).await?;
    let row = row.filter(|row| is_current(&tenant, row)).ok_or(NotFound::RefreshToken)?;
    let user = reader.find_user_by_identity(&row.key).await?.ok_or(NotFound::RefreshToken)?;
    Ok(management_json(StatusCode::OK, &show(&tenant, row, user.user_id)))
}

/// `DELETE /api/v2/refresh-tokens/{id}`: revokes it and everything that descends from the same sign-in; 202.
pub(super) async fn delete(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(DELETE_REFRESH_TOKENS)?;
    let family = Digest::new(path.id());
    let store = &tenant.0.store;
    store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                unit.find_refresh_family(&family).await?.ok_or(NotFound::RefreshToken)?;
                Ok(unit.revoke_family(&family).await?)
            })
        })
        .await?;
    Ok(management_accepted())
}

fn is_current(tenant: &Tenant, row: &RefreshFamilyRow) -> bool {
    let now = tenant.now().millis();
    now < row.expires_at && now < row.idle_until
}

fn show(tenant: &Tenant, row: RefreshFamilyRow, user_id: UserId) -> ShownToken {
    // A lifetime without an end is stored as the end of time.
    let time = |millis: i64| (millis < i64::MAX).then(|| Moment::from_millis(millis).iso());
    let request: Value = serde_json::from_str(&row.request).unwrap_or_default();
    let audience = request["audience"].as_str().map(str::to_owned);
    let scopes = request["scopes"].as_str().unwrap_or_default().to_owned();
    ShownToken {
        id: row.family.as_str().to_owned(),
        user_id,
        created_at: Moment::from_millis(row.authenticated_at).iso(),
        idle_expires_at: time(row.idle_until),
        expires_at: time(row.expires_at),
        rotating: tenant.client(&row.client_id).is_some_and(|client| client.refresh_tokens.rotate),
        client_id: row.client_id,
        session_id: row.sid,
        resource_servers: audience.map(|audience| ResourceServer { audience, scopes }).into_iter().collect(),
    }
}
