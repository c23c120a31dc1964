//! The buttons that link a login, one for each connection.

use leptos::prelude::*;
use model::settings::OfferedConnection;
use model::{ConnectionName, User};

use super::flow::LinkFlow;
use crate::components::{Icon, ProviderMark, changing, dyn_view, words};
use crate::session::LinkTarget;
use crate::text::linking;

/// The number of connections that are shown before the person asks for all.
const FIRST: usize = 4;
/// The number of connections from which on they can be searched.
const SEARCHED: usize = 8;

/// Shows the connections that have no login of the account first, [`FIRST`] of them until the person asks for all or
/// searches, and at the end a button for any other login. The order stays while the page does: nothing moves under the
/// pointer, and the focus is never lost.
#[component]
pub fn Connections(
    /// The flow that the buttons start.
    flow: LinkFlow,
    /// The account.
    user: Memo<Option<User>>,
    /// Whether nothing can be started now.
    locked: Signal<bool>,
) -> impl IntoView {
    let offered = in_order(flow.session().tenant().connections, &linked(user.get_untracked().as_ref()));
    let total = offered.len();
    let (is_all, query) = (RwSignal::new(false), RwSignal::new(String::new()));
    let names: StoredValue<Vec<String>> =
        StoredValue::new(offered.iter().map(|one| lower_case(&linking::connection(one).0)).collect());
    let shown = Memo::new(move |_| {
        let query = lower_case(query.read().trim());
        let is_shown = |(place, name): (usize, &String)| match query.as_str() {
            "" => is_all.get() || place < FIRST,
            query => name.contains(query),
        };
        names.with_value(|names| names.iter().enumerate().map(is_shown).collect::<Vec<bool>>())
    });
    let button = move |(place, offered): (usize, OfferedConnection)| {
        let is_shown = Memo::new(move |_| shown.read().get(place).copied().unwrap_or_default());
        view! { <Connection flow user locked offered is_shown/> }
    };
    let found = move || match query.read().trim() {
        "" => String::new(),
        _ => linking::found(shown.read().iter().filter(|is_shown| **is_shown).count()),
    };
    view! {
        {(total >= SEARCHED).then(|| view! {
            <div class="field find">
                <label for="find-connection">{linking::find()}</label>
                <input
                    id="find-connection"
                    type="search"
                    autocomplete="off"
                    on:input=move |event| query.set(event_target_value(&event))
                />
                <p class="meta" role="status" prop:textContent=changing(found)></p>
            </div>
        })}
        <div class="connections" id="connections" role="group" aria-labelledby="link-another">
            {offered.into_iter().enumerate().map(button).collect_view()}
            <button
                type="button"
                class="button connect"
                disabled=locked
                on:click=move |_| flow.start(LinkTarget::default())
            >
                <span class="tile" aria-hidden="true"><Icon name="ui-list"/></span>
                <span>{linking::another()}</span>
            </button>
        </div>
        {(total > FIRST).then(|| view! {
            <button
                type="button"
                class="button small show-all"
                aria-controls="connections"
                aria-expanded=move || is_all.get().to_string()
                hidden=move || !query.read().trim().is_empty()
                on:click=move |_| is_all.update(|is_all| *is_all = !*is_all)
                prop:textContent=changing(move || if is_all.get() { linking::show_fewer().to_owned() } else { linking::show_all(total) })
            ></button>
        })}
    }
}

/// The button of one connection. It says when a login of the connection is linked already.
#[component]
fn Connection(
    flow: LinkFlow,
    user: Memo<Option<User>>,
    locked: Signal<bool>,
    offered: OfferedConnection,
    is_shown: Memo<bool>,
) -> impl IntoView {
    let (name, is_brand) = linking::connection(&offered);
    let called = name.clone();
    let of_connection = offered.clone();
    let linked = Memo::new(move |_| linking::linked_already(user.read().as_ref()?, &of_connection));
    let target = LinkTarget { connection: Some(offered.name), ..LinkTarget::default() };
    view! {
        <button
            type="button"
            class="button connect"
            aria-label=move || linking::link_label(&called, linked.read().as_deref())
            hidden=move || !is_shown.get()
            disabled=locked
            on:click=move |_| flow.start(target.clone())
        >
            <ProviderMark provider=offered.strategy/>
            <span class="connect-text">
                <span translate=is_brand.then_some("no")>{name}</span>
                " "
                {dyn_view(move || match linked.get() {
                    Some(names) => view! { <span class="meta">{words(&linking::linked_note(&names))}</span> }.into_any(),
                    None => ().into_any(),
                })}
            </span>
        </button>
    }
}

/// Returns the connections of the account's logins.
fn linked(user: Option<&User>) -> Vec<ConnectionName> {
    user.iter().flat_map(|user| &user.identities).map(|identity| identity.connection.clone()).collect()
}

/// Returns `offered` in its order, with those in `linked` at the end.
fn in_order(mut offered: Vec<OfferedConnection>, linked: &[ConnectionName]) -> Vec<OfferedConnection> {
    offered.sort_by_key(|one| linked.contains(&one.name));
    offered
}

/// Returns `text` in lower case, by the browser: Rust's tables for every script would weigh more than this file.
fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_linked_yet_comes_first_in_the_order_of_the_settings() {
        let offered = ["a", "b", "c", "d"].map(|name| json!({ "name": name, "strategy": name }));
        let offered: Vec<OfferedConnection> = serde_json::from_value(json!(offered)).unwrap();
        let order = |linked: &[&str]| -> Vec<String> {
            let linked: Vec<ConnectionName> = linked.iter().copied().map(ConnectionName::new).collect();
            in_order(offered.clone(), &linked).into_iter().map(|one| one.name.as_str().to_owned()).collect()
        };
        assert_eq!(order(&["a", "c", "of-another-list"]), ["b", "d", "a", "c"]);
        assert_eq!(order(&[]), ["a", "b", "c", "d"]);
    }
}
