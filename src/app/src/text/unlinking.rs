//! Texts of unlinking: the confirmation dialog, why a login is kept, progress and outcome.

use model::login_names::has_others;
use model::{IdentityKey, User};

use super::label::{Label, labels};
use super::linking::fresh_first;
use super::message_format::{Message, Part};
use super::messages::messages;
use super::name::name;
use crate::connection_names::ConnectionNames;
use model::unlink_policy::UnlinkPolicy;

messages! { unlinking:
    /// Title of the confirmation dialog for the only password.
    ask_to_unlink_password() = "Unlink your password?";
    /// Title of the confirmation dialog for several logins.
    ask_to_unlink_several(count: usize) = "{count, plural, one {Unlink # login?} other {Unlink # logins?}}";
    /// Confirming button of that dialog.
    confirm_to_unlink_several(count: usize) = "{count, plural, one {Unlink # login} other {Unlink # logins}}";
    /// Cancelling button of the dialog for one login.
    keep_it() = "Keep it";
    /// Cancelling button of the dialog for several logins.
    keep_them() = "Keep them";
    /// Dialog: the logins that still open the account, by their names in the list.
    remains(logins: &[String]) = parts "You can still sign in with <b>{logins, list, conjunction}</b>.";
    /// Dialog: the same above a list of more than three logins.
    remains_these() = "You can still sign in with these logins:";
    /// Last element of a list that does not name all logins.
    more(count: usize) = "{count, plural, one {# more} other {# more}}";
    /// Dialog: what the unlinked logins open afterwards.
    splits_off(logins: &[String]) = parts "{logins, plural,
        one {Signing in with {logins, list, disjunction} afterwards opens a <b>separate, empty account</b>.}
        other {Signing in with {logins, list, disjunction} afterwards opens a <b>separate, empty account</b> of its own.}}";
    /// Dialog: the account's data stay.
    stays() = "Everything in this account stays as it is.";
    /// Dialog: the account's data stay, with those that exist: [`your_name`] and the like.
    stays_with(data: &[String]) = parts
        "Everything in this account stays as it is. That includes {data, list, conjunction}.";
    /// What stays, as it reads in [`stays_with`] and nowhere else.
    your_name() = "your name";
    /// What stays, as it reads in [`stays_with`] and nowhere else.
    your_email_address() = "your e-mail address";
    /// What stays, as it reads in [`stays_with`] and nowhere else.
    your_telephone_number() = "your telephone number";
    /// What stays, as it reads in [`stays_with`] and nowhere else.
    your_preferences() = "your preferences";
    /// Dialog: the session ends with the login that it began with.
    signs_out(login: Message<'_>) = parts "You signed in with {login} this time, so <b>you will be signed out</b> \
        here, in your other tabs and wherever you stayed signed in with it.";
    /// Dialog: the session goes on, because it began with another login.
    stays_signed_in(login: Message<'_>) = parts "You stay signed in here, because you signed in with {login}.";
    /// Dialog: the tenant's session is through the login since it was linked; `own` is the one that the person came in with,
    /// where known.
    session_went_over(login: Message<'_>, own: Option<Message<'_>>) = parts "{own, select,
        none {Your session went over to {login} when you linked it, so you may have to sign in again.}
        other {You came in with {own}, but your session went over to {login} when you linked it. So you may have to sign in again.}}";
    /// Dialog: it is not known which login the session began with; `login` is the one to unlink.
    may_sign_in_again(login: Message<'_>) = parts
        "If you signed in with {login} this time, you may have to sign in again.";
    /// The same for several logins.
    may_sign_in_again_several() = "If you signed in with one of them this time, you may have to sign in again.";


    /// Status while several logins are unlinked: which of how many.
    unlinking_of(place: usize, total: usize) =
        "{total, plural, one {Unlinking {place} of # login…} other {Unlinking {place} of # logins…}}";
    /// Status after unlinking several, of which none was.
    none_unlinked() = "None of these logins was unlinked; each row says why.";
    /// Status after unlinking several. `kept` says how many were not.
    unlinked_of_several(logins: &[String], kept: usize) = "{logins, plural,
        one {{logins, list, conjunction} was unlinked.}
        other {{logins, list, conjunction} were unlinked.}}{kept, plural,
        =0 {}
        other { The rows that stayed say why.}}";
    /// Notice on the sign-in page after the person unlinked the login of their session. `unlinked` is the status
    /// sentence.
    signed_out_by_unlinking(unlinked: Message<'_>) = "{unlinked} You had signed in with it, so you are signed out. \
        Your account is as it was: sign in with another of its logins.";
}

/// A consequence that a dialog tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The id of its icon in `public/providers.svg`.
    pub icon: &'static str,
    /// The parts of its sentence.
    pub sentence: Vec<Part>,
    /// Logins that are listed below the sentence, where it names none.
    pub logins: Vec<String>,
}

