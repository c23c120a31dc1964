//! The list as plain text, for whoever writes down the ways into their account.

use model::User;
use model::unlink_policy::UnlinkPolicy;

use super::label::{Label, labels};
use super::list::{as_of, main_login};
use super::message_format::Message;
use super::messages::messages;
use super::ways_in::{safety_of, ways_in};
use crate::account_name::account_name;
use crate::connection_names::ConnectionNames;

messages! { list_as_text:
    /// Button that copies the list.
    copy_list() = "Copy as text";
    /// Button that prints the list.
    print() = "Print";
    /// Status once the list was copied.
    list_copied() = "Copied. Paste it where you keep such things.";
    /// Status when the browser refused, and label of the field with the text.
    list_not_copied() = "Your browser did not copy it. The text is here, selected: copy it yourself.";
    /// Button that closes that field.
    close() = "Close";
    /// First line: whose logins they are.
    whose(account: Option<&str>) = "{account, select, none {Logins of this account} other {Logins of {account}}}";
    /// First line of a login.
    entry(number: usize, login: Message<'_>) = "{number}. {login}";
    /// Line of a login: who it is there.
    who_there(person: Option<&str>, address: &str) =
        "{person, select, none {{address}} other {{person}, {address}}}";
    /// Line of a login: the name of its connection.
    by_connection(connection: Message<'_>) = "Connection: {connection}";
    /// Line of a login that can sign in.
    opens() = "A way in: signing in with it opens this account.";
    /// Line of a login that cannot sign in.
    opens_nothing() = "No way in at the moment: signing in with it is switched off.";
}

/// Returns the account's logins as plain text: whose they are, when the list was read (in seconds since 1970), how many ways in
/// there are, and each login with its name, person, address and connection. Names are isolated as in a sentence, so that one in
/// another direction changes nothing around it. Ids, which nobody signs in with, are not in it.
#[must_use]
pub fn list_as_text(user: &User, names: &ConnectionNames, policy: &UnlinkPolicy, read_at: i64) -> String {
    let ways = policy.ways_in(user);
    let mut text =
        [whose(account_name(&user.profile)), as_of(read_at), ways_in(ways), safety_of(ways).to_owned()]
            .join("\n");
    for ((place, identity), label) in user.identities.iter().enumerate().zip(labels(user, names)) {
        let Label { person, who, .. } = &label;
        let lines = [
            who.as_deref().map(|address| who_there(person.as_deref(), address)),
            Some(by_connection(Message(&label.connection()))),
            (place == 0).then(|| main_login().to_owned()),
            Some(if policy.is_way_in(identity) { opens() } else { opens_nothing() }.to_owned()),
        ];
        text.push_str("\n\n");
        text.push_str(&entry(place.saturating_add(1), Message(&label.short())));
        for line in lines.into_iter().flatten() {
            text.push_str("\n   ");
            text.push_str(&line);
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use model::settings::OfferedConnection;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_names_the_account_the_time_and_each_way_in() {
        let user: User = serde_json::from_value(json!({
            "user_id": "auth0|64a1f0",
            "email": "ada@mail.example",
            "name": "Ada Lovelace",
            "identities": [
                { "provider": "auth0", "user_id": "64a1f0", "connection": "Users" },
                { "provider": "github", "user_id": 42, "connection": "github",
                  "access_token": "gho_secret", "profileData": { "nickname": "ada" } },
                { "provider": "samlp", "user_id": "acme|7", "connection": "acme-saml",
                  "profileData": { "name": "\u{639}\u{627}\u{626}\u{634}\u{629}", "email": "aisha@acme.example" } },
            ],
        }))
        .unwrap();
        let closed: Vec<OfferedConnection> =
            serde_json::from_value(json!([{ "name": "acme-saml", "strategy": "samlp", "closed": true }]))
                .unwrap();
        let text = list_as_text(&user, &ConnectionNames::default(), &UnlinkPolicy::new(&closed), 0);
        let as_of = as_of(0);
        let expected = format!(
            "Logins of \u{2068}ada@mail.example\u{2069}\n{as_of}\n2 ways in.\nLosing one will not lock you out.\n\n\
             1. Password\n   \u{2068}Ada Lovelace\u{2069}, \u{2068}ada@mail.example\u{2069}\n   \
             Connection: Password\n   Main login\n   \
             A way in: signing in with it opens this account.\n\n\
             2. \u{2068}GitHub\u{2069}\n   \u{2068}ada\u{2069}\n   Connection: \u{2068}GitHub\u{2069}\n   \
             A way in: signing in with it opens this account.\n\n\
             3. \u{2068}Acme SAML\u{2069}\n   \u{2068}\u{639}\u{627}\u{626}\u{634}\u{629}\u{2069}, \u{2068}aisha@acme.example\u{2069}\n   \
             Connection: \u{2068}Acme SAML\u{2069}\n   No way in at the moment: signing in with it is switched off.\n"
        );
        assert_eq!(text, expected);
        for useless in ["64a1f0", "42", "acme|7", "gho_secret"] {
            assert!(!text.contains(useless), "{useless}");
        }
    }
}
