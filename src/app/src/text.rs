//! Every sentence that a person reads, as pure functions. "Login" is the word for an identity here.

use model::{Identity, Profile, User};

use crate::api::{ApiError, Trouble};
use crate::session::{LoginError, LoginTrouble};

/// What the page calls itself unless the settings say otherwise.
pub const NAME: &str = "Linked accounts";
/// Below the heading of the list.
pub const LEDE: &str =
    "These logins all open this account. Unlink one that you no longer use; your data stays here.";
/// Why the main login has no button.
pub const MAIN_STAYS: &str = "The main login holds your account, so it stays.";
/// In place of an empty list.
pub const NONE_LINKED: &str = "No other login is linked to this account.";
/// What the page is, for somebody who is not signed in.
pub const WELCOME: &str =
    "See every login that opens your account, and unlink the ones that you no longer use.";

/// What a row says about one login. It does not depend on its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The provider's name.
    pub name: String,
    /// Which company or connection, where the provider's name alone says little.
    pub connection: Option<String>,
    /// The person's display name there.
    pub person: Option<String>,
    /// E-mail address, user name or telephone number there, or else the display name: who it is, for telling
    /// two logins apart.
    pub who: Option<String>,
    /// Whether `who` is an e-mail address that the provider says is not verified.
    pub unverified: bool,
    /// What stands in for a picture.
    pub initials: String,
}

impl Label {
    /// The label of a linked login, from its own profile.
    #[must_use]
    pub fn linked(identity: &Identity) -> Self {
        Self::new(identity, identity.profile_data.as_ref().unwrap_or(&Profile::default()))
    }

    /// The label of the main login, whose profile is the account's.
    #[must_use]
    pub fn main(identity: &Identity, profile: &Profile) -> Self {
        Self::new(identity, profile)
    }

    fn new(identity: &Identity, profile: &Profile) -> Self {
        let provider = &identity.provider;
        let vague = matches!(provider.as_str(), "oauth1" | "oauth2" | "custom");
        let contact = match provider.as_str() {
            "sms" => profile.phone_number().or_else(|| profile.email()),
            _ => profile.email().or_else(|| profile.username()).or_else(|| profile.phone_number()),
        };
        let person = profile.name().filter(|name| Some(*name) != contact);
        let who = contact.or(person);
        Self {
            name: provider.display_name().to_owned(),
            connection: (provider.is_enterprise() || vague).then(|| prettify(identity.connection.as_str())),
            person: person.filter(|_| contact.is_some()).map(ToOwned::to_owned),
            unverified: who.is_some() && who == profile.email() && profile.email_verified() == Some(false),
            initials: initials(person.or(contact).unwrap_or(provider.display_name())),
            who: who.map(ToOwned::to_owned),
        }
    }

    /// The accessible name of the row's button.
    #[must_use]
    pub fn unlink(&self) -> String {
        match &self.who {
            Some(who) => format!("Unlink {}, {who}", self.name),
            None => format!("Unlink {}", self.name),
        }
    }

    /// The title of the dialog.
    #[must_use]
    pub fn question(&self) -> String {
        format!("Unlink {}?", self.name)
    }

    /// The dialog's button that does it.
    #[must_use]
    pub fn confirm(&self) -> String {
        format!("Unlink {}", self.name)
    }

    /// What happened, when it worked.
    #[must_use]
    pub fn unlinked(&self) -> String {
        format!("{} was unlinked.", self.in_full())
    }

    /// What happened, when the tenant found nothing to unlink.
    #[must_use]
    pub fn nothing_matched(&self) -> String {
        format!("Nothing was unlinked: {} is still linked.", self.in_full())
    }

    fn in_full(&self) -> String {
        match &self.who {
            Some(who) => format!("{} ({who})", self.name),
            None => self.name.clone(),
        }
    }

