//! Every endpoint of the Management API: the one table that the router and the OpenAPI document are made from.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post};
use model::{Scope, route};
use serde_json::{Map, Value, json};

use super::schema::{self, json_schema};
use super::{connections, create, identities, search, update, users};
use crate::Tenant;
use crate::http::bearer::{
    CHANGE_IDENTITIES, CREATE, DELETE, READ_CONNECTIONS, READ_EVERYBODY, READ_USER, UPDATE,
};
use crate::http::error::management_json;

/// One endpoint: what it is for, and what answers it.
pub(super) struct Endpoint {
    method: &'static str,
    pub(super) path: &'static str,
    summary: &'static str,
    /// Any of these opens it; none means that it is public.
    scopes: &'static [Scope],
    query: &'static [Parameter],
    body: Option<fn() -> Value>,
    answer: (u16, Shape),
    /// What it answers otherwise, beside what every call with a token can meet.
    refusals: &'static [u16],
    pub(super) handler: MethodRouter<Tenant>,
}

/// A query parameter: its name, its type, and what it is for.
type Parameter = (&'static str, &'static str, &'static str);

/// What a good answer holds.
#[derive(Clone, Copy)]
enum Shape {
    Nothing,
    Document,
    User,
    /// A list, or an object around it with `include_totals`.
    Listed(&'static str, &'static str),
    Users,
    Identities,
}

const FIELDS: [Parameter; 2] = [
    ("fields", "string", "Names to show or to leave out, parted by commas"),
    ("include_fields", "boolean", "Whether the fields are those to show (default) or to leave out"),
];
const PAGE: [Parameter; 3] = [
    ("page", "integer", "Which page, from 0"),
    ("per_page", "integer", "How many to a page: 50 by default, 100 at most"),
    ("include_totals", "boolean", "Whether to tell how many there are in all"),
];

const SEARCH: &[Parameter] = &[
    PAGE[0],
    PAGE[1],
    PAGE[2],
    FIELDS[0],
    FIELDS[1],
    ("sort", "string", "field:1 or field:-1"),
    ("q", "string", "A query in Lucene's syntax"),
    ("search_engine", "string", "v3"),
    ("primary_order", "boolean", "Whether the order is always the same, which it is"),
];
const BY_EMAIL: &[Parameter] =
    &[("email", "string", "The address, compared with its case; required"), FIELDS[0], FIELDS[1]];
const CONNECTIONS: &[Parameter] = &[
    ("name", "string", "The connection of this name"),
    ("strategy", "string", "Connections of this strategy; may stand several times"),
    PAGE[0],
    PAGE[1],
    PAGE[2],
    ("from", "string", "The checkpoint to go on from, as `next` named it"),
    ("take", "integer", "How many after the checkpoint, at most 100; the answer then names the `next` one"),
    FIELDS[0],
    FIELDS[1],
];

/// The table.
pub(super) fn all() -> impl Iterator<Item = Endpoint> {
    of_users().into_iter().chain(of_the_rest())
}

/// Endpoints for users as a whole.
fn of_users() -> [Endpoint; 6] {
    [
        Endpoint {
            method: "get",
            path: route::USERS,
            summary: "List or search users",
            scopes: READ_EVERYBODY,
            query: SEARCH,
            body: None,
            answer: (200, Shape::Listed("users", "#/components/schemas/User")),
            refusals: &[503],
            handler: get(search::list),
        },
        Endpoint {
            method: "post",
            path: route::USERS,
            summary: "Add a user to a database or passwordless connection",
            scopes: CREATE,
            query: &[],
            body: Some(|| json_schema(schema::NEW_USER, &["connection"])),
            answer: (201, Shape::User),
            refusals: &[409, 413, 415],
            handler: post(create::create),
        },
        Endpoint {
            method: "get",
            path: route::USERS_BY_EMAIL,
            summary: "Find users by their e-mail address",
            scopes: READ_EVERYBODY,
            query: BY_EMAIL,
            body: None,
            answer: (200, Shape::Users),
            refusals: &[],
            handler: get(users::by_email),
        },
        Endpoint {
            method: "get",
            path: route::USER,
            summary: "Read a user",
            scopes: READ_USER,
            query: &FIELDS,
            body: None,
            answer: (200, Shape::User),
            refusals: &[404],
            handler: get(users::get),
        },
        Endpoint {
            method: "patch",
            path: route::USER,
            summary: "Change a user",
            scopes: UPDATE,
            query: &[],
            body: Some(|| json_schema(schema::CHANGED_USER, &[])),
            answer: (200, Shape::User),
            refusals: &[404, 413, 415],
            handler: patch(update::update),
        },
        Endpoint {
            method: "delete",
            path: route::USER,
            summary: "Remove a user with all of its identities; no error when there is none",
            scopes: DELETE,
            query: &[],
            body: None,
            answer: (204, Shape::Nothing),
            refusals: &[],
            handler: delete(users::delete),
        },
    ]
}

/// Endpoints for identities and connections, and for this table itself.
fn of_the_rest() -> [Endpoint; 4] {
    [
        Endpoint {
            method: "post",
            path: route::IDENTITIES,
            summary: "Link another account to a user",
            scopes: CHANGE_IDENTITIES,
            query: &[],
            body: Some(link_schema),
            answer: (201, Shape::Identities),
            refusals: &[404, 409, 413, 415],
            handler: post(identities::link),
        },
        Endpoint {
            method: "delete",
            path: route::IDENTITY,
            summary: "Unlink an identity; no error when none matches",
            scopes: CHANGE_IDENTITIES,
            query: &[],
            body: None,
            answer: (200, Shape::Identities),
            refusals: &[404],
            handler: delete(identities::unlink),
        },
        Endpoint {
            method: "get",
            path: route::CONNECTIONS,
            summary: "List the connections",
            scopes: READ_CONNECTIONS,
            query: CONNECTIONS,
            body: None,
            answer: (200, Shape::Listed("connections", "#/components/schemas/Connection")),
            refusals: &[],
            handler: get(connections::list),
        },
        Endpoint {
            method: "get",
            path: route::OPENAPI,
            summary: "This document",
            scopes: &[],
            query: &[],
            body: None,
            answer: (200, Shape::Document),
            refusals: &[],
            handler: get(document),
        },
    ]
}

/// What every call with a token can meet (contract [A2](model::contract#a2), [A14](model::contract#a14)).
const REFUSALS: [u16; 5] = [400, 401, 403, 429, 500];

/// `GET /api/v2/openapi.json`: what the Management API can do.
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
            "description": "The part of the Auth0 Management API v2 that this tenant answers.",
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
                        "message": text("What was wrong"),
                        "errorCode": text("A stable word for programs"),
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
                        "user_id": text("provider|id of the primary identity"),
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
    fn describe(&self) -> Value {
        let in_path = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = in_path
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .chain(self.query.iter().map(|(name, kind, about)| {
                json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } })
            }))
            .collect();
        let (status, shape) = self.answer;
        let mut responses = Map::new();
        responses.insert(status.to_string(), shape.describe());
        let shared = if self.scopes.is_empty() { &[][..] } else { &REFUSALS };
        for status in shared.iter().chain(self.refusals) {
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

impl Shape {
    fn describe(self) -> Value {
        let list = |of: &str| json!({ "type": "array", "items": reference(of) });
        let schema = match self {
            Self::Nothing => return json!({ "description": "Done" }),
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
        json!({ "description": "Done", "content": json_content(&schema) })
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
