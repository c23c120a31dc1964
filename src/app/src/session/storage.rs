//! What outlives a page load: one login under way, for this tab and taken on first use; and the hint that
//! the tenant may have a session, which is no secret. No token for an API is ever stored; the one proof that a login
//! under way can hold is in [`Purpose::ReauthenticatePrimary`](super::transaction::Purpose::ReauthenticatePrimary).

use leptos::prelude::window;
use web_sys::Storage;

use super::step_up::RememberedUser;
use super::transaction::Transaction;
use crate::json;

/// The local-storage key of the hint, watched by other tabs.
pub const HINT: &str = "linked-accounts.signed-in";
/// What to say to somebody who was signed out by what they did.
const SIGN_OUT_NOTICE: &str = "linked-accounts.parting";
const TRANSACTION: &str = "linked-accounts.login";

fn session() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn local() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Keeps a login while the browser is at the tenant. `false` when the browser does not let us.
#[must_use]
pub fn put_transaction(transaction: &Transaction) -> bool {
    let stored = session()
        .zip(serde_json::to_string(transaction).ok())
        .and_then(|(storage, text)| storage.set_item(TRANSACTION, &text).ok());
    stored.is_some()
}

/// Takes the login under way: a second call, or a reload, finds none.
pub fn take_transaction() -> Option<Transaction> {
    let storage = session()?;
    let text = storage.get_item(TRANSACTION).ok().flatten()?;
    storage.remove_item(TRANSACTION).ok()?;
    json::read(&text).ok()
}

/// Who was signed in last, if the tenant may still have their session. `Some(None)` when that is all that is known.
#[must_use]
pub fn hint() -> Option<Option<RememberedUser>> {
    let text = local()?.get_item(HINT).ok().flatten()?;
    Some(json::read(&text).ok())
}

/// Remembers that the tenant may have a session, and whose. Neither is a secret.
pub fn set_hint(remembered: &RememberedUser) {
    // Without local storage the next page load shows the Sign in button: less comfortable, not wrong.
    let text = serde_json::to_string(remembered).unwrap_or_default();
    let _ = local().map(|storage| storage.set_item(HINT, &text));
}

/// Forgets it; other tabs notice.
pub fn drop_hint() {
    let _ = local().map(|storage| storage.remove_item(HINT));
}

/// Keeps a sentence for whoever comes back signed out.
pub fn put_sign_out_notice(words: &str) {
    let _ = session().map(|storage| storage.set_item(SIGN_OUT_NOTICE, words));
}

/// Takes it; a reload finds none.
pub fn take_sign_out_notice() -> Option<String> {
    let storage = session()?;
    let words = storage.get_item(SIGN_OUT_NOTICE).ok().flatten()?;
    storage.remove_item(SIGN_OUT_NOTICE).ok()?;
    Some(words)
}
