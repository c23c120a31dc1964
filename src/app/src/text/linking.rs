//! Texts of linking, undoing and signing in again.

use model::login_names::name_of;
use model::settings::OfferedConnection;
use model::{ConnectionLabel, Identity, IdentityKey, User};

use super::failure::{Failure, Remedy, request_failure, sign_in_failure};
use super::label::{Label, connection_name, label_of, labels};
use super::message_format::Message;
use super::messages::messages;
use super::name::{name, plain};
use crate::account_name::account_name;
use crate::api::{ApiError, ErrorKind};
use crate::connection_names::ConnectionNames;
use crate::session::popup::PopupError;
use crate::session::{ReauthenticationError, SecondaryAccount, SignInErrorKind};

messages! { linking:
    /// Heading of a popup that has returned its authorization response.
    handed_over() = "That is done";
    /// Introduction below [`handed_over`].
    close_window() = "You can close this window and go on where you came from.";
    /// Introduction of the section for linking.
    link_lede() = "Sign in with it once, to show that it is yours. It will open this account from then on.";
    /// Note above the buttons: the address of the account has to be confirmed before anything can be linked.
    confirm_first(address: &str) = "First confirm that {address} is your address. Open the link in the mail that came when the account was made. Without it, sign out and choose \
        “Forgot your password?”: a new password confirms the address, too.";
    /// Button for a login of any connection.
    another() = "Another login";
    /// Button that links a login of a connection.
    link(connection: &str) = "Link {connection}";
    /// The same, where a login of that connection is linked already.
    link_more(connection: &str) = "Link {connection}, linked already";
    /// The same, where the person gave these names to logins of that connection.
    link_more_beside(connection: &str, names: Message<'_>) = "Link {connection}, linked already: {names}";
    /// Those names.
    listed(names: &[String]) = "{names, list, conjunction}";
    /// Note on such a button.
    is_linked() = "Linked already";
    /// The same with those names.
    are_linked(names: Message<'_>) = "Linked already: {names}";
    /// Label of the search among many connections.
    find() = "Search";
    /// Status of the search.
    found(count: usize) = "{count, plural, =0 {Nothing here has that name.} one {# found} other {# found}}";
    /// Button that shows all connections.
    show_all(count: usize) = "{count, plural, one {Show all #} other {Show all #}}";
    /// Button that shows the first ones only.
    show_fewer() = "Show fewer";
    /// Note before a change that asks for a fresh sign-in.
    fresh_first() = "You signed in a while ago, so you will be asked to sign in again first.";
    /// Prompt of a deep link that links a login of a connection.
    asked_to_link(connection: &str) = "You came here to link {connection} to this account.";
    /// Link back to the address of `return_to`.
    back_to(host: &str) = "Back to {host}";
    /// Status while the popup is open.
    go_on_there() = "Go on in the window that opened.";
    /// Status while the popup is closed or cut off from the page, which it cannot tell apart.
    out_of_sight() = "This page cannot see the window any more. If it is still open, go on there. If it is closed, \
        open it again or cancel.";
    /// Button that brings the popup to the front.
    bring_to_front() = "Show the window";
    /// Button that opens the popup again.
    open_again() = "Open it again";
    /// Status while requests are in flight.
    linking_now() = "Linking…";
    /// Status after linking.
    logins_linked(logins: &[String]) = "{logins, plural,
        one {{logins, list, conjunction} is linked to this account now.}
        other {{logins, list, conjunction} are linked to this account now.}}";
    /// Last element of the list of linked logins, when only the first one is named.
    more_linked(count: usize) = "{count, plural, one {# more} other {# more}}";
    /// Status after linking, when nothing is new.
    nothing_linked() = "Everything was linked already.";

    /// Introduction of the list of logins that were unlinked lately.
    unlinked_lede() = "They open separate accounts now. You can link them again.";
    /// Note on a login that was unlinked: its provider still lists the application.
    still_listed(provider: &str) = "Unlinked here. {provider} may still list this app.";
    /// Link to the provider's page that lists applications.
    connected_apps(provider: &str) = "Connected apps at {provider} (opens a new tab)";
    /// What an Undo requires for a login with a password.
    undo_takes_password() = "You will be asked for its password.";
    /// What an Undo requires for a login by codes.
    undo_takes_code() = "You will be sent a code.";
    /// What an Undo requires for a login of a provider.
    undo_takes_click() =
        "If you are still signed in there, Undo takes this one click; otherwise you sign in there.";

    /// Failure: the page is leaving for a sign-in.
    leaving_title() = "One moment";
    /// Advice for it.
    leaving() = "You are on your way to sign in.";
    /// Failure: another person signed in.
    other_person_title() = "Somebody else signed in";
    /// Advice for it; `who` is the person's name, where known.
    other_person(who: Option<&str>) = "{who, select,
        none {That was another account.}
        other {That was {who}, and this is another account.}} Nothing was changed. Try again and sign in as yourself.";
    /// Failure: the popup was closed.
    window_closed_title() = "The window was closed";
    /// Failure: the popup was open for too long.
    window_timeout_title() = "The window was open for too long";
    /// Advice for both.
    window_again() = "Nothing was changed. Try again, and sign in in the window that opens.";
    /// Failure: the proof of the other login is too old for the request.
    proof_ended_title() = "That sign-in has ended";
    /// Advice for it.
    proof_ended() = "Nothing was changed. Try again, and sign in with that login once more.";
    /// Failure: the person cancelled.
    cancelled_title() = "Sign-in was cancelled";
    /// Advice for it.
    cancelled() = "Nothing was changed. You can try again.";
    /// Failure: the login is linked to this account already.
    already_here_title() = "It is linked already";
    /// Advice for it; `login` is named where it is known.
    already_here_advice(login: Option<Message<'_>>) = "{login, select,
        none {The login that you chose opens this account already.}
        other {{login} opens this account already.}} To link another one, try again and choose that.";
    /// Failure: the person signed in with a login other than the expected one.
    wrong_login_title() = "That was another login";
    /// Advice for it.
    wrong_login_advice(who: &str) =
        "You signed in as {who}. Try again with the login that was unlinked, or link this one as well.";
    /// Failure: the login's e-mail address is not verified.
    unverified_title() = "Its e-mail address is not verified";
    /// Advice for it.
    unverified_advice(who: &str) = "Verify {who} with its provider first, then link it here.";
    /// Advice for it, for a login with a password.
    unverified_password_advice(who: &str) = "First confirm {who}. Open the link in the mail that came when the account was made. Without it, sign out and choose \
        “Forgot your password?”: a new password confirms the address, too.";
    /// Advice when a login was unlinked from the other account, but linking it here failed.
    moved_halfway() = "The login left the other account already and opens a separate one. Try again to link it here.";
    /// Failure: the login was linked meanwhile.
    linked_meanwhile_title() = "It was linked meanwhile";
    /// Advice for it.
    linked_meanwhile() =
        "Somebody was faster: the login is linked to this account or to another one. Reload to see it.";
    /// Failure: the tenant links only verified addresses.
    address_unverified_title() = "An e-mail address is not verified";
    /// Advice for it.
    address_unverified() = "Linking takes verified e-mail addresses, here and there. Open the link in the mail that came when the account was made. Without it, sign out and choose \
        “Forgot your password?”: a new password confirms the address, too.";
    /// Failure: the other account has a pinned login.
    pinned_secondary_title() = "That account has a login of a company";
    /// Advice for it.
    pinned_secondary() =
        "It stays where the company put it. Sign in to that account, and link this login there.";
    /// Failure: the other account is blocked.
    blocked_account_title() = "That account is blocked";
    /// Advice for it.
    blocked_account() = "Its logins cannot be linked. Ask whoever runs the sign-in service.";
    /// Failure: the tenant refused the proof.
    proof_refused_title() = "The login could not be linked";
    /// Advice for it.
    proof_refused() = "The sign-in service did not accept the proof. Sign in with the login once more.";

    /// Linking by redirects: the person signed in with a login other than the expected one.
    other_login_by(who: &str) = "This is another login than the one that was unlinked: {who}.";
    /// Linking by redirects: the primary account has to sign in again.
    prove_first_as(secondary: &str, primary: Option<&str>) = "{primary, select,
        none {You showed that {secondary} is yours. Now sign in as yourself once more, and the login is linked.}
        other {You showed that {secondary} is yours. Now sign in as {primary} once more, and the login is linked.}}";

    /// Linking by redirects: the primary account has to sign in again, before accounts are merged.
    prove_first_to_merge(secondary: &str, primary: Option<&str>) = "{primary, select,
        none {You showed that {secondary} is yours. Now sign in as yourself once more. Before anything is deleted, you are asked.}
        other {You showed that {secondary} is yours. Now sign in as {primary} once more. Before anything is deleted, you are asked.}}";

    /// Heading of the section about a login of another account.
    other_title() = "It belongs to your other account";
    /// Whose account a linked login opens.
    other_belongs(login: Message<'_>, who: &str) = "{login} opens the account of {who}, with these logins:";
    /// Whose account a main login opens.
    other_is_main(who: &str) = "It is the main login of the account of {who}, with these logins:";
    /// Heading of the choice to move one login.
    move_title() = "Move this login only";
    /// Consequences of moving; `rest` logins still open the other account.
    move_story(login: Message<'_>, rest: usize) = "The other account loses {login} and keeps everything else. {rest, plural,
        =0 {Nothing else opens it.}
        one {It can still be opened with its other login.}
        other {It can still be opened with its # other logins.}}";
    /// Heading of the choice to merge.
    merge_title() = "Merge the other account into this one";
    /// Consequences of merging.
    merge_story(count: usize) = "{count, plural,
        one {Its # login opens this account then.}
        other {All # of its logins open this account then.}} The other account is gone, with everything that apps keep \
        for it. This cannot be undone.";

    /// Heading when a silent sign-in returned another account than before.
    changed_title() = "Somebody else is signed in now";
    /// Explanation below it.
    changed_story(before: Option<&str>, now: Option<&str>) = "{before, select,
        none {You were signed in here as your account.}
        other {You were signed in here as {before}.}} {now, select,
        none {Since then, somebody signed in as another account in this browser.}
        other {Since then, somebody signed in as {now} in this browser.}} Nothing was changed.";
    /// Button that continues with the account that is signed in now.
    go_on_as(now: Option<&str>) = "{now, select, none {Go on as another account} other {Go on as {now}}}";
    /// Button that signs in to the account of before.
    go_back_as(before: Option<&str>) =
        "{before, select, none {Sign in as your account} other {Sign in as {before}}}";
}

/// Returns what people call a connection, as its logins in the list, and whether that is a name, which no language translates.
#[must_use]
pub fn connection(offered: &OfferedConnection) -> (String, bool) {
    let OfferedConnection { name, strategy, display_name, .. } = offered;
    connection_name(ConnectionLabel::new(display_name.as_deref(), name, strategy))
}

/// Returns, where the account has a login of the connection `offered`, the names that the person gave its logins, as a list; the list
/// is empty where there are none, or where a single login needs none to be told apart.
#[must_use]
pub fn linked_already(user: &User, offered: &OfferedConnection) -> Option<String> {
    let of_it = |identity: &&Identity| identity.connection == offered.name;
    let own = |identity: &Identity| name_of(user.user_metadata.as_ref(), &identity.key());
    let linked = user.identities.iter().filter(of_it);
    let names: Vec<String> = linked.clone().filter_map(own).map(|own| name(own.as_str())).collect();
    match linked.count() {
        0 => None,
        1 => Some(String::new()),
        _ => Some(listed(&names)),
    }
}

/// Returns the accessible name of the button of a connection, with what [`linked_already`] says of it.
#[must_use]
pub fn link_label(connection: &str, linked: Option<&str>) -> String {
    plain(&match linked {
        None => link(connection),
        Some("") => link_more(connection),
        Some(names) => link_more_beside(connection, Message(names)),
    })
}

/// Returns the note on that button.
#[must_use]
pub fn linked_note(names: &str) -> String {
    if names.is_empty() { is_linked().to_owned() } else { are_linked(Message(names)) }
}

/// Status after linking. `labels` are the logins that are new.
#[must_use]
pub fn linked(labels: &[Label]) -> String {
    let [first, rest @ ..] = labels else { return nothing_linked().to_owned() };
    let mut logins = vec![first.in_full()];
    if !rest.is_empty() {
        logins.push(more_linked(rest.len()));
    }
    logins_linked(&logins)
}

/// Explains what an Undo requires of the person.
#[must_use]
pub fn undo_takes(identity: &Identity) -> &'static str {
    match identity.provider.as_str() {
        "auth0" => undo_takes_password(),
        "email" | "sms" => undo_takes_code(),
        _ => undo_takes_click(),
    }
}

/// Failure notice: the person did not sign in again.
#[must_use]
pub fn not_fresh(not: &ReauthenticationError) -> Failure {
    match not {
        ReauthenticationError::SignedOut(error) => request_failure(error),
        ReauthenticationError::Leaving => failure(leaving_title(), leaving()),
        ReauthenticationError::Popup(not) => not_proven(not),
        ReauthenticationError::OtherPerson(who) => {
            failure(other_person_title(), other_person(who.as_deref()))
        }
    }
}

/// Failure notice: the popup returned no sign-in.
#[must_use]
pub fn not_proven(not: &PopupError) -> Failure {
    match not {
        PopupError::Closed => failure(window_closed_title(), window_again()),
        PopupError::Timeout => failure(window_timeout_title(), window_again()),
        PopupError::Cancelled => failure(cancelled_title(), cancelled()),
        PopupError::SignIn(error) if error.kind == SignInErrorKind::Denied => {
            failure(cancelled_title(), cancelled())
        }
        PopupError::SignIn(error) => Failure { remedy: Remedy::TryAgain, ..sign_in_failure(error) },
    }
}

/// Failure notice: a request with the token of the other login failed. Trying again proves that login once more; signing in
/// again would be about this account.
#[must_use]
pub fn secondary_failure(error: &ApiError) -> Failure {
    match error.kind {
        ErrorKind::SessionEnded => failure(proof_ended_title(), proof_ended()),
        _ => Failure { remedy: Remedy::TryAgain, ..request_failure(error) },
    }
}

/// Failure notice: the login is linked to this account already.
#[must_use]
pub fn already_here(label: Option<&Label>) -> Failure {
    let login = label.map(Label::in_full);
    failure(already_here_title(), already_here_advice(login.as_deref().map(Message)))
}

/// Failure notice: the person signed in with a login other than the expected one.
#[must_use]
pub fn wrong_login(secondary: &SecondaryAccount, names: &ConnectionNames) -> Failure {
    failure(wrong_login_title(), wrong_login_advice(&whose(secondary, names)))
}

/// Failure notice: the login's e-mail address is not verified.
#[must_use]
pub fn unverified(secondary: &SecondaryAccount, names: &ConnectionNames) -> Failure {
    let whose = whose(secondary, names);
    let is_database = secondary.user.user_id.as_str().starts_with("auth0|");
    let advice = if is_database { unverified_password_advice(&whose) } else { unverified_advice(&whose) };
    failure(unverified_title(), advice)
}

/// Returns the name of the secondary account, as the header would show it; else that of its main login.
#[must_use]
pub fn whose(secondary: &SecondaryAccount, names: &ConnectionNames) -> String {
    let user = &secondary.user;
    let main_login = || {
        let main = labels(user, names).into_iter().next();
        main.map_or_else(|| user.user_id.to_string(), |label| label.name)
    };
    account_name(&user.profile).map_or_else(main_login, ToOwned::to_owned)
}

/// Note of linking by redirects: the person signed in with a login other than the expected one.
#[must_use]
pub fn other_login(secondary: &SecondaryAccount, names: &ConnectionNames) -> String {
    other_login_by(&whose(secondary, names))
}

/// Introduction of linking by redirects: the primary account has to sign in again.
#[must_use]
pub fn prove_first(secondary: &SecondaryAccount, names: &ConnectionNames, primary: Option<&str>) -> String {
    let prove_first = if secondary.user.identities.len() > 1 { prove_first_to_merge } else { prove_first_as };
    prove_first(&whose(secondary, names), primary)
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

/// Returns the texts about the account that `secondary` opens. `moving` is the login that can leave it, if any, and
/// `rest` the number of logins that still open it then.
#[must_use]
pub fn other_story(
    secondary: &SecondaryAccount,
    names: &ConnectionNames,
    moving: Option<&IdentityKey>,
    rest: usize,
) -> OtherStory {
    let whose = whose(secondary, names);
    let moved = moving.and_then(|key| label_of(&secondary.user, key, names));
    OtherStory {
        title: other_title(),
        belongs: match &moved {
            Some(moved) => other_belongs(Message(&moved.in_full()), &whose),
            None => other_is_main(&whose),
        },
        move_title: move_title(),
        moves: moved.map(|moved| move_story(Message(&moved.short()), rest)),
        merge_title: merge_title(),
        merges: merge_story(secondary.user.identities.len()),
    }
}

/// Failure notice: the tenant refused to link.
#[must_use]
pub fn link_failure(error: &ApiError) -> Failure {
    let failure = request_failure(error);
    let (title, advice) = match error.details.code.as_deref() {
        Some("identity_already_exists") => (linked_meanwhile_title(), linked_meanwhile()),
        Some("unverified_email") => (address_unverified_title(), address_unverified()),
        Some("pinned_secondary") => (pinned_secondary_title(), pinned_secondary()),
        Some("blocked_account") => (blocked_account_title(), blocked_account()),
        _ if error.kind == ErrorKind::Refused => (proof_refused_title(), proof_refused()),
        _ => return failure,
    };
    Failure { title, advice: advice.to_owned(), remedy: Remedy::TryAgain, ..failure }
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
    Change {
        title: changed_title(),
        story: changed_story(before, now),
        go_on: go_on_as(now),
        go_back: go_back_as(before),
    }
}

fn failure(title: &'static str, advice: impl Into<String>) -> Failure {
    Failure { title, advice: advice.into(), remedy: Remedy::TryAgain, details: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn where_several_logins_of_a_connection_are_linked_those_with_names_are_told() {
        let user = |names: &[&str], ids: &[&str]| -> User {
            let identity = |id: &&str| json!({ "provider": "google-oauth2", "user_id": id, "connection": "google-oauth2" });
            let names: serde_json::Map<_, _> = names
                .iter()
                .zip(ids)
                .map(|(name, id)| (format!("google-oauth2|{id}"), json!(name)))
                .collect();
            serde_json::from_value(json!({
                "user_id": "auth0|0",
                "identities": ids.iter().map(identity).collect::<Vec<_>>(),
                "user_metadata": { "login_names": names },
            }))
            .unwrap()
        };
        let google: OfferedConnection =
            serde_json::from_value(json!({ "name": "google-oauth2", "strategy": "google-oauth2" })).unwrap();
        let told = |names: &[&str], ids: &[&str]| {
            let linked = linked_already(&user(names, ids), &google)?;
            Some([link_label("Google", Some(&linked)), plain(&linked_note(&linked))])
        };
        let unnamed = Some(["Link Google, linked already", "Linked already"].map(ToOwned::to_owned));
        assert_eq!(told(&[], &[]), None);
        assert_eq!(told(&["Work"], &["1"]), unnamed);
        assert_eq!(told(&[], &["1", "2"]), unnamed);
        assert_eq!(
            told(&["Work", "Family"], &["1", "2", "3"]),
            Some(
                ["Link Google, linked already: Work and Family", "Linked already: Work and Family"]
                    .map(ToOwned::to_owned)
            )
        );
    }
}