impl Fact {
    /// A sentence that names what it is about.
    #[must_use]
    pub fn new(icon: &'static str, sentence: Vec<Part>) -> Self {
        Self { icon, sentence, logins: Vec::new() }
    }

    /// A sentence about `logins`: `named` names up to three of them, `listed` introduces the list of more.
    #[must_use]
    pub fn about(
        icon: &'static str,
        logins: Vec<String>,
        named: fn(&[String]) -> Vec<Part>,
        listed: &str,
    ) -> Self {
        if logins.len() > NAMED_IN_FACTS {
            Self { icon, sentence: one_part(listed), logins }
        } else {
            Self::new(icon, named(&logins))
        }
    }
}

/// A sentence without emphasis.
pub(super) fn one_part(text: &str) -> Vec<Part> {
    vec![Part { text: text.to_owned(), strong: false }]
}

/// How many logins the sentence of a dialog names; more of them are listed below it.
const NAMED_IN_FACTS: usize = 3;

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
    fn of(user: &User, guard: &UnlinkPolicy, names: &ConnectionNames, keys: &[IdentityKey]) -> Self {
        let all: Vec<(IdentityKey, Label)> =
            user.identities.iter().map(model::Identity::key).zip(labels(user, names)).collect();
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

    /// The name of a login as in the list, with the person where several have this name.
    fn name(&self, label: &Label) -> String {
        let is_namesake = |other: &Label| (&other.name, &other.own) == (&label.name, &label.own);
        let has_namesake = self.all.iter().filter(|(_, other)| is_namesake(other)).count() > 1;
        if has_namesake { label.in_full() } else { label.short() }
    }

    /// The title that asks about one login: it names the very one.
    fn title(&self, going: &Label) -> String {
        if self.is_only_password(going) { ask_to_unlink_password().to_owned() } else { going.question() }
    }

    /// Whether `label` is a password, which has no other name, and the account has no other one.
    fn is_only_password(&self, label: &Label) -> bool {
        let passwords = self.all.iter().filter(|(key, _)| key.provider.as_str() == "auth0");
        let mut passwords = passwords.map(|(_, label)| label);
        let has_name = label.is_brand || label.own.is_some();
        !has_name && passwords.next() == Some(label) && passwords.next().is_none()
    }

    /// The names of all `logins`.
    fn all_names(&self, logins: &[Label]) -> Vec<String> {
        logins.iter().map(|label| self.name(label)).collect()
    }

    /// The names of logins; from more than [`NAMED`], the rest is counted.
    fn names(&self, logins: &[Label]) -> Vec<String> {
        shorten(self.all_names(logins))
    }
}

/// What is known about the present sign-in.
#[derive(Clone, Copy, Debug, Default)]
pub struct PresentSignIn<'a> {
    /// The login that the person came in with, where that is known.
    pub came_in: Option<&'a IdentityKey>,
    /// The login that the tenant's session is through since it was linked, where that is another one.
    pub session: Option<&'a IdentityKey>,
    /// Whether it is too old for a change, so that a fresh one will be asked for.
    pub is_old: bool,
}

/// What the dialog asks before the logins `keys` of `user` are unlinked in this sign-in.
#[must_use]
pub fn question(
    user: &User,
    guard: &UnlinkPolicy,
    names: &ConnectionNames,
    keys: &[IdentityKey],
    sign_in: PresentSignIn<'_>,
) -> Question {
    let split = Split::of(user, guard, names, keys);
    let mut facts = vec![
        Fact::about("ui-check", split.all_names(&split.ways_in), remains, remains_these()),
        Fact::new("ui-split", splits_off(&split.names(&split.going))),
        Fact::new("ui-stay", what_stays(user)),
        what_happens_here(&split, keys, sign_in),
    ];
    if sign_in.is_old {
        facts.push(Fact::new("ui-clock", one_part(fresh_first())));
    }
    let (title, confirm, keep) = match split.going.as_slice() {
        [one] => (split.title(one), one.confirm(), keep_it()),
        several => {
            let count = several.len();
            (ask_to_unlink_several(count), confirm_to_unlink_several(count), keep_them())
        }
    };
    let who = match split.going.as_slice() {
        // Others are named in the title.
        [one] if split.is_only_password(one) => one.who.as_deref().map(name).into_iter().collect(),
        [_] => Vec::new(),
        several => several.iter().map(Label::in_full).collect(),
    };
    Question { title, who, facts, confirm, keep }
}

