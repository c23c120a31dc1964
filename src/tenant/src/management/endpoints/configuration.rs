//! The endpoints of the configuration, which are read only.

use axum::routing::get;
use model::route;

use super::endpoint::{CHECKPOINT, Content, Endpoint, FIELDS, PAGE, Parameter};
use crate::http::bearer::{
    READ_ACTIONS, READ_CLIENT_GRANTS, READ_CLIENTS, READ_CONNECTIONS, READ_DIRECTORY_PROVISIONINGS,
    READ_RESOURCE_SERVERS, READ_TENANT_SETTINGS,
};
use crate::http::required_scopes::RequiredScopes;
use crate::management::{
    client_grants, clients, connections, empty_lists, resource_servers, tenant_settings,
};

const CONNECTION: &str = "#/components/schemas/Connection";
const CLIENT: &str = "#/components/schemas/Client";
const CLIENT_GRANT: &str = "#/components/schemas/ClientGrant";
const RESOURCE_SERVER: &str = "#/components/schemas/ResourceServer";

const CONNECTIONS: &[Parameter] = &[
    ("name", "string", "Name of the connection"),
    ("strategy", "string", "Strategy of the connections; can be repeated"),
    PAGE[0],
    PAGE[1],
    PAGE[2],
    CHECKPOINT[0],
    CHECKPOINT[1],
    FIELDS[0],
    FIELDS[1],
];
const CLIENTS: &[Parameter] = &[
    ("is_global", "boolean", "Whether to list the global client, which this tenant does not have"),
    ("is_first_party", "boolean", "Whether the clients belong to the owner of the tenant"),
    ("app_type", "string", "Comma-separated types: spa, native, regular_web, non_interactive"),
    PAGE[0],
    PAGE[1],
    PAGE[2],
    CHECKPOINT[0],
    CHECKPOINT[1],
    FIELDS[0],
    FIELDS[1],
];
const CLIENT_GRANTS: &[Parameter] = &[
    ("audience", "string", "Identifier of the API"),
    ("client_id", "string", "Id of the client"),
    ("subject_type", "string", "client or user"),
    PAGE[0],
    PAGE[1],
    PAGE[2],
    CHECKPOINT[0],
    CHECKPOINT[1],
];
const RESOURCE_SERVERS: &[Parameter] = &[
    ("identifiers", "string", "Identifier of the APIs; can be repeated"),
    PAGE[0],
    PAGE[1],
    PAGE[2],
    CHECKPOINT[0],
    CHECKPOINT[1],
    FIELDS[0],
    FIELDS[1],
];

/// Returns a row for reading one object.
fn row(path: &'static str, summary: &'static str, scopes: RequiredScopes) -> Endpoint {
    Endpoint {
        method: "get",
        path,
        summary,
        scopes: Some(scopes),
        query: &FIELDS,
        body: None,
        success: (200, Content::Document),
        errors: &[404],
        handler: get(connections::get),
    }
}

/// Returns the rows of connections.
pub(super) fn connections() -> [Endpoint; 3] {
    [
        Endpoint {
            query: CONNECTIONS,
            success: (200, Content::Listed("connections", CONNECTION)),
            errors: &[],
            handler: get(connections::list),
            ..row(route::CONNECTIONS, "List connections", READ_CONNECTIONS)
        },
        Endpoint {
            success: (200, Content::Object(CONNECTION)),
            ..row(route::CONNECTION, "Get a connection", READ_CONNECTIONS)
        },
        Endpoint {
            query: &CHECKPOINT,
            success: (200, Content::Listed("clients", CLIENT)),
            handler: get(connections::list_clients),
            ..row(route::CONNECTION_CLIENTS, "List the clients of a connection", READ_CONNECTIONS)
        },
    ]
}

/// Returns the rows of clients and their grants.
pub(super) fn clients() -> [Endpoint; 4] {
    [
        Endpoint {
            query: CLIENTS,
            success: (200, Content::Listed("clients", CLIENT)),
            errors: &[],
            handler: get(clients::list),
            ..row(route::CLIENTS, "List clients", READ_CLIENTS)
        },
        Endpoint {
            success: (200, Content::Object(CLIENT)),
            handler: get(clients::get),
            ..row(route::CLIENT, "Get a client", READ_CLIENTS)
        },
        Endpoint {
            query: CLIENT_GRANTS,
            success: (200, Content::Listed("client_grants", CLIENT_GRANT)),
            errors: &[],
            handler: get(client_grants::list),
            ..row(route::CLIENT_GRANTS, "List client grants", READ_CLIENT_GRANTS)
        },
        Endpoint {
            query: &[],
            success: (200, Content::Object(CLIENT_GRANT)),
            handler: get(client_grants::get),
            ..row(route::CLIENT_GRANT, "Get a client grant", READ_CLIENT_GRANTS)
        },
    ]
}

/// Returns the rows of APIs, of the tenant's settings, and of what is always empty.
pub(super) fn tenant() -> [Endpoint; 5] {
    [
        Endpoint {
            query: RESOURCE_SERVERS,
            success: (200, Content::Listed("resource_servers", RESOURCE_SERVER)),
            errors: &[],
            handler: get(resource_servers::list),
            ..row(route::RESOURCE_SERVERS, "List APIs", READ_RESOURCE_SERVERS)
        },
        Endpoint {
            success: (200, Content::Object(RESOURCE_SERVER)),
            handler: get(resource_servers::get),
            ..row(route::RESOURCE_SERVER, "Get an API by its id or identifier", READ_RESOURCE_SERVERS)
        },
        Endpoint {
            errors: &[],
            handler: get(tenant_settings::get),
            ..row(route::TENANT_SETTINGS, "Get the settings of the tenant", READ_TENANT_SETTINGS)
        },
        Endpoint {
            query: &PAGE,
            errors: &[],
            handler: get(empty_lists::actions),
            ..row(route::ACTIONS, "List Actions, of which there are none", READ_ACTIONS)
        },
        Endpoint {
            query: &[],
            errors: &[],
            handler: get(empty_lists::directory_provisionings),
            ..row(
                route::DIRECTORY_PROVISIONINGS,
                "List directory provisionings, of which there are none",
                READ_DIRECTORY_PROVISIONINGS,
            )
        },
    ]
}
