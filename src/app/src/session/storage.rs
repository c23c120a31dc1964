//! What outlives a page load: the transaction under way, for this tab and taken on first use; and who was signed in
//! last, which is no secret. No token for an API is ever stored; the one proof that a transaction can hold is in
//! [`Purpose::ReauthenticatePrimary`](super::transaction::Purpose::ReauthenticatePrimary).

use super::intent::RememberedUser;
use super::transaction::Transaction;
use crate::storage::Storage;

/// The local-storage key of the remembered user, watched by other tabs.
pub const REMEMBERED_USER: &str = "linked-accounts.signed-in";
const SIGN_OUT_NOTICE: &str = "linked-accounts.parting";
const TRANSACTION: &str = "linked-accounts.login";

/// Stores a transaction while the browser is at the tenant. Returns `false` when the browser does not let the page.
#[must_use]
pub fn put_transaction(transaction: &Transaction) -> bool {
    Storage::Session.write(TRANSACTION, transaction)
}

/// Returns and removes the transaction under way, so that a second call, or a reload, finds none.
pub fn take_transaction() -> Option<Transaction> {
    Storage::Session.take(TRANSACTION)
}

/// Whether the tenant may still have the session of somebody who was signed in here.
#[must_use]
pub fn may_have_session() -> bool {
    Storage::Local.has(REMEMBERED_USER)
}

/// Who was signed in last, if the tenant may still have their session and the page can still read who it was.
#[must_use]
pub fn remembered_user() -> Option<RememberedUser> {
    Storage::Local.read(REMEMBERED_USER)
}

/// Remembers that the tenant may have a session, and whose. Without local storage the next page load shows the
/// sign-in button instead.
pub fn remember(user: &RememberedUser) {
    Storage::Local.write(REMEMBERED_USER, user);
}

/// Forgets the remembered user; other tabs notice.
pub fn forget_user() {
    Storage::Local.remove(REMEMBERED_USER);
}

/// Stores a sentence for a person who comes back signed out.
pub fn put_sign_out_notice(sentence: &str) {
    Storage::Session.write(SIGN_OUT_NOTICE, &sentence);
}

/// Returns and removes the stored sentence.
pub fn take_sign_out_notice() -> Option<String> {
    Storage::Session.take(SIGN_OUT_NOTICE)
}
