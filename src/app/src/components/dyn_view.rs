//! A part of the page that redraws itself.

use leptos::prelude::{AnyView, IntoAny};

/// A part of the page that redraws itself when what `view` reads changes. Every such part has this one type:
/// given the closures' own types, the compiler would repeat the machinery for each, to 60 KB in sum.
pub fn dyn_view(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let view: Box<dyn Fn() -> AnyView + Send> = Box::new(view);
    (move || view()).into_any()
}
