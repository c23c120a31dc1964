//! What is looked at: a tenant, a client of it, and perhaps a page and credentials for the Management API.

use model::route;
use model::settings::InvalidSettings;
use model::{Settings, scope::Scope};
use url::Url;

/// The scopes that the page requests of the Management API (contract [A15](model::contract#a15)).
pub const SCOPES: [Scope; 3] =
    [Scope::READ_CURRENT_USER, Scope::UPDATE_CURRENT_USER_IDENTITIES, Scope::UPDATE_CURRENT_USER_METADATA];

/// Why a set-up cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum InvalidTarget {
    /// The domain is neither a host nor an origin.
    #[error(transparent)]
    Domain(#[from] InvalidSettings),
    /// The page is not an http(s) origin.
    #[error(
        "the page must be an http(s) origin such as https://logins.example.com, without a path, not \"{0}\""
    )]
    Page(String),
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The origin of the tenant, without a slash at its end.
    pub tenant: String,
    /// The client id of the page.
    pub client_id: String,
    /// The origin of the page, without a slash at its end.
    pub page: Option<String>,
    /// The identifier of the Management API, if it was named.
    pub audience: Option<String>,
}

impl Target {
    /// Reads what is to be looked at. `domain` is written as in the page's settings.
    ///
    /// # Errors
    /// [`InvalidTarget`].
    pub fn new(
        domain: &str,
        client_id: &str,
        page: Option<&str>,
        audience: Option<&str>,
    ) -> Result<Self, InvalidTarget> {
        let settings = Settings::new(domain, client_id);
        settings.check()?;
        let page = page.map(|page| origin(page).ok_or_else(|| InvalidTarget::Page(page.to_owned())));
        Ok(Self {
            tenant: settings.tenant_origin()?,
            client_id: client_id.to_owned(),
            page: page.transpose()?,
            audience: audience.map(str::to_owned),
        })
    }

    /// The address at which the page takes answers of the tenant; without a page one that no client can have.
    #[must_use]
    pub fn callback(&self) -> String {
        let origin = self.page.as_deref().unwrap_or("https://doctor.invalid");
        format!("{origin}{}", route::CALLBACK)
    }

    /// Returns the URL of a path of the tenant.
    #[must_use]
    pub fn at_tenant(&self, path: &str) -> String {
        format!("{}{path}", self.tenant)
    }

    /// Returns the audience of the requests: the named one, that of the page's settings, or the tenant's own.
    #[must_use]
    pub fn audience(&self, settings: Option<&Settings>) -> String {
        let of_settings = || settings.and_then(|settings| settings.audience.clone());
        let named = self.audience.clone().or_else(of_settings).filter(|audience| !audience.is_empty());
        named.unwrap_or_else(|| format!("{}{}/", self.tenant, route::MANAGEMENT_API))
    }
}

/// Returns the origin that `text` is, without a slash at its end.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_plain.then(|| url.origin().ascii_serialization())
}

/// Whether the origin is one of this machine.
pub(crate) fn is_local(origin: &str) -> bool {
    let host = Url::parse(origin).ok().and_then(|url| url.host().map(|host| host.to_owned()));
    match host {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_an_origin() {
        let page = |page: &str| Target::new("a.example", "id", Some(page), None).map(|target| target.page);
        assert_eq!(page("https://Logins.example.com/").unwrap().unwrap(), "https://logins.example.com");
        assert_eq!(page("http://localhost:3000").unwrap().unwrap(), "http://localhost:3000");
        for wrong in [
            "logins.example.com",
            "https://a.example/path",
            "https://a.example/?q",
            "ftp://a",
            "https://me@a.example",
        ] {
            assert!(page(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_audience_is_the_named_one_else_that_of_the_tenant() {
        let target = |audience| Target::new("A.example", "id", None, audience).unwrap();
        assert_eq!(target(None).audience(None), "https://a.example/api/v2/");
        assert_eq!(target(Some("https://b.example/api/v2/")).audience(None), "https://b.example/api/v2/");
    }
}
