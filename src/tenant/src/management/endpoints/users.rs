//! The endpoints of users and their identities.

use axum::routing::{delete, get, patch, post};
use model::route;
use serde_json::{Value, json};

use super::endpoint::{CHECKPOINT, Content, Endpoint, FIELDS, PAGE, Parameter};
use crate::http::bearer::{CHANGE_IDENTITIES, CREATE, DELETE, READ_ALL_USERS, READ_USER, UPDATE};
use crate::management::schema::{self, json_schema};
use crate::management::{create, identities, search, update, users};

const USER: &str = "#/components/schemas/User";
const IDENTITY: &str = "#/components/schemas/Identity";

const SEARCH: &[Parameter] = &[
    PAGE[0],
    PAGE[1],
    PAGE[2],
    FIELDS[0],
    FIELDS[1],
    ("sort", "string", "Sort order: field:1 (ascending) or field:-1 (descending)"),
    ("q", "string", "Query in Lucene syntax"),
    ("search_engine", "string", "v3"),
    ("primary_order", "boolean", "Whether the order is deterministic. It always is"),
    CHECKPOINT[0],
    CHECKPOINT[1],
];
const BY_EMAIL: &[Parameter] =
    &[("email", "string", "The e-mail address, case-sensitive; required"), FIELDS[0], FIELDS[1]];
/// Returns the rows of users.
pub(super) fn users() -> [Endpoint; 6] {
    [
        Endpoint {
            method: "get",
            path: route::USERS,
            summary: "List or search users",
            scopes: Some(READ_ALL_USERS),
            query: SEARCH,
            body: None,
            success: (200, Content::Listed("users", USER)),
            errors: &[503],
            handler: get(search::list),
        },
        Endpoint {
            method: "post",
            path: route::USERS,
            summary: "Create a user in a database or passwordless connection",
            scopes: Some(CREATE),
            query: &[],
            body: Some(|| json_schema(schema::NEW_USER, &["connection"])),
            success: (201, Content::Object(USER)),
            errors: &[409, 413, 415],
            handler: post(create::create),
        },
        Endpoint {
            method: "get",
            path: route::USERS_BY_EMAIL,
            summary: "Find users by e-mail address",
            scopes: Some(READ_ALL_USERS),
            query: BY_EMAIL,
            body: None,
            success: (200, Content::List(USER)),
            errors: &[],
            handler: get(users::by_email),
        },
        Endpoint {
            method: "get",
            path: route::USER,
            summary: "Get a user",
            scopes: Some(READ_USER),
            query: &FIELDS,
            body: None,
            success: (200, Content::Object(USER)),
            errors: &[404],
            handler: get(users::get),
        },
        Endpoint {
            method: "patch",
            path: route::USER,
            summary: "Update a user",
            scopes: Some(UPDATE),
            query: &[],
            body: Some(|| json_schema(schema::UPDATED_USER, &[])),
            success: (200, Content::Object(USER)),
            errors: &[404, 413, 415],
            handler: patch(update::update),
        },
        Endpoint {
            method: "delete",
            path: route::USER,
            summary: "Delete a user with all identities. Succeeds if the user does not exist",
            scopes: Some(DELETE),
            query: &[],
            body: None,
            success: (204, Content::Nothing),
            errors: &[],
            handler: delete(users::delete),
        },
    ]
}

/// Returns the rows of identities.
pub(super) fn identities() -> [Endpoint; 2] {
    [
        Endpoint {
            method: "post",
            path: route::IDENTITIES,
            summary: "Link an account to a user",
            scopes: Some(CHANGE_IDENTITIES),
            query: &[],
            body: Some(link_schema),
            success: (201, Content::List(IDENTITY)),
            errors: &[404, 409, 413, 415],
            handler: post(identities::link),
        },
        Endpoint {
            method: "delete",
            path: route::IDENTITY,
            summary: "Unlink an identity. Succeeds if no identity matches",
            scopes: Some(CHANGE_IDENTITIES),
            query: &[],
            body: None,
            success: (200, Content::List(IDENTITY)),
            errors: &[404],
            handler: delete(identities::unlink),
        },
    ]
}

fn link_schema() -> Value {
    json!({ "oneOf": [
        {
            "type": "object",
            "properties": { "link_with": { "type": "string", "description": "The secondary's ID token" } },
            "required": ["link_with"],
            "additionalProperties": false,
        },
        {
            "type": "object",
            "properties": {
                "provider": { "type": "string" },
                "user_id": { "type": ["string", "integer"] },
                "connection_id": { "type": "string", "pattern": "^con_[A-Za-z0-9]{16}$" },
            },
            "required": ["provider", "user_id"],
            "additionalProperties": false,
        },
    ] })
}