/// Counts the rest of `names` from more than [`NAMED`] on.
fn shorten(mut names: Vec<String>) -> Vec<String> {
    let rest = names.len().saturating_sub(NAMED);
    // "and 1 more" is no shorter than its name.
    if rest > 1 {
        names.truncate(NAMED);
        names.push(more(rest));
    }
    names
}

/// Says that the account's data stay, and names those that exist.
fn what_stays(user: &User) -> Vec<Part> {
    let profile = &user.profile;
    let named = [
        profile.name().map(|_| your_name()),
        profile.email().map(|_| your_email_address()),
        profile.phone_number().map(|_| your_telephone_number()),
        user.user_metadata.as_ref().filter(|data| has_others(data)).map(|_| your_preferences()),
    ];
    let named: Vec<String> = named.into_iter().flatten().map(ToOwned::to_owned).collect();
    if named.is_empty() { one_part(stays()) } else { stays_with(&named) }
}

/// Says whether the present session ends.
fn what_happens_here(split: &Split, keys: &[IdentityKey], sign_in: PresentSignIn<'_>) -> Fact {
    let name_of = |wanted: &IdentityKey| {
        let (_, label) = split.all.iter().find(|(key, _)| key == wanted)?;
        Some(split.name(label))
    };
    let PresentSignIn { came_in: current_identity, session, .. } = sign_in;
    let login = current_identity.and_then(name_of);
    let went_over = session.filter(|session| keys.contains(session)).and_then(name_of);
    match (current_identity, login) {
        (Some(current_identity), Some(login)) if keys.contains(current_identity) => {
            Fact::new("ui-out", signs_out(Message(&login)))
        }
        (_, login) if let Some(session) = went_over => {
            Fact::new("ui-out", session_went_over(Message(&session), login.as_deref().map(Message)))
        }
        (_, Some(login)) => Fact::new("ui-person", stays_signed_in(Message(&login))),
        _ => match split.going.as_slice() {
            [one] => Fact::new("ui-out", may_sign_in_again(Message(&split.name(one)))),
            _ => Fact::new("ui-out", one_part(may_sign_in_again_several())),
        },
    }
}

/// Status while several logins are unlinked. `done` of `total` are finished.
#[must_use]
pub fn progress(done: usize, total: usize) -> String {
    unlinking_of((done + 1).min(total), total)
}

/// Status after unlinking several. `unlinked` are those that were, of `total`.
#[must_use]
pub fn several_unlinked(unlinked: &[Label], total: usize) -> String {
    if unlinked.is_empty() {
        return none_unlinked().to_owned();
    }
    let names = shorten(unlinked.iter().map(Label::in_full).collect());
    unlinked_of_several(&names, total.saturating_sub(unlinked.len()))
}

