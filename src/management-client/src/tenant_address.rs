//! Where a tenant is, and who calls it.

use model::Settings;
use url::{Host, Url};

/// The origin of a tenant and the audience of its Management API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantAddress {
    origin: String,
    audience: String,
    is_loopback: bool,
}

/// The reason why a text is not the domain of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDomain {
    /// It is neither a host nor an origin.
    #[error("expected a host such as example.eu.auth0.com, or an origin, not {0:?}")]
    Malformed(String),
    /// Secrets would travel unencrypted.
    #[error("{0} is not on this machine: https is needed, because the secret is sent there")]
    Unencrypted(String),
}

impl TenantAddress {
    /// Reads a domain: a bare host, which means https, or http when it is of this machine; or an origin. Without an
    /// `audience`, it is `https://DOMAIN/api/v2/`, as at Auth0.
    ///
    /// # Errors
    /// [`InvalidDomain`].
    pub fn parse(domain: &str, audience: Option<&str>) -> Result<Self, InvalidDomain> {
        let malformed = || InvalidDomain::Malformed(domain.to_owned());
        let mut settings = settings(domain, audience);
        let mut url =
            Url::parse(&settings.tenant_origin().map_err(|_| malformed())?).map_err(|_| malformed())?;
        let is_loopback = is_loopback(&url);
        if is_loopback && !domain.contains("://") {
            settings = self::settings(&format!("http://{}", domain.trim()), audience);
            url = settings
                .tenant_origin()
                .ok()
                .and_then(|origin| Url::parse(&origin).ok())
                .ok_or_else(malformed)?;
        }
        if url.scheme() == "http" && !is_loopback {
            return Err(InvalidDomain::Unencrypted(url.host_str().unwrap_or_default().to_owned()));
        }
        let origin = settings.tenant_origin().map_err(|_| malformed())?;
        let audience = settings.management_audience().map_err(|_| malformed())?;
        Ok(Self { origin, audience, is_loopback })
    }

    /// Returns the origin, without a final slash.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the audience of tokens for the Management API.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Returns whether the tenant is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

fn settings(domain: &str, audience: Option<&str>) -> Settings {
    Settings { audience: audience.map(str::to_owned), ..Settings::new(domain, "") }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_host_means_https_and_on_this_machine_http() {
        let read = |domain: &str| TenantAddress::parse(domain, None).unwrap();
        assert_eq!(read("Example.eu.auth0.com").origin(), "https://example.eu.auth0.com");
        assert_eq!(read("example.eu.auth0.com/").audience(), "https://example.eu.auth0.com/api/v2/");
        assert_eq!(read("localhost:3000").audience(), "http://localhost:3000/api/v2/");
        assert_eq!(read("[::1]:3000").origin(), "http://[::1]:3000");
        assert_eq!(read("https://localhost:3000").origin(), "https://localhost:3000");
    }

    #[test]
    fn a_custom_domain_keeps_the_audience_of_the_tenant() {
        let address = TenantAddress::parse("login.example.com", Some("https://x.auth0.com/api/v2/")).unwrap();
        assert_eq!(
            (address.origin(), address.audience()),
            ("https://login.example.com", "https://x.auth0.com/api/v2/")
        );
    }

    // attack: network
    #[test]
    fn a_secret_is_never_sent_unencrypted_to_another_machine() {
        for domain in [
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://0x7f.1.example",
        ] {
            let refused = TenantAddress::parse(domain, None);
            assert!(matches!(refused, Err(InvalidDomain::Unencrypted(_))), "{domain}: {refused:?}");
        }
        for domain in ["", "ftp://example.com", "user@example.com", "example.com/path", "https://"] {
            assert!(TenantAddress::parse(domain, None).is_err(), "{domain}");
        }
    }
}
