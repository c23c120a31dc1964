//! The sessions of people at the tenant (contract [A19](model::contract#a19)). A session is named by its `sid`, as in ID
//! tokens.

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::UserId;
use serde::Serialize;
use store::{Reader, SessionRow};

use super::list::List;
use super::object::Totals;
use super::path::PathIds;
use super::query::Query;
use super::{body, schema};
use crate::clock::Moment;
use crate::http::bearer::{Caller, DELETE_SESSIONS, READ_SESSIONS, REVOKE_ACCESS};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::{management_accepted, management_json};
use crate::state::Tenant;

/// A session in the representation of the API.
#[derive(Serialize)]
struct ShownSession {
    id: String,
    user_id: UserId,
    created_at: String,
    updated_at: String,
    authenticated_at: String,
    idle_expires_at: String,
    expires_at: String,
    last_interacted_at: String,
    /// The clients that hold a refresh token of the session. Other clients leave no trace in it.
    clients: Vec<SessionClient>,
}

#[derive(Serialize)]
struct SessionClient {
    client_id: String,
}

/// `GET /api/v2/users/{id}/sessions`: the sessions of all identities of the user that have not expired, after a
/// checkpoint.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_SESSIONS)?;
    let query = Query::parse(query.as_deref());
    query.checkpoint()?;
    let mut reader = tenant.0.store.read().await?;
    reader.find_user(&path.user()).await?.ok_or(ApiError::UnknownUser)?;
    let mut shown = Vec::new();
    for row in reader.list_sessions(&path.user()).await? {
        if is_current(&tenant, &row) {
            shown.push(show(&tenant, &mut reader, row, path.user()).await?);
        }
    }
    List { name: "sessions", totals: Totals::Last }.part(&query, &shown, |session| &session.id)
}

/// `DELETE /api/v2/users/{id}/sessions`: ends all sessions of the user; 202.
pub(super) async fn delete_all(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(DELETE_SESSIONS)?;
    end_all(&tenant, path.user(), Keep::RefreshTokens).await
}

/// `GET /api/v2/sessions/{id}`.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_SESSIONS)?;
    let mut reader = tenant.0.store.read().await?;
    let row = reader.find_session_by_sid(path.id()).await?.filter(|row| is_current(&tenant, row));
    let row = row.ok_or(NotFound::Session)?;
    let user = reader.find_user_by_identity(&row.key).await?.ok_or(NotFound::Session)?;
    let shown = show(&tenant, &mut reader, row, user.user_id).await?;
    Ok(management_json(StatusCode::OK, &shown))
}

/// `DELETE /api/v2/sessions/{id}`: ends a session. Refresh tokens that were issued in it stay valid; 202.
pub(super) async fn delete(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(DELETE_SESSIONS)?;
    end(&tenant, path.id().to_owned(), Keep::RefreshTokens).await
}

/// `POST /api/v2/sessions/{id}/revoke`: ends a session, and the refresh tokens that were issued in it; 202.
pub(super) async fn revoke(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(REVOKE_ACCESS)?;
    end(&tenant, path.id().to_owned(), Keep::Nothing).await
}

/// `POST /api/v2/users/{id}/revoke-access`: ends one session of the user (`session_id`), or all of them, with their refresh
/// tokens unless `preserve_refresh_tokens` is set; 202.
pub(super) async fn revoke_access(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(REVOKE_ACCESS)?;
    let (mut body, encoding) = body::read(&tenant, request).await?;
    if !body.is_empty() {
        schema::check(&mut body, encoding, schema::REVOKED_ACCESS, &[])?;
    }
    let preserve = body.get("preserve_refresh_tokens") == Some(&true.into());
    let keep = if preserve { Keep::RefreshTokens } else { Keep::Nothing };
    let Some(sid) = body.get("session_id").and_then(|sid| sid.as_str()).map(str::to_owned) else {
        return end_all(&tenant, path.user(), keep).await;
    };
    let mut reader = tenant.0.store.read().await?;
    let sessions = reader.list_sessions(&path.user()).await?;
    if sessions.iter().all(|session| session.sid != sid) {
        return Err(NotFound::Session.into());
    }
    end(&tenant, sid, keep).await
}

/// What outlives a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    RefreshTokens,
    Nothing,
}

async fn end(tenant: &Tenant, sid: String, keep: Keep) -> Result<Response, ApiError> {
    let store = &tenant.0.store;
    let ended = store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                if keep == Keep::Nothing {
                    for family in unit.list_refresh_families_of_session(&sid).await? {
                        unit.revoke_family(&family.family).await?;
                    }
                    // A sign-in without a refresh token has no family.
                    unit.remove_access_tokens_of_session(&sid).await?;
                }
                Ok(unit.end_session(&sid).await?)
            })
        })
        .await?;
    if ended { Ok(management_accepted()) } else { Err(NotFound::Session.into()) }
}

async fn end_all(tenant: &Tenant, user_id: UserId, keep: Keep) -> Result<Response, ApiError> {
    let store = &tenant.0.store;
    store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                unit.find_user(&user_id).await?.ok_or(ApiError::UnknownUser)?;
                for session in unit.list_sessions(&user_id).await? {
                    unit.end_session(&session.sid).await?;
                }
                if keep == Keep::Nothing {
                    unit.sign_out(&user_id).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(management_accepted())
}

fn idle_until(tenant: &Tenant, row: &SessionRow) -> Moment {
    Moment::from_millis(row.used_at).after(tenant.0.configuration.options().idle_session_lifetime)
}

fn is_current(tenant: &Tenant, row: &SessionRow) -> bool {
    let now = tenant.now();
    !row.replaced && now.millis() < row.expires_at && now < idle_until(tenant, row)
}

async fn show(
    tenant: &Tenant,
    reader: &mut Reader,
    row: SessionRow,
    user_id: UserId,
) -> Result<ShownSession, ApiError> {
    let time = |millis: i64| Moment::from_millis(millis).iso();
    let mut clients: Vec<String> = Vec::new();
    for family in reader.list_refresh_families_of_session(&row.sid).await? {
        if clients.last() != Some(&family.client_id) {
            clients.push(family.client_id);
        }
    }
    Ok(ShownSession {
        user_id,
        created_at: time(row.authenticated_at),
        updated_at: time(row.used_at),
        authenticated_at: time(row.authenticated_at),
        idle_expires_at: idle_until(tenant, &row).iso(),
        expires_at: time(row.expires_at),
        last_interacted_at: time(row.used_at),
        clients: clients.into_iter().map(|client_id| SessionClient { client_id }).collect(),
        id: row.sid,
    })
}
