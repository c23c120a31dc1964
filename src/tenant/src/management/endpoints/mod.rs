//! Every endpoint of the Management API: the single table from which the router and the OpenAPI document are
//! made. One module for each group of endpoints has its rows.

mod access;
mod configuration;
mod endpoint;
mod jobs;
mod roles;
mod schemas;
mod users;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use model::route;
use serde_json::{Map, Value, json};

use crate::http::response::management_text;
use crate::state::Tenant;
use endpoint::{Content, Endpoint};

/// Returns the table.
pub(super) fn all() -> impl Iterator<Item = Endpoint> {
    let users = users::users().into_iter().chain(users::identities()).chain(roles::assignments());
    let configuration = configuration::clients().into_iter().chain(configuration::connections());
    let access = access::sessions()
        .into_iter()
        .chain(access::refresh_tokens())
        .chain(access::grants())
        .chain(access::blocks());
    let users = users.chain(access).chain(jobs::tickets()).chain(jobs::jobs());
    users.chain(configuration).chain(configuration::tenant()).chain(roles::roles()).chain([openapi()])
}

fn openapi() -> Endpoint {
    Endpoint {
        method: "get",
        path: route::OPENAPI,
        summary: "This document",
        scopes: None,
        query: &[],
        body: None,
        success: (200, Content::Document),
        errors: &[],
        handler: get(answer),
    }
}

/// `GET /api/v2/openapi.json`: the OpenAPI document of the Management API, which is made once.
async fn answer(State(tenant): State<Tenant>) -> Response {
    let text = tenant.0.openapi.get_or_init(|| Bytes::from(document(&tenant).to_string()));
    management_text(StatusCode::OK, text.clone())
}

fn document(tenant: &Tenant) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in all() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method] = endpoint.describe();
    }
    json!({
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
            "schemas": schemas::all(),
        },
    })
}
