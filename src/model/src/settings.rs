//! The page's public settings: the content of `/config.json`.

use serde::{Deserialize, Serialize};

use crate::id::ConnectionName;
use crate::provider::Provider;
use crate::route;

/// The default name of the ID token claim with the identity that is signed in.
pub const IDENTITY_CLAIM: &str = "https://linked-accounts.dev/identity";
/// The default maximum age of a sign-in for linking and unlinking, in seconds.
pub const FRESH_SIGN_IN: u32 = 900;
/// The default time during which Undo is offered, in seconds.
pub const UNDO_SECONDS: u32 = 10;

/// The keys of [`Settings`] in their order. Others mean nothing.
pub const KEYS: [&str; 13] = [
    "audience",
    "bearer",
    "clientId",
    "connections",
    "demo",
    "domain",
    "freshSignIn",
    "identityClaim",
    "name",
    "returnTo",
    "undoSeconds",
    "verificationMail",
    "verifiedEmailToLink",
];
/// The keys of [`OfferedConnection`] in their order.
pub const CONNECTION_KEYS: [&str; 5] = ["closed", "displayName", "name", "pinned", "strategy"];

/// Which token the page sends to the Management API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// The primary account's access token: limited to its scopes and to the API.
    #[default]
    AccessToken,
    /// The primary account's ID token: the older variant of contract section [E](crate::contract#e), for
    /// tenants that require it. Never used as a fallback.
    IdToken,
}

/// A connection whose identities can be linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferedConnection {
    /// The name in the tenant, such as `google-oauth2`.
    pub name: ConnectionName,
    /// The strategy, which is the provider of the connection's identities.
    pub strategy: Provider,
    /// The display name; by default that of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether an organisation manages the connection, so that people cannot unlink its identities.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Whether sign-in through the connection is closed: the page does not offer it, and its identities do
    /// not count as a way to sign in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// The page's settings. They contain no secret: everyone who opens the page can read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The tenant: a bare host (`example.eu.auth0.com`, which implies https) or an http(s) origin.
    pub domain: String,
    /// The client id of the page in that tenant.
    pub client_id: String,
    /// The Management API's audience; by default `{origin}/api/v2/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The token that the page sends to the Management API.
    #[serde(default)]
    pub bearer: Bearer,
    /// The name in the page's header and title; by default "Linked accounts".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The connections whose identities can be linked, in the order of their buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<OfferedConnection>,
    /// The ID token claim with the identity that is signed in; by default [`IDENTITY_CLAIM`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_claim: Option<String>,
    /// The maximum age of a sign-in for linking and unlinking, in seconds; 0 requires no recent sign-in; by
    /// default [`FRESH_SIGN_IN`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_sign_in: Option<u32>,
    /// The time during which Undo is offered, in seconds; 0 means until it is dismissed; by default
    /// [`UNDO_SECONDS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_seconds: Option<u32>,
    /// The allowed targets of `?return_to=`: http(s) URLs. A URL that ends in a slash allows everything below
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub return_to: Vec<String>,
    /// Whether the tenant accepts planned faults for a user's own requests, to demonstrate how the page
    /// reacts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// Whether the tenant has the page that sends the mail to confirm an address again
    /// ([`VERIFICATION_MAIL`](crate::route::VERIFICATION_MAIL)), which Auth0 has not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub verification_mail: bool,
    /// Whether the tenant links no account of a database whose e-mail address is not verified, which Auth0 does (contract
    /// [G3](crate::contract#g3)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub verified_email_to_link: bool,
}

/// The reason why settings are invalid.
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
    /// `identityClaim` is not a namespaced claim name.
    #[error("\"identityClaim\" must be an http(s) URL, which no claim of a standard is, not \"{0}\"")]
    IdentityClaim(String),
    /// An entry of `returnTo` is not an http(s) URL.
    #[error("\"returnTo\" must hold http(s) addresses without query and fragment, not \"{0}\"")]
    ReturnTo(String),
}

