//! The endpoints of roles and permissions.

use axum::routing::{delete, get, post};
use model::route;

use super::endpoint::{CHECKPOINT, Content, Endpoint, PAGE, Parameter};
use crate::http::bearer::{
    ASSIGN_ROLE_USERS, CHANGE_ASSIGNMENTS, READ_ROLE_USERS, READ_ROLES, READ_USER_PERMISSIONS,
    READ_USER_ROLES,
};
use crate::management::schema::{self, json_schema};
use crate::management::{assignments, roles};

const ROLE: &str = "#/components/schemas/Role";
const PERMISSION: &str = "#/components/schemas/Permission";

const ROLES: &[Parameter] =
    &[PAGE[0], PAGE[1], PAGE[2], ("name_filter", "string", "A part of the name, in any case")];
const ROLE_USERS: &[Parameter] = &[PAGE[0], PAGE[1], PAGE[2], CHECKPOINT[0], CHECKPOINT[1]];

/// Returns the rows of a user's roles and permissions.
pub(super) fn assignments() -> [Endpoint; 6] {
    let row = |method, path, summary, scopes| Endpoint {
        method,
        path,
        summary,
        scopes: Some(scopes),
        query: &[],
        body: None,
        success: (204, Content::Nothing),
        errors: &[404, 413, 415],
        handler: get(assignments::list_roles),
    };
    [
        Endpoint {
            query: &PAGE,
            success: (200, Content::Listed("roles", ROLE)),
            errors: &[404],
            ..row("get", route::USER_ROLES, "List the roles of a user", READ_USER_ROLES)
        },
        Endpoint {
            body: Some(|| json_schema(schema::ROLES, &["roles"])),
            handler: post(assignments::assign_roles),
            ..row("post", route::USER_ROLES, "Assign roles to a user", CHANGE_ASSIGNMENTS)
        },
        Endpoint {
            body: Some(|| json_schema(schema::ROLES, &["roles"])),
            handler: delete(assignments::remove_roles),
            ..row("delete", route::USER_ROLES, "Remove roles from a user", CHANGE_ASSIGNMENTS)
        },
        Endpoint {
            query: &PAGE,
            success: (200, Content::Listed("permissions", PERMISSION)),
            errors: &[404],
            handler: get(assignments::list_permissions),
            ..row(
                "get",
                route::USER_PERMISSIONS,
                "List the permissions of a user, direct ones and those of its roles",
                READ_USER_PERMISSIONS,
            )
        },
        Endpoint {
            body: Some(|| json_schema(schema::PERMISSIONS, &["permissions"])),
            success: (201, Content::Document),
            handler: post(assignments::assign_permissions),
            ..row("post", route::USER_PERMISSIONS, "Assign permissions to a user", CHANGE_ASSIGNMENTS)
        },
        Endpoint {
            body: Some(|| json_schema(schema::PERMISSIONS, &["permissions"])),
            handler: delete(assignments::remove_permissions),
            ..row("delete", route::USER_PERMISSIONS, "Remove permissions from a user", CHANGE_ASSIGNMENTS)
        },
    ]
}

/// Returns the rows of roles.
pub(super) fn roles() -> [Endpoint; 5] {
    let row = |path, summary, scopes| Endpoint {
        method: "get",
        path,
        summary,
        scopes: Some(scopes),
        query: &PAGE,
        body: None,
        success: (200, Content::Listed("permissions", PERMISSION)),
        errors: &[404],
        handler: get(roles::list_permissions),
    };
    [
        Endpoint {
            query: ROLES,
            success: (200, Content::Listed("roles", ROLE)),
            errors: &[],
            handler: get(roles::list),
            ..row(route::ROLES, "List roles", READ_ROLES)
        },
        Endpoint {
            query: &[],
            success: (200, Content::Object(ROLE)),
            handler: get(roles::get),
            ..row(route::ROLE, "Get a role", READ_ROLES)
        },
        row(route::ROLE_PERMISSIONS, "List the permissions of a role", READ_ROLES),
        Endpoint {
            query: ROLE_USERS,
            success: (200, Content::Listed("users", "#/components/schemas/User")),
            handler: get(roles::list_users),
            ..row(route::ROLE_USERS, "List the users of a role", READ_ROLE_USERS)
        },
        Endpoint {
            method: "post",
            query: &[],
            body: Some(|| json_schema(schema::USERS, &["users"])),
            success: (200, Content::Document),
            errors: &[404, 413, 415],
            handler: post(roles::assign_users),
            ..row(route::ROLE_USERS, "Assign users to a role", ASSIGN_ROLE_USERS)
        },
    ]
}
