//! The demo tenant, with which the program starts when it is given no files.
//!
//! It is read from two files of the same formats as everybody's, so that it tests the formats.

use model::{ConnectionName, Profile, UserId};
use tenant::configuration::{Connection, DemoSignIn};
use tenant::seed::{SeedPassword, SeedUser};

use super::error::InvalidSeedFile;
use super::keywords::Keywords;
use super::tenant_file::{self, TenantFile};
use super::users_file;

const TENANT: &str = include_str!("../../demo/tenant.yaml");
const USERS: &str = include_str!("../../demo/users.json");

/// Returns the demo tenant. `value_of` returns the value of a keyword; the demo needs the issuer and its
/// origin.
///
/// # Errors
/// When one of these keywords has no value.
pub fn tenant(value_of: &dyn Fn(&str) -> Option<String>) -> Result<TenantFile, InvalidSeedFile> {
    tenant_file::parse("demo/tenant.yaml", TENANT, &Keywords::new(value_of), &[])
}

/// Returns the demo users, for a tenant with these connections.
///
/// # Errors
/// When a keyword has no value, or when `connections` are not those of the demo tenant.
pub fn users(
    value_of: &dyn Fn(&str) -> Option<String>,
    connections: &[Connection],
) -> Result<Vec<SeedUser>, InvalidSeedFile> {
    let text = Keywords::new(value_of).replace(USERS);
    Ok(users_file::parse("demo/users.json", &text, connections, None)?.users)
}

/// Returns the ids of the demo users, which tell them from everybody else's in a database.
#[must_use]
pub fn user_ids() -> Vec<UserId> {
    #[derive(serde::Deserialize)]
    struct Named {
        user_id: UserId,
    }
    let users: Vec<Named> = serde_json::from_str(USERS).unwrap_or_default();
    users.into_iter().map(|user| user.user_id).collect()
}

/// Returns e-mail address and password of each of `users` who has one, in a tenant with these connections.
#[must_use]
pub fn sign_ins(users: &[SeedUser], connections: &[Connection]) -> Vec<DemoSignIn> {
    let is_pinned = |name: &ConnectionName| {
        connections.iter().any(|connection| connection.pinned && connection.name == *name)
    };
    users
        .iter()
        .filter_map(|SeedUser { user, password }| {
            let Some(SeedPassword::Clear(password)) = password else { return None };
            // The address is that of the identity with the password, primary or not.
            let database = user.identities.iter().find(|identity| identity.provider.as_str() == "auth0")?;
            let email = database.profile_data.as_ref().unwrap_or(&user.profile).email()?;
            let mut about = describe(&user.profile, user.identities.len());
            if user.identities.iter().any(|identity| is_pinned(&identity.connection)) {
                about.push_str(", one managed by a company");
            }
            Some(DemoSignIn { about, email: email.to_owned(), password: password.expose().to_owned() })
        })
        .collect()
}

