//! A part of the page that redraws itself.

use leptos::prelude::{AnyView, IntoAny};

/// Renders `view` again whenever a signal that it reads changes. Every such part has this one type: with the closures'
/// own types, the compiler would repeat the machinery for each, 60 kB in sum.
pub fn dyn_view(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let view: Box<dyn Fn() -> AnyView + Send> = Box::new(view);
    (move || view()).into_any()
}
