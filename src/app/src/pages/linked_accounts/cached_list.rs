//! The list as it was last read, read-only, while the tenant cannot be reached.

use leptos::prelude::*;

use crate::cache::CachedList;
use crate::components::{Banner, IdentityList, ListState, ReadOnlyReason, StatusNotice, set_document_title};
use crate::session::Session;
use crate::text;

/// Renders the heading, the banner and the list. `on_try_again` is called to try to sign in again.
pub(in crate::pages) fn cached_list(kept: CachedList, on_try_again: Callback<()>) -> AnyView {
    set_document_title(text::page_heading());
    let session = expect_context::<Session>();
    let status_message = RwSignal::new(None);
    let reason = if session.is_online().get_untracked() {
        ReadOnlyReason::Unreachable
    } else {
        ReadOnlyReason::Offline
    };
    let list = ListState::read_only(kept.user, kept.read_at, &session.tenant(), reason, status_message);
    let as_of = Some(text::as_of(kept.read_at));
    view! {
        <h1>{text::page_heading()}</h1>
        <Banner reason as_of on_try_again/>
        <IdentityList list/>
        <StatusNotice message=status_message held=RwSignal::new((false, false))>""</StatusNotice>
    }
    .into_any()
}
