//! A part of the page that redraws itself.

use leptos::either::Either;
use leptos::prelude::{AnyView, IntoAny};

/// Renders `view` again whenever a signal that it reads changes. Every such part has this one type: with the closures'
/// own types, the compiler would repeat the machinery for each, 60 kB in sum.
///
/// Each time, the part is built anew and takes the place of the one before, whose elements are removed: the sides of
/// [`Either`](enum@Either) alternate, and Leptos changes nothing in place between them. In place it would write into the text nodes
/// that it made, and a browser that translates the page has put others in their stead. For the same reason, `view`
/// returns elements and never bare text: a removed text node takes nothing of its translation with it.
pub fn dyn_view(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let view: Box<dyn Fn() -> AnyView + Send> = Box::new(view);
    let mut is_left = false;
    (move || {
        is_left = !is_left;
        if is_left { Either::Left(view()) } else { Either::Right(view()) }
    })
    .into_any()
}
