//! The endpoints of the configuration, which are read only.

use axum::routing::get;
use model::route;

use super::endpoint::{Content, Endpoint, FIELDS, PAGE, Parameter};
use crate::http::bearer::READ_CONNECTIONS;
use crate::management::connections;

const CONNECTION: &str = "#/components/schemas/Connection";

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

/// Returns the rows of connections.
pub(super) fn connections() -> [Endpoint; 1] {
    [Endpoint {
        method: "get",
        path: route::CONNECTIONS,
        summary: "List connections",
        scopes: Some(READ_CONNECTIONS),
        query: CONNECTIONS,
        body: None,
        success: (200, Content::Listed("connections", CONNECTION)),
        errors: &[],
        handler: get(connections::list),
    }]
}
