//! A provider's mark in a tile.

use leptos::prelude::*;
use model::Provider;

use super::marks::address_of;
use crate::text;

/// The provider's mark from the local sprite, or its initials. Decoration beside the provider's name.
#[component]
pub fn ProviderMark(
    /// The provider.
    provider: Provider,
) -> impl IntoView {
    if let Some(id) = provider.mark() {
        // As HTML, because a list has one for each row: the browser makes the two elements in one call. Nothing in it comes from
        // outside.
        let mark = format!("<svg class=\"mark {id}\"><use href=\"{}\"/></svg>", address_of(id));
        return view! { <span class="tile" aria-hidden="true" inner_html=mark></span> }.into_any();
    }
    let initials = text::initials(&text::provider_name(&provider));
    view! { <span class="tile" aria-hidden="true">{initials}</span> }.into_any()
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
            let id = Provider::new(provider).mark().unwrap();
            assert!(SPRITE.contains(&format!("<symbol id=\"{id}\"")), "{id}");
        }
    }

    #[test]
    fn a_provider_without_a_mark_gets_initials() {
        assert_eq!(Provider::new("yandex").mark(), None);
        assert_eq!(Provider::new("something-new").mark(), None);
    }
}
