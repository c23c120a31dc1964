//! Whether people can sign in through the connections that the page offers.

use model::settings::OfferedConnection;
use serde_json::Value;

use super::needs::{self, Verdict};
use crate::authorization::Authorization;
use crate::finding::{Finding, Id};
use crate::observations::Observations;

/// Whether any connection is open to the client.
pub(crate) fn any_open(seen: &Observations) -> Verdict {
    let endpoints = needs::callback(seen)?;
    let none_from_outside = matches!(needs::authorization(endpoints), Some(Authorization::Refused { description, .. })
        if description.to_lowercase().contains("no connections enabled"));
    let none_by_api = configured(seen).is_some_and(|connections| {
        !connections.iter().any(|connection| is_open(connection, &seen.target.client_id))
    });
    if !none_from_outside && !none_by_api {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::error(
        Id::NoConnection,
        "Nobody can sign in: no connection is enabled for the application.",
        "Auth0 Dashboard > Applications > the application > Connections: turn on those that people sign in with.",
    )
    .value(&seen.target.client_id)
    .field("connections[].enabled_clients")])
}

/// Whether the offered connections exist, are open to the client, and are of the strategy that the page says.
pub(crate) fn offered(seen: &Observations) -> Verdict {
    let settings = needs::settings(seen)?;
    let endpoints = needs::callback(seen)?;
    let client_id = &seen.target.client_id;
    let mut found = Vec::new();
    for offered in settings.connections.iter().filter(|connection| !connection.closed) {
        let name = offered.name.as_str();
        if let Some(connections) = configured(seen) {
            found.extend(compare(offered, connections, client_id));
            continue;
        }
        let answer = endpoints.connections.iter().find(|(tried, _)| tried == name);
        let answer = answer.and_then(|(_, answer)| answer.as_ref().ok()).map(Authorization::read);
        let refused = matches!(answer, Some(Authorization::Refused { description, .. })
            if description.to_lowercase().contains("connection"));
        if refused {
            found.push(closed(name, client_id));
        }
    }
    Ok(found)
}

/// Whether social connections have keys of the team's own.
pub(crate) fn own_keys(seen: &Observations) -> Verdict {
    needs::configuration(seen)?;
    let Some(connections) = configured(seen) else { return Ok(Vec::new()) };
    let names: Vec<&str> = connections
        .iter()
        .filter(|connection| {
            is_open(connection, &seen.target.client_id) && connection["options"]["client_id"] == ""
        })
        .filter_map(|connection| connection["name"].as_str())
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::warning(
        Id::DeveloperKeys,
        format!(
            "{} use Auth0's developer keys: they are for tests only, and with them a reload signs everybody out.",
            names.join(", ")
        ),
        "Auth0 Dashboard > Authentication > Social > the connection: enter Client ID and Client Secret of an application of your own at \
         the provider.",
    )
    .field("connections[].options.client_id")])
}

fn compare(offered: &OfferedConnection, connections: &[Value], client_id: &str) -> Option<Finding> {
    let name = offered.name.as_str();
    let Some(connection) = connections.iter().find(|connection| connection["name"] == name) else {
        return Some(
            Finding::error(
                Id::ConnectionUnknown,
                format!("The page offers to link {name}, but the tenant has no connection of that name."),
                "In config.json, set \"name\" to the name that Auth0 Dashboard > Authentication shows, or remove the entry.",
            )
            .value(name)
            .field("connections[].name"),
        );
    };
    if !is_open(connection, client_id) {
        return Some(closed(name, client_id));
    }
    let strategy = connection["strategy"].as_str().unwrap_or_default();
    (strategy != offered.strategy.as_str()).then(|| {
        Finding::error(
            Id::ConnectionStrategy,
            format!(
                "The page takes {name} for a connection of the strategy {}, but its logins are of {strategy}: it would offer what is \
                 linked already.",
                offered.strategy.as_str()
            ),
            format!("In config.json, set the \"strategy\" of the connection {name}."),
        )
        .value(strategy)
        .field("connections[].strategy")
    })
}

fn closed(name: &str, client_id: &str) -> Finding {
    Finding::error(
        Id::ConnectionClosed,
        format!("The page offers to link {name}, but the tenant has no such connection for this application."),
        format!(
            "Auth0 Dashboard > Applications > the application > Connections: turn on {name}; or in config.json say \"closed\": true \
             for it, or remove it."
        ),
    )
    .value(client_id)
    .field("connections[].enabled_clients")
}

fn configured(seen: &Observations) -> Option<&[Value]> {
    needs::configuration(seen).ok()?.connections.as_ref().ok().map(Vec::as_slice)
}

fn is_open(connection: &Value, client_id: &str) -> bool {
    connection["enabled_clients"].as_array().into_iter().flatten().any(|client| client == client_id)
}
