//! Texts of linking, undoing and signing in again.

use model::settings::OfferedConnection;
use model::{Identity, IdentityKey, UserId};

use super::failure::{Failure, Remedy, request_failure, sign_in_failure};
use super::list::{Label, labels};
use super::name::name;
use crate::account_name::account_name;
use crate::api::{ApiError, ErrorKind};
use crate::session::popup::PopupError;
use crate::session::{ReauthenticationError, SecondaryAccount, SignInErrorKind};

/// Heading of a popup that has returned its authorization response.
pub const HANDED_OVER: &str = "That is done";
/// Introduction below [`HANDED_OVER`].
pub const CLOSE_WINDOW: &str = "You can close this window and go on where you came from.";
/// Introduction of the section for linking.
pub const LINK_LEDE: &str =
    "Sign in with it once, to show that it is yours. It will open this account from then on.";
/// What to do about an e-mail address that has to be confirmed before its account can be linked.
const CONFIRM_FIRST: &str = "Open the link in the mail that came when the account was made. Without it, sign out and choose \
     “Forgot your password?”: a new password confirms the address, too.";

/// Note above the buttons: the address of the account has to be confirmed before anything can be linked.
#[must_use]
pub fn confirm_first(address: &str) -> String {
    format!("First confirm that {} is your address. {CONFIRM_FIRST}", name(address))
}

/// Status while the popup is open.
pub const GO_ON_THERE: &str = "Go on in the window that opened.";
/// Status while the popup is closed or cut off from the page, which it cannot tell apart.
pub const OUT_OF_SIGHT: &str = "This page cannot see the window any more. If it is still open, go on there. If it is \
                                closed, open it again or cancel.";
/// Button that brings the popup to the front.
pub const BRING_TO_FRONT: &str = "Bring it to the front";
/// Button that opens the popup again.
pub const OPEN_AGAIN: &str = "Open it again";
/// Status while requests are in flight.
pub const LINKING: &str = "Linking…";
/// Advice when a login was unlinked from the other account, but linking it here failed.
pub const MOVED_HALFWAY: &str = "The login left the other account already and opens a separate one. Try again to link \
                                 it here.";
/// Button for a login of any connection.
pub const ANOTHER: &str = "Another login";
/// Introduction of the list of logins that were unlinked lately.
pub const UNLINKED_LEDE: &str = "They open separate accounts now. You can link them again.";

/// Returns the display name of a connection, else the name of its strategy.
#[must_use]
pub fn connection(offered: &OfferedConnection) -> String {
    offered.display_name.clone().unwrap_or_else(|| offered.strategy.display_name().to_owned())
}

/// Button that links a login of the connection called `name`.
#[must_use]
pub fn link(name: &str) -> String {
    format!("Link {}", super::name::name(name))
}

/// Prompt of a deep link that links a login of the connection called `name`.
#[must_use]
pub fn asked_to_link(name: &str) -> String {
    format!("You came here to link {} to this account.", super::name::name(name))
}

/// Link back to the address of `return_to`.
#[must_use]
pub fn back_to(host: &str) -> String {
    format!("Back to {}", name(host))
}

/// Status after linking. `labels` are the logins that are new.
#[must_use]
pub fn linked(labels: &[Label]) -> String {
    match labels {
        [one] => format!("{} is linked to this account now.", one.in_full()),
        [one, more @ ..] if !more.is_empty() => {
            format!("{} and {} more are linked to this account now.", one.in_full(), more.len())
        }
        _ => "Everything was linked already.".to_owned(),
    }
}

/// Explains what an Undo requires of the person.
#[must_use]
pub fn undo_takes(identity: &Identity) -> &'static str {
    match identity.provider.as_str() {
        "auth0" => "You will be asked for its password.",
        "email" | "sms" => "You will be sent a code.",
        _ => "If you are still signed in there, Undo takes this one click; otherwise you sign in there.",
    }
}

/// Note below a change that requires a new sign-in first.
pub const FRESH_FIRST: &str = "You signed in a while ago, so you will be asked to sign in again first.";

