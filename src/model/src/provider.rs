//! The providers (also called strategies) that the Management API knows (contract [A12](crate::contract#a12),
//! [B3](crate::contract#b3)).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The provider of an identity: `auth0` for a database connection, `google-oauth2`, `samlp` …
///
/// Deserializing accepts any text, because a tenant may know providers that this crate does not.
/// [`Provider::is_known`] returns whether the Management API accepts it in a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Provider(String);

/// Every provider of contract [A12](crate::contract#a12) with its display name and whether it is a social
/// network.
const KNOWN: &[(&str, &str, bool)] = &[
    ("ad", "Active Directory", false),
    ("adfs", "AD FS", false),
    ("amazon", "Amazon", true),
    ("apple", "Apple", true),
    ("auth0", "Password", false),
    ("auth0-oidc", "Auth0", false),
    ("baidu", "Baidu", true),
    ("bitbucket", "Bitbucket", true),
    ("bitly", "Bitly", true),
    ("box", "Box", true),
    ("custom", "Custom login", false),
    ("daccount", "d ACCOUNT", true),
    ("dropbox", "Dropbox", true),
    ("dwolla", "Dwolla", true),
    ("email", "E-mail code", false),
    ("evernote", "Evernote", true),
    ("evernote-sandbox", "Evernote Sandbox", true),
    ("exact", "Exact", true),
    ("facebook", "Facebook", true),
    ("fitbit", "Fitbit", true),
    ("github", "GitHub", true),
    ("google-apps", "Google Workspace", false),
    ("google-oauth2", "Google", true),
    ("instagram", "Instagram", true),
    ("ip", "IP address", false),
    ("line", "LINE", true),
    ("linkedin", "LinkedIn", true),
    ("oauth1", "OAuth login", true),
    ("oauth2", "OAuth login", true),
    ("office365", "Microsoft 365", false),
    ("oidc", "Company login", false),
    ("okta", "Okta", false),
    ("paypal", "PayPal", true),
    ("paypal-sandbox", "PayPal Sandbox", true),
    ("pingfederate", "PingFederate", false),
    ("planningcenter", "Planning Center", true),
    ("salesforce", "Salesforce", true),
    ("salesforce-community", "Salesforce Community", true),
    ("salesforce-sandbox", "Salesforce Sandbox", true),
    ("samlp", "Company login", false),
    ("sharepoint", "SharePoint", false),
    ("shop", "Shop", true),
    ("shopify", "Shopify", true),
    ("sms", "Text message", false),
    ("soundcloud", "SoundCloud", true),
    ("thirtysevensignals", "Basecamp", true),
    ("twitter", "Twitter", true),
    ("untappd", "Untappd", true),
    ("vkontakte", "VKontakte", true),
    ("waad", "Microsoft Entra ID", false),
    ("weibo", "Weibo", true),
    ("windowslive", "Microsoft", true),
    ("wordpress", "WordPress", true),
    ("yahoo", "Yahoo", true),
    ("yandex", "Yandex", true),
];

impl Provider {
    /// Wraps a provider in its wire form.
    #[must_use]
    pub fn new(provider: impl Into<String>) -> Self {
        Self(provider.into())
    }

    /// Returns the provider as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the Management API accepts this provider in a path (contract
    /// [A12](crate::contract#a12)).
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.find().is_some()
    }

    /// Returns every provider that the Management API accepts, in its wire form.
    pub fn all_known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(provider, _, _)| *provider)
    }

    /// Returns whether new identities of this provider have `isSocial: true`.
    #[must_use]
    pub fn is_social(&self) -> bool {
        self.find().is_some_and(|(_, _, social)| *social)
    }

    /// Returns the display name of the provider; for an unknown provider, its wire form.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.find().map_or(&self.0, |(_, name, _)| name)
    }

    /// Returns whether the display name is that of a company or a product, which stays the same in every
    /// language, and not words such as "Password".
    #[must_use]
    pub fn is_brand(&self) -> bool {
        !matches!(
            self.as_str(),
            "auth0" | "custom" | "email" | "ip" | "oauth1" | "oauth2" | "oidc" | "samlp" | "sms"
        )
    }

    /// Returns whether this is an enterprise provider: a company's own directory. Several connections of one
    /// enterprise provider are distinguished by the connection name.
    #[must_use]
    pub fn is_enterprise(&self) -> bool {
        matches!(
            self.as_str(),
            "ad" | "adfs"
                | "auth0-oidc"
                | "google-apps"
                | "office365"
                | "oidc"
                | "okta"
                | "pingfederate"
                | "samlp"
                | "sharepoint"
                | "waad"
        )
    }

    /// Returns whether a tenant may have many connections of this provider, each to somebody else: they are told apart by
    /// their own names.
    #[must_use]
    pub fn has_many_connections(&self) -> bool {
        self.is_enterprise() || matches!(self.as_str(), "custom" | "oauth1" | "oauth2")
    }

    /// Returns whether ids of this provider include the connection name, as in `samlp|acme|name` (contract
    /// [B3](crate::contract#b3)).
    #[must_use]
    pub fn has_connection_in_id(&self) -> bool {
        matches!(
            self.as_str(),
            "ad" | "oauth1" | "oauth2" | "oidc" | "okta" | "pingfederate" | "samlp" | "waad"
        )
    }

    /// Returns the id of the provider's logo in `public/providers.svg`.
    ///
    /// Some providers share the logo of their vendor, and enterprise providers without a logo share a
    /// building. `None` means that the page draws initials.
    #[must_use]
    pub fn mark(&self) -> Option<&'static str> {
        Some(match self.as_str() {
            "amazon" => "amazon",
            "apple" => "apple",
            "auth0" => "password",
            "auth0-oidc" => "auth0",
            "baidu" => "baidu",
            "bitbucket" => "bitbucket",
            "bitly" => "bitly",
            "box" => "box",
            "dropbox" => "dropbox",
            "email" => "email",
            "evernote" | "evernote-sandbox" => "evernote",
            "facebook" => "facebook",
            "fitbit" => "fitbit",
            "github" => "github",
            "google-apps" | "google-oauth2" => "google",
            "instagram" => "instagram",
            "line" => "line",
            "linkedin" => "linkedin",
            "office365" | "waad" | "windowslive" => "microsoft",
            "okta" => "okta",
            "paypal" | "paypal-sandbox" => "paypal",
            "salesforce" | "salesforce-community" | "salesforce-sandbox" => "salesforce",
            "sharepoint" => "sharepoint",
            "shop" | "shopify" => "shopify",
            "sms" => "sms",
            "soundcloud" => "soundcloud",
            "thirtysevensignals" => "basecamp",
            "twitter" => "twitter",
            "untappd" => "untappd",
            "vkontakte" => "vk",
            "weibo" => "weibo",
            "wordpress" => "wordpress",
            "yahoo" => "yahoo",
            _ if self.is_enterprise() => "company",
            _ => return None,
        })
    }

    fn find(&self) -> Option<&'static (&'static str, &'static str, bool)> {
        KNOWN.iter().find(|(wire, _, _)| *wire == self.0)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
