//! The files that a tenant starts from: an input is the file.

use server::seed::{tenant_file, users_file};
use tenant::Configuration;
use tenant::configuration::Connection;

/// A secret in the corpora.
const SECRET: &str = "hunter2";

fn keyword(key: &str) -> Option<String> {
    match key {
        "LINKED_ACCOUNTS_ISSUER" => Some("http://localhost:3000/".to_owned()),
        "LINKED_ACCOUNTS_ORIGIN" => Some("http://localhost:3000".to_owned()),
        _ => None,
    }
}

/// A tenant file is read or refused in words that name the file and repeat no secret.
pub(crate) fn read_tenant(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    match tenant_file::parse("tenant.yaml", text, &keyword) {
        Ok(file) => {
            // Either is right; neither may fail otherwise.
            let _ = Configuration::new(file.options, file.clients, file.connections, file.grants);
        }
        Err(refused) => {
            let message = refused.to_string();
            assert!(message.starts_with("tenant.yaml") && message.len() > "tenant.yaml: ".len(), "{message}");
            assert!(!repeats_secret(text, "client_secret: hunter2", &message), "{message}");
        }
    }
}

/// Whether a refusal repeats the corpus's secret: as one where it belongs, or as what stands in the place of something
/// else. It is no harm to name a key that is called so.
fn repeats_secret(text: &str, field: &str, message: &str) -> bool {
    let is_only_secret = text.contains(field) && text.matches(field).count() == text.matches(SECRET).count();
    let message = if is_only_secret {
        Some(message)
    } else {
        message.split_once("invalid ").map(|(_, message)| message)
    };
    message.is_some_and(|message| message.contains(SECRET))
}

/// A users file is read or refused in words that repeat no password; no identity is read twice.
pub(crate) fn read_users(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let connections = [
        Connection::new("Username-Password-Authentication", "auth0"),
        Connection::new("github", "github"),
        Connection::new("google-oauth2", "google-oauth2"),
    ];
    match users_file::parse("users.json", text, &connections) {
        Ok(users) => {
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
        }
        Err(refused) => {
            let message = refused.to_string();
            assert!(message.starts_with("users.json"), "{message}");
            assert!(!repeats_secret(text, "\"password\":\"hunter2\"", &message), "{message}");
        }
    }
}