    /// The login as the end of "sign in with".
    fn as_means(&self, several: bool) -> String {
        let means = match self.name.as_str() {
            "Password" => "your password",
            "E-mail code" => "a code by e-mail",
            "Text message" => "a text message",
            "Company login" => "your company login",
            other => other,
        };
        match &self.who {
            Some(who) if several => format!("{means} as {who}"),
            _ => means.to_owned(),
        }
    }
}

/// A stretch of a sentence, and whether it is the part that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The words.
    pub text: String,
    /// Whether they carry the sentence.
    pub strong: bool,
}

fn plain(text: impl Into<String>) -> Part {
    Part { text: text.into(), strong: false }
}

fn strong(text: impl Into<String>) -> Part {
    Part { text: text.into(), strong: true }
}

/// How many remaining logins the dialog names before it counts the rest.
const NAMED: usize = 4;

/// Which logins remain when `label` goes; `all` holds every login of the account, that one included.
fn what_remains(all: &[Label], label: &Label) -> Vec<Part> {
    let several = |one: &Label| all.iter().filter(|other| other.name == one.name).count() > 1;
    let mut rest: Vec<String> = Vec::new();
    let mut skipped = false;
    for other in all {
        if other == label && !skipped {
            skipped = true;
        } else {
            rest.push(other.as_means(several(other)));
        }
    }
    let more = rest.len().saturating_sub(NAMED);
    // "and 1 more" is no shorter than its name.
    let count = if more > 1 { NAMED } else { rest.len() };
    let mut names: Vec<Part> = rest.iter().take(count).map(strong).collect();
    if more > 1 {
        names.push(plain(format!("{more} more")));
    }
    let last = names.len().saturating_sub(1);
    let mut parts = vec![plain("You can still sign in with ")];
    for (place, name) in names.into_iter().enumerate() {
        match place {
            0 => {}
            place if place == last => parts.push(plain(" and ")),
            _ => parts.push(plain(", ")),
        }
        parts.push(name);
    }
    parts.push(plain("."));
    parts
}

/// What becomes of the login that goes.
fn what_splits_off(all: &[Label], label: &Label) -> Vec<Part> {
    let several = all.iter().filter(|other| other.name == label.name).count() > 1;
    vec![
        plain(format!("Signing in with {} afterwards opens a ", label.as_means(several))),
        strong("separate, empty account"),
        plain("."),
    ]
}

/// What does not change.
fn what_stays() -> Vec<Part> {
    vec![plain("Everything in this account stays as it is.")]
}

/// What the dialog says: each sentence with the name of its icon.
#[must_use]
pub fn facts(all: &[Label], label: &Label) -> [(&'static str, Vec<Part>); 3] {
    [
        ("ui-check", what_remains(all, label)),
        ("ui-split", what_splits_off(all, label)),
        ("ui-stay", what_stays()),
    ]
}

/// A connection's name as a person would write it: `acme-saml` becomes `Acme SAML`.
fn prettify(connection: &str) -> String {
    let word = |word: &str| match word.to_ascii_lowercase().as_str() {
        "ad" | "adfs" | "idp" | "ldap" | "oidc" | "saml" | "sso" => word.to_ascii_uppercase(),
        _ => {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
        }
    };
    let words = connection.split(['-', '_', ' ']).filter(|part| !part.is_empty());
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// One or two letters that stand in for a picture.
#[must_use]
pub fn initials(name: &str) -> String {
    let name = name.split_once('@').map_or(name, |(local, _)| local);
    // Upper case is the style sheet's business: the tables for every script would weigh more than this file.
    let mut letters = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|letter| letter.is_ascii_alphabetic() || !letter.is_ascii()));
    letters.next().into_iter().chain(letters.next_back()).collect()
}

/// How the header calls somebody: by e-mail address, else by name or user name, else by telephone number.
#[must_use]
pub fn person(profile: &Profile) -> Option<&str> {
    profile
        .email()
        .or_else(|| profile.name())
        .or_else(|| profile.username())
        .or_else(|| profile.phone_number())
}

