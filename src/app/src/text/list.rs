//! Sentences of the list, and the labels of its identities.

use model::{Identity, Profile, User};

use super::name::{name, plain};
use crate::unlink_policy::UnlinkBlocked;

/// Heading and title of the page, unless the settings name it.
pub const NAME: &str = "Linked accounts";
/// Introduction below the heading of the list.
pub const LEDE: &str =
    "These logins all open this account. Unlink one that you no longer use; your data stays here.";
/// Explains why the main login cannot be unlinked.
pub const MAIN_STAYS: &str = "The main login holds your account, so it stays.";
/// Replaces an empty list of linked logins.
pub const NONE_LINKED: &str = "No other login is linked to this account.";
/// Explains why the last login that opens the account cannot be unlinked.
pub const LAST_WAY_IN: &str = "Nothing else would open this account.";
/// Link after [`LAST_WAY_IN`] that leads to the section for linking.
pub const LINK_FIRST: &str = "Link another login first.";
/// Badge of a login that was unlinked elsewhere while the page showed it.
pub const ALREADY_UNLINKED: &str = "Already unlinked";
/// Banner text: the browser is offline, so the list is read-only.
pub const OFFLINE: &str = "You are offline. You can read this list; changes wait until you are back.";
/// Banner text: the tenant cannot be reached and nobody is signed in, so the list is read-only.
pub const UNREACHABLE: &str =
    "The sign-in service cannot be reached. You can read this list; changes wait until it answers.";
/// Status below the skeleton when the response is late.
pub const SLOW: &str = "The sign-in service is taking longer than usual…";
/// First sentence of a pause notice; [`goes_on`] is the second.
pub const PAUSED: &str = "The sign-in service asks for a pause.";

/// Age of a stored list. `moment` is a date and time formatted for the person.
#[must_use]
pub fn as_of(moment: &str) -> String {
    format!("As of {moment}.")
}

/// Status of the selection: how many logins are selected.
#[must_use]
pub fn chosen(count: usize) -> String {
    match count {
        0 => "Choose the logins to unlink.".to_owned(),
        1 => "1 login chosen".to_owned(),
        _ => format!("{count} logins chosen"),
    }
}

/// Button that opens the confirmation dialog for the selected logins.
#[must_use]
pub fn unlink_chosen(count: usize) -> String {
    match count {
        0 => "Unlink".to_owned(),
        1 => "Unlink 1 login".to_owned(),
        _ => format!("Unlink {count} logins"),
    }
}

/// Countdown of a pause, after which the request is sent again. `seconds` are left.
#[must_use]
pub fn goes_on(seconds: u32) -> String {
    match seconds {
        1 => "It goes on by itself in 1 second.".to_owned(),
        _ => format!("It goes on by itself in {seconds} seconds."),
    }
}
/// Introduction of the sign-in page.
pub const WELCOME: &str =
    "See every login that opens your account, and unlink the ones that you no longer use.";

/// Alert: the deep link names an action or a connection that does not exist.
pub const DEEP_LINK_UNKNOWN: &str =
    "The address asked for something that this page does not offer. It was ignored.";
/// Alert: the deep link names a login that is not linked to this account.
pub const DEEP_LINK_NOT_LINKED: &str = "The login that the address named is not linked to this account.";
/// Notice: the `return_to` address is not on the list of the settings.
pub const RETURN_REFUSED: &str =
    "The address named a place to return to that this page does not know. It was ignored.";
/// Button that dismisses the prompt of a deep link.
pub const NOT_NOW: &str = "Not now";
/// Badge of the login that the present session began with.
pub const IN_USE: &str = "Signed in with this";
/// Heading of the section for linking.
pub const LINK_ANOTHER: &str = "Link another login";
/// Heading of the list of logins that were unlinked lately.
pub const UNLINKED: &str = "Recently unlinked";
/// Button that links a login of that list again.
pub const LINK_AGAIN: &str = "Link again";
/// Button of the status notice after one login was unlinked.
pub const UNDO: &str = "Undo";
/// Link of the status notice after several logins were unlinked; leads to the list of [`UNLINKED`].
pub const UNDO_SEVERAL: &str = "Link again…";
/// Button that links a login other than the expected one.
pub const LINK_THIS_ONE: &str = "Link this one";
/// Button of the metadata dialog that links the login.
pub const LINK_NOW: &str = "Link";
/// Button that cancels linking.
pub const DO_NOT_LINK: &str = "Do not link";
/// Button that leaves for the second sign-in of linking by redirects.
pub const SIGN_IN_TO_FINISH: &str = "Sign in to finish";
/// Button that moves one login from the other account to this one.
pub const MOVE_IT: &str = "Move it here";
/// Button that links the other account with all its logins.
pub const MERGE_IT: &str = "Merge both";
/// Button that cancels moving and merging.
pub const LEAVE_IT: &str = "Leave it there";
/// Title of the metadata dialog.
pub const METADATA_TITLE: &str = "Keep its details?";
/// Introduction of the metadata dialog.
pub const METADATA_STORY: &str = "Apps keep details with each login's account. Linking drops what the other account has, unless you keep it here.";
/// Metadata dialog: label of this account's value.
pub const METADATA_HERE: &str = "This account";
/// Metadata dialog: label of the other account's value.
pub const METADATA_THERE: &str = "The login you link";
/// Metadata dialog: replaces the value that this account lacks.
pub const METADATA_NONE: &str = "nothing";

