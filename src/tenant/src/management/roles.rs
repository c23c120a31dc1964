//! The roles of the configuration, their permissions, and the users that have them (contract [A17](model::contract#a17)).

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Scope, UserId};
use serde::Serialize;
use serde_json::json;
use store::UserRow;

use super::list::List;
use super::object::{Object, Part, Totals};
use super::path::PathIds;
use super::query::Query;
use super::{body, schema};
use crate::configuration::{RequestedApi, Role};
use crate::http::bearer::{ASSIGN_ROLE_USERS, Caller, READ_ROLE_USERS, READ_ROLES};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::management_json;
use crate::state::Tenant;
use crate::view;

/// A role in the representation of the API.
#[derive(Serialize)]
pub(super) struct ShownRole<'c> {
    id: &'c str,
    name: &'c str,
    description: Option<&'c str>,
}

impl<'c> ShownRole<'c> {
    pub(super) fn of(role: &'c Role) -> Self {
        Self { id: &role.id, name: &role.name, description: role.description.as_deref() }
    }
}

/// A permission in the representation of the API.
#[derive(Serialize)]
pub(super) struct ShownPermission<'c> {
    permission_name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    resource_server_name: &'c str,
    resource_server_identifier: &'c str,
}

impl<'c> ShownPermission<'c> {
    /// Returns a permission with the name of its API and its description, as far as the configuration has them.
    pub(super) fn of(tenant: &'c Tenant, identifier: &'c str, scope: &'c Scope) -> Self {
        let api = tenant.0.configuration.find_api(&tenant.0.issuer, identifier);
        let (name, description) = match api {
            Some(RequestedApi::Own(api)) => {
                let known = api.scopes.iter().find(|known| known.value == *scope);
                (api.name.as_str(), known.and_then(|known| known.description.as_deref()))
            }
            Some(RequestedApi::Management) => (MANAGEMENT_API_NAME, None),
            None => (identifier, None),
        };
        Self {
            permission_name: scope.as_str(),
            description,
            resource_server_name: name,
            resource_server_identifier: identifier,
        }
    }

    /// Returns whether this is the permission with that scope of that API.
    pub(super) fn is(&self, identifier: &str, scope: &Scope) -> bool {
        self.resource_server_identifier == identifier && self.permission_name == scope.as_str()
    }
}

/// The name of the Management API among the resource servers. Auth0's tools recognize it by this name.
pub(super) const MANAGEMENT_API_NAME: &str = "Auth0 Management API";

/// A user in the list of a role's users.
#[derive(Serialize)]
struct Member {
    user_id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Member {
    fn of(row: &UserRow) -> Self {
        let profile = view::user(row).profile;
        let text = |key: &str| profile.text(key).map(str::to_owned);
        Self {
            user_id: row.user_id.clone(),
            email: text("email"),
            picture: text("picture"),
            name: text("name"),
        }
    }
}

/// `GET /api/v2/roles`: all roles, or those whose name contains `name_filter`, in any case.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_ROLES)?;
    let query = Query::parse(query.as_deref());
    let wanted = query.text("name_filter")?.unwrap_or_default().to_lowercase();
    let roles = tenant.0.configuration.roles().iter();
    let roles = roles.filter(|role| role.name.to_lowercase().contains(&wanted)).map(ShownRole::of);
    List { name: "roles", totals: Totals::Last }.page(&query, &roles.collect::<Vec<_>>())
}

/// `GET /api/v2/roles/{id}`.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_ROLES)?;
    Ok(management_json(StatusCode::OK, &ShownRole::of(find_role(&tenant, &path)?)))
}

/// `GET /api/v2/roles/{id}/permissions`.
pub(super) async fn list_permissions(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_ROLES)?;
    let query = Query::parse(query.as_deref());
    query.page()?;
    let permissions = find_role(&tenant, &path)?.permissions.iter();
    let permissions = permissions.map(|one| ShownPermission::of(&tenant, &one.api, &one.scope));
    List { name: "permissions", totals: Totals::Last }.page(&query, &permissions.collect::<Vec<_>>())
}

/// `GET /api/v2/roles/{id}/users`: the users that have the role, ordered by id; by page, or after a checkpoint.
pub(super) async fn list_users(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_ROLE_USERS)?;
    let query = Query::parse(query.as_deref());
    let (page, checkpoint) = (query.page()?, query.checkpoint()?);
    let role = &find_role(&tenant, &path)?.id;
    let mut reader = tenant.0.store.read().await?;
    let show =
        |rows: &[UserRow]| rows.iter().map(|row| Object::of(&Member::of(row))).collect::<Result<Vec<_>, _>>();
    let Some(checkpoint) = checkpoint else {
        let total = reader.count_users_with_role(role).await?;
        let rows = reader.list_users_with_role(role, "", page.limit, page.start).await?;
        return List { name: "users", totals: Totals::Last }.respond(&query, &show(&rows)?, total);
    };
    // The checkpoint is the last user of the part before. One more row tells whether there is another part.
    let take = checkpoint.take as usize;
    let after = checkpoint.from.unwrap_or_default();
    let mut rows = reader.list_users_with_role(role, after, checkpoint.take + 1, 0).await?;
    let has_more = rows.len() > take;
    rows.truncate(take);
    let next = rows.last().filter(|_| has_more).map(|row| row.user_id.as_str());
    Ok(management_json(StatusCode::OK, &Part { name: "users", items: &show(&rows)?, next }))
}

/// `POST /api/v2/roles/{id}/users`: assigns the role to users, to all of them or to none; 200 with an empty object.
pub(super) async fn assign_users(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(ASSIGN_ROLE_USERS)?;
    let role = find_role(&tenant, &path)?.id.clone();
    let (mut body, encoding) = body::read(&tenant, request).await?;
    schema::check(&mut body, encoding, schema::USERS, &["users"])?;
    let users: Vec<UserId> =
        serde_json::from_value(body.remove("users").unwrap_or_default()).map_err(|_| ApiError::Internal)?;
    tenant
        .0
        .store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                for user_id in &users {
                    unit.find_user(user_id).await?.ok_or(NotFound::Users)?;
                    unit.assign_roles(user_id, std::slice::from_ref(&role)).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(management_json(StatusCode::OK, &json!({})))
}

fn find_role<'t>(tenant: &'t Tenant, path: &PathIds) -> Result<&'t Role, ApiError> {
    tenant.0.configuration.roles().iter().find(|role| role.id == path.id()).ok_or(NotFound::Role.into())
}
