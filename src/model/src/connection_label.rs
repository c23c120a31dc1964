//! What people call the logins of a connection: the same on the page, on the tenant's pages and in its mails.

use crate::id::ConnectionName;
use crate::provider::Provider;

/// The label of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionLabel {
    /// A name, which no language translates: of a company, a product or the connection itself.
    Name(String),
    /// The connection has no name that people know; the words are those for the kind of its provider.
    Kind(Provider),
}

impl ConnectionLabel {
    /// Returns the label of the connection `connection` of `provider`: its `display_name`; else, where a provider has many
    /// connections, the connection's name made readable; else what the provider is called.
    #[must_use]
    pub fn new(display_name: Option<&str>, connection: &ConnectionName, provider: &Provider) -> Self {
        if let Some(name) = display_name.map(str::trim).filter(|name| !name.is_empty()) {
            return Self::Name(name.to_owned());
        }
        // A connection with the name of its provider is the only one.
        if provider.has_many_connections() && connection.as_str() != provider.as_str() {
            let readable = readable(connection.as_str());
            if !readable.is_empty() {
                return Self::Name(readable);
            }
        }
        if provider.is_brand() && !provider.as_str().is_empty() {
            Self::Name(provider.display_name().to_owned())
        } else {
            Self::Kind(provider.clone())
        }
    }

    /// Returns the label in English.
    #[must_use]
    pub fn into_english(self) -> String {
        match self {
            Self::Name(name) => name,
            Self::Kind(provider) => provider.display_name().to_owned(),
        }
    }
}

/// Formats the name of a connection for reading: `acme-saml` becomes `Acme SAML`.
fn readable(connection: &str) -> String {
    let word = |word: &str| match word.to_ascii_lowercase().as_str() {
        "ad" | "adfs" | "idp" | "ldap" | "oidc" | "saml" | "sso" => word.to_ascii_uppercase(),
        _ => {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
        }
    };
    let words = connection.split(['-', '_', ' ']).filter(|part| !part.is_empty());
    words.map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(display_name: Option<&str>, connection: &str, provider: &str) -> String {
        ConnectionLabel::new(display_name, &ConnectionName::new(connection), &Provider::new(provider))
            .into_english()
    }

    #[test]
    fn a_connection_is_called_by_its_display_name() {
        assert_eq!(label(Some("Acme Corp"), "acme-saml", "samlp"), "Acme Corp");
        assert_eq!(label(Some("Members"), "Username-Password-Authentication", "auth0"), "Members");
        assert_eq!(label(Some(" "), "acme-saml", "samlp"), "Acme SAML");
    }

    #[test]
    fn without_one_the_connection_of_a_company_is_called_by_its_own_name() {
        assert_eq!(label(None, "acme-saml", "samlp"), "Acme SAML");
        assert_eq!(label(None, "globex_oidc", "oidc"), "Globex OIDC");
        assert_eq!(label(None, "globex", "waad"), "Globex");
        assert_eq!(label(None, "discord", "oauth2"), "Discord");
        assert_eq!(label(None, "google-apps", "google-apps"), "Google Workspace");
        assert_eq!(label(None, "--", "samlp"), "Company login");
    }

    #[test]
    fn any_other_connection_is_called_by_its_provider() {
        assert_eq!(label(None, "google-oauth2", "google-oauth2"), "Google");
        assert_eq!(label(None, "Username-Password-Authentication", "auth0"), "Password");
        assert_eq!(label(None, "new-one", "new"), "new");
        let kind = ConnectionLabel::new(None, &ConnectionName::new("db"), &Provider::new("auth0"));
        assert_eq!(kind, ConnectionLabel::Kind(Provider::new("auth0")));
    }
}
