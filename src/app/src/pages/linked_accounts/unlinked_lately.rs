//! The list of identities that were unlinked lately.

use leptos::prelude::*;
use model::{Identity, Provider, connected_apps};

use super::link::LinkFlow;
use super::link::flow::Place;
use super::link::section::progress;
use super::undo::Undo;
use crate::components::{ProviderMark, breakable, unsubscribed_on_cleanup, words};
use crate::text::{self, Label, linking};

/// Shows the identities that were unlinked lately, each with a button that links it again.
#[component]
pub fn UnlinkedLately(
    /// The identities to list.
    undo: Undo,
    /// Called inside a click to link a login again, which is signing in with it once more.
    on_restore: Callback<Identity>,
    /// The flow that links.
    flow: LinkFlow,
    /// Whether linking cannot be started now.
    #[prop(into)]
    locked: Signal<bool>,
) -> impl IntoView {
    let names = StoredValue::new(flow.session().tenant().connection_names);
    let row = move |identity: Identity| {
        let own = undo.name_of(&identity.key());
        let label = names.with_value(|names| Label::linked(&identity, names)).named(own.as_ref());
        let name = label.link_again();
        let progress = progress(flow, Place::Unlinked(identity.key()));
        let locked = unsubscribed_on_cleanup(Memo::new(move |_| locked.get()));
        view! {
            <li class="slot"><div class="fold"><div class="row">
                <ProviderMark provider=identity.provider.clone()/>
                <div class="body">
                    <div class="name">{words(&label.short())}</div>
                    {label.who.map(|who| view! { <div class="sub"><bdi translate="no">{breakable(&who)}</bdi></div> })}
                    {still_listed(&identity.provider)}
                </div>
                <div class="act">
                    <button
                        type="button"
                        class="button"
                        aria-label=name
                        disabled=locked
                        on:click=move |_| on_restore.run(identity.clone())
                    >
                        {text::link_again()}
                    </button>
                </div>
            </div><div class="row-progress">{progress}</div></div></li>
        }
    };
    let none = Signal::derive(move || undo.unlinked().is_empty());
    view! {
        <div class="part" hidden=none>
            <h2 id="unlinked" tabindex="-1">{text::recently_unlinked()}</h2>
            <ul class="card list" role="list" aria-labelledby="unlinked">
                <For each=move || undo.unlinked() key=Identity::key children=row/>
            </ul>
            <p class="meta part-note">{linking::unlinked_lede()}</p>
        </div>
    }
}

/// Says that the provider may still list this application, and leads to the page where it can be removed; nothing where
/// that page is not known.
fn still_listed(provider: &Provider) -> Option<impl IntoView + use<>> {
    let page = connected_apps(provider)?;
    let name = text::provider_name(provider);
    Some(view! {
        <p class="meta">
            {words(&linking::still_listed(&name))}" "
            <a href=page target="_blank" rel="noopener noreferrer">{words(&linking::connected_apps(&name))}</a>
        </p>
    })
}
