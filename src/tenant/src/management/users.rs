//! Reading and removing users (contract [A5](model::contract#a5), [A7](model::contract#a7), [A9](model::contract#a9)).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use store::{CandidateField, Candidates, UserRow};

use super::path::PathIds;
use super::query::Query;
use crate::http::bearer::Caller;
use crate::http::error::{ApiError, management_empty, management_json};
use crate::{Tenant, view};

/// How many users are read from the store at once.
const AT_ONCE: u32 = 100;

/// One user. 404 when nobody has this id, which includes the old id of a linked secondary.
pub(crate) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let permission = caller.may_read(path.user())?;
    let fields = Query::parse(query.as_deref()).fields()?;
    let row = tenant.0.store.read().await?.find_user(permission.user_id()).await?;
    let mut user = shown(&row.ok_or(ApiError::UnknownUser)?)?;
    fields.apply(&mut user);
    Ok(management_json(StatusCode::OK, &user))
}

/// `GET /api/v2/users-by-email`: everybody whose root profile has the address, compared with its case.
pub(crate) async fn by_email(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.may_read_everybody()?;
    let query = Query::parse(query.as_deref());
    let fields = query.fields()?;
    let Some(email) = query.text("email")? else {
        let message = "Missing required property: email".to_owned();
        return Err(ApiError::Query { message, property: "email" });
    };
    let candidates = Candidates { by: CandidateField::Email, values: vec![email.to_lowercase()] };
    let mut reader = tenant.0.store.read().await?;
    let (mut users, mut after) = (Vec::new(), String::new());
    loop {
        let rows = reader.scan_users(Some(&candidates), &after, AT_ONCE).await?;
        for row in rows.iter().filter(|row| row.profile.email() == Some(email)) {
            let mut user = shown(row)?;
            fields.apply(&mut user);
            users.push(user);
        }
        match rows.last() {
            Some(last) => last.user_id.as_str().clone_into(&mut after),
            None => return Ok(management_json(StatusCode::OK, &users)),
        }
    }
}

/// Removes a user and everything that hangs on it. 204 also when there is none, so that a repeat is harmless.
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

/// A user as the API shows it.
pub(super) fn shown(row: &UserRow) -> Result<Value, ApiError> {
    serde_json::to_value(view::user(row)).map_err(|_| ApiError::Internal)
}