/// Failure notice: the person did not sign in again.
#[must_use]
pub fn not_fresh(not: &ReauthenticationError) -> Failure {
    match not {
        ReauthenticationError::SignedOut(error) => request_failure(error),
        ReauthenticationError::Leaving => plain("One moment", "You are on your way to sign in.".to_owned()),
        ReauthenticationError::Popup(not) => not_proven(not),
        ReauthenticationError::OtherPerson(who) => plain(
            "Somebody else signed in",
            format!(
                "That was {}, and this is another account. Nothing was changed. Try again and sign in as yourself.",
                who.as_deref().map_or_else(|| "another account".to_owned(), name)
            ),
        ),
    }
}

/// Failure notice: the popup returned no sign-in.
#[must_use]
pub fn not_proven(not: &PopupError) -> Failure {
    match not {
        PopupError::Closed => plain(
            "The window was closed",
            "Nothing was changed. Try again, and sign in in the window that opens.".to_owned(),
        ),
        PopupError::Timeout => plain(
            "The window was open for too long",
            "Nothing was changed. Try again, and sign in in the window that opens.".to_owned(),
        ),
        PopupError::Cancelled => {
            plain("Sign-in was cancelled", "Nothing was changed. You can try again.".to_owned())
        }
        PopupError::SignIn(error) if error.kind == SignInErrorKind::Denied => {
            plain("Sign-in was cancelled", "Nothing was changed. You can try again.".to_owned())
        }
        PopupError::SignIn(error) => Failure { remedy: Remedy::TryAgain, ..sign_in_failure(error) },
    }
}

/// Failure notice: the login is linked to this account already.
#[must_use]
pub fn already_here(label: Option<&Label>) -> Failure {
    let what = label.map_or_else(|| "The login that you chose".to_owned(), Label::in_full);
    plain(
        "It is linked already",
        format!("{what} opens this account already. To link another one, try again and choose that."),
    )
}

/// Failure notice: the person signed in with a login other than the expected one.
#[must_use]
pub fn wrong_login(secondary: &SecondaryAccount) -> Failure {
    plain(
        "That was another login",
        format!(
            "You signed in as {}. Try again with the login that was unlinked, or link this one as well.",
            name(&whose(secondary))
        ),
    )
}

/// Failure notice: the login's e-mail address is not verified.
#[must_use]
pub fn unverified(secondary: &SecondaryAccount) -> Failure {
    let whose = whose(secondary);
    let is_database = secondary.user.user_id.as_str().starts_with("auth0|");
    plain(
        "Its e-mail address is not verified",
        if is_database {
            format!("First confirm {}. {CONFIRM_FIRST}", name(&whose))
        } else {
            format!("Verify {} with its provider first, then link it here.", name(&whose))
        },
    )
}

/// Returns the name of the secondary account, as the header would show it.
#[must_use]
pub fn whose(secondary: &SecondaryAccount) -> String {
    account_name(&secondary.user.profile).map_or_else(|| provider(&secondary.user.user_id), ToOwned::to_owned)
}

/// Note of linking by redirects: the person signed in with a login other than the expected one.
#[must_use]
pub fn other_login(secondary: &SecondaryAccount) -> String {
    format!("This is another login than the one that was unlinked: {}.", name(&whose(secondary)))
}

/// Introduction of linking by redirects: the primary account has to sign in again.
#[must_use]
pub fn prove_first(secondary: &SecondaryAccount, primary: Option<&str>) -> String {
    format!(
        "You showed that {} is yours. Now sign in as {} once more, and the login is linked.",
        name(&whose(secondary)),
        primary.map_or_else(|| "yourself".to_owned(), name)
    )
}

/// Texts of the section about a login of another account.
pub struct OtherStory {
    /// Heading.
    pub title: &'static str,
    /// Says whose account the login opens.
    pub belongs: String,
    /// Heading of the choice to move one login.
    pub move_title: &'static str,
    /// Consequences of moving; `None` when the login is the main one of its account.
    pub moves: Option<String>,
    /// Heading of the choice to merge.
    pub merge_title: &'static str,
    /// Consequences of merging.
    pub merges: String,
}

