//! Texts of unlinking: the confirmation dialog, why a login is kept, progress and outcome.

use model::{IdentityKey, User};

use super::list::{Label, MAIN_STAYS, labels};
use super::name::name;
use crate::unlink_policy::{UnlinkBlocked, UnlinkPolicy};

/// Part of a sentence, emphasized or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether the part is emphasized.
    pub strong: bool,
}

/// A sentence of the dialog: the id of its icon in `public/providers.svg`, and its parts.
pub type Fact = (&'static str, Vec<Part>);

fn words(text: impl Into<String>) -> Part {
    Part { text: text.into(), strong: false }
}

fn strong(text: impl Into<String>) -> Part {
    Part { text: text.into(), strong: true }
}

/// How many logins a sentence names before it counts the rest.
const NAMED: usize = 4;

/// Texts of the confirmation dialog, computed from the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Title, such as "Unlink GitHub?".
    pub title: String,
    /// Who each login to unlink belongs to at its provider, where known.
    pub who: Vec<String>,
    /// Consequences of unlinking.
    pub facts: Vec<Fact>,
    /// Confirming button, such as "Unlink GitHub".
    pub confirm: String,
    /// Cancelling button, such as "Keep it".
    pub keep: &'static str,
}

/// The logins of an account, split into those to unlink and those that remain.
struct Split {
    all: Vec<(IdentityKey, Label)>,
    going: Vec<Label>,
    /// The remaining logins that open the account.
    ways_in: Vec<Label>,
}

impl Split {
    fn of(user: &User, guard: &UnlinkPolicy, keys: &[IdentityKey]) -> Self {
        let all: Vec<(IdentityKey, Label)> =
            user.identities.iter().map(model::Identity::key).zip(labels(user)).collect();
        let mut going = Vec::new();
        let mut ways_in = Vec::new();
        for (identity, (key, label)) in user.identities.iter().zip(&all) {
            if keys.contains(key) {
                going.push(label.clone());
            } else if guard.is_way_in(identity) {
                ways_in.push(label.clone());
            }
        }
        Self { all, going, ways_in }
    }

    /// The login as it reads after "sign in with", distinguished from others of the same provider name.
    fn means(&self, label: &Label) -> String {
        label.as_means(self.all.iter().filter(|(_, other)| other.name == label.name).count() > 1)
    }
}

/// What the dialog asks before the logins `keys` of `user` are unlinked. `in_use` is the one that the present session
/// began with, where that is known.
#[must_use]
pub fn question(
    user: &User,
    guard: &UnlinkPolicy,
    keys: &[IdentityKey],
    in_use: Option<&IdentityKey>,
) -> Question {
    let split = Split::of(user, guard, keys);
    let mut facts = vec![
        ("ui-check", what_remains(&split)),
        ("ui-split", what_splits_off(&split)),
        ("ui-stay", what_stays(user)),
    ];
    facts.push(what_happens_here(&split, keys, in_use));
    let (title, confirm, keep) = match split.going.as_slice() {
        [one] => (one.question(), one.confirm(), "Keep it"),
        several => {
            let count = several.len();
            (format!("Unlink {count} logins?"), format!("Unlink {count} logins"), "Keep them")
        }
    };
    let who = match split.going.as_slice() {
        [one] => one.who.as_deref().map(name).into_iter().collect(),
        several => several.iter().map(Label::in_full).collect(),
    };
    Question { title, who, facts, confirm, keep }
}

/// "a, b and c", with `join` before the last; from more than [`NAMED`], the rest is counted.
fn list(names: &[String], join: &str) -> Vec<Part> {
    let more = names.len().saturating_sub(NAMED);
    // "and 1 more" is no shorter than its name.
    let count = if more > 1 { NAMED } else { names.len() };
    let mut shown: Vec<Part> = names.iter().take(count).map(strong).collect();
    if more > 1 {
        shown.push(words(format!("{more} more")));
    }
    let last = shown.len().saturating_sub(1);
    let mut parts = Vec::new();
    for (place, name) in shown.into_iter().enumerate() {
        match place {
            0 => {}
            place if place == last => parts.push(words(format!(" {join} "))),
            _ => parts.push(words(", ")),
        }
        parts.push(name);
    }
    parts
}

/// Names the remaining ways to sign in.
fn what_remains(split: &Split) -> Vec<Part> {
    let names: Vec<String> = split.ways_in.iter().map(|label| split.means(label)).collect();
    let mut parts = vec![words("You can still sign in with ")];
    parts.extend(list(&names, "and"));
    parts.push(words("."));
    parts
}

