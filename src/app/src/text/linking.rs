//! What linking, undoing and proving again say.

use model::settings::OfferedConnection;
use model::{Identity, IdentityKey, UserId};

use super::failure::{Failure, Remedy, login_failure, request_failure};
use super::list::{Label, labels};
use crate::account_name::account_name;
use crate::api::{ApiError, ErrorKind};
use crate::session::popup::PopupError;
use crate::session::{LoginErrorKind, ReauthenticationError, SecondaryAccount};

/// In a window of its own, once it has done its part.
pub const HANDED_OVER: &str = "That is done";
/// Below it.
pub const CLOSE_WINDOW: &str = "You can close this window and go on where you came from.";
/// Below the heading of the buttons.
pub const LINK_LEDE: &str =
    "Sign in with it once, to show that it is yours. It will open this account from then on.";
/// While a window of its own is open.
pub const GO_ON_THERE: &str = "Go on in the window that opened.";
/// While requests are on their way.
pub const LINKING: &str = "Linking…";
/// When a login left the other account and did not arrive here.
pub const MOVED_HALFWAY: &str = "The login left the other account already and opens a separate one. Try again to link \
                                 it here.";
/// The button for a login of a connection that is not named.
pub const ANOTHER: &str = "Another login";
/// Below the heading of the logins that were unlinked.
pub const UNLINKED_LEDE: &str = "They open separate accounts now. You can link them again.";

/// How people call a connection.
#[must_use]
pub fn connection(offered: &OfferedConnection) -> String {
    offered.display_name.clone().unwrap_or_else(|| offered.strategy.display_name().to_owned())
}

/// The button that links a login of a connection.
#[must_use]
pub fn link(name: &str) -> String {
    format!("Link {name}")
}

/// What an address asked for.
#[must_use]
pub fn asked_to_link(name: &str) -> String {
    format!("You came here to link {name} to this account.")
}

/// The way back to a listed place.
#[must_use]
pub fn back_to(host: &str) -> String {
    format!("Back to {host}")
}

/// What happened, when logins were linked.
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

/// What an Undo will ask of the person, told before.
#[must_use]
pub fn undo_takes(identity: &Identity) -> &'static str {
    match identity.provider.as_str() {
        "auth0" => "You will be asked for its password.",
        "email" | "sms" => "You will be sent a code.",
        _ => "If you are still signed in there, Undo takes this one click; otherwise you sign in there.",
    }
}

/// The sentence below a change that will ask for a fresh sign-in first.
pub const FRESH_FIRST: &str = "You signed in a while ago, so you will be asked to sign in again first.";

/// Why there is no fresh sign-in.
#[must_use]
pub fn not_fresh(not: &ReauthenticationError) -> Failure {
    match not {
        ReauthenticationError::SignedOut(error) => request_failure(error),
        ReauthenticationError::Leaving => plain("One moment", "You are on your way to sign in.".to_owned()),
        ReauthenticationError::PopupError(not) => not_proven(not),
        ReauthenticationError::OtherPerson(who) => plain(
            "Somebody else signed in",
            format!(
                "That was {}, and this is another account. Nothing was changed. Try again and sign in as yourself.",
                who.as_deref().unwrap_or("another account")
            ),
        ),
    }
}

/// Why a popup proved nothing.
#[must_use]
pub fn not_proven(not: &PopupError) -> Failure {
    match not {
        PopupError::Closed => plain(
            "The window was closed",
            "Nothing was changed. Try again, and sign in in the window that opens.".to_owned(),
        ),
        PopupError::Login(error) if error.kind == LoginErrorKind::Denied => {
            plain("Sign-in was cancelled", "Nothing was changed. You can try again.".to_owned())
        }
        PopupError::Login(error) => Failure { remedy: Remedy::TryAgain, ..login_failure(error) },
    }
}

/// The login turned out to be one of this account.
#[must_use]
pub fn already_here(label: Option<&Label>) -> Failure {
    let what = label.map_or_else(|| "The login that you chose".to_owned(), Label::in_full);
    plain(
        "It is linked already",
        format!("{what} opens this account already. To link another one, try again and choose that."),
    )
}

/// Another login than the expected one was proven.
#[must_use]
pub fn wrong_login(second: &SecondaryAccount) -> Failure {
    plain(
        "That was another login",
        format!(
            "You signed in as {}. Try again with the login that was unlinked, or link this one as well.",
            whose(second)
        ),
    )
}

/// The login's e-mail address is not verified.
#[must_use]
pub fn unverified(second: &SecondaryAccount) -> Failure {
    plain(
        "Its e-mail address is not verified",
        format!("Verify {} with its provider first, then link it here.", whose(second)),
    )
}

/// Who a second account is, as the header would call them.
#[must_use]
pub fn whose(second: &SecondaryAccount) -> String {
    account_name(&second.user.profile).map_or_else(|| provider(&second.user.user_id), ToOwned::to_owned)
}

/// Another login than the expected one was proven, on the way of redirects.
#[must_use]
pub fn other_login(second: &SecondaryAccount) -> String {
    format!("This is another login than the one that was unlinked: {}.", whose(second))
}

/// Why the person must sign in once more, on the way of redirects.
#[must_use]
pub fn prove_first(second: &SecondaryAccount, first: Option<&str>) -> String {
    format!(
        "You showed that {} is yours. Now sign in as {} once more, and the login is linked.",
        whose(second),
        first.unwrap_or("yourself")
    )
}

/// What the dialog about another account says.
pub struct OtherStory {
    /// What is the matter.
    pub title: &'static str,
    /// Whose the login is.
    pub belongs: String,
    /// The first way.
    pub move_title: &'static str,
    /// What it means; `None` when the login cannot leave alone.
    pub moves: Option<String>,
    /// The second way.
    pub merge_title: &'static str,
    /// What it means.
    pub merges: String,
}

/// What moving or merging means for the account that `second` opens; `moving` is the login that can leave it.
#[must_use]
pub fn other_story(second: &SecondaryAccount, moving: Option<&IdentityKey>) -> OtherStory {
    let all = labels(&second.user);
    let label = |key: &IdentityKey| {
        let identities = &second.user.identities;
        let place = identities.iter().position(|identity| identity.key() == *key)?;
        all.get(place)
    };
    let whose = whose(second);
    let rest = second.user.identities.len().saturating_sub(1);
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
                moved.name,
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

/// A link that the tenant refused.
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
            "Linking takes verified e-mail addresses, here and there. Verify it, then try again.".to_owned(),
        ),
        _ if error.kind == ErrorKind::Refused => (
            "The login could not be linked",
            "The sign-in service did not accept the proof. Sign in with the login once more.".to_owned(),
        ),
        _ => return failure,
    };
    Failure { title, advice, remedy: Remedy::TryAgain, ..failure }
}

/// What to say when the tenant signed in somebody else than before.
pub struct Change {
    /// What happened.
    pub title: &'static str,
    /// In full.
    pub story: String,
    /// The button that goes on as who is signed in now.
    pub go_on: String,
    /// The button that signs in as before.
    pub go_back: String,
}

/// Both accounts as the header would call them.
#[must_use]
pub fn change(before: Option<&str>, now: Option<&str>) -> Change {
    let (before, now) = (before.unwrap_or("your account"), now.unwrap_or("another account"));
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
