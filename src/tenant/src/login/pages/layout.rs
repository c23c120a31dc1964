//! The frame around every hosted page, and the elements that several pages share.

use maud::{DOCTYPE, Markup, html};
use model::Provider;
use model::bidi::{isolate, isolated_parts};
use model::line_break::pieces;

use super::assets::Assets;
use crate::login::paths::with_query;

/// What every page of a pending login shows.
#[derive(Debug)]
pub(crate) struct PageContext<'a> {
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// The name of the application.
    pub(crate) client: &'a str,
    /// The state of the pending login.
    pub(crate) state: &'a str,
    /// What the sign-in is for, as a title; `None` if it is for nothing but signing in.
    pub(crate) purpose: Option<String>,
}

impl PageContext<'_> {
    /// Returns the title of the window: what the sign-in is for, else `otherwise`.
    pub(super) fn title(&self, otherwise: String) -> String {
        self.purpose.clone().unwrap_or(otherwise)
    }
}

/// Renders the frame around the content of a page. `kind` names the page for the stylesheet. Names in the title are isolated.
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
                title { (title) " · " (isolate(tenant)) }
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

/// Why a submitted form was refused: a sentence for the person, and the name of the field to correct, if it is about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormRefusal<'a> {
    /// The sentence.
    pub(crate) sentence: &'a str,
    /// The field, which gets the focus.
    pub(crate) field: Option<&'static str>,
}

/// Attributes of a field after a refusal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FieldState {
    /// Whether typing starts here.
    pub(super) focus: bool,
    /// `"true"` for the field to correct.
    pub(super) invalid: Option<&'static str>,
    /// The element that describes the field, besides its hint: the refusal, which a screen reader reads with the field.
    pub(super) described: Option<&'static str>,
}

impl FieldState {
    /// Returns the state of the field `name`. `first` is where typing starts if the refusal is about no field.
    pub(super) fn new(name: &str, first: &str, refusal: Option<FormRefusal<'_>>) -> Self {
        let at_fault = refusal.and_then(|refusal| refusal.field);
        let (focus, invalid) = (at_fault.unwrap_or(first) == name, at_fault == Some(name));
        let is_described = refusal.is_some() && (focus || invalid);
        Self { focus, invalid: invalid.then_some("true"), described: is_described.then_some("refusal") }
    }
}

/// Renders a button that leads to another page of the login together with the address in the form `typed`, which is not sent
/// as a whole: an address is personal data, so it stays out of URLs.
pub(super) fn page_button(path: &str, state: &str, label: &str) -> Markup {
    html! {
        button.link form="typed" type="submit" formmethod="post" formaction=(with_query(path, &[("state", state)]))
            formnovalidate name="open" value="page" { (label) }
    }
}

pub(super) fn notice(sentence: &str) -> Markup {
    html! { p #refusal.notice.danger role="alert" { (words(sentence)) } }
}

/// Renders a sentence, whose names are isolated (see [`isolate`]).
pub(super) fn words(sentence: &str) -> Markup {
    html! {
        @for (is_name, part) in isolated_parts(sentence) {
            @if is_name { (name(part)) } @else { (part) }
        }
    }
}

/// Renders a name or an address in a direction of its own, which breaks at [its own places](model::line_break).
pub(super) fn name(name: &str) -> Markup {
    html! { bdi { (breakable(name)) } }
}

/// Renders the text of a name or an address with the places where its line may break.
pub(super) fn breakable(name: &str) -> Markup {
    html! { @for (place, piece) in pieces(name).into_iter().enumerate() { @if place > 0 { wbr; } (piece) } }
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

/// Returns the initials of a name in upper case; "#" without a letter, as in a phone number.
pub(super) fn initials(text: &str) -> String {
    let initials = model::initials(text);
    if initials.is_empty() { "#".to_owned() } else { initials.to_uppercase() }
}