/// Says what the unlinked logins open afterwards.
fn what_splits_off(split: &Split) -> Vec<Part> {
    let names: Vec<String> = split.going.iter().map(|label| split.means(label)).collect();
    let mut parts = vec![words("Signing in with ")];
    parts.extend(list(&names, "or").into_iter().map(|part| Part { strong: false, ..part }));
    parts.push(words(" afterwards opens a "));
    parts.push(strong("separate, empty account"));
    parts.push(words(if names.len() > 1 { " of its own." } else { "." }));
    parts
}

/// Says that the account's data stay, and names those that exist.
fn what_stays(user: &User) -> Vec<Part> {
    let profile = &user.profile;
    let named = [
        profile.name().map(|_| "your name"),
        profile.email().map(|_| "your e-mail address"),
        profile.phone_number().map(|_| "your telephone number"),
        user.user_metadata.as_ref().filter(|data| !data.is_empty()).map(|_| "your preferences"),
    ];
    let named: Vec<String> = named.into_iter().flatten().map(ToOwned::to_owned).collect();
    let mut parts = vec![words("Everything in this account stays as it is.")];
    if !named.is_empty() {
        parts.push(words(" That includes "));
        parts.extend(list(&named, "and").into_iter().map(|part| Part { strong: false, ..part }));
        parts.push(words("."));
    }
    parts
}

/// Says whether the present session ends. `used` is the identity that it began with, where known.
fn what_happens_here(split: &Split, keys: &[IdentityKey], current_identity: Option<&IdentityKey>) -> Fact {
    let means = current_identity.and_then(|current_identity| {
        let (_, label) = split.all.iter().find(|(key, _)| key == current_identity)?;
        Some(split.means(label))
    });
    match (current_identity, means) {
        (Some(current_identity), Some(means)) if keys.contains(current_identity) => (
            "ui-out",
            vec![
                words(format!("You signed in with {means} this time, so ")),
                strong("you will be signed out"),
                words(" here, in your other tabs and wherever you stayed signed in with it."),
            ],
        ),
        (_, Some(means)) => (
            "ui-person",
            vec![words(format!("You stay signed in here, because you signed in with {means}."))],
        ),
        _ => {
            let which = match split.going.as_slice() {
                [one] => split.means(one),
                _ => "one of them".to_owned(),
            };
            (
                "ui-out",
                vec![words(format!(
                    "If you signed in with {which} this time, you may have to sign in again."
                ))],
            )
        }
    }
}

impl UnlinkBlocked {
    /// Explains why a login cannot be unlinked, and what the person can do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Primary => MAIN_STAYS,
            Self::Pinned => "Only your administrator can unlink this.",
            Self::LastWayIn => "Nothing else would open this account. Link another login first.",
            Self::Unreadable => "The sign-in service does not say enough about this login to unlink it here.",
        }
    }

    /// Badge beside the login's name, where there is one.
    #[must_use]
    pub fn badge(self) -> Option<&'static str> {
        match self {
            Self::Primary | Self::Unreadable => None,
            Self::Pinned => Some("Managed by your organisation"),
            Self::LastWayIn => Some("Last way in"),
        }
    }
}

/// Status while several logins are unlinked. `done` of `total` are finished.
#[must_use]
pub fn progress(done: usize, total: usize) -> String {
    format!("Unlinking {} of {total} logins…", (done + 1).min(total))
}

/// Status after unlinking several. `unlinked` are those that were, of `total`.
#[must_use]
pub fn several_unlinked(unlinked: &[Label], total: usize) -> String {
    let names: Vec<String> = unlinked.iter().map(Label::in_full).collect();
    let names: String = list(&names, "and").into_iter().map(|part| part.text).collect();
    match (unlinked.len(), total.saturating_sub(unlinked.len())) {
        (0, _) => "None of these logins was unlinked; each row says why.".to_owned(),
        (1, 0) => format!("{names} was unlinked."),
        (_, 0) => format!("{names} were unlinked."),
        (1, _) => format!("{names} was unlinked. The rows that stayed say why."),
        (..) => format!("{names} were unlinked. The rows that stayed say why."),
    }
}

