//! Values of an open set in words, with their JSON one click away.

use leptos::prelude::*;
use serde_json::Value;

use super::copy_button::{CopyWords, copy_button};
use super::disclosure::disclosure;
use super::words::words;
use crate::text::details::copy;
use crate::text::values::{self, Field, Shown, shown};

/// The lines and elements that are shown at first.
const AT_FIRST: usize = 8;

/// How many values around one are shown with it at first.
const DEEPEST: usize = 3;

/// Renders the value under `key`, inside of nothing but phrases where it [is a line](Shown::is_line).
pub fn value(key: &str, value: &Value) -> AnyView {
    rendered(key, shown(key, value), 0)
}

fn rendered(key: &str, shown: Shown, depth: usize) -> AnyView {
    match shown {
        Shown::Nothing => view! { <span class="none">{values::nothing()}</span> }.into_any(),
        Shown::Line(line) => words(&line),
        Shown::Long(start, whole) => view! {
            <div>{words(&start)}</div>
            {disclosure("more", values::show_all().to_owned(), None, Box::new(move || {
                view! { <p class="long">{words(&whole)}</p> }.into_any()
            }))}
        }
        .into_any(),
        Shown::Time(time) => view! { <time datetime=time.datetime()>{time.in_words()}</time> }.into_any(),
        shown if depth >= DEEPEST => {
            let key = key.to_owned();
            disclosure(
                "more",
                values::show_all().to_owned(),
                None,
                Box::new(move || rendered(&key, shown.clone(), 0)),
            )
        }
        Shown::Fields(fields) => in_parts(fields, move |fields| field_lines(fields, depth)),
        Shown::Elements(elements) => {
            let key = key.to_owned();
            in_parts(elements, move |elements| element_lines(&key, elements, depth))
        }
    }
}

/// Renders the first of many, and the others on demand.
pub fn in_parts<T: Clone + Send + 'static>(
    mut all: Vec<T>,
    render: impl Fn(&[T]) -> AnyView + Send + 'static,
) -> AnyView {
    // What one more line would tell, it may as well show.
    let others = if all.len() > AT_FIRST + 1 { all.split_off(AT_FIRST) } else { Vec::new() };
    let first = render(&all);
    let others = (!others.is_empty()).then(|| {
        disclosure("more", values::show_others(others.len()), None, Box::new(move || render(&others)))
    });
    view! { {first}{others} }.into_any()
}

fn field_lines(fields: &[Field], depth: usize) -> AnyView {
    let line = |Field { label, key, value }: &Field| {
        let value = rendered(key, shown(key, value), depth + 1);
        view! { <div><dt dir="auto">{label.clone()}</dt><dd dir="auto">{value}</dd></div> }.into_any()
    };
    view! { <dl class="fields">{fields.iter().map(line).collect_view()}</dl> }.into_any()
}

fn element_lines(key: &str, elements: &[Value], depth: usize) -> AnyView {
    let line = |element: &Value| {
        view! { <li dir="auto">{rendered(key, shown(key, element), depth + 1)}</li> }.into_any()
    };
    view! { <ul class="elements">{elements.iter().map(line).collect_view()}</ul> }.into_any()
}

/// Renders the disclosure of values as JSON, each with the heading that it has, if any.
pub fn json_disclosure(all: Vec<(Option<&'static str>, Value)>) -> AnyView {
    let one = |(heading, value): &(Option<&'static str>, Value)| {
        let json = values::json(value);
        let heading = heading.map(|heading| view! { <h4>{heading}</h4> });
        let words = CopyWords {
            copy: copy(),
            label: values::copy_json(),
            copied: values::json_copied(),
            not_copied: values::json_not_copied(),
        };
        view! {
            {heading}
            <pre translate="no" dir="ltr"><code>{json.clone()}</code></pre>
            {copy_button(json, words)}
        }
        .into_any()
    };
    let content = Box::new(move || all.iter().map(one).collect_view().into_any());
    disclosure("json", values::show_as_json().to_owned(), None, content)
}