/// Texts of one row. They do not depend on the other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The provider's name.
    pub name: String,
    /// Whether that is the name of a company or a product, which no language translates.
    pub is_brand: bool,
    /// Company or connection, where the provider's name alone is not enough.
    pub connection: Option<String>,
    /// Display name of the person at the provider.
    pub person: Option<String>,
    /// E-mail address, user name or telephone number there, or else the display name: who it is, for telling
    /// two logins apart.
    pub who: Option<String>,
    /// Whether `who` is an e-mail address that the provider says is not verified.
    pub unverified: bool,
    /// Initials shown in place of a picture.
    pub initials: String,
}

impl Label {
    /// Returns the label of a linked login, from its own profile.
    #[must_use]
    pub fn linked(identity: &Identity) -> Self {
        Self::new(identity, identity.profile_data.as_ref().unwrap_or(&Profile::default()))
    }

    /// Returns the label of the main login, from the account's profile.
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
        let display_name =
            Some(provider.display_name()).filter(|name| !name.is_empty()).unwrap_or("Unknown login");
        Self {
            name: display_name.to_owned(),
            is_brand: provider.is_brand() && !provider.as_str().is_empty(),
            connection: (provider.is_enterprise() || vague).then(|| prettify(identity.connection.as_str())),
            person: person.filter(|_| contact.is_some()).map(ToOwned::to_owned),
            unverified: who.is_some() && who == profile.email() && profile.email_verified() == Some(false),
            initials: initials(person.or(contact).unwrap_or(display_name)),
            who: who.map(ToOwned::to_owned),
        }
    }

    /// Accessible name of the row's Unlink button.
    #[must_use]
    pub fn unlink(&self) -> String {
        match &self.who {
            Some(who) => format!("Unlink {}, {who}", self.name),
            None => format!("Unlink {}", self.name),
        }
    }

    /// Accessible name of the button that links the login again.
    #[must_use]
    pub fn link_again(&self) -> String {
        match &self.who {
            Some(who) => format!("Link {}, {who}, again", self.name),
            None => format!("Link {} again", self.name),
        }
    }

    /// Title of the confirmation dialog.
    #[must_use]
    pub fn question(&self) -> String {
        format!("Unlink {}?", self.provider())
    }

    /// Confirming button of the confirmation dialog.
    #[must_use]
    pub fn confirm(&self) -> String {
        format!("Unlink {}", self.provider())
    }

    /// Status after the login was unlinked.
    #[must_use]
    pub fn unlinked(&self) -> String {
        format!("{} was unlinked.", self.in_full())
    }

    /// Status when the tenant found nothing to unlink.
    #[must_use]
    pub fn nothing_matched(&self) -> String {
        format!("Nothing was unlinked: {} is still linked.", self.in_full())
    }

    /// Status when the login was unlinked in another tab or on another device.
    #[must_use]
    pub fn already_unlinked(&self) -> String {
        format!("{} was already unlinked elsewhere.", self.in_full())
    }

    /// Explains, before a request, why the login cannot be unlinked.
    #[must_use]
    pub fn stays(&self, reason: UnlinkBlocked) -> String {
        format!("{} stays. {}", self.in_full(), reason.sentence())
    }

    /// Explains the tenant's refusal to unlink the login.
    #[must_use]
    pub fn stayed(&self, reason: UnlinkBlocked) -> String {
        format!("{} was not unlinked. {}", self.in_full(), reason.sentence())
    }

    /// Accessible name of the row's checkbox.
    #[must_use]
    pub fn select(&self) -> String {
        plain(&format!("Select {}", self.in_full()))
    }

    /// Provider name with the person in parentheses, where known.
    #[must_use]
    pub fn in_full(&self) -> String {
        match &self.who {
            Some(who) => format!("{} ({})", self.provider(), name(who)),
            None => self.provider(),
        }
    }

    /// The provider's name as part of a sentence.
    pub(super) fn provider(&self) -> String {
        if self.is_brand { name(&self.name) } else { self.name.clone() }
    }

    /// The login as it reads after "sign in with"; with the person when `several` have this provider name.
    pub(super) fn as_means(&self, several: bool) -> String {
        let means = match self.name.as_str() {
            "Password" => "your password".to_owned(),
            "E-mail code" => "a code by e-mail".to_owned(),
            "Text message" => "a text message".to_owned(),
            "Company login" => "your company login".to_owned(),
            _ => self.provider(),
        };
        match &self.who {
            Some(who) if several => format!("{means} as {}", name(who)),
            _ => means,
        }
    }
}

/// Formats the name of a connection for reading: `acme-saml` becomes `Acme SAML`.
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

/// Returns the one or two initials of `name`, or nothing where it has no letters.
#[must_use]
pub fn initials(name: &str) -> String {
    let name = name.split_once('@').map_or(name, |(local, _)| local);
    // Upper case is the style sheet's business: the tables for every script would weigh more than this file.
    let mut letters = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|letter| letter.is_ascii_alphabetic() || !letter.is_ascii()));
    letters.next().into_iter().chain(letters.next_back()).collect()
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

/// Returns the labels of the account's logins, the main one first.
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

    pub(super) fn label(provider: &str, connection: &str, profile: &Value) -> Label {
        let identity =
            json!({ "provider": provider, "user_id": "1", "connection": connection, "profileData": profile });
        Label::linked(&serde_json::from_value(identity).unwrap())
    }

    pub(super) fn google(email: &str) -> Label {
        label("google-oauth2", "google-oauth2", &json!({ "email": email }))
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
    fn the_outcome_is_told_in_a_sentence() {
        assert_eq!(plain(&google("a@x.example").unlinked()), "Google (a@x.example) was unlinked.");
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
}
