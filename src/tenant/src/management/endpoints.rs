//! Every endpoint of the Management API: the single table from which the router and the OpenAPI document are
//! made.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post};
use model::{Scope, route};
use serde_json::{Map, Value, json};

use super::schema::{self, json_schema};
use super::{connections, create, identities, search, update, users};
use crate::http::bearer::{
    CHANGE_IDENTITIES, CREATE, DELETE, READ_ALL_USERS, READ_CONNECTIONS, READ_USER, UPDATE,
};
use crate::http::response::management_json;
use crate::state::Tenant;

/// An endpoint: its description and its handler.
pub(super) struct Endpoint {
    method: &'static str,
    pub(super) path: &'static str,
    summary: &'static str,
    /// The scopes, of which one is required; empty for a public endpoint.
    scopes: &'static [Scope],
    query: &'static [Parameter],
    body: Option<fn() -> Value>,
    /// The status and the content of a successful response.
    success: (u16, Content),
    /// The error statuses, in addition to [`SHARED_ERRORS`].
    errors: &'static [u16],
    pub(super) handler: MethodRouter<Tenant>,
}

/// A query parameter: its name, its type and its description.
type Parameter = (&'static str, &'static str, &'static str);

/// The content of a successful response.
#[derive(Clone, Copy)]
enum Content {
    Nothing,
    Document,
    User,
    /// A list, or with `include_totals` an object that contains it. The name of the list, and the schema of
    /// its items.
    Listed(&'static str, &'static str),
    Users,
    Identities,
}

const FIELDS: [Parameter; 2] = [
    ("fields", "string", "Comma-separated field names"),
    ("include_fields", "boolean", "Whether to include (default) or exclude the fields"),
];
const PAGE: [Parameter; 3] = [
    ("page", "integer", "Page number, starting at 0"),
    ("per_page", "integer", "Number of results per page: 50 by default, 100 at most"),
    ("include_totals", "boolean", "Whether to include the total number of results"),
];

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
];
const BY_EMAIL: &[Parameter] =
    &[("email", "string", "The e-mail address, case-sensitive; required"), FIELDS[0], FIELDS[1]];
const CONNECTIONS: &[Parameter] = &[
    ("name", "string", "Name of the connection"),
    ("strategy", "string", "Strategy of the connections; can be repeated"),
    PAGE[0],
    PAGE[1],
    PAGE[2],
    ("from", "string", "Checkpoint to continue from: `next` of the previous response"),
    (
        "take",
        "integer",
        "Number of results after the checkpoint, at most 100. The response then includes `next`",
    ),
    FIELDS[0],
    FIELDS[1],
];

/// Returns the table.
pub(super) fn all() -> impl Iterator<Item = Endpoint> {
    user_endpoints().into_iter().chain(identity_and_connection_endpoints())
}

/// The endpoints of users.
fn user_endpoints() -> [Endpoint; 6] {
    [
        Endpoint {
            method: "get",
            path: route::USERS,
            summary: "List or search users",
            scopes: READ_ALL_USERS,
            query: SEARCH,
            body: None,
            success: (200, Content::Listed("users", "#/components/schemas/User")),
            errors: &[503],
            handler: get(search::list),
        },
        Endpoint {
            method: "post",
            path: route::USERS,
            summary: "Create a user in a database or passwordless connection",
            scopes: CREATE,
            query: &[],
            body: Some(|| json_schema(schema::NEW_USER, &["connection"])),
            success: (201, Content::User),
            errors: &[409, 413, 415],
            handler: post(create::create),
        },
        Endpoint {
            method: "get",
            path: route::USERS_BY_EMAIL,
            summary: "Find users by e-mail address",
            scopes: READ_ALL_USERS,
            query: BY_EMAIL,
            body: None,
            success: (200, Content::Users),
            errors: &[],
            handler: get(users::by_email),
        },
        Endpoint {
            method: "get",
            path: route::USER,
            summary: "Get a user",
            scopes: READ_USER,
            query: &FIELDS,
            body: None,
            success: (200, Content::User),
            errors: &[404],
            handler: get(users::get),
        },
        Endpoint {
            method: "patch",
            path: route::USER,
            summary: "Update a user",
            scopes: UPDATE,
            query: &[],
            body: Some(|| json_schema(schema::UPDATED_USER, &[])),
            success: (200, Content::User),
            errors: &[404, 413, 415],
            handler: patch(update::update),
        },
        Endpoint {
            method: "delete",
            path: route::USER,
            summary: "Delete a user with all identities. Succeeds if the user does not exist",
            scopes: DELETE,
            query: &[],
            body: None,
            success: (204, Content::Nothing),
            errors: &[],
            handler: delete(users::delete),
        },
    ]
}