/// A picture that may be shown: only from one of `origins`, for nobody else shall learn who looks at this.
#[must_use]
pub fn picture<'a>(profile: &'a Profile, origins: &[String]) -> Option<&'a str> {
    profile.picture().filter(|picture| {
        origins
            .iter()
            .any(|origin| picture.strip_prefix(origin.as_str()).is_some_and(|path| path.starts_with('/')))
    })
}

/// What can be done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Do the same again.
    TryAgain,
    /// Sign in again.
    SignIn,
}

/// A failure in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub title: &'static str,
    /// What to do.
    pub advice: String,
    /// The way on.
    pub remedy: Remedy,
    /// What was said, for whoever has to look into it.
    pub details: Option<String>,
}

/// A failed request to the Management API.
#[must_use]
pub fn request_failure(error: &ApiError) -> Failure {
    let (title, advice, remedy) = match error.trouble {
        Trouble::SessionEnded => (
            "Your session has ended",
            "Sign in again; you will come back to this place.".to_owned(),
            Remedy::SignIn,
        ),
        Trouble::OtherAccount => (
            "You are signed in to another account",
            "Sign in again with the account that you want to change.".to_owned(),
            Remedy::SignIn,
        ),
        Trouble::NotAllowed => (
            "This sign-in does not allow that",
            "Sign in again to get the permission. If that does not help, ask whoever runs this service.".to_owned(),
            Remedy::SignIn,
        ),
        Trouble::Gone => (
            "This account no longer exists",
            "It was deleted, or its logins were moved to another account. Sign in again to see where they lead."
                .to_owned(),
            Remedy::SignIn,
        ),
        Trouble::TooMany(wait) => (
            "That was a little too fast",
            match wait {
                Some(1) => "The sign-in service asks for a pause. Try again in 1 second.".to_owned(),
                Some(wait) => format!("The sign-in service asks for a pause. Try again in {wait} seconds."),
                None => "The sign-in service asks for a pause. Try again in a minute.".to_owned(),
            },
            Remedy::TryAgain,
        ),
        Trouble::Refused => (
            "The sign-in service refused this",
            "Your logins are as they were. Reload this page to be sure that it is up to date, then try again."
                .to_owned(),
            Remedy::TryAgain,
        ),
        Trouble::Tenant => (
            "The sign-in service has a problem",
            "It is not your fault. Try again in a moment; trying twice does no harm.".to_owned(),
            Remedy::TryAgain,
        ),
        Trouble::Offline => (
            "The sign-in service cannot be reached",
            "Check your connection, then try again; trying twice does no harm.".to_owned(),
            Remedy::TryAgain,
        ),
        Trouble::Malformed => (
            "The answer made no sense",
            "What you see here was not changed. Try again; if this stays, ask whoever runs this service.".to_owned(),
            Remedy::TryAgain,
        ),
    };
    let said = &error.details;
    let lines = [
        said.status.map(|status| format!("Status: {status}")),
        said.code.as_ref().map(|code| format!("Code: {code}")),
        (!said.message.is_empty()).then(|| format!("Message: {}", said.message)),
    ];
    let details = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    Failure { title, advice, remedy, details: (!details.is_empty()).then_some(details) }
}

