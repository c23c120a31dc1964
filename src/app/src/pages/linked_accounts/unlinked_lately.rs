//! The list of identities that were unlinked lately.

use leptos::prelude::*;
use model::Identity;

use super::link::LinkFlow;
use super::link::section::progress;
use super::undo::Undo;
use crate::components::ProviderMark;
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
    let row = move |identity: Identity| {
        let label = Label::linked(&identity);
        let name = label.link_again();
        let progress = progress(flow, Some(identity.key()));
        view! {
            <li class="slot"><div class="fold"><div class="row">
                <ProviderMark provider=identity.provider.clone()/>
                <div class="body">
                    <div class="name" translate=label.is_brand.then_some("no")>{label.name}</div>
                    {label.who.map(|who| view! { <div class="sub"><bdi translate="no">{who}</bdi></div> })}
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