/// Notice on the sign-in page after the person unlinked the login of their session. `unlinked` is the status
/// sentence.
#[must_use]
pub fn sign_out_notice(unlinked: &str) -> String {
    format!(
        "{unlinked} You had signed in with it, so you are signed out. Your account is as it was: sign in with \
         another of its logins."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::text::name::plain;

    /// Returns an account with these logins: provider and e-mail address.
    fn user(logins: &[(&str, &str)]) -> User {
        let identity = |(place, (provider, email)): (usize, &(&str, &str))| {
            json!({ "provider": provider, "user_id": place.to_string(), "connection": provider,
                "profileData": { "email": email } })
        };
        let identities: Vec<Value> = logins.iter().enumerate().map(identity).collect();
        serde_json::from_value(json!({ "user_id": "auth0|0", "identities": identities })).unwrap()
    }

    fn sentences(user: &User, guard: &UnlinkPolicy, going: &[usize], in_use: Option<usize>) -> Vec<String> {
        let key = |place: &usize| user.identities[*place].key();
        let keys: Vec<_> = going.iter().map(key).collect();
        let question = question(user, guard, &keys, in_use.as_ref().map(key).as_ref());
        let text = |(_, parts): &Fact| parts.iter().map(|part| plain(&part.text)).collect();
        question.facts.iter().map(text).collect()
    }

    fn three() -> User {
        user(&[("auth0", "a@x.example"), ("google-oauth2", "a@gmail.example"), ("github", "a@hub.example")])
    }

    #[test]
    fn the_dialog_names_what_remains() {
        let shown = sentences(&three(), &UnlinkPolicy::default(), &[2], None);
        assert_eq!(shown[0], "You can still sign in with your password and Google.");
    }

    #[test]
    fn a_login_that_opens_nothing_any_more_is_not_named_as_a_way_in() {
        let closed = json!([{ "name": "google-oauth2", "strategy": "google-oauth2", "closed": true }]);
        let guard = UnlinkPolicy::new(&serde_json::from_value::<Vec<_>>(closed).unwrap());
        assert_eq!(sentences(&three(), &guard, &[2], None)[0], "You can still sign in with your password.");
    }

    #[test]
    fn two_logins_of_one_provider_are_told_apart_in_the_dialog() {
        let user = user(&[
            ("auth0", "a@x.example"),
            ("google-oauth2", "1@x.example"),
            ("google-oauth2", "2@x.example"),
        ]);
        let shown = sentences(&user, &UnlinkPolicy::default(), &[1], None);
        assert_eq!(shown[0], "You can still sign in with your password and Google as 2@x.example.");
        assert_eq!(
            shown[1],
            "Signing in with Google as 1@x.example afterwards opens a separate, empty account."
        );
    }

    #[test]
    fn a_long_list_of_remaining_logins_is_counted() {
        let user = user(
            &["auth0", "github", "apple", "facebook", "twitter", "line", "okta"]
                .map(|name| (name, "a@x.example")),
        );
        assert_eq!(
            sentences(&user, &UnlinkPolicy::default(), &[6], None)[0],
            "You can still sign in with your password, GitHub, Apple, Facebook and 2 more."
        );
    }

    #[test]
    fn several_logins_split_off_each_into_an_account_of_its_own() {
        let shown = sentences(&three(), &UnlinkPolicy::default(), &[1, 2], None);
        assert_eq!(shown[0], "You can still sign in with your password.");
        assert_eq!(
            shown[1],
            "Signing in with Google or GitHub afterwards opens a separate, empty account of its own."
        );
    }

    #[test]
    fn what_stays_is_named_as_far_as_there_is_something() {
        let mut user = three();
        assert_eq!(
            sentences(&user, &UnlinkPolicy::default(), &[1], None)[2],
            "Everything in this account stays as it is."
        );
        user.profile = user.profile.with("name", "Ada").with("email", "a@x.example");
        user.user_metadata = serde_json::from_value(json!({ "theme": "dark" })).unwrap();
        assert_eq!(
            sentences(&user, &UnlinkPolicy::default(), &[1], None)[2],
            "Everything in this account stays as it is. That includes your name, your e-mail address and your \
             preferences."
        );
    }

    #[test]
    fn the_login_in_use_signs_out_and_another_does_not() {
        let here = |current_identity| {
            sentences(&three(), &UnlinkPolicy::default(), &[2], current_identity).pop().unwrap()
        };
        assert!(
            here(Some(2)).starts_with("You signed in with GitHub this time, so you will be signed out here,")
        );
        assert_eq!(here(Some(0)), "You stay signed in here, because you signed in with your password.");
        assert_eq!(here(None), "If you signed in with GitHub this time, you may have to sign in again.");
    }

    #[test]
    fn the_outcome_of_several_is_told_in_a_sentence() {
        let user = three();
        let labels: Vec<Label> = user.identities[1..].iter().map(Label::linked).collect();
        assert_eq!(
            plain(&several_unlinked(&labels, 2)),
            "Google (a@gmail.example) and GitHub (a@hub.example) were unlinked."
        );
        assert_eq!(
            plain(&several_unlinked(&labels[..1], 2)),
            "Google (a@gmail.example) was unlinked. The rows that stayed say why."
        );
        assert_eq!(several_unlinked(&[], 2), "None of these logins was unlinked; each row says why.");
    }
}
