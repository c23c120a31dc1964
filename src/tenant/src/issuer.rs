//! The tenant's own address, which is also its name in every token.

use url::Url;

/// The issuer: an http(s) origin with a slash at its end, as Auth0 writes it (contract [C5](model::contract#c5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

/// Why a text is no issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the issuer must be an http(s) origin such as http://localhost:3000/, without path, query or user, not \"{0}\""
)]
pub struct InvalidIssuer(String);

impl Issuer {
    /// Reads an origin, with or without a slash at its end.
    ///
    /// # Errors
    /// [`InvalidIssuer`] when it has another scheme, a path, a query, a fragment or a user.
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
        Ok(Self(url.into()))
    }

    /// With a slash at its end: `http://localhost:3000/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without one: `http://localhost:3000`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// Whether the tenant is reached by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The port, if the address names one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        Url::parse(&self.0).ok()?.port()
    }

    /// The URL of a path on this tenant. `path` starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The Management API's identifier, `{issuer}api/v2/` (contract [A1](model::contract#a1)).
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
