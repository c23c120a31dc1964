//! What the session stores across page loads: the transaction in flight, for this tab and for one use, and the
//! user who was signed in last, which is not a secret. Access tokens are never stored. The only stored proof is the ID
//! token of
//! [`Purpose::ReauthenticatePrimary`](super::transaction::Purpose::ReauthenticatePrimary).

pub use model::silent_sign_in::REMEMBERED_USER;

use super::intent::RememberedUser;
use super::transaction::Transaction;
use crate::settings;
use crate::storage::Storage;

const SIGN_OUT_NOTICE: &str = "linked-accounts.parting";
const TRANSACTION: &str = "linked-accounts.login";

/// Stores a transaction while the browser is at the tenant. Returns `false` when the browser refuses.
#[must_use]
pub fn put_transaction(transaction: &Transaction) -> bool {
    Storage::Session.write(TRANSACTION, transaction)
}

/// Returns and removes the transaction in flight, as text, so that a second call, or a reload, finds none.
pub fn take_transaction() -> Option<String> {
    Storage::Session.take_text(TRANSACTION)
}

/// Returns whether the tenant may still have the session of a user who was signed in here.
#[must_use]
pub fn may_have_session() -> bool {
    Storage::Local.has(REMEMBERED_USER)
}

/// Returns the user who was signed in last; `None` when nobody was, or when the stored value cannot be parsed.
#[must_use]
pub fn remembered_user() -> Option<RememberedUser> {
    Storage::Local.read(REMEMBERED_USER)
}

/// Stores the user of the tenant's session, and the settings with which they signed in. Without local storage the next page load shows
/// the sign-in button.
pub fn remember(user: &RememberedUser) {
    settings::remember();
    Storage::Local.write(REMEMBERED_USER, user);
}

/// Removes the remembered user, and what the early start remembers for the next one. Other tabs notice by a `storage` event.
pub fn forget_user() {
    settings::forget();
    Storage::Local.remove(REMEMBERED_USER);
}

/// Stores a sentence to show after signing out.
pub fn put_sign_out_notice(sentence: &str) {
    Storage::Session.write(SIGN_OUT_NOTICE, &sentence);
}

/// Returns and removes the stored sentence.
pub fn take_sign_out_notice() -> Option<String> {
    Storage::Session.take(SIGN_OUT_NOTICE)
}