impl Settings {
    /// Returns the settings of a page with this client at this tenant, and the defaults of everything else.
    #[must_use]
    pub fn new(domain: &str, client_id: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            client_id: client_id.to_owned(),
            audience: None,
            bearer: Bearer::default(),
            name: None,
            connections: Vec::new(),
            identity_claim: None,
            fresh_sign_in: None,
            undo_seconds: None,
            return_to: Vec::new(),
            demo: false,
            verification_mail: false,
            verified_email_to_link: false,
        }
    }

    /// Returns the tenant's origin, without a final slash.
    ///
    /// # Errors
    /// [`InvalidSettings::Domain`] if `domain` has a path, a user, white space or another scheme.
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

    /// Returns the tenant's issuer: its origin with a final slash, as at Auth0 (contract
    /// [C5](crate::contract#c5)).
    ///
    /// # Errors
    /// As [`Settings::tenant_origin`].
    pub fn issuer(&self) -> Result<String, InvalidSettings> {
        Ok(format!("{}/", self.tenant_origin()?))
    }

    /// Returns the audience of Management API tokens.
    ///
    /// # Errors
    /// As [`Settings::tenant_origin`].
    pub fn management_audience(&self) -> Result<String, InvalidSettings> {
        match &self.audience {
            Some(audience) if !audience.is_empty() => Ok(audience.clone()),
            _ => Ok(format!("{}{}/", self.tenant_origin()?, route::MANAGEMENT_API)),
        }
    }

    /// Validates all settings.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        self.tenant_origin()?;
        if self.client_id.trim().is_empty() {
            return Err(InvalidSettings::ClientId);
        }
        if let Some(claim) = self.identity_claim.as_deref().filter(|claim| !is_address(claim)) {
            return Err(InvalidSettings::IdentityClaim(claim.to_owned()));
        }
        match self.return_to.iter().find(|entry| !is_return_target(entry)) {
            Some(entry) => Err(InvalidSettings::ReturnTo(entry.clone())),
            None => Ok(()),
        }
    }
}

fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Returns whether `text` is a URL with a path, so that an entry is never a prefix of another host's name.
fn is_return_target(text: &str) -> bool {
    is_address(text)
        && !text.contains(['?', '#', '\\', '@'])
        && text.splitn(4, '/').nth(3).is_some()
        && !text.contains("/.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_domain(domain: &str) -> Settings {
        Settings::new(domain, "client")
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
    fn a_return_target_has_a_path_and_neither_query_nor_fragment() {
        let with = |entry: &str| Settings { return_to: vec![entry.to_owned()], ..with_domain("host") };
        for entry in ["https://app.example.com/", "http://localhost:3000/done", "https://app.example.com/a/"]
        {
            assert_eq!(with(entry).check(), Ok(()), "{entry}");
        }
        for entry in [
            "https://app.example.com",
            "//app.example.com/",
            "/path",
            "javascript://x/",
            "https:///x",
            "https://app.example.com/?a",
            "https://me@app.example.com/",
            "https://app.example.com/a/../",
        ] {
            assert!(with(entry).check().is_err(), "{entry}");
        }
    }

    #[test]
    fn the_identity_claim_has_a_namespace() {
        let with = |claim: &str| Settings { identity_claim: Some(claim.to_owned()), ..with_domain("host") };
        assert_eq!(with("https://app.example.com/identity").check(), Ok(()));
        assert!(with("sub").check().is_err());
    }

    #[test]
    fn the_list_of_keys_has_every_key() {
        let connection = OfferedConnection {
            name: ConnectionName::new("github"),
            strategy: Provider::new("github"),
            display_name: Some("GitHub".to_owned()),
            pinned: true,
            closed: true,
        };
        let settings = Settings {
            audience: Some("a".to_owned()),
            name: Some("n".to_owned()),
            connections: vec![connection],
            identity_claim: Some("c".to_owned()),
            fresh_sign_in: Some(1),
            undo_seconds: Some(1),
            return_to: vec!["r".to_owned()],
            demo: true,
            verification_mail: true,
            verified_email_to_link: true,
            ..with_domain("host")
        };
        let written = serde_json::to_value(settings).unwrap();
        let keys = |value: &serde_json::Value| {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&written), KEYS);
        assert_eq!(keys(&written["connections"][0]), CONNECTION_KEYS);
    }
}
