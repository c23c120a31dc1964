//! The tenant's own origin, which is also the issuer in its tokens.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

/// The issuer: an http(s) origin with a trailing slash, as at Auth0 (contract [C5](model::contract#c5)). Every request copies it,
/// so that copies share their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(Arc<str>);

/// The error for a text that is not an issuer. Contains the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the issuer must be an http(s) origin such as http://localhost:3000/, without path, query or user, not \"{0}\""
)]
pub struct InvalidIssuer(String);

impl Issuer {
    /// Parses an origin, with or without a trailing slash.
    ///
    /// # Errors
    /// [`InvalidIssuer`] for another scheme than http(s), or with a path, query, fragment or user.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let refused = || InvalidIssuer(text.to_owned());
        let url = Url::parse(text).map_err(|_| refused())?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare || !matches!(url.scheme(), "http" | "https") {
            return Err(refused());
        }
        Ok(Self(String::from(url).into()))
    }

    /// Returns the issuer with its trailing slash: `http://localhost:3000/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the origin, without a trailing slash: `http://localhost:3000`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// Returns whether the scheme is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Returns the port; `None` for the scheme's default port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        Url::parse(&self.0).ok()?.port()
    }

    /// Returns the URL of a path of the tenant. `path` starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Returns whether the `aud` of what a client signed names the tenant and nobody else: by its issuer, with or without
    /// the slash, or by an endpoint where clients prove themselves. What another server could use, too, may come from that
    /// server.
    pub(crate) fn is_only_audience(&self, audience: &Value) -> bool {
        use model::route::{PUSHED_REQUESTS, REVOKE, TOKEN};
        let is_ours = |text: &str| {
            text == self.as_str()
                || text == self.origin()
                || [TOKEN, PUSHED_REQUESTS, REVOKE].iter().any(|path| self.url(path) == text)
        };
        match audience {
            Value::String(one) => is_ours(one),
            Value::Array(many) => {
                !many.is_empty() && many.iter().all(|one| one.as_str().is_some_and(is_ours))
            }
            _ => false,
        }
    }

    /// Returns the identifier of the Management API, `{issuer}api/v2/` (contract [A1](model::contract#a1)).
    #[must_use]
    pub fn management_audience(&self) -> String {
        format!("{}/", self.url(model::route::MANAGEMENT_API))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_origin_with_a_slash() {
        let issuer = Issuer::parse("http://LOCALHOST:3000").unwrap();
        assert_eq!((issuer.as_str(), issuer.origin()), ("http://localhost:3000/", "http://localhost:3000"));
        assert_eq!(issuer.management_audience(), "http://localhost:3000/api/v2/");
        for text in
            ["localhost:3000", "ftp://host/", "https://host/path", "https://user@host/", "https://host/?a"]
        {
            assert!(Issuer::parse(text).is_err(), "{text}");
        }
    }
}
