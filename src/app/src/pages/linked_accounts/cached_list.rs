//! The list as it was last read, read-only, while the tenant cannot be reached.

use leptos::prelude::*;

use crate::cache::CachedList;
use crate::components::{Banner, IdentityList, ListState, ReadOnlyReason, StatusNotice};
use crate::session::Session;
use crate::text;

/// Renders the heading, the banner and the list. `on_try_again` is called to try to sign in again.
pub(super) fn cached_list(kept: CachedList, on_try_again: Callback<()>) -> AnyView {
    let session = expect_context::<Session>();
    let status_message = RwSignal::new(None);
    let reason = if session.is_online().get_untracked() {
        ReadOnlyReason::Unreachable
    } else {
        ReadOnlyReason::Offline
    };
    let list = ListState::read_only(kept.user, session.tenant().unlink_policy, reason, status_message);
    let as_of = Some(text::as_of(&moment(kept.read_at)));
    view! {
        <h1>{text::NAME}</h1>
        <Banner reason as_of on_try_again/>
        <IdentityList list/>
        <StatusNotice message=status_message held=RwSignal::new((false, false))>""</StatusNotice>
    }
    .into_any()
}

/// Formats a time, in seconds since 1970, in the time zone of this device.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit into 53 bits")]
fn moment(at: i64) -> String {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at as f64 * 1000.0));
    let options = js_sys::Object::new();
    for (name, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // Fails only for a frozen object.
        let _ = js_sys::Reflect::set(&options, &name.into(), &value.into());
    }
    date.to_locale_string("en-GB", &options).into()
}
