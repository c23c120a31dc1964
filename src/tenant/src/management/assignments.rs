//! The roles and the permissions of a user (contract [A17](model::contract#a17)).

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Scope, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::AssignedPermission;

use super::list::List;
use super::object::Totals;
use super::path::PathIds;
use super::query::Query;
use super::roles::{ShownPermission, ShownRole};
use super::{body, schema};
use crate::configuration::RequestedApi;
use crate::http::bearer::{CHANGE_ASSIGNMENTS, Caller, READ_USER_PERMISSIONS, READ_USER_ROLES};
use crate::http::error::ApiError;
use crate::http::response::{management_empty, management_json};
use crate::state::Tenant;

/// A permission of a user, and where it comes from.
#[derive(Serialize)]
struct UserPermission<'c> {
    #[serde(flatten)]
    permission: ShownPermission<'c>,
    sources: Vec<Source<'c>>,
}

/// The source of a permission: the user directly, or one of its roles.
#[derive(Serialize)]
struct Source<'c> {
    #[serde(rename = "source_id")]
    id: &'c str,
    #[serde(rename = "source_name")]
    name: &'c str,
    #[serde(rename = "source_type")]
    kind: &'static str,
}

/// `GET /api/v2/users/{id}/roles`: the roles that the configuration has, in its order.
pub(super) async fn list_roles(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_USER_ROLES)?;
    let query = Query::parse(query.as_deref());
    query.page()?;
    let mut reader = tenant.0.store.read().await?;
    reader.find_user(&path.user()).await?.ok_or(ApiError::UnknownUser)?;
    let assigned = reader.find_assignments(&path.user()).await?.roles;
    let roles = tenant.0.configuration.roles().iter().filter(|role| assigned.contains(&role.id));
    let roles: Vec<_> = roles.map(ShownRole::of).collect();
    List { name: "roles", totals: Totals::Last }.page(&query, &roles)
}

/// `POST /api/v2/users/{id}/roles`: assigns roles; 204.
pub(super) async fn assign_roles(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CHANGE_ASSIGNMENTS)?;
    let roles = read_roles(&tenant, request).await?;
    if let Some(unknown) =
        roles.iter().find(|id| tenant.0.configuration.roles().iter().all(|role| role.id != **id))
    {
        return Err(ApiError::Refused(format!("The role {unknown} does not exist.")));
    }
    change(&tenant, path.user(), Change::AssignRoles(roles)).await?;
    Ok(management_empty())
}

/// `DELETE /api/v2/users/{id}/roles`: removes roles; 204, also for those that the user does not have.
pub(super) async fn remove_roles(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CHANGE_ASSIGNMENTS)?;
    let roles = read_roles(&tenant, request).await?;
    change(&tenant, path.user(), Change::RemoveRoles(roles)).await?;
    Ok(management_empty())
}

/// `GET /api/v2/users/{id}/permissions`: the permissions of the user, direct ones and those of its roles, ordered by API and
/// scope.
pub(super) async fn list_permissions(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_USER_PERMISSIONS)?;
    let query = Query::parse(query.as_deref());
    query.page()?;
    let mut reader = tenant.0.store.read().await?;
    reader.find_user(&path.user()).await?.ok_or(ApiError::UnknownUser)?;
    let assigned = reader.find_assignments(&path.user()).await?;
    let direct = Source { id: "", name: "", kind: "DIRECT" };
    let mut entries: Vec<(&str, &Scope, Source<'_>)> = Vec::new();
    for one in assigned.permissions.iter().filter(|one| is_permission(&tenant, one)) {
        entries.push((&one.api, &one.scope, Source { ..direct }));
    }
    for role in tenant.0.configuration.roles().iter().filter(|role| assigned.roles.contains(&role.id)) {
        for one in &role.permissions {
            let source = Source { id: &role.id, name: &role.name, kind: "ROLE" };
            entries.push((&one.api, &one.scope, source));
        }
    }
    // The sort is stable, so that the sources of one permission keep their order.
    entries.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    let mut permissions: Vec<UserPermission<'_>> = Vec::new();
    for (api, scope, source) in entries {
        match permissions.last_mut() {
            Some(last) if last.permission.is(api, scope) => last.sources.push(source),
            _ => {
                let permission = ShownPermission::of(&tenant, api, scope);
                permissions.push(UserPermission { permission, sources: vec![source] });
            }
        }
    }
    List { name: "permissions", totals: Totals::Last }.page(&query, &permissions)
}

