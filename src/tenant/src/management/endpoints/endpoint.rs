//! An endpoint of the Management API: its handler, and its description in the OpenAPI document.

use axum::http::StatusCode;
use axum::routing::MethodRouter;
use model::Scope;
use serde_json::{Map, Value, json};

use crate::http::required_scopes::RequiredScopes;
use crate::state::Tenant;

/// An endpoint: its description and its handler.
pub(in crate::management) struct Endpoint {
    pub(super) method: &'static str,
    pub(in crate::management) path: &'static str,
    pub(super) summary: &'static str,
    /// The required scopes; `None` for a public endpoint.
    pub(super) scopes: Option<RequiredScopes>,
    pub(super) query: &'static [Parameter],
    pub(super) body: Option<fn() -> Value>,
    /// The status and the content of a successful response.
    pub(super) success: (u16, Content),
    /// The error statuses, in addition to [`SHARED_ERRORS`].
    pub(super) errors: &'static [u16],
    pub(in crate::management) handler: MethodRouter<Tenant>,
}

/// A query parameter: its name, its type and its description.
pub(super) type Parameter = (&'static str, &'static str, &'static str);

/// The content of a successful response.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// None.
    Nothing,
    /// An object without a schema.
    Document,
    /// An object with this schema.
    Object(&'static str),
    /// A list, or with `include_totals` an object that contains it. The name of the list, and the schema of
    /// its items.
    Listed(&'static str, &'static str),
    /// A list of objects with this schema.
    List(&'static str),
}

pub(super) const FIELDS: [Parameter; 2] = [
    ("fields", "string", "Comma-separated field names"),
    ("include_fields", "boolean", "Whether to include (default) or exclude the fields"),
];
pub(super) const PAGE: [Parameter; 3] = [
    ("page", "integer", "Page number, starting at 0"),
    ("per_page", "integer", "Number of results per page: 50 by default, 100 at most"),
    ("include_totals", "boolean", "Whether to include the total number of results"),
];

pub(super) const CHECKPOINT: [Parameter; 2] = [
    ("from", "string", "Checkpoint to continue from: `next` of the previous response"),
    (
        "take",
        "integer",
        "Number of results after the checkpoint, at most 100. The response then includes `next`",
    ),
];

/// The error statuses of every request with a token (contract [A2](model::contract#a2),
/// [A14](model::contract#a14)).
const SHARED_ERRORS: [u16; 5] = [400, 401, 403, 429, 500];

impl Endpoint {
    /// Returns whether the endpoint is available without a token.
    pub(in crate::management) fn is_public(&self) -> bool {
        self.scopes.is_none()
    }

    pub(super) fn describe(&self) -> Value {
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
        let shared = if self.scopes.is_none() { &[][..] } else { &SHARED_ERRORS };
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
            "security": self.security(),
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

    /// Returns the alternatives of required scopes.
    fn security(&self) -> Vec<Value> {
        let alternatives = self.scopes.map(RequiredScopes::alternatives).unwrap_or_default();
        let names = |scopes: &'static [Scope]| scopes.iter().map(Scope::as_str).collect::<Vec<_>>();
        alternatives.into_iter().map(|scopes| json!({ "bearer": names(scopes) })).collect()
    }
}

impl Content {
    fn describe(self) -> Value {
        let list = |of: &str| json!({ "type": "array", "items": reference(of) });
        let schema = match self {
            Self::Nothing => return json!({ "description": "Success" }),
            Self::Document => json!({ "type": "object" }),
            Self::Object(of) => reference(of),
            Self::List(of) => list(of),
            Self::Listed(name, of) => {
                let mut properties = json!({
                    "start": { "type": "integer" }, "limit": { "type": "integer" }, "total": { "type": "integer" },
                    "next": { "type": "string" },
                });
                properties[name] = list(of);
                json!({ "oneOf": [list(of), { "type": "object", "properties": properties }] })
            }
        };
        json!({ "description": "Success", "content": json_content(&schema) })
    }
}

pub(super) fn reference(to: &str) -> Value {
    json!({ "$ref": to })
}

fn json_content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}
