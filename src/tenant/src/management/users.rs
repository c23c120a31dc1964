//! Reading and deleting users (contract [A5](model::contract#a5), [A7](model::contract#a7),
//! [A9](model::contract#a9)).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use store::{CandidateField, Candidates, UserRow, fold_identifier, is_same_text};

use super::key_order::UserBody;
use super::path::PathIds;
use super::query::Query;
use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::http::response::{management_empty, management_json};
use crate::state::Tenant;
use crate::view;

/// The number of users to read from the store at once.
const CHUNK: u32 = 100;

/// `GET /api/v2/users/{id}`: 200 with the user; 404 if the id does not exist or is that of a linked
/// secondary.
pub(crate) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let permission = caller.may_read(path.user())?;
    let fields = Query::parse(query.as_deref()).fields()?;
    let row = if fields.includes("identities") {
        permission.read(&tenant).await?
    } else {
        permission.read_root(&tenant).await?
    };
    let row = row.as_deref().ok_or(ApiError::UnknownUser)?;
    Ok(management_json(StatusCode::OK, &UserBody::with_fields(row, &fields)))
}

/// `GET /api/v2/users-by-email`: the users whose root profile has the address, compared case-sensitively.
pub(crate) async fn by_email(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.may_read_all_users()?;
    let query = Query::parse(query.as_deref());
    let fields = query.fields()?;
    let Some(email) = query.text("email")? else {
        let message = "Missing required property: email".to_owned();
        return Err(ApiError::Query { message, property: "email" });
    };
    let candidates = Candidates { by: CandidateField::Email, values: vec![fold_identifier(email)] };
    let mut reader = tenant.0.store.read().await?;
    let (mut users, mut after) = (Vec::new(), String::new());
    loop {
        let rows = reader.scan_users(Some(&candidates), &after, CHUNK).await?;
        match rows.last() {
            Some(last) => last.user_id.as_str().clone_into(&mut after),
            None => break,
        }
        let is_same = |row: &UserRow| row.profile.email().is_some_and(|own| is_same_text(own, email));
        users.extend(rows.into_iter().filter(is_same));
    }
    let users: Vec<_> = users.iter().map(|row| UserBody::with_fields(row, &fields)).collect();
    Ok(management_json(StatusCode::OK, &users))
}

/// `DELETE /api/v2/users/{id}`: deletes a user with its identities and sessions; 204 also if it does not
/// exist.
pub(crate) async fn delete(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let permission = caller.may_delete(path.user())?;
    tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move { unit.delete_user(permission.user_id()).await.map_err(ApiError::from) })
        })
        .await?;
    Ok(management_empty())
}

/// Returns a user in the representation of the API.
pub(super) fn to_json(row: &UserRow) -> Result<Value, ApiError> {
    serde_json::to_value(view::user(row)).map_err(|_| ApiError::Internal)
}
