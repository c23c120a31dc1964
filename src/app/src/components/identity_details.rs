//! The details of a row, on demand: what the tenant tells about the identity.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::{IdentityKey, Profile};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::changing::changing;
use super::dyn_view::dyn_view;
use super::notice::copy_text;
use super::rows::ListState;
use super::words::words;
use crate::clock::parse;
use crate::text::details::{self, Detail, Told};
use crate::text::locale::date_and_time;

/// Shows the summary, and below it the details once the person has opened them: nothing is rendered before.
#[component]
pub fn IdentityDetails(
    /// The identity.
    key: StoredValue<IdentityKey>,
    /// What the identity is called.
    login: String,
    /// The list of the row.
    list: ListState,
) -> impl IntoView {
    let shown = RwSignal::new(None::<Vec<Detail>>);
    let toggle = move |event: web_sys::Event| {
        let is_open = event
            .current_target()
            .and_then(|details| details.dyn_into::<HtmlElement>().ok())
            .is_some_and(|details| details.has_attribute("open"));
        shown.set(is_open.then(|| key.with_value(|key| details_of(key, list))));
    };
    view! {
        <details class="row-details" on:toggle=toggle>
            <summary aria-label=details::details_of(&login)>{details::summary()}</summary>
            {dyn_view(move || match shown.get() {
                None => ().into_any(),
                Some(details) => view! { <dl>{details.into_iter().map(detail).collect_view()}</dl> }.into_any(),
            })}
        </details>
    }
}

/// Returns the details of `key` as the list has them now.
fn details_of(key: &IdentityKey, list: ListState) -> Vec<Detail> {
    let (user, shown) = (list.user.get_untracked(), list.shown.get_untracked());
    let main = user.as_ref().filter(|user| user.identities.first().is_some_and(|main| main.key() == *key));
    if let Some(user) = main {
        return user.identities.first().map_or_else(Vec::new, |main| {
            details::details(main, &user.profile, user.created_at.as_deref(), user.last_login.as_deref())
        });
    }
    let mut linked = user.iter().flat_map(|user| &user.identities).chain(&shown);
    linked.find(|identity| identity.key() == *key).map_or_else(Vec::new, |identity| {
        details::details(identity, identity.profile_data.as_ref().unwrap_or(&Profile::default()), None, None)
    })
}

fn detail(Detail { label, told }: Detail) -> AnyView {
    let told = match told {
        Told::Id(id) => copyable(id),
        Told::Lines(lines) => {
            lines.iter().map(|line| view! { <div>{words(line)}</div> }.into_any()).collect_view().into_any()
        }
        Told::Time(time) => {
            let shown = parse(&time).map_or_else(|| time.clone(), date_and_time);
            view! { <time datetime=time>{shown}</time> }.into_any()
        }
    };
    view! { <div><dt>{label}</dt><dd>{told}</dd></div> }.into_any()
}

/// An id, and the button that copies it and says so.
fn copyable(id: String) -> AnyView {
    let said = RwSignal::new("");
    let text = id.clone();
    let copy = move |_| {
        let text = text.clone();
        said.set("");
        spawn_local(async move {
            let is_copied = copy_text(&text).await;
            let _ = said.try_set(if is_copied { details::id_copied() } else { details::id_not_copied() });
        });
    };
    view! {
        <code translate="no">{id}</code>
        <button type="button" class="button small" aria-label=details::copy_id() on:click=copy>{details::copy()}</button>
        <span class="meta" role="status" prop:textContent=changing(move || said.get())></span>
    }
    .into_any()
}