/// `POST /api/v2/users/{id}/permissions`: assigns permissions directly; 201 with an empty object.
pub(super) async fn assign_permissions(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CHANGE_ASSIGNMENTS)?;
    let permissions = read_permissions(&tenant, request).await?;
    if let Some(unknown) = permissions.iter().find(|one| !is_permission(&tenant, one)) {
        let (api, scope) = (&unknown.api, &unknown.scope);
        return Err(ApiError::Refused(match tenant.0.configuration.find_api(&tenant.0.issuer, api) {
            Some(_) => format!("The permission {scope} of the resource server {api} does not exist."),
            None => format!("The resource server {api} does not exist."),
        }));
    }
    change(&tenant, path.user(), Change::AssignPermissions(permissions)).await?;
    Ok(management_json(StatusCode::CREATED, &json!({})))
}

/// `DELETE /api/v2/users/{id}/permissions`: removes direct permissions; 204, also for those that the user does not have.
pub(super) async fn remove_permissions(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CHANGE_ASSIGNMENTS)?;
    let permissions = read_permissions(&tenant, request).await?;
    change(&tenant, path.user(), Change::RemovePermissions(permissions)).await?;
    Ok(management_empty())
}

/// A change of what is assigned to a user.
#[derive(Clone)]
enum Change {
    AssignRoles(Vec<String>),
    RemoveRoles(Vec<String>),
    AssignPermissions(Vec<AssignedPermission>),
    RemovePermissions(Vec<AssignedPermission>),
}

/// Applies a change to a user who exists.
async fn change(tenant: &Tenant, user_id: UserId, change: Change) -> Result<(), ApiError> {
    let store = &tenant.0.store;
    store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                unit.find_user(&user_id).await?.ok_or(ApiError::UnknownUser)?;
                match &change {
                    Change::AssignRoles(roles) => unit.assign_roles(&user_id, roles).await?,
                    Change::RemoveRoles(roles) => unit.remove_roles(&user_id, roles).await?,
                    Change::AssignPermissions(permissions) => {
                        unit.assign_permissions(&user_id, permissions).await?;
                    }
                    Change::RemovePermissions(permissions) => {
                        unit.remove_permissions(&user_id, permissions).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

/// Returns whether the configuration has the permission.
fn is_permission(tenant: &Tenant, permission: &AssignedPermission) -> bool {
    match tenant.0.configuration.find_api(&tenant.0.issuer, &permission.api) {
        Some(RequestedApi::Own(api)) => api.has_scope(&permission.scope),
        Some(RequestedApi::Management) => Scope::MANAGEMENT.contains(&permission.scope),
        None => false,
    }
}

async fn read_roles(tenant: &Tenant, request: Request<Body>) -> Result<Vec<String>, ApiError> {
    let mut body = read(tenant, request, schema::ROLES, "roles").await?;
    serde_json::from_value(body.remove("roles").unwrap_or_default()).map_err(|_| ApiError::Internal)
}

async fn read_permissions(
    tenant: &Tenant,
    request: Request<Body>,
) -> Result<Vec<AssignedPermission>, ApiError> {
    #[derive(Deserialize)]
    struct Named {
        resource_server_identifier: String,
        permission_name: String,
    }
    let mut body = read(tenant, request, schema::PERMISSIONS, "permissions").await?;
    let named: Vec<Named> = serde_json::from_value(body.remove("permissions").unwrap_or_default())
        .map_err(|_| ApiError::Internal)?;
    let permissions = named.into_iter().map(|one| AssignedPermission {
        api: one.resource_server_identifier,
        scope: Scope::new(one.permission_name),
    });
    Ok(permissions.collect())
}

/// Reads a body with one required property.
async fn read(
    tenant: &Tenant,
    request: Request<Body>,
    properties: &[schema::Property],
    required: &'static str,
) -> Result<Map<String, Value>, ApiError> {
    let (mut body, encoding) = body::read(tenant, request).await?;
    schema::check(&mut body, encoding, properties, &[required])?;
    Ok(body)
}
