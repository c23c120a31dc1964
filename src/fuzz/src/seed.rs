//! The files that a tenant starts from. An input is the file.

use server::seed::keywords::Keywords;
use server::seed::tenant_file;
use server::seed::users_file::{self, UsersFile};
use tenant::Configuration;
use tenant::configuration::Connection;

/// The secret in the corpora.
const SECRET: &str = "hunter2";

fn keyword(key: &str) -> Option<String> {
    match key {
        "LINKED_ACCOUNTS_ISSUER" => Some("http://localhost:3000/".to_owned()),
        "LINKED_ACCOUNTS_ORIGIN" => Some("http://localhost:3000".to_owned()),
        _ => None,
    }
}

/// Checks that a tenant file is read, or refused with a message that names the file and contains no secret.
pub(crate) fn read_tenant(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    match tenant_file::parse("tenant.yaml", text, &Keywords::new(&keyword), &[]) {
        Ok(file) => {
            // The configuration can be valid or invalid, but the check must not panic.
            let _ = Configuration::new(file.parts);
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("tenant.yaml") && message.len() > "tenant.yaml: ".len(), "{message}");
            assert!(!repeats_secret(text, "client_secret: hunter2", &message), "{message}");
        }
    }
}

/// Returns whether an error message contains the secret of the corpus, as a secret or as the value of another
/// field. A message may name a key that is equal to it.
fn repeats_secret(text: &str, field: &str, message: &str) -> bool {
    let is_only_secret = text.contains(field) && text.matches(field).count() == text.matches(SECRET).count();
    let message = if is_only_secret {
        Some(message)
    } else {
        message.split_once("invalid ").map(|(_, message)| message)
    };
    message.is_some_and(|message| message.contains(SECRET))
}

/// Checks that a users file is read, without a duplicate identity, or refused with a message without a
/// password.
pub(crate) fn read_users(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let connections = [
        Connection::new("Username-Password-Authentication", "auth0"),
        Connection::new("github", "github"),
        Connection::new("google-oauth2", "google-oauth2"),
    ];
    match users_file::parse("users.json", text, &connections, None) {
        Ok(UsersFile { users, notices }) => {
            let mut keys: Vec<_> = users
                .iter()
                .flat_map(|seed| seed.user.identities.iter().map(|identity| identity.key().as_user_id()))
                .collect();
            let count = keys.len();
            keys.sort_by(|one, other| one.as_str().cmp(other.as_str()));
            keys.dedup();
            assert_eq!(keys.len(), count, "an identity was read twice");
            for seed in &users {
                let primary = seed.user.identities.first().expect("a user has a primary identity");
                assert_eq!(primary.key().as_user_id(), seed.user.user_id);
            }
            for notice in notices.iter().map(ToString::to_string) {
                assert!(!repeats_secret(text, "\"password\":\"hunter2\"", &notice), "{notice}");
            }
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("users.json"), "{message}");
            assert!(!repeats_secret(text, "\"password\":\"hunter2\"", &message), "{message}");
        }
    }
}
