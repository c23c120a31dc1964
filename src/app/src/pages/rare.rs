//! What pages show in place of their content when something is not as it mostly is. It is in the [later chunk](crate::chunk).

use leptos::prelude::*;

use crate::api::ApiError;
use crate::chunk::{self, Chunk, Table};
use crate::components::{Skeleton, dyn_view, on_its_way};
use crate::session::{Phase, SignInError};
use crate::settings::SettingsError;
use crate::text::{self, Remedy};

/// What renders it.
pub struct Rare {
    /// The settings could not be read.
    pub settings_failure: fn(&SettingsError, Callback<Remedy>) -> AnyView,
    /// The account could not be read.
    pub account_failure: fn(&ApiError, Callback<Remedy>) -> AnyView,
    /// Reading the account pauses, with the seconds left.
    pub pause: fn(Signal<u32>) -> AnyView,
    /// The same, above the last list.
    pub pause_notice: fn(Signal<u32>) -> AnyView,
    /// Nobody is signed in, and it is not as simple as that.
    pub outside: fn(Phase) -> AnyView,
    /// The tenant cannot be reached: the list as it was last read, if any. The callback tries again.
    pub unreachable: fn(SignInError, Callback<()>) -> AnyView,
    /// The person did not leave, because there is no connection.
    pub still_signed_in: fn(Callback<Remedy>, Callback<()>) -> AnyView,
    /// Follows links within the page, and the history.
    pub follow_links: fn() -> AnyView,
    /// The page of an unknown path.
    pub not_found: fn() -> AnyView,
}

thread_local! {
    /// The functions, once the chunk is here.
    pub static RARE: Table<Rare> = const { Table::new(None) };
}

/// Fetches the chunk and renders by one of its functions. Until it is here, the page waits as it does for the list.
pub fn rare(render: impl Fn(&'static Rare) -> AnyView + Send + 'static) -> AnyView {
    chunk::fetch();
    dyn_view(move || match chunk::table(&RARE) {
        Some(rare) => render(rare),
        None if chunk::state() == Chunk::Missing => {
            view! { <h1>{text::page_heading()}</h1>{on_its_way(None)} }.into_any()
        }
        None => view! { <Skeleton/> }.into_any(),
    })
}