/// Returns the texts about the account that `secondary` opens. `moving` is the login that can leave it, if any.
#[must_use]
pub fn other_story(secondary: &SecondaryAccount, moving: Option<&IdentityKey>) -> OtherStory {
    let all = labels(&secondary.user);
    let label = |key: &IdentityKey| {
        let identities = &secondary.user.identities;
        let place = identities.iter().position(|identity| identity.key() == *key)?;
        all.get(place)
    };
    let whose = name(&whose(secondary));
    let rest = secondary.user.identities.len().saturating_sub(1);
    let moved = moving.and_then(label);
    OtherStory {
        title: "It belongs to your other account",
        belongs: match moved {
            Some(moved) => format!("{} opens the account of {whose}, with these logins:", moved.in_full()),
            None => format!("It is the main login of the account of {whose}, with these logins:"),
        },
        move_title: "Move this login only",
        moves: moved.map(|moved| {
            format!(
                "The other account loses {} and keeps everything else. It can still be opened with {}.",
                moved.provider(),
                if rest == 1 { "its main login".to_owned() } else { format!("its {rest} other logins") },
            )
        }),
        merge_title: "Merge the other account into this one",
        merges: format!(
            "All {} of its logins open this account then. The other account is gone, with everything that apps keep \
             for it. This cannot be undone.",
            all.len()
        ),
    }
}

fn provider(user_id: &UserId) -> String {
    let key = user_id.as_identity_key();
    key.map_or_else(|| user_id.to_string(), |key| key.provider.display_name().to_owned())
}

/// Failure notice: the tenant refused to link.
#[must_use]
pub fn link_failure(error: &ApiError) -> Failure {
    let failure = request_failure(error);
    let (title, advice) = match error.details.code.as_deref() {
        Some("identity_already_exists") => (
            "It was linked meanwhile",
            "Somebody was faster: the login is linked to this account or to another one. Reload to see it."
                .to_owned(),
        ),
        Some("unverified_email") => (
            "An e-mail address is not verified",
            format!("Linking takes verified e-mail addresses, here and there. {CONFIRM_FIRST}"),
        ),
        Some("pinned_secondary") => (
            "That account has a login of an organization",
            "It stays where the organization put it. Sign in to that account, and link this login there."
                .to_owned(),
        ),
        Some("blocked_account") => (
            "That account is blocked",
            "Its logins cannot be linked. Ask whoever runs the sign-in service.".to_owned(),
        ),
        _ if error.kind == ErrorKind::Refused => (
            "The login could not be linked",
            "The sign-in service did not accept the proof. Sign in with the login once more.".to_owned(),
        ),
        _ => return failure,
    };
    Failure { title, advice, remedy: Remedy::TryAgain, ..failure }
}

/// Texts for a silent sign-in that returned another account than before.
pub struct Change {
    /// Heading.
    pub title: &'static str,
    /// Explanation below the heading.
    pub story: String,
    /// Button that continues with the account that is signed in now.
    pub go_on: String,
    /// Button that signs in to the account of before.
    pub go_back: String,
}

/// Returns the texts for a change from `before` to `now`, both named as the header shows them.
#[must_use]
pub fn change(before: Option<&str>, now: Option<&str>) -> Change {
    let name = |who: Option<&str>, nobody: &str| who.map_or_else(|| nobody.to_owned(), name);
    let (before, now) = (name(before, "your account"), name(now, "another account"));
    Change {
        title: "Somebody else is signed in now",
        story: format!(
            "You were signed in here as {before}. Since then, somebody signed in as {now} in this browser. \
             Nothing was changed."
        ),
        go_on: format!("Go on as {now}"),
        go_back: format!("Sign in as {before}"),
    }
}

fn plain(title: &'static str, advice: String) -> Failure {
    Failure { title, advice, remedy: Remedy::TryAgain, details: None }
}