/// Describes a user in a few words: "three logins, e-mail not verified".
fn describe(profile: &Profile, identities: usize) -> String {
    const COUNTS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    let count = COUNTS.get(identities).map_or_else(|| identities.to_string(), |&word| word.to_owned());
    let mut about = format!("{count} login{}", if identities == 1 { "" } else { "s" });
    if profile.name().is_none() {
        about.push_str(", no name");
    } else if profile.name().is_some_and(|name| name.chars().count() > 60) {
        about.push_str(", a very long name");
    }
    if profile.email_verified() == Some(false) {
        about.push_str(", e-mail not verified");
    }
    about
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keyword(key: &str) -> Option<String> {
        match key {
            "LINKED_ACCOUNTS_ISSUER" => Some("http://localhost:3000/".to_owned()),
            "LINKED_ACCOUNTS_ORIGIN" => Some("http://localhost:3000".to_owned()),
            _ => None,
        }
    }

    fn users_of_demo() -> Vec<SeedUser> {
        users(&keyword, &tenant(&keyword).unwrap().parts.connections).unwrap()
    }

    #[test]
    fn the_demo_tenant_is_valid() {
        let TenantFile { parts, notices, .. } = tenant(&keyword).unwrap();
        assert_eq!(parts.clients[0].callbacks, ["http://localhost:3000/callback"]);
        assert_eq!(parts.grants[0].audience, "http://localhost:3000/api/v2/");
        assert!(notices.is_empty());
        assert!(tenant::Configuration::new(parts).is_ok());
    }

    #[test]
    fn nothing_of_the_demo_users_is_noticed() {
        let text = Keywords::new(&keyword).replace(USERS);
        let connections = tenant(&keyword).unwrap().parts.connections;
        assert_eq!(users_file::parse("demo/users.json", &text, &connections, None).unwrap().notices, []);
    }

    #[test]
    fn the_demo_has_every_kind_of_identity_and_users_with_one_to_twelve_of_them() {
        let users = users_of_demo();
        assert!(users.len() >= 8);
        let identities = || users.iter().flat_map(|seed| &seed.user.identities);
        let used: BTreeSet<_> = identities().map(|identity| identity.connection.as_str()).collect();
        let connections = tenant(&keyword).unwrap().parts.connections;
        assert_eq!(used, connections.iter().map(|connection| connection.name.as_str()).collect());
        let counts: BTreeSet<_> = users.iter().map(|seed| seed.user.identities.len()).collect();
        assert_eq!((counts.first(), counts.last()), (Some(&1), Some(&12)));
        assert!(identities().any(|identity| identity.user_id.is_integer()));
        assert!(
            identities().any(|identity| identity.key().as_user_id().as_str() == "samlp|acme-saml|eng/ada")
        );
    }

    #[test]
    fn the_demo_has_names_that_are_long_missing_or_written_from_right_to_left() {
        let users = users_of_demo();
        let names: Vec<_> = users.iter().map(|seed| seed.user.profile.name()).collect();
        assert!(names.iter().flatten().any(|name| name.chars().count() >= 120));
        assert!(names.contains(&None));
        let starts_in = |range: std::ops::RangeInclusive<char>| {
            names.iter().flatten().filter_map(|name| name.chars().next()).any(|first| range.contains(&first))
        };
        assert!(starts_in('\u{590}'..='\u{5ff}') && starts_in('\u{600}'..='\u{6ff}'));
        assert!(users.iter().any(|seed| seed.user.profile.email_verified() == Some(false)));
        assert!(users.iter().any(|seed| seed.user.identities[0].is_social));
    }

    #[test]
    fn every_address_of_the_demo_is_reserved() {
        let reserved = ["example.com", "example.net", "example.org", ".example", ".test"];
        for SeedUser { user, .. } in users_of_demo() {
            let profiles = user.identities.iter().filter_map(|identity| identity.profile_data.as_ref());
            for email in profiles.chain([&user.profile]).filter_map(Profile::email) {
                assert!(reserved.iter().any(|end| email.ends_with(end)), "{email}");
            }
        }
    }

    #[test]
    fn a_demo_user_has_a_linked_identity_of_a_pinned_connection() {
        let connections = tenant(&keyword).unwrap().parts.connections;
        let pinned: Vec<_> = connections.iter().filter(|connection| connection.pinned).collect();
        let users = users_of_demo();
        let mut linked = users.iter().flat_map(|seed| &seed.user.identities[1..]);
        assert!(
            linked.any(|identity| pinned.iter().any(|connection| connection.name == identity.connection))
        );
    }

    #[test]
    fn sign_ins_name_the_address_of_the_database_identity() {
        let sign_ins = sign_ins(&users_of_demo(), &tenant(&keyword).unwrap().parts.connections);
        let lines: Vec<_> = sign_ins
            .iter()
            .map(|DemoSignIn { about, email, password }| format!("{email} {password}: {about}"))
            .collect();
        assert_eq!(
            lines,
            [
                "ada@example.com ada-demo: five logins",
                "grace@example.com grace-demo: twelve logins",
                "alan@example.com alan-demo: one login",
                "katherine@example.com katherine-demo: three logins",
                "layla@example.net layla-demo: three logins",
                "adina@example.org adina-demo: two logins",
                "linus@example.org linus-demo: three logins, e-mail not verified",
                "hubert@example.com hubert-demo: three logins, a very long name",
                "nobody@example.com nobody-demo: four logins, no name",
                "mary@example.com mary-demo: three logins, one managed by a company",
            ]
        );
    }
}