/// The endpoints of identities and connections, and the OpenAPI document.
fn identity_and_connection_endpoints() -> [Endpoint; 4] {
    [
        Endpoint {
            method: "post",
            path: route::IDENTITIES,
            summary: "Link an account to a user",
            scopes: CHANGE_IDENTITIES,
            query: &[],
            body: Some(link_schema),
            success: (201, Content::Identities),
            errors: &[404, 409, 413, 415],
            handler: post(identities::link),
        },
        Endpoint {
            method: "delete",
            path: route::IDENTITY,
            summary: "Unlink an identity. Succeeds if no identity matches",
            scopes: CHANGE_IDENTITIES,
            query: &[],
            body: None,
            success: (200, Content::Identities),
            errors: &[404],
            handler: delete(identities::unlink),
        },
        Endpoint {
            method: "get",
            path: route::CONNECTIONS,
            summary: "List connections",
            scopes: READ_CONNECTIONS,
            query: CONNECTIONS,
            body: None,
            success: (200, Content::Listed("connections", "#/components/schemas/Connection")),
            errors: &[],
            handler: get(connections::list),
        },
        Endpoint {
            method: "get",
            path: route::OPENAPI,
            summary: "This document",
            scopes: &[],
            query: &[],
            body: None,
            success: (200, Content::Document),
            errors: &[],
            handler: get(document),
        },
    ]
}

/// The error statuses of every request with a token (contract [A2](model::contract#a2),
/// [A14](model::contract#a14)).
const SHARED_ERRORS: [u16; 5] = [400, 401, 403, 429, 500];

/// `GET /api/v2/openapi.json`: the OpenAPI document of the Management API.
async fn document(State(tenant): State<Tenant>) -> Response {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in all() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method] = endpoint.describe();
    }
    let text = |about: &str| json!({ "type": "string", "description": about });
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Management API of the embedded tenant",
            "description": "The subset of the Auth0 Management API v2 that this tenant implements.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": tenant.0.issuer.as_str().trim_end_matches('/') }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["statusCode", "error", "message"],
                    "properties": {
                        "statusCode": { "type": "integer" },
                        "error": text("The reason phrase of the status"),
                        "message": text("A description of the error"),
                        "errorCode": text("A stable code for programs"),
                        "attributes": { "type": "object", "properties": { "error": { "type": "string" } } },
                    },
                },
                "Identity": {
                    "type": "object",
                    "required": ["connection", "user_id", "provider", "isSocial"],
                    "properties": {
                        "connection": { "type": "string" },
                        "user_id": { "type": ["string", "integer"] },
                        "provider": { "type": "string" },
                        "isSocial": { "type": "boolean" },
                        "profileData": { "type": "object", "additionalProperties": true },
                    },
                },
                "User": {
                    "type": "object",
                    "properties": {
                        "user_id": text("The id of the user: provider|id of the primary identity"),
                        "identities": { "type": "array", "items": reference("#/components/schemas/Identity") },
                        "user_metadata": { "type": "object", "additionalProperties": true },
                        "app_metadata": { "type": "object", "additionalProperties": true },
                    },
                    "additionalProperties": true,
                },
                "Connection": {
                    "type": "object",
                    "properties": {
                        "id": { "type": "string", "pattern": "^con_[A-Za-z0-9]{16}$" },
                        "name": { "type": "string" },
                        "strategy": { "type": "string" },
                        "enabled_clients": { "type": "array", "items": { "type": "string" } },
                    },
                    "additionalProperties": true,
                },
            },
        },
    });
    management_json(StatusCode::OK, &document)
}

impl Endpoint {
    /// Returns whether the endpoint is available without a token.
    pub(super) fn is_public(&self) -> bool {
        self.scopes.is_empty()
    }

    fn describe(&self) -> Value {
        let in_path = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = in_path
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .chain(self.query.iter().map(|(name, kind, about)| {
                json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } })
            }))
            .collect();
        let (status, content) = self.success;
        let mut responses = Map::new();
        responses.insert(status.to_string(), content.describe());
        let shared = if self.scopes.is_empty() { &[][..] } else { &SHARED_ERRORS };
        for status in shared.iter().chain(self.errors) {
            responses.insert(
                status.to_string(),
                json!({ "description": reason(*status), "content": json_content(&reference("#/components/schemas/Error")) }),
            );
        }
        let mut operation = json!({
            "summary": self.summary,
            "parameters": parameters,
            "responses": responses,
            "security": self.scopes.iter().map(|scope| json!({ "bearer": [scope.as_str()] })).collect::<Vec<_>>(),
        });
        if let Some(body) = self.body {
            let schema = json!({ "schema": body() });
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/json": schema, "application/x-www-form-urlencoded": schema },
            });
        }
        operation
    }
}

impl Content {
    fn describe(self) -> Value {
        let list = |of: &str| json!({ "type": "array", "items": reference(of) });
        let schema = match self {
            Self::Nothing => return json!({ "description": "Success" }),
            Self::Document => json!({ "type": "object" }),
            Self::User => reference("#/components/schemas/User"),
            Self::Users => list("#/components/schemas/User"),
            Self::Identities => list("#/components/schemas/Identity"),
            Self::Listed(name, of) => {
                let mut properties = json!({
                    "start": { "type": "integer" }, "limit": { "type": "integer" }, "total": { "type": "integer" },
                });
                properties[name] = list(of);
                if name == "connections" {
                    properties["next"] = json!({ "type": "string" });
                }
                json!({ "oneOf": [list(of), { "type": "object", "properties": properties }] })
            }
        };
        json!({ "description": "Success", "content": json_content(&schema) })
    }
}

fn reference(to: &str) -> Value {
    json!({ "$ref": to })
}

fn json_content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
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
