//! Every endpoint of the Management API: the single table from which the router and the OpenAPI document are
//! made. One module for each group of endpoints has its rows.

mod access;
mod configuration;
mod endpoint;
mod jobs;
mod roles;
mod schemas;
mod users;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use model::route;
use serde_json::{Map, Value, json};

use crate::http::response::management_json;
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
        handler: get(document),
    }
}

/// `GET /api/v2/openapi.json`: the OpenAPI document of the Management API.
async fn document(State(tenant): State<Tenant>) -> Response {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in all() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method] = endpoint.describe();
    }
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
            "schemas": schemas::all(),
        },
    });
    management_json(StatusCode::OK, &document)
}
