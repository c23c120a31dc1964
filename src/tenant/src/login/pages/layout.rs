//! The frame around every hosted page, and the elements that several pages share.

use maud::{DOCTYPE, Markup, html};
use model::Provider;

use super::assets::Assets;

/// What every page of a pending login shows.
#[derive(Debug)]
pub(crate) struct PageContext<'a> {
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// The name of the application.
    pub(crate) client: &'a str,
    /// The state of the pending login.
    pub(crate) state: &'a str,
}

/// Renders the frame around the content of a page. `kind` names the page for the stylesheet.
pub(super) fn layout(assets: &Assets, tenant: &str, title: &str, kind: &str, content: &Markup) -> Markup {
    layout_with_head(assets, tenant, title, kind, &html! {}, content)
}

/// Like [`layout`], with further elements in the head.
pub(super) fn layout_with_head(
    assets: &Assets,
    tenant: &str,
    title: &str,
    kind: &str,
    head: &Markup,
    content: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · " (tenant) }
                link rel="icon" href=(assets.icon) type="image/svg+xml";
                link rel="stylesheet" href=(assets.style);
                (head)
            }
            body class=(kind) {
                header { (brand()) bdi { (tenant) } }
                main { (content) }
            }
        }
    }
}

/// Renders the product's logo: two interlocked rings.
fn brand() -> Markup {
    html! {
        svg.rings viewBox="0 0 28 28" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"
            aria-hidden="true" {
            path d="M11.5 9.2A6.2 6.2 0 1 0 11.5 18.8" {}
            circle cx="18.6" cy="14" r="6.2" {}
        }
    }
}

pub(super) fn notice(sentence: &str) -> Markup {
    html! { p #refusal.notice.danger role="alert" { (sentence) } }
}

/// Renders the mark of a provider from the sprite, or its initials if the sprite has no mark for it.
pub(super) fn mark(assets: &Assets, provider: &str, label: &str) -> Markup {
    let mark = Provider::new(provider).mark();
    html! {
        span.mark data-mark=[mark] aria-hidden="true" {
            @match mark {
                Some(mark) => svg { use href={ (assets.marks) "#" (mark) } {} },
                None => (initials(label)),
            }
        }
    }
}

/// Returns the first letters of the first and the last word in upper case; "#" without a letter, as in a phone number.
pub(super) fn initials(text: &str) -> String {
    let mut letters = text.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
    match (letters.next(), letters.next_back()) {
        (None, _) => "#".to_owned(),
        (first, last) => first.into_iter().chain(last).flat_map(char::to_uppercase).collect(),
    }
}
