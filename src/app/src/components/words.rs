//! A sentence of the page.

use leptos::prelude::*;

use super::breakable::breakable;
use crate::text::{Part, name};

/// Renders a sentence. Its names (see [`name`](crate::text::name())) are never translated, and break at their own places.
pub fn words(sentence: &str) -> AnyView {
    let part = |(is_name, part): (bool, &str)| {
        if is_name {
            view! { <bdi translate="no">{breakable(part)}</bdi> }.into_any()
        } else {
            part.to_owned().into_any()
        }
    };
    let words = match name::parts(sentence).as_slice() {
        [whole] => part(*whole),
        parts => parts.iter().copied().map(part).collect_view().into_any(),
    };
    view! { <span>{words}</span> }.into_any()
}

/// Renders a sentence with emphasis.
pub fn parts(parts: Vec<Part>) -> AnyView {
    let part = |part: Part| {
        let words = words(&part.text);
        if part.strong { view! { <b>{words}</b> }.into_any() } else { words }
    };
    view! { <span>{parts.into_iter().map(part).collect_view()}</span> }.into_any()
}