/// A sign-in that did not work.
#[must_use]
pub fn login_failure(error: &LoginError) -> Failure {
    let (title, advice, remedy) = match error.trouble {
        LoginTrouble::Denied => (
            "Sign-in was cancelled",
            "Nothing was changed. You can sign in again whenever you like.",
            Remedy::SignIn,
        ),
        LoginTrouble::Refused => (
            "The sign-in service refused this sign-in",
            "Sign in again. If that does not help, ask whoever runs this service.",
            Remedy::SignIn,
        ),
        LoginTrouble::Stale => (
            "This sign-in is no longer valid",
            "It was used already, took too long, or began in another tab. Sign in again to go on.",
            Remedy::SignIn,
        ),
        LoginTrouble::Unproven => (
            "This sign-in could not be confirmed",
            "Check that the clock of this device is right, then sign in again.",
            Remedy::SignIn,
        ),
        LoginTrouble::Offline => (
            "The sign-in service cannot be reached",
            "Check your connection, then sign in again.",
            Remedy::SignIn,
        ),
        LoginTrouble::Timeout => (
            "The sign-in service does not answer",
            "Check your connection, then try again.",
            Remedy::TryAgain,
        ),
        LoginTrouble::Malformed => (
            "The answer of the sign-in service made no sense",
            "Sign in again. If this stays, ask whoever runs this service.",
            Remedy::SignIn,
        ),
        LoginTrouble::Settings => (
            "This page is not set up correctly",
            "Its settings name a sign-in service that cannot be used. Tell whoever runs this service.",
            Remedy::TryAgain,
        ),
        LoginTrouble::Storage => (
            "Your browser keeps nothing for this page",
            "Signing in needs its session storage. Allow it for this site, then sign in again.",
            Remedy::SignIn,
        ),
    };
    Failure { title, advice: advice.to_owned(), remedy, details: error.details.clone() }
}

/// Settings that cannot be used.
#[must_use]
pub fn settings_failure(reason: String) -> Failure {
    Failure {
        title: "This page cannot start",
        advice: "Its settings could not be loaded. Check your connection and try again; if this stays, tell whoever runs this service."
            .to_owned(),
        remedy: Remedy::TryAgain,
        details: Some(reason),
    }
}

