//! The list: the primary identity, and below it the linked ones.

use leptos::prelude::*;
use model::{Identity, Profile};

use super::dyn_view::dyn_view;
use super::identity_row::{IdentityRow, MainRow};
use super::later::{Parts, later};
use super::picture::picture;
use super::rows::ListState;
use super::safety_line::SafetyLine;
use super::skeleton::Late;
use super::unlink_buttons::Locked;
use crate::cache::{identities_show_the_same, profiles_show_the_same};
use crate::text;

/// The number of linked identities beyond which a list is long: the browser then lays out the rows that are in sight only.
const LONG_LIST: usize = 50;

/// The primary identity, with the profile of the account. Two are equal when a row shows the same of them, so that the row stays
/// when the rest of the account comes.
#[derive(Clone)]
struct Main(Identity, Profile);

impl PartialEq for Main {
    fn eq(&self, other: &Self) -> bool {
        identities_show_the_same(&self.0, &other.0) && profiles_show_the_same(&self.1, &other.1)
    }
}

/// Shows both lists, and what belongs to them once the later chunk is here and the account is read. Rows are keyed by identity, so that
/// the others keep their elements when one goes.
#[component]
pub fn IdentityList(
    /// The state to show.
    list: ListState,
) -> impl IntoView {
    let main = Memo::new(move |_| {
        let user = list.user.read();
        let user = user.as_ref()?;
        Some(Main(user.identities.first()?.clone(), user.profile.clone()))
    });
    let some_linked = Memo::new(move |_| !list.shown.read().is_empty());
    let is_long = Memo::new(move |_| list.shown.read().len() > LONG_LIST);
    let buttons = list.row_context.get_value().buttons;
    Effect::new(move |_| {
        buttons
            .lock(Locked { is_running: list.running.get(), is_read_only: list.read_only.read().is_some() });
    });
    let row = move |identity: Identity| {
        let picture = identity.profile_data.as_ref().and_then(picture);
        view! { <IdentityRow identity picture list/> }
    };
    let is_busy = move || list.is_reading().then_some("true");
    let once_read = move |part: fn(&Parts) -> fn(ListState) -> AnyView| {
        later(move |parts| if list.is_reading() { ().into_any() } else { part(parts)(list) })
    };
    // Where nothing moves when it comes.
    let late = dyn_view(move || if list.is_reading() { view! { <Late/> }.into_any() } else { ().into_any() });
    view! {
        {once_read(|parts| parts.printed_head)}
        <SafetyLine list/>
        <h2 id="main-login" tabindex="-1">{text::main_login()}</h2>
        <ul class="card list" role="list" aria-labelledby="main-login" aria-busy=is_busy>
            {dyn_view(move || match main.get() {
                None => ().into_any(),
                Some(Main(identity, profile)) => {
                    let picture = picture(&profile);
                    view! { <MainRow identity profile picture list/> }.into_any()
                }
            })}
        </ul>
        <div class="list-head">
            <h2 id="linked-logins" tabindex="-1">{text::linked_logins()}</h2>
            {late}
            {once_read(|parts| parts.choose_several)}
        </div>
        <ul
            class="card list"
            class:long=move || is_long.get()
            role="list"
            aria-labelledby="linked-logins"
            aria-busy=is_busy
            hidden=move || !some_linked.get()
        >
            <For each=move || list.shown.get() key=Identity::key children=row/>
        </ul>
        <p class="card nothing" hidden=some_linked>{text::none_linked()}</p>
        {once_read(|parts| parts.foot)}
    }
}
