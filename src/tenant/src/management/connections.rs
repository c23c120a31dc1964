//! `GET /api/v2/connections` (contract [A16](model::contract#a16)).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};

use super::query::Query;
use crate::configuration::{Client, Connection};
use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::state::Tenant;

/// A connection in the representation of the API. Its options are omitted, because they contain credentials.
#[derive(Serialize)]
struct Shown<'c> {
    id: &'c str,
    options: Map<String, Value>,
    strategy: &'c str,
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'c str>,
    is_domain_connection: bool,
    realms: [&'c str; 1],
    enabled_clients: Vec<&'c str>,
}

#[derive(Serialize)]
struct Totals<'c> {
    total: usize,
    start: u32,
    limit: u32,
    connections: &'c [Value],
}

/// A part of the list, and the checkpoint of the next part.
#[derive(Serialize)]
struct Part<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'c str>,
    connections: &'c [Value],
}

/// Lists the connections in the order of the login page; all of them, or those with a name or with
/// strategies.
pub(crate) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.may_read_connections()?;
    let query = Query::parse(query.as_deref());
    let (fields, page, checkpoint, name) =
        (query.fields()?, query.page()?, query.checkpoint()?, query.text("name")?);
    let strategies: Vec<&str> = query.all("strategy").collect();
    let configuration = &tenant.0.configuration;
    let wanted: Vec<&Connection> = configuration
        .connections()
        .iter()
        .filter(|connection| name.is_none_or(|name| connection.name.as_str() == name))
        .filter(|connection| strategies.is_empty() || strategies.contains(&connection.strategy.as_str()))
        .collect();
    let (start, limit) = match checkpoint {
        None => (page.start as usize, page.limit as usize),
        Some(checkpoint) => {
            let first = checkpoint.from.map_or(Some(0), |from| wanted.iter().position(|one| one.id == from));
            (first.ok_or_else(|| checkpoint.unknown())?, checkpoint.take as usize)
        }
    };
    let mut connections = Vec::new();
    for connection in wanted.iter().skip(start).take(limit) {
        let mut shown = serde_json::to_value(show(connection, configuration.clients()))
            .map_err(|_| ApiError::Internal)?;
        fields.apply(&mut shown);
        connections.push(shown);
    }
    if checkpoint.is_some() {
        let next = wanted.get(start + limit).map(|connection| connection.id.as_str());
        return Ok(management_json(StatusCode::OK, &Part { next, connections: &connections }));
    }
    if !page.totals {
        return Ok(management_json(StatusCode::OK, &connections));
    }
    let totals =
        Totals { total: wanted.len(), start: page.start, limit: page.limit, connections: &connections };
    Ok(management_json(StatusCode::OK, &totals))
}

fn show<'c>(connection: &'c Connection, clients: &'c [Client]) -> Shown<'c> {
    let enabled = clients.iter().filter(|client| connection.is_enabled_for(&client.client_id));
    Shown {
        id: &connection.id,
        options: Map::new(),
        strategy: connection.strategy.as_str(),
        name: connection.name.as_str(),
        display_name: connection.display_name.as_deref(),
        is_domain_connection: false,
        realms: [connection.name.as_str()],
        enabled_clients: enabled.map(|client| client.client_id.as_str()).collect(),
    }
}
