//! What people allowed applications: their consents (contract [A19](model::contract#a19)).

use axum::extract::{RawQuery, State};
use axum::response::Response;
use model::UserId;
use serde::Serialize;
use store::{ConsentRow, ConsentsOf};

use super::list::List;
use super::object::Totals;
use super::path::PathIds;
use super::query::Query;
use crate::http::bearer::{Caller, DELETE_GRANTS, READ_GRANTS};
use crate::http::error::ApiError;
use crate::http::response::management_empty;
use crate::state::Tenant;

/// A consent in the representation of the API.
#[derive(Serialize)]
struct ShownGrant {
    id: String,
    #[serde(rename = "clientID")]
    client_id: String,
    user_id: UserId,
    audience: String,
    scope: Vec<String>,
}

/// `GET /api/v2/grants`: lists consents, filtered by `user_id`, `client_id` and `audience`.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_GRANTS)?;
    let query = Query::parse(query.as_deref());
    let (client_id, audience) = (query.text("client_id")?, query.text("audience")?);
    let user_id = query.text("user_id")?.map(UserId::new);
    let rows = tenant.0.store.read().await?.list_consents(user_id.as_ref()).await?;
    let rows = rows.into_iter().filter(|row| client_id.is_none_or(|wanted| row.client_id == wanted));
    let rows = rows.filter(|row| audience.is_none_or(|wanted| row.audience == wanted));
    let shown: Vec<_> = rows.map(|row| show(&tenant, row)).collect();
    List { name: "grants", totals: Totals::Last }.page(&query, &shown)
}

/// `DELETE /api/v2/grants/{id}`: revokes a consent with everything that the application has by it; 204, also if there is
/// none.
pub(super) async fn delete(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(DELETE_GRANTS)?;
    let id = path.id().to_owned();
    let store = &tenant.0.store;
    store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move { Ok(unit.remove_consents(ConsentsOf::Id(&id)).await?) })
        })
        .await?;
    Ok(management_empty())
}

/// `DELETE /api/v2/grants?user_id=…`: revokes every consent of a user; 204.
pub(super) async fn delete_all(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(DELETE_GRANTS)?;
    let query = Query::parse(query.as_deref());
    let user_id = query.text("user_id")?.map(UserId::new).ok_or_else(|| ApiError::Query {
        message: "Missing required property: user_id".to_owned(),
        property: "user_id",
    })?;
    let store = &tenant.0.store;
    store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move { Ok(unit.remove_consents(ConsentsOf::User(&user_id)).await?) })
        })
        .await?;
    Ok(management_empty())
}

fn show(tenant: &Tenant, row: ConsentRow) -> ShownGrant {
    let ConsentRow { id, user_id, client_id, audience, scopes } = row;
    // Without an API the access is to `/userinfo`.
    let audience = if audience.is_empty() { tenant.0.issuer.url(model::route::USERINFO) } else { audience };
    ShownGrant { id, client_id, user_id, audience, scope: scopes.iter().map(ToString::to_string).collect() }
}
