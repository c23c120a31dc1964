//! The tenant's cookies: the session, the browser that a login belongs to, the application that asked for it, the code
//! out of a mail, and those of the stand-ins.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::secret::Secret;
use crate::state::Tenant;

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie<'c> {
    /// Proves who is signed in.
    Session,
    /// Binds a login page to the browser that asked for it, so that nobody can be signed in by another's
    /// link (login CSRF).
    Browser,
    /// Which application asked last, so that a person who is left on a page of the tenant can go back to it.
    Application,
    /// The code out of a link in a mail.
    Ticket,
    /// Tells a stand-in who signed in there before; holds the connection's id.
    StandIn(&'c str),
}

impl Cookie<'_> {
    /// Cookies ignore ports, so two tenants on one host are told apart by the name.
    fn name(self, tenant: &Tenant) -> String {
        let (kind, of) = match self {
            Self::Session => ("session", ""),
            Self::Browser => ("browser", ""),
            Self::Application => ("application", ""),
            Self::Ticket => ("ticket", ""),
            Self::StandIn(connection) => ("stand-in-", connection),
        };
        let prefix = if tenant.0.issuer.is_https() { "__Host-" } else { "" };
        let port = tenant.0.issuer.port().map(|port| format!("-{port}")).unwrap_or_default();
        format!("{prefix}linked-accounts-{kind}{of}{port}")
    }

    /// The cookie's value in a request.
    pub(crate) fn read(self, tenant: &Tenant, headers: &HeaderMap) -> Option<Secret> {
        let name = self.name(tenant);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, value)| *key == name && !value.is_empty())
            .map(|(_, value)| Secret::new(value))
    }

    /// The header that sets the cookie until the browser closes; the server's row decides how long it is good.
    pub(crate) fn set(self, tenant: &Tenant, value: &Secret) -> HeaderValue {
        self.header(tenant, value.expose(), "")
    }

    /// The header that takes the cookie away.
    pub(crate) fn clear(self, tenant: &Tenant) -> HeaderValue {
        self.header(tenant, "", "; Max-Age=0")
    }

    fn header(self, tenant: &Tenant, value: &str, rest: &str) -> HeaderValue {
        // Silent sign-in runs in a frame of the application's page: across sites that needs `None`, which
        // browsers take by https only. Over http, tenant and page are on one site.
        let site = if tenant.0.issuer.is_https() { "SameSite=None; Secure" } else { "SameSite=Lax" };
        let text = format!("{}={value}; Path=/; HttpOnly; {site}{rest}", self.name(tenant));
        // Names and values are our own and plain ASCII.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}
