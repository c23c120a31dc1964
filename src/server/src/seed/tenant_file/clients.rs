//! Clients of a tenant file.

use std::time::Duration;

use serde_saphyr::{Location, Spanned};
use tenant::configuration::{
    ApplicationType, Client, ClientAuthentication, InvalidConfiguration, Parts, RefreshTokens,
};
use tenant::secret::{Secret, digest};

use super::error::Misplaced;
use super::schema::{AppType, AuthMethod, ClientEntry, ExpirationType, RefreshTokenEntry, RotationType};

impl ClientEntry {
    /// Returns the client. As at Auth0, the application type decides the values of keys that are left out.
    pub(super) fn into_client(self) -> Client {
        let name = self.name.value;
        let application_type = match (self.app_type, self.token_endpoint_auth_method) {
            (Some(AppType::Spa), _) | (None, Some(AuthMethod::None)) => ApplicationType::SinglePage,
            (Some(AppType::Native), _) => ApplicationType::Native,
            (Some(AppType::NonInteractive), _) => ApplicationType::Machine,
            (Some(AppType::RegularWeb) | None, _) => ApplicationType::RegularWeb,
        };
        let is_public = matches!(application_type, ApplicationType::SinglePage | ApplicationType::Native);
        let authentication = match self.token_endpoint_auth_method {
            Some(AuthMethod::None) => ClientAuthentication::None,
            Some(AuthMethod::ClientSecretBasic) => ClientAuthentication::SecretBasic,
            None if is_public => ClientAuthentication::None,
            Some(AuthMethod::ClientSecretPost) | None => ClientAuthentication::SecretPost,
        };
        let grant_types = self.grant_types.unwrap_or_else(|| {
            let defaults: &[&str] = match application_type {
                ApplicationType::Machine => &["client_credentials"],
                _ => &["authorization_code", "refresh_token"],
            };
            defaults.iter().map(|&grant| grant.to_owned()).collect()
        });
        let refresh_tokens =
            self.refresh_token.map(RefreshTokenEntry::into_refresh_tokens).unwrap_or_default();
        Client {
            client_id: self.client_id.map_or_else(|| derived_client_id(&name), |id| id.value),
            client_secret: self.client_secret.map(Secret::new),
            keys: Vec::new(),
            name,
            application_type,
            authentication,
            callbacks: self.callbacks.unwrap_or_default(),
            allowed_logout_urls: self.allowed_logout_urls.unwrap_or_default(),
            initiate_login_uri: self.initiate_login_uri.filter(|uri| !uri.is_empty()),
            web_origins: self.web_origins.unwrap_or_default(),
            grant_types,
            require_pushed_authorization_requests: false,
            refresh_tokens,
            ..Client::new("", "")
        }
    }
}

impl RefreshTokenEntry {
    /// Returns the rules for refresh tokens. Lifetimes are in seconds; by default tokens rotate and expire.
    fn into_refresh_tokens(self) -> RefreshTokens {
        let default = RefreshTokens::default();
        let never = self.expiration_type == Some(ExpirationType::NonExpiring);
        let lifetime = |seconds: Option<u32>, infinite: Option<bool>, default| match infinite {
            Some(true) => None,
            _ if never => None,
            _ => seconds.map_or(default, |seconds| Some(Duration::from_secs(seconds.into()))),
        };
        RefreshTokens {
            rotate: self.rotation_type != Some(RotationType::NonRotating),
            leeway: Duration::from_secs(self.leeway.unwrap_or(0).into()),
            lifetime: lifetime(self.token_lifetime, self.infinite_token_lifetime, default.lifetime),
            idle_lifetime: lifetime(
                self.idle_token_lifetime,
                self.infinite_idle_token_lifetime,
                default.idle_lifetime,
            ),
        }
    }
}

/// Derives a client id from the client's name, so that it is the same at every start. It has the form of
/// Auth0's random ids: 32 letters and digits.
pub(super) fn derived_client_id(name: &str) -> String {
    digest(name.as_bytes()).chars().filter(char::is_ascii_alphanumeric).take(32).collect()
}

/// Returns the id of the client that has the referenced id or, failing that, the referenced name.
///
/// # Errors
/// The place of a reference to a client that does not exist.
pub(super) fn resolve(
    reference: &Spanned<String>,
    clients: &[(Location, Client)],
) -> Result<String, Misplaced> {
    let by_id = clients.iter().find(|(_, client)| client.client_id == reference.value);
    by_id
        .or_else(|| clients.iter().find(|(_, client)| client.name == reference.value))
        .map(|(_, client)| client.client_id.clone())
        .ok_or_else(|| {
            (reference.referenced, format!("no client has the name or id \"{}\"", reference.value))
        })
}

/// Checks each client by the rules of the tenant's configuration, so that the error has the place of the
/// client.
///
/// # Errors
/// The first client that breaks a rule.
pub(super) fn check_clients(clients: &[(Location, Client)]) -> Result<(), Misplaced> {
    for index in 0..clients.len() {
        let clients_so_far = clients[..=index].iter().map(|(_, client)| client.clone()).collect();
        tenant::Configuration::new(Parts { clients: clients_so_far, ..Parts::default() })
            .map_err(|invalid: InvalidConfiguration| (clients[index].0, invalid.to_string()))?;
    }
    Ok(())
}
