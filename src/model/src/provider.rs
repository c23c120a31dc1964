//! The providers, also called strategies, that the Management API knows (contract [A12](crate::contract#a12), [B3](crate::contract#b3)).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of an identity's origin: `auth0` for a database, `google-oauth2`, `samlp` …
///
/// Any text is accepted when reading, because a tenant may know more than we do; [`Provider::is_known`]
/// tells whether the Management API takes it in a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Provider(String);

/// Every provider of contract [A12](crate::contract#a12) with the name a person knows it by, and whether it is a social network.
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
    /// Wraps a provider as it stands on the wire.
    #[must_use]
    pub fn new(provider: impl Into<String>) -> Self {
        Self(provider.into())
    }

    /// The provider as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the Management API takes this provider in a path (contract [A12](crate::contract#a12)).
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.find().is_some()
    }

    /// Whether new identities of this provider carry `isSocial: true`.
    #[must_use]
    pub fn is_social(&self) -> bool {
        self.find().is_some_and(|(_, _, social)| *social)
    }

    /// The name a person knows the provider by; an unknown provider is called what the wire calls it.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.find().map_or(&self.0, |(_, name, _)| name)
    }

    /// Whether sign-in goes through a company's own directory, where several connections of one
    /// provider are told apart by their connection's name.
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

    /// Whether identities of this provider carry their connection's name inside their id, as in
    /// `samlp|acme|name` (contract [B3](crate::contract#b3)).
    #[must_use]
    pub fn has_connection_in_id(&self) -> bool {
        matches!(
            self.as_str(),
            "ad" | "oauth1" | "oauth2" | "oidc" | "okta" | "pingfederate" | "samlp" | "waad"
        )
    }

    /// The id of the provider's mark in `public/providers.svg`. Some providers share the mark of their maker, and
    /// companies' own directories have a building; `None` means that initials must do.
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
