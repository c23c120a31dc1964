//! The functions of [rare](super::rare) pages that come with the later chunk.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Router;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::location::{BrowserUrl, LocationProvider};

use super::linked_accounts::cached_list::cached_list;
use super::not_found::NotFound;
use super::outside::outside;
use super::rare::{RARE, Rare};
use crate::api::ApiError;
use crate::cache;
use crate::components::{FailureNotice, PauseNotice};
use crate::location;
use crate::session::{Phase, SignInError};
use crate::settings::SettingsError;
use crate::text::{self, Failure, Remedy};

static LATER: Rare = Rare {
    settings_failure: |error: &SettingsError, on_remedy| {
        failure(text::settings_failure(error.to_string()), on_remedy)
    },
    account_failure: |error: &ApiError, on_remedy| failure(text::request_failure(error), on_remedy),
    pause: |left| {
        view! {
            <h1>{text::page_heading()}</h1>
            <PauseNotice left/>
        }
        .into_any()
    },
    pause_notice: |left| view! { <PauseNotice left/> }.into_any(),
    outside,
    unreachable,
    still_signed_in: |on_remedy, on_dismiss| {
        view! { <FailureNotice failure=text::still_signed_in() on_remedy on_dismiss/> }.into_any()
    },
    follow_links,
    not_found: || view! { <NotFound/> }.into_any(),
};

/// Enters the functions in their table.
pub fn enter() {
    RARE.set(Some(&LATER));
}

fn failure(failure: Failure, on_remedy: Callback<Remedy>) -> AnyView {
    view! {
        <h1>{text::page_heading()}</h1>
        <FailureNotice failure on_remedy/>
    }
    .into_any()
}

fn follow_links() -> AnyView {
    view! { <Router><FollowLinks/></Router> }.into_any()
}

/// Connects the router, which knows links and the history, with the path that is shown. Its own routes would weigh 10 kB for
/// what a `match` does.
#[component]
fn FollowLinks() -> impl IntoView {
    let path = use_location().pathname;
    let navigate = use_navigate();
    location::set_navigate(move |address| {
        navigate(address, NavigateOptions { replace: true, ..NavigateOptions::default() });
    });
    let browser = use_context::<BrowserUrl>();
    Effect::new(move |_| {
        location::set_path(path.get());
        if let Some(browser) = &browser {
            // A followed link enters the history once its page is there.
            browser.ready_to_complete();
        }
    });
}

fn unreachable(error: SignInError, on_try_again: Callback<()>) -> AnyView {
    match cache::last() {
        Some(kept) => cached_list(kept, on_try_again),
        None => outside(Phase::Failed(error)),
    }
}
