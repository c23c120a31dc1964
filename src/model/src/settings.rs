//! The public settings that the page boots from: the shape of `/config.json`.

use serde::{Deserialize, Serialize};

use crate::route;

/// Which token the page sends to the Management API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// The primary account's access token: scope-limited and bound to the API.
    #[default]
    AccessToken,
    /// The primary account's ID token: the older variant of contract section E, for tenants that still
    /// ask for it. Never a fallback.
    IdToken,
}

/// The page's settings. They hold no secret: everyone who opens the page can read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The tenant: a bare host (`example.eu.auth0.com`, then https) or a full http(s) origin.
    pub domain: String,
    /// The client id of the single-page application in that tenant.
    pub client_id: String,
    /// The Management API's identifier; by default `{origin}/api/v2/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Which token goes to the Management API.
    #[serde(default)]
    pub bearer: Bearer,
    /// What the page calls itself in its header and title; by default "Linked accounts".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// `domain` is neither a bare host nor an http(s) origin.
    #[error(
        "\"domain\" must be a host such as example.eu.auth0.com or an origin such as http://localhost:3000, not \"{0}\""
    )]
    Domain(String),
    /// `clientId` is empty.
    #[error("\"clientId\" is missing")]
    ClientId,
}

impl Settings {
    /// The tenant's origin, without a slash at its end.
    ///
    /// # Errors
    /// [`InvalidSettings::Domain`] when `domain` has a path, a user, white space or another scheme.
    pub fn tenant_origin(&self) -> Result<String, InvalidSettings> {
        let given = self.domain.trim();
        let bare = given.strip_suffix('/').unwrap_or(given);
        let (scheme, host) = match bare.split_once("://") {
            Some((scheme @ ("http" | "https"), host)) => (scheme, host),
            Some(_) => return Err(InvalidSettings::Domain(self.domain.clone())),
            None => ("https", bare),
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(allowed) {
            return Err(InvalidSettings::Domain(self.domain.clone()));
        }
        Ok(format!("{scheme}://{}", host.to_ascii_lowercase()))
    }

    /// The tenant's issuer: its origin with a slash at its end, as Auth0 writes it (contract C5).
    ///
    /// # Errors
    /// As [`Settings::tenant_origin`].
    pub fn issuer(&self) -> Result<String, InvalidSettings> {
        Ok(format!("{}/", self.tenant_origin()?))
    }

    /// The audience to ask a token for.
    ///
    /// # Errors
    /// As [`Settings::tenant_origin`].
    pub fn management_audience(&self) -> Result<String, InvalidSettings> {
        match &self.audience {
            Some(audience) if !audience.is_empty() => Ok(audience.clone()),
            _ => Ok(format!("{}{}/", self.tenant_origin()?, route::MANAGEMENT_API)),
        }
    }

    /// Checks every setting at once.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        self.tenant_origin()?;
        if self.client_id.trim().is_empty() { Err(InvalidSettings::ClientId) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_domain(domain: &str) -> Settings {
        Settings {
            domain: domain.to_owned(),
            client_id: "client".to_owned(),
            audience: None,
            bearer: Bearer::AccessToken,
            name: None,
        }
    }

    #[test]
    fn a_bare_host_means_https() {
        let settings = with_domain("Example.eu.auth0.com");
        assert_eq!(settings.tenant_origin().unwrap(), "https://example.eu.auth0.com");
        assert_eq!(settings.issuer().unwrap(), "https://example.eu.auth0.com/");
        assert_eq!(settings.management_audience().unwrap(), "https://example.eu.auth0.com/api/v2/");
    }

    #[test]
    fn a_full_origin_is_taken_as_it_is() {
        assert_eq!(with_domain("http://localhost:3000/").tenant_origin().unwrap(), "http://localhost:3000");
        assert_eq!(with_domain("http://[::1]:3000").tenant_origin().unwrap(), "http://[::1]:3000");
    }

    #[test]
    fn anything_but_a_host_or_an_origin_is_refused() {
        for domain in
            ["", "ftp://host", "javascript:alert(1)", "host/path", "https://user@host", "a b", "https://"]
        {
            assert!(with_domain(domain).check().is_err(), "{domain}");
        }
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        let text = r#"{"domain":"host","clientId":"c","berer":"id_token"}"#;
        assert!(serde_json::from_str::<Settings>(text).is_err());
    }
}