/// Notice on the sign-in page after the person unlinked the login of their session. `unlinked` is the status
/// sentence.
#[must_use]
pub fn sign_out_notice(unlinked: &str) -> String {
    signed_out_by_unlinking(Message(unlinked))
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
        let came_in = in_use.as_ref().map(key);
        let sign_in = PresentSignIn { came_in: came_in.as_ref(), ..PresentSignIn::default() };
        let question = question(user, guard, &ConnectionNames::default(), &keys, sign_in);
        let text = |fact: &Fact| {
            let sentence: String = fact.sentence.iter().map(|part| plain(&part.text)).collect();
            fact.logins.iter().fold(sentence, |all, login| format!("{all} [{}]", plain(login)))
        };
        question.facts.iter().map(text).collect()
    }

    fn three() -> User {
        user(&[("auth0", "a@x.example"), ("google-oauth2", "a@gmail.example"), ("github", "a@hub.example")])
    }

    #[test]
    fn the_dialog_names_what_remains() {
        let shown = sentences(&three(), &UnlinkPolicy::default(), &[2], None);
        assert_eq!(shown[0], "You can still sign in with Password and Google.");
    }

    #[test]
    fn a_login_that_opens_nothing_any_more_is_not_named_as_a_way_in() {
        let closed = json!([{ "name": "google-oauth2", "strategy": "google-oauth2", "closed": true }]);
        let guard = UnlinkPolicy::new(&serde_json::from_value::<Vec<_>>(closed).unwrap());
        assert_eq!(sentences(&three(), &guard, &[2], None)[0], "You can still sign in with Password.");
    }

    #[test]
    fn two_logins_of_one_provider_are_told_apart_in_the_dialog() {
        let user = user(&[
            ("auth0", "a@x.example"),
            ("google-oauth2", "1@x.example"),
            ("google-oauth2", "2@x.example"),
        ]);
        let shown = sentences(&user, &UnlinkPolicy::default(), &[1], None);
        assert_eq!(shown[0], "You can still sign in with Password and Google (2@x.example).");
        assert_eq!(
            shown[1],
            "Signing in with Google (1@x.example) afterwards opens a separate, empty account."
        );
    }

    #[test]
    fn names_of_ones_own_tell_two_logins_of_one_provider_apart() {
        let mut user = user(&[
            ("auth0", "a@x.example"),
            ("google-oauth2", "1@x.example"),
            ("google-oauth2", "2@x.example"),
        ]);
        user.user_metadata =
            serde_json::from_value(json!({ "login_names": { "google-oauth2|2": "Work" } })).unwrap();
        let shown = sentences(&user, &UnlinkPolicy::default(), &[1], None);
        assert_eq!(shown[0], "You can still sign in with Password and Google “Work”.");
        assert_eq!(shown[1], "Signing in with Google afterwards opens a separate, empty account.");
        assert_eq!(shown[2], "Everything in this account stays as it is.", "names are no preferences");
        let names = json!({ "login_names": { "google-oauth2|2": "Work", "google-oauth2|1": "Work", "auth0|0": "Old" } });
        user.user_metadata = serde_json::from_value(names).unwrap();
        let shown = sentences(&user, &UnlinkPolicy::default(), &[1], None);
        assert_eq!(shown[0], "You can still sign in with Password “Old” and Google “Work” (2@x.example).");
    }

    #[test]
    fn more_than_three_remaining_logins_are_a_list() {
        let user = user(
            &["auth0", "github", "apple", "facebook", "twitter", "line", "okta"]
                .map(|name| (name, "a@x.example")),
        );
        assert_eq!(
            sentences(&user, &UnlinkPolicy::default(), &[6], None)[0],
            "You can still sign in with these logins: [Password] [GitHub] [Apple] [Facebook] [Twitter] [LINE]"
        );
    }

    #[test]
    fn several_logins_split_off_each_into_an_account_of_its_own() {
        let shown = sentences(&three(), &UnlinkPolicy::default(), &[1, 2], None);
        assert_eq!(shown[0], "You can still sign in with Password.");
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
        assert_eq!(here(Some(0)), "You stay signed in here, because you signed in with Password.");
        assert_eq!(here(None), "If you signed in with GitHub this time, you may have to sign in again.");
    }

    #[test]
    fn the_dialog_says_that_the_session_went_over_and_that_a_fresh_sign_in_comes_first() {
        let user = three();
        let [password, _, github] = [0, 1, 2].map(|place: usize| user.identities[place].key());
        let of = |came_in| PresentSignIn { came_in, session: Some(&github), is_old: true };
        let shown = |keys: &[IdentityKey], came_in| {
            let question =
                question(&user, &UnlinkPolicy::default(), &ConnectionNames::default(), keys, of(came_in));
            let text = |fact: &Fact| fact.sentence.iter().map(|part| plain(&part.text)).collect::<String>();
            question.facts[3..].iter().map(text).collect::<Vec<_>>().join("\n")
        };
        let first = "You signed in a while ago, so you will be asked to sign in again first.";
        let keys = std::slice::from_ref(&github);
        let over = "You came in with Password, but your session went over to GitHub when you linked it. So you may have \
                    to sign in again.";
        assert_eq!(shown(keys, Some(&password)), format!("{over}\n{first}"));
        let over = "Your session went over to GitHub when you linked it, so you may have to sign in again.";
        assert_eq!(shown(keys, None), format!("{over}\n{first}"));
        let stays = "You stay signed in here, because you signed in with Password.";
        assert_eq!(shown(&[user.identities[1].key()], Some(&password)), format!("{stays}\n{first}"));
    }

    #[test]
    fn the_outcome_of_several_is_told_in_a_sentence() {
        let user = three();
        let labels: Vec<Label> = labels(&user, &ConnectionNames::default()).split_off(1);
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
