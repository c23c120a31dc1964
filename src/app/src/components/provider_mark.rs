//! A provider's mark in a tile.

use leptos::prelude::*;
use model::Provider;

use crate::text;

/// The provider's mark from the local sprite, or its initials. Decoration beside the provider's name.
#[component]
pub fn ProviderMark(
    /// Whose mark.
    provider: Provider,
) -> impl IntoView {
    let mark = match sprite(&provider) {
        Some(id) => view! {
            <svg class=format!("mark {id}")><use_ href=format!("/providers.svg#{id}")/></svg>
        }
        .into_any(),
        None => text::initials(provider.display_name()).into_any(),
    };
    view! { <span class="tile" aria-hidden="true">{mark}</span> }
}

/// The id in `public/providers.svg`, which is also the class that colours it.
fn sprite(provider: &Provider) -> Option<&'static str> {
    Some(match provider.as_str() {
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
        _ if provider.is_enterprise() => "company",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPRITE: &str = include_str!("../../../../public/providers.svg");

    #[test]
    fn every_mark_is_in_the_sprite() {
        for provider in [
            "amazon",
            "apple",
            "auth0",
            "auth0-oidc",
            "baidu",
            "bitbucket",
            "bitly",
            "box",
            "dropbox",
            "email",
            "evernote",
            "facebook",
            "fitbit",
            "github",
            "google-oauth2",
            "instagram",
            "line",
            "linkedin",
            "okta",
            "paypal",
            "salesforce",
            "samlp",
            "sharepoint",
            "shopify",
            "sms",
            "soundcloud",
            "thirtysevensignals",
            "twitter",
            "untappd",
            "vkontakte",
            "weibo",
            "windowslive",
            "wordpress",
            "yahoo",
        ] {
            let id = sprite(&Provider::new(provider)).unwrap();
            assert!(SPRITE.contains(&format!("<symbol id=\"{id}\"")), "{id}");
        }
    }

    #[test]
    fn a_provider_without_a_mark_gets_initials() {
        assert_eq!(sprite(&Provider::new("yandex")), None);
        assert_eq!(sprite(&Provider::new("something-new")), None);
    }
}
