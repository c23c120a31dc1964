//! Texts of the dialogs before an account is deleted by linking, or left without a way in by moving a login.

use model::User;

use super::label::{Label, labels};
use super::message_format::Message;
use super::messages::messages;
use super::unlinking::{Fact, one_part};
use crate::connection_names::ConnectionNames;

messages! { deleting:
    /// Title of the dialog before accounts are merged.
    ask_to_merge() = "Delete the other account and merge?";
    /// Title of the dialog before a login is linked that has an account of its own.
    ask_to_link(login: Message<'_>, who: Option<&str>) = "{who, select,
        none {Delete the other account and link {login}?}
        other {Delete the other account and link {login}, {who}?}}";
    /// Confirming button of the dialog before accounts are merged.
    merge_and_delete() = "Merge and delete";
    /// Confirming button of the dialog before a login is linked that has an account of its own.
    link_and_delete() = "Link and delete";
    /// Cancelling button of both.
    keep_both() = "Keep both accounts";
    /// Heading of this account, beside the other one.
    stays_here() = "This account stays";
    /// Heading of the other account.
    is_deleted() = "The other account is deleted";
    /// Dialog: what opens this account afterwards.
    open_this(logins: &[String]) = parts
        "Signing in with <b>{logins, list, disjunction}</b> opens this account afterwards.";
    /// Dialog: the same above a list of more than three logins.
    open_this_these() = "Signing in with each of these logins opens this account afterwards:";
    /// Dialog: what comes over. `count` are the logins.
    logins_come_over(count: usize) = parts
        "{count, plural, one {Its login comes over} other {Its # logins come over}}, and nothing else.";
    /// Dialog: what comes over, where there is metadata to choose from. `count` are the logins.
    chosen_comes_over(count: usize) = parts
        "{count, plural, one {Its login comes over} other {Its # logins come over}}, and the details that you keep below.";
    /// Dialog: what is deleted. `sign_ins` is how often the person signed in, 0 where that is not known.
    deleted(id: &str, sign_ins: usize) = parts "<b>Deleted for good:</b> its id ({id}), its metadata, which is \
        all that apps keep for it, and its sign-in history{sign_ins, plural,
        =0 {}
        one { (# sign-in)}
        other { (# sign-ins)}}.";
    /// Dialog: there is no way back.
    no_way_back() = "This cannot be undone. A login that you unlink later opens a new, empty account.";

    /// Title of the dialog before a login is moved and nothing else opens its account.
    ask_to_lock_out(login: Message<'_>) = "Move {login} and lock the other account?";
    /// Dialog: nothing opens the other account.
    locked_out() = "Nothing else opens the other account. Nobody can sign in to it afterwards, and what it \
        holds stays out of reach.";
    /// Dialog: what opens this account afterwards, and what to do to keep the other one open.
    moved_here(login: Message<'_>) = parts "{login} opens this account. To keep the other account open, leave it there.";
    /// Confirming button of that dialog.
    move_and_lock() = "Move and lock";
}

/// Texts of the dialog before the account of a login is deleted.
pub struct Deletion {
    /// Title.
    pub title: String,
    /// Consequences.
    pub facts: Vec<Fact>,
    /// Confirming button.
    pub confirm: &'static str,
}

/// Returns what is asked before `other` is deleted and its logins are linked. With `has_choice`, the person chooses
/// below which metadata to keep.
#[must_use]
pub fn deletion(other: &User, names: &ConnectionNames, has_choice: bool) -> Deletion {
    let logins = labels(other, names);
    let in_full = logins.iter().map(Label::in_full).collect();
    let comes_over = if has_choice { chosen_comes_over } else { logins_come_over };
    let sign_ins = other.logins_count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let facts = vec![
        Fact::about("ui-check", in_full, open_this, open_this_these()),
        Fact::new("ui-stay", comes_over(logins.len())),
        Fact::new("ui-alert", deleted(other.user_id.as_str(), sign_ins)),
        Fact::new("ui-out", one_part(no_way_back())),
    ];
    let (title, confirm) = match logins.as_slice() {
        [one] => (ask_to_link(Message(&one.short()), one.who.as_deref()), link_and_delete()),
        _ => (ask_to_merge().to_owned(), merge_and_delete()),
    };
    Deletion { title, facts, confirm }
}

/// Returns the title and the consequences of moving `login`, without which nothing opens its account.
#[must_use]
pub fn lockout(login: &Label) -> (String, Vec<Fact>) {
    let name = login.short();
    let facts = vec![
        Fact::new("ui-alert", one_part(locked_out())),
        Fact::new("ui-check", moved_here(Message(&name))),
    ];
    (ask_to_lock_out(Message(&name)), facts)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::text::plain;

    fn user(logins: &[&str], more: &Value) -> User {
        let identity =
            |provider: &&str| json!({ "provider": provider, "user_id": "1", "connection": provider });
        let mut user = json!({ "user_id": format!("{}|1", logins[0]) });
        user["identities"] = logins.iter().map(identity).collect();
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(user).unwrap()
    }

    fn deletion_of(other: &User, has_choice: bool) -> Deletion {
        deletion(other, &ConnectionNames::default(), has_choice)
    }

    fn told(deletion: &Deletion) -> Vec<String> {
        let text = |fact: &Fact| {
            let sentence: String = fact.sentence.iter().map(|part| plain(&part.text)).collect();
            fact.logins.iter().fold(sentence, |all, login| format!("{all} [{}]", plain(login)))
        };
        deletion.facts.iter().map(text).collect()
    }

    #[test]
    fn what_is_deleted_is_named_before_it_is() {
        let deletion = deletion_of(&user(&["auth0", "github"], &json!({ "logins_count": 7 })), false);
        assert_eq!(deletion.title, "Delete the other account and merge?");
        assert_eq!(
            told(&deletion),
            [
                "Signing in with Password or GitHub opens this account afterwards.",
                "Its 2 logins come over, and nothing else.",
                "Deleted for good: its id (auth0|1), its metadata, which is all that apps keep for it, and its \
                 sign-in history (7 sign-ins).",
                "This cannot be undone. A login that you unlink later opens a new, empty account.",
            ]
        );
    }

    #[test]
    fn a_login_with_an_account_of_its_own_is_named_in_the_title() {
        let deletion = deletion_of(&user(&["github"], &json!({ "email": "a@x.example" })), true);
        assert_eq!(plain(&deletion.title), "Delete the other account and link GitHub, a@x.example?");
        assert_eq!(told(&deletion)[1], "Its login comes over, and the details that you keep below.");
        assert!(told(&deletion)[2].ends_with("and its sign-in history."));
    }

    #[test]
    fn more_than_three_logins_are_a_list() {
        let deletion = deletion_of(&user(&["auth0", "github", "apple", "line"], &json!({})), false);
        assert_eq!(
            told(&deletion)[0],
            "Signing in with each of these logins opens this account afterwards: [Password] [GitHub] [Apple] [LINE]"
        );
    }
}