/// The account's logins as labels, the main one first.
#[must_use]
pub fn labels(user: &User) -> Vec<Label> {
    let mut identities = user.identities.iter();
    let main = identities.next().map(|identity| Label::main(identity, &user.profile));
    main.into_iter().chain(identities.map(Label::linked)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn label(provider: &str, connection: &str, profile: &Value) -> Label {
        let identity =
            json!({ "provider": provider, "user_id": "1", "connection": connection, "profileData": profile });
        Label::linked(&serde_json::from_value(identity).unwrap())
    }

    fn google(email: &str) -> Label {
        label("google-oauth2", "google-oauth2", &json!({ "email": email }))
    }

    fn sentence(parts: &[Part]) -> String {
        parts.iter().map(|part| part.text.as_str()).collect()
    }

    #[test]
    fn a_button_names_the_provider_and_the_person() {
        assert_eq!(google("ada@gmail.example").unlink(), "Unlink Google, ada@gmail.example");
        assert_eq!(label("github", "github", &json!({})).unlink(), "Unlink GitHub");
    }

    #[test]
    fn a_person_is_told_by_email_then_user_name_then_number_then_name() {
        let who = |profile| label("github", "github", &profile).who;
        let all = json!({ "email": "e@x.example", "nickname": "nick", "phone_number": "+1", "name": "Name" });
        assert_eq!(who(all).as_deref(), Some("e@x.example"));
        assert_eq!(who(json!({ "nickname": "nick", "name": "Name" })).as_deref(), Some("nick"));
        assert_eq!(who(json!({ "phone_number": "+15550100" })).as_deref(), Some("+15550100"));
        assert_eq!(who(json!({ "name": "Name" })).as_deref(), Some("Name"));
    }

    #[test]
    fn a_name_is_not_said_twice() {
        let label = label("github", "github", &json!({ "name": "ada@x.example", "email": "ada@x.example" }));
        assert_eq!(label.person, None);
    }

    #[test]
    fn an_unverified_email_is_marked_and_a_silent_provider_is_not() {
        let unverified = |profile| label("github", "github", &profile).unverified;
        assert!(unverified(json!({ "email": "a@x.example", "email_verified": false })));
        assert!(!unverified(json!({ "email": "a@x.example", "email_verified": "true" })));
        assert!(!unverified(json!({ "email": "a@x.example" })));
    }

    #[test]
    fn a_company_login_shows_its_connection() {
        let label = label("samlp", "acme-saml", &json!({}));
        assert_eq!(label.name, "Company login");
        assert_eq!(label.connection.as_deref(), Some("Acme SAML"));
        assert_eq!(google("a@x.example").connection, None);
    }

    #[test]
    fn the_dialog_names_what_remains() {
        let all = [
            label("auth0", "db", &json!({ "email": "a@x.example" })),
            google("a@gmail.example"),
            label("github", "github", &json!({ "nickname": "ada" })),
        ];
        assert_eq!(
            sentence(&what_remains(&all, &all[2])),
            "You can still sign in with your password and Google."
        );
    }

    #[test]
    fn two_logins_of_one_provider_are_told_apart_in_the_dialog() {
        let all = [label("auth0", "db", &json!({})), google("one@x.example"), google("two@x.example")];
        assert_eq!(
            sentence(&what_remains(&all, &all[1])),
            "You can still sign in with your password and Google as two@x.example."
        );
        assert_eq!(
            sentence(&what_splits_off(&all, &all[1])),
            "Signing in with Google as one@x.example afterwards opens a separate, empty account."
        );
    }

    #[test]
    fn a_long_list_of_remaining_logins_is_counted() {
        let all: Vec<Label> = ["auth0", "github", "apple", "facebook", "twitter", "line", "okta"]
            .map(|provider| label(provider, provider, &json!({})))
            .into();
        assert_eq!(
            sentence(&what_remains(&all, &all[6])),
            "You can still sign in with your password, GitHub, Apple, Facebook and 2 more."
        );
    }

    #[test]
    fn the_outcome_is_told_in_a_sentence() {
        assert_eq!(google("a@x.example").unlinked(), "Google (a@x.example) was unlinked.");
        assert!(google("a@x.example").nothing_matched().starts_with("Nothing was unlinked: "));
    }

    #[test]
    fn initials_come_from_the_first_and_last_word_in_any_script() {
        assert_eq!(initials("Ada King Lovelace"), "AL");
        assert_eq!(initials("ada.lovelace@x.example"), "a");
        assert_eq!(initials("ليلى حداد"), "لح");
        assert_eq!(initials("  "), "");
        assert_eq!(initials("+15550100"), "");
        assert_eq!(initials("Ada (work)"), "Aw");
    }

    #[test]
    fn a_picture_is_shown_only_from_our_own_origin_or_the_tenant() {
        let picture = |address: &str| {
            let profile = Profile::default().with("picture", address);
            picture(&profile, &["https://tenant.example".to_owned()]).is_some()
        };
        assert!(picture("https://tenant.example/avatars/ada.svg"));
        for other in [
            "https://tenant.example.evil.example/a",
            "https://other.example/a",
            "//tenant.example/a",
            "data:,",
        ] {
            assert!(!picture(other), "{other}");
        }
    }

    #[test]
    fn a_pause_is_told_in_seconds() {
        let advice = |wait| {
            request_failure(&ApiError {
                trouble: Trouble::TooMany(wait),
                details: crate::api::Details::default(),
            })
            .advice
        };
        assert!(advice(Some(30)).ends_with("Try again in 30 seconds."));
        assert!(advice(Some(1)).ends_with("Try again in 1 second."));
    }

    #[test]
    fn a_failure_tells_status_and_words_in_its_details_only() {
        let body = r#"{"statusCode":503,"error":"x","message":"database is down","errorCode":"db"}"#;
        let failure = request_failure(&ApiError::from_answer(503, None, body));
        assert_eq!(failure.details.as_deref(), Some("Status: 503\nCode: db\nMessage: database is down"));
        assert!(!failure.title.contains("503") && !failure.advice.contains("database"));
    }

    #[test]
    fn an_ended_session_leads_to_signing_in_again() {
        assert_eq!(request_failure(&ApiError::from_answer(401, None, "")).remedy, Remedy::SignIn);
        assert_eq!(login_failure(&LoginError::from(LoginTrouble::Stale)).remedy, Remedy::SignIn);
    }
}
