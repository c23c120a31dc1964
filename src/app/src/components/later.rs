//! The parts of a list that are in the [later chunk](crate::chunk).

use leptos::prelude::*;
use model::IdentityKey;
use model::unlink_policy::UnlinkBlocked;

use super::dyn_view::dyn_view;
use super::rows::{ListState, RowLabel, Step};
use crate::chunk::{self, Chunk, Table};
use crate::text;

/// Renders the box of a login, by its label, key, and reason to stay, which the element of that id tells.
pub type ChooseBox =
    fn(RowLabel, StoredValue<IdentityKey>, String, Memo<Option<UnlinkBlocked>>, ListState) -> AnyView;

/// What renders the parts.
pub struct Parts {
    /// The box that selects the login of a row.
    pub choose_box: ChooseBox,
    /// The details of a row.
    pub details: fn(StoredValue<IdentityKey>, RowLabel, ListState) -> AnyView,
    /// What stands in a row while its login is being unlinked, and when that failed.
    pub progress: fn(StoredValue<IdentityKey>, Memo<Option<Step>>, ListState) -> AnyView,
    /// What begins to select several logins, beside the heading of the linked ones.
    pub choose_several: fn(ListState) -> AnyView,
    /// The head of the list on paper.
    pub printed_head: fn(ListState) -> AnyView,
    /// What stands below the list, and what asks before unlinking.
    pub foot: fn(ListState) -> AnyView,
}

thread_local! {
    /// The parts, once the chunk is here.
    pub static PARTS: Table<Parts> = const { Table::new(None) };
}

/// Renders a part once the chunk is here, and nothing before.
pub fn later(render: impl Fn(&'static Parts) -> AnyView + Send + 'static) -> AnyView {
    dyn_view(move || chunk::table(&PARTS).map_or_else(|| ().into_any(), &render))
}

/// Renders a part that the person asked for: until the chunk is here, it says that it comes, or that it did not.
pub fn asked_later(render: impl Fn(&'static Parts) -> AnyView + Send + 'static) -> AnyView {
    chunk::fetch();
    dyn_view(move || chunk::table(&PARTS).map_or_else(|| on_its_way(None), &render))
}

/// Says that something comes with the chunk, or that the chunk did not come, with a button that fetches it again and one that
/// calls `on_dismiss`.
pub fn on_its_way(on_dismiss: Option<Callback<()>>) -> AnyView {
    if chunk::state() != Chunk::Missing {
        return view! { <p class="meta" role="status">{text::part_loading()}</p> }.into_any();
    }
    let dismiss = on_dismiss.map(|on_dismiss| {
        view! { <button type="button" class="button" on:click=move |_| on_dismiss.run(())>{text::dismiss()}</button> }
    });
    view! {
        <div class="notice danger failure" role="alert">
            <div class="failure-body">
                <p class="failure-title">{text::part_missing()}</p>
                <p>{text::part_missing_advice()}</p>
                <div class="failure-acts">
                    <button type="button" class="button" on:click=|_| chunk::fetch()>{text::try_again()}</button>
                    {dismiss}
                </div>
            </div>
        </div>
    }
    .into_any()
}
