//! The line above the list: how many ways into the account there are, and what follows from it.

use std::mem::discriminant;

use leptos::prelude::*;

use super::changing::changing;
use super::dyn_view::dyn_view;
use super::icon::Icon;
use super::linking_place::{LINK_ANOTHER, go_to_linking};
use super::rows::ListState;
use crate::text;
use model::unlink_policy::WaysIn;

/// Shows how many identities open the account. It changes as logins go and come; screen readers are told once when what
/// follows from it changes, and not each time the number does.
#[component]
pub fn SafetyLine(
    /// The list below.
    list: ListState,
) -> impl IntoView {
    let ways_in = Memo::new(move |_| {
        let user = list.user.read();
        list.policy.with_value(|policy| user.as_ref().map(|user| policy.ways_in(user)))
    });
    let kind = Memo::new_with_compare(
        move |_| ways_in.get(),
        |before, now| {
            let kind =
                |ways_in: Option<&Option<WaysIn>>| ways_in.copied().flatten().map(|one| discriminant(&one));
            kind(before) != kind(now)
        },
    );
    let count = move || ways_in.get().map(text::ways_in).unwrap_or_default();
    view! {
        <p class="safety" class:warned=move || !matches!(*kind.read(), Some(WaysIn::Several(_))) aria-live="polite">
            {dyn_view(move || match kind.get() {
                None => ().into_any(),
                Some(several @ WaysIn::Several(_)) => view! {
                    <Icon name="ui-check"/>
                    <span>
                        <b aria-live="off" prop:textContent=changing(count)></b>" "
                        <span>{text::safety_of(several)}</span>
                    </span>
                }
                .into_any(),
                Some(few) => {
                    let way_on = text::safety_of(few);
                    let way_on = if list.can_link {
                        view! { <a href=format!("#{LINK_ANOTHER}") on:click=go_to_linking>{way_on}</a> }.into_any()
                    } else {
                        view! { <span>{way_on}</span> }.into_any()
                    };
                    view! {
                        <Icon name="ui-alert"/>
                        <span><b>{text::ways_in(few)}</b>" "{way_on}</span>
                    }
                    .into_any()
                }
            })}
        </p>
    }
}
