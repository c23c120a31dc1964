//! The check of a configuration for contradictions.

use std::collections::HashSet;

use model::id::is_dot_segment;

use super::allowed_url::{ORGANIZATION, is_script};
use super::connection::Upstream;
use super::parts::Parts;

/// The reason why a configuration is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfiguration {
    /// Two clients share an id.
    #[error("two clients have the id \"{0}\"")]
    DuplicateClient(String),
    /// Two connections share a name.
    #[error("two connections have the name \"{0}\"")]
    DuplicateConnection(String),
    /// The name of a connection cannot be a segment of a path.
    #[error("no address can name the connection \"{0}\"")]
    UnnameableConnection(String),
    /// The Management API does not know the strategy of a connection.
    #[error("connection \"{connection}\" has the unknown strategy \"{strategy}\"")]
    UnknownStrategy {
        /// The connection.
        connection: String,
        /// The strategy.
        strategy: String,
    },
    /// The name of the identity claim is not a URL, so it could collide with another claim.
    #[error("the claim of the identity is called \"{0}\", which is not an http(s) URL")]
    UnscopedClaim(String),
    /// Secrets must not be sent to a provider's issuer.
    #[error(
        "connection \"{connection}\": the issuer \"{issuer}\" is not reached by https, nor on this machine"
    )]
    UnsafeIssuer {
        /// The connection.
        connection: String,
        /// The issuer.
        issuer: String,
    },
    /// A database has a provider.
    #[error("connection \"{0}\" is a database, which no provider signs in to")]
    UpstreamOfDatabase(String),
    /// A callback, logout URL or origin is not a URL.
    #[error("client \"{client}\": \"{url}\" is not an absolute URL")]
    InvalidUrl {
        /// The client's name.
        client: String,
        /// The invalid text.
        url: String,
    },
    /// A browser would run or show an address in place of opening an application.
    #[error("\"{0}\" is no address of an application: a browser would run or show it")]
    ScriptUrl(String),
    /// Two APIs share an identifier.
    #[error("two APIs have the identifier \"{0}\"")]
    DuplicateApi(String),
    /// Two roles share a name.
    #[error("two roles have the name \"{0}\"")]
    DuplicateRole(String),
    /// A grant or a connection names a client that does not exist.
    #[error("{0} names the client \"{1}\", which does not exist")]
    UnknownClient(String, String),
}

/// Checks the parts of a configuration against each other.
///
/// # Errors
/// The first contradiction.
pub(super) fn check(parts: &Parts) -> Result<(), InvalidConfiguration> {
    let Parts { options, clients, connections, apis, roles, grants } = parts;
    let claim = &options.identity_claim;
    if !url::Url::parse(claim).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(InvalidConfiguration::UnscopedClaim(claim.clone()));
    }
    let of_tenant = options.allowed_logout_urls.iter().chain(&options.default_redirection_uri);
    if let Some(url) = of_tenant.into_iter().find(|url| is_script(url)) {
        return Err(InvalidConfiguration::ScriptUrl(url.clone()));
    }
    let mut ids = HashSet::new();
    for client in clients {
        if !ids.insert(client.client_id.as_str()) {
            return Err(InvalidConfiguration::DuplicateClient(client.client_id.clone()));
        }
        let urls = client.callbacks.iter().chain(&client.allowed_logout_urls).chain(&client.web_origins);
        let urls = urls.chain(&client.initiate_login_uri).chain(&client.allowed_origins);
        for url in urls {
            if is_script(url) {
                return Err(InvalidConfiguration::ScriptUrl(url.clone()));
            }
            // A URL may contain `*` in its host, which is no domain.
            if url::Url::parse(&url.replace('*', "any").replace(ORGANIZATION, "any")).is_err() {
                return Err(InvalidConfiguration::InvalidUrl {
                    client: client.name.clone(),
                    url: url.clone(),
                });
            }
        }
    }
    let mut names = HashSet::new();
    for connection in connections {
        let name = connection.name.as_str();
        if !names.insert(name) {
            return Err(InvalidConfiguration::DuplicateConnection(name.to_owned()));
        }
        if name.is_empty() || is_dot_segment(name) {
            return Err(InvalidConfiguration::UnnameableConnection(name.to_owned()));
        }
        if !connection.strategy.is_known() {
            return Err(InvalidConfiguration::UnknownStrategy {
                connection: name.to_owned(),
                strategy: connection.strategy.to_string(),
            });
        }
        if let Some(upstream) = &connection.upstream {
            if connection.is_database() {
                return Err(InvalidConfiguration::UpstreamOfDatabase(name.to_owned()));
            }
            if !Upstream::is_safe(&upstream.issuer) {
                return Err(InvalidConfiguration::UnsafeIssuer {
                    connection: name.to_owned(),
                    issuer: upstream.issuer.clone(),
                });
            }
        }
        for client in connection.enabled_clients.iter().flatten() {
            if !ids.contains(client.as_str()) {
                return Err(InvalidConfiguration::UnknownClient(
                    format!("connection \"{name}\""),
                    client.clone(),
                ));
            }
        }
    }
    let mut identifiers = HashSet::new();
    if let Some(api) = apis.iter().find(|api| !identifiers.insert(api.identifier.as_str())) {
        return Err(InvalidConfiguration::DuplicateApi(api.identifier.clone()));
    }
    let mut names = HashSet::new();
    if let Some(role) = roles.iter().find(|role| !names.insert(role.name.as_str())) {
        return Err(InvalidConfiguration::DuplicateRole(role.name.clone()));
    }
    for grant in grants {
        if !ids.contains(grant.client_id.as_str()) {
            return Err(InvalidConfiguration::UnknownClient(
                format!("the grant for \"{}\"", grant.audience),
                grant.client_id.clone(),
            ));
        }
    }
    Ok(())
}
