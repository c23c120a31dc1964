//! The names of logins, and the sentences about one of them.

use model::login_names::name_of;
use model::{
    ConnectionLabel, ConnectionName, Identity, IdentityKey, LoginName, Profile, Provider, User, initials,
};

use super::message_format::{Keyword, Message};
use super::messages::messages;
use super::name::{name, plain};
use super::unlink_blocked;
use crate::connection_names::ConnectionNames;
use model::unlink_policy::UnlinkBlocked;

messages! { label:
    /// Name of a login that is not a company's or a product's, by the kind of its provider.
    kind_of_login(kind: Keyword<'_>) = "{kind, select,
        auth0 {Password}
        email {E-mail code}
        sms {Text message}
        oidc {Company login}
        samlp {Company login}
        oauth1 {OAuth login}
        oauth2 {OAuth login}
        custom {Custom login}
        ip {IP address}
        other {Unknown login}}";
    /// The name that the person gave a login, after that of its connection.
    quoted(own: &str) = "“{own}”";
    /// A login that the person gave the name `own`.
    named_login(login: Message<'_>, own: &str) = "{login} “{own}”";
    /// A login with the person in parentheses, where known.
    login(login: Message<'_>, who: Option<&str>) =
        "{who, select, none {{login}} other {{login} ({who})}}";
    /// Accessible name of a row's Unlink button.
    unlink_login(login: Message<'_>, who: Option<&str>) =
        "{who, select, none {Unlink {login}} other {Unlink {login}, {who}}}";
    /// Accessible name of the button that links a login again.
    link_login_again(login: Message<'_>, who: Option<&str>) =
        "{who, select, none {Link again: {login}} other {Link again: {login}, {who}}}";
    /// Accessible name of a row's button while the login is being unlinked.
    unlinking_login(login: Message<'_>, who: Option<&str>) =
        "{who, select, none {Unlinking… {login}} other {Unlinking… {login}, {who}}}";
    /// Accessible name of that button while the login waits to be unlinked.
    waiting_login(login: Message<'_>, who: Option<&str>) =
        "{who, select, none {Waiting… {login}} other {Waiting… {login}, {who}}}";
    /// Accessible name of a row's checkbox.
    select_login(login: Message<'_>) = "Select {login}";
    /// Title of the confirmation dialog for one login.
    ask_to_unlink(login: Message<'_>, who: Option<&str>) =
        "{who, select, none {Unlink {login}?} other {Unlink {login}, {who}?}}";
    /// Confirming button of that dialog.
    confirm_to_unlink(login: Message<'_>) = "Unlink {login}";
    /// Status after a login was unlinked.
    login_unlinked(login: Message<'_>) = "{login} was unlinked.";
    /// Status when the tenant found nothing to unlink.
    login_still_linked(login: Message<'_>) = "Nothing was unlinked: {login} is still linked.";
    /// Status when a login was unlinked in another tab or on another device.
    login_unlinked_elsewhere(login: Message<'_>) = "{login} was already unlinked elsewhere.";
    /// Explains, before a request, why a login cannot be unlinked. `reason` is a sentence.
    login_stays(login: Message<'_>, reason: Message<'_>) = "{login} stays. {reason}";
    /// Explains the tenant's refusal to unlink a login. `reason` is a sentence.
    login_stayed(login: Message<'_>, reason: Message<'_>) = "{login} was not unlinked. {reason}";
}

/// Returns the name of a provider: that of the company or the product, or what kind of login it is.
#[must_use]
pub fn provider_name(provider: &Provider) -> String {
    let only_connection = ConnectionName::new(provider.as_str());
    connection_name(ConnectionLabel::new(None, &only_connection, provider)).0
}

/// Returns what people call the logins of a connection, and whether that is a name, which no language translates.
#[must_use]
pub fn connection_name(label: ConnectionLabel) -> (String, bool) {
    match label {
        ConnectionLabel::Name(name) => (name, true),
        ConnectionLabel::Kind(provider) => (kind_of_login(Keyword(provider.as_str())), false),
    }
}

/// Texts of one row. They do not depend on the other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The name of its connection: the same wherever a person reads of it.
    pub name: String,
    /// Whether no language translates that: it is the name of a company, a product or a connection.
    pub is_brand: bool,
    /// The name that the person gave the login. It never stands alone: it may be that of another provider.
    pub own: Option<String>,
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
    /// Returns the label of a linked login, from its own profile, without the name that the person gave it.
    #[must_use]
    pub fn linked(identity: &Identity, names: &ConnectionNames) -> Self {
        Self::main(identity, identity.profile_data.as_ref().unwrap_or(&Profile::default()), names)
    }

    /// Returns the label of the main login, from the account's profile, without the name that the person gave it.
    #[must_use]
    pub fn main(identity: &Identity, profile: &Profile, names: &ConnectionNames) -> Self {
        let provider = &identity.provider;
        let contact = match provider.as_str() {
            "sms" => profile.phone_number().or_else(|| profile.email()),
            _ => profile.email().or_else(|| profile.username()).or_else(|| profile.phone_number()),
        };
        let person = profile.name().filter(|name| Some(*name) != contact);
        let who = contact.or(person);
        let display_name = names.of(&identity.connection);
        let (name, is_brand) =
            connection_name(ConnectionLabel::new(display_name, &identity.connection, provider));
        Self {
            is_brand,
            own: None,
            person: person.filter(|_| contact.is_some()).map(ToOwned::to_owned),
            unverified: who.is_some() && who == profile.email() && profile.email_verified() == Some(false),
            initials: initials(person.or(contact).unwrap_or(&name)),
            who: who.map(ToOwned::to_owned),
            name,
        }
    }

    /// Returns the label with the name that the person gave the login.
    #[must_use]
    pub fn named(self, own: Option<&LoginName>) -> Self {
        Self { own: own.map(|own| own.as_str().to_owned()), ..self }
    }

    /// Accessible name of the row's Unlink button.
    #[must_use]
    pub fn unlink(&self) -> String {
        plain(&unlink_login(Message(&self.short()), self.who.as_deref()))
    }

    /// Accessible name of the row's button while the login is being unlinked.
    #[must_use]
    pub fn unlinking(&self) -> String {
        plain(&unlinking_login(Message(&self.short()), self.who.as_deref()))
    }

    /// Accessible name of the row's button while the login waits to be unlinked.
    #[must_use]
    pub fn waiting(&self) -> String {
        plain(&waiting_login(Message(&self.short()), self.who.as_deref()))
    }

    /// Accessible name of the button that links the login again.
    #[must_use]
    pub fn link_again(&self) -> String {
        plain(&link_login_again(Message(&self.short()), self.who.as_deref()))
    }

    /// Title of the confirmation dialog.
    #[must_use]
    pub fn question(&self) -> String {
        ask_to_unlink(Message(&self.short()), self.who.as_deref())
    }

    /// Confirming button of the confirmation dialog.
    #[must_use]
    pub fn confirm(&self) -> String {
        confirm_to_unlink(Message(&self.short()))
    }

    /// Status after the login was unlinked.
    #[must_use]
    pub fn unlinked(&self) -> String {
        login_unlinked(Message(&self.in_full()))
    }

    /// Status when the tenant found nothing to unlink.
    #[must_use]
    pub fn nothing_matched(&self) -> String {
        login_still_linked(Message(&self.in_full()))
    }

    /// Status when the login was unlinked in another tab or on another device.
    #[must_use]
    pub fn already_unlinked(&self) -> String {
        login_unlinked_elsewhere(Message(&self.in_full()))
    }

    /// Explains, before a request, why the login cannot be unlinked.
    #[must_use]
    pub fn stays(&self, reason: UnlinkBlocked) -> String {
        login_stays(Message(&self.in_full()), Message(unlink_blocked::sentence(reason)))
    }

    /// Explains the tenant's refusal to unlink the login.
    #[must_use]
    pub fn stayed(&self, reason: UnlinkBlocked) -> String {
        login_stayed(Message(&self.in_full()), Message(unlink_blocked::sentence(reason)))
    }

    /// Accessible name of the row's checkbox.
    #[must_use]
    pub fn select(&self) -> String {
        plain(&select_login(Message(&self.in_full())))
    }

    /// The login with the person in parentheses, where known.
    #[must_use]
    pub fn in_full(&self) -> String {
        login(Message(&self.short()), self.who.as_deref())
    }

    /// The login as part of a sentence: by its connection, and by the name that the person gave it.
    #[must_use]
    pub fn short(&self) -> String {
        match &self.own {
            Some(own) => named_login(Message(&self.connection()), own),
            None => self.connection(),
        }
    }

    /// The name of the connection as part of a sentence.
    #[must_use]
    pub fn connection(&self) -> String {
        if self.is_brand { name(&self.name) } else { self.name.clone() }
    }
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
pub fn labels(user: &User, names: &ConnectionNames) -> Vec<Label> {
    let label = |(place, identity): (usize, &Identity)| {
        let label = match place {
            0 => Label::main(identity, &user.profile, names),
            _ => Label::linked(identity, names),
        };
        label.named(name_of(user.user_metadata.as_ref(), &identity.key()).as_ref())
    };
    user.identities.iter().enumerate().map(label).collect()
}

/// Returns the label of the account's login `key`.
#[must_use]
pub fn label_of(user: &User, key: &IdentityKey, names: &ConnectionNames) -> Option<Label> {
    let place = user.identities.iter().position(|identity| identity.key() == *key)?;
    labels(user, names).into_iter().nth(place)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(super) fn label(provider: &str, connection: &str, profile: &Value) -> Label {
        let identity =
            json!({ "provider": provider, "user_id": "1", "connection": connection, "profileData": profile });
        Label::linked(&serde_json::from_value(identity).unwrap(), &ConnectionNames::default())
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
    fn a_login_is_called_by_the_display_name_of_its_connection_open_or_closed() {
        let settings = json!([
            { "name": "acme-saml", "strategy": "samlp", "displayName": "Acme Corp", "closed": true },
            { "name": "github", "strategy": "github" },
        ]);
        let names = ConnectionNames::new(&serde_json::from_value::<Vec<_>>(settings).unwrap());
        let label = |connection: &str| {
            let identity = json!({ "provider": "samlp", "user_id": "1", "connection": connection });
            Label::linked(&serde_json::from_value(identity).unwrap(), &names).name
        };
        assert_eq!(label("acme-saml"), "Acme Corp");
        assert_eq!(label("other-saml"), "Other SAML");
    }

    #[test]
    fn a_name_of_ones_own_never_hides_the_provider() {
        let own = LoginName::new("Google").ok();
        let label = label("github", "github", &json!({ "email": "a@x.example" })).named(own.as_ref());
        assert_eq!(label.unlink(), "Unlink GitHub “Google”, a@x.example");
        assert_eq!(plain(&label.question()), "Unlink GitHub “Google”, a@x.example?");
        assert_eq!(plain(&label.unlinked()), "GitHub “Google” (a@x.example) was unlinked.");
        assert_eq!(label.short(), "\u{2068}GitHub\u{2069} “\u{2068}Google\u{2069}”");
    }

    #[test]
    fn the_outcome_is_told_in_a_sentence() {
        assert_eq!(plain(&google("a@x.example").unlinked()), "Google (a@x.example) was unlinked.");
        assert!(google("a@x.example").nothing_matched().starts_with("Nothing was unlinked: "));
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
