//! The configuration of the tenant under test, and its users.

use model::{Identity, Profile, User, UserId};
use serde_json::json;
use tenant::Configuration;
use tenant::configuration::{
    ApplicationType, Client, ClientAuthentication, ClientGrant, Connection, Database, Options, Parts,
    PasswordLevel, PasswordPolicy, RefreshTokens, Usernames,
};
use tenant::password_hash::ImportedHash;
use tenant::secret::Secret;
use tenant::seed::{SeedPassword, SeedUser};

use super::{API, AUDIENCE, CALLBACK, DATABASE, LEEWAY, PAGE, PASSWORD, UNFRAMED};

pub(crate) fn client(client_id: &str, authentication: ClientAuthentication, secret: Option<&str>) -> Client {
    Client {
        client_secret: secret.map(Secret::new),
        authentication,
        callbacks: vec![CALLBACK.to_owned()],
        allowed_logout_urls: vec!["http://localhost:3000/".to_owned()],
        web_origins: vec!["http://localhost:3000".to_owned()],
        ..Client::new(client_id, &format!("The {client_id}"))
    }
}

fn identity(id: &str, profile: Profile) -> Identity {
    let key = UserId::new(id).as_identity_key().unwrap();
    let connection = match key.provider.as_str() {
        "auth0" => DATABASE,
        "samlp" => "acme",
        other => other,
    };
    Identity {
        profile_data: Some(profile),
        connection: model::ConnectionName::new(connection),
        is_social: key.provider.is_social(),
        user_id: key.user_id,
        provider: key.provider,
    }
}

/// Returns a user with these identities, the primary first. Their e-mail addresses are given by [`email`]; those of
/// databases are verified, as linking requires.
pub(crate) fn user(ids: &[&str]) -> SeedUser {
    user_with(
        ids,
        |id, profile| {
            if id.starts_with("auth0|") { profile.with("email_verified", true) } else { profile }
        },
    )
}

/// Returns a user like [`user`] whose addresses nobody proved.
pub(crate) fn unproven_user(ids: &[&str]) -> SeedUser {
    user_with(ids, |_, profile| profile)
}

fn user_with(ids: &[&str], attributes: impl Fn(&str, Profile) -> Profile) -> SeedUser {
    let profile = |id: &str| attributes(id, Profile::default().with("email", email(id)));
    let mut identities: Vec<Identity> = ids.iter().map(|id| identity(id, profile(id))).collect();
    let profile = identities[0].profile_data.take().unwrap();
    SeedUser {
        password: ids.iter().any(|id| id.starts_with("auth0|")).then(|| {
            // The lowest cost of bcrypt, because the tests need no strength.
            SeedPassword::Imported(ImportedHash::bcrypt(&bcrypt::hash(PASSWORD, 4).unwrap()).unwrap())
        }),
        user: User {
            user_id: UserId::new(ids[0]),
            identities,
            created_at: None,
            updated_at: None,
            last_login: None,
            last_ip: None,
            logins_count: None,
            blocked: None,
            user_metadata: Some(json!({ "theme": "dark" }).as_object().unwrap().clone()),
            app_metadata: None,
            profile,
        },
    }
}

/// Returns the e-mail address of an identity: the letters and digits of its id, `@example.test`.
pub(crate) fn email(id: &str) -> String {
    let local: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}@example.test", local.to_lowercase())
}

/// Returns the default configuration with further connections.
pub(super) fn configuration(options: Options, connections: Vec<Connection>) -> Configuration {
    Configuration::new(parts(options, connections)).unwrap()
}

/// Returns the parts of the default configuration, with further connections.
pub(crate) fn parts(options: Options, connections: Vec<Connection>) -> Parts {
    let machine = Client {
        application_type: ApplicationType::Machine,
        grant_types: vec!["client_credentials".to_owned()],
        ..client("machine", ClientAuthentication::SecretPost, Some("machine secret"))
    };
    Parts {
        options,
        clients: vec![
            client(PAGE, ClientAuthentication::None, None),
            client("other", ClientAuthentication::None, None),
            Client {
                refresh_tokens: RefreshTokens { rotate: false, ..RefreshTokens::default() },
                ..client("web", ClientAuthentication::SecretPost, Some("web secret"))
            },
            Client {
                refresh_tokens: RefreshTokens { leeway: LEEWAY, ..RefreshTokens::default() },
                ..client("patient", ClientAuthentication::None, None)
            },
            Client {
                grant_types: vec!["authorization_code".to_owned()],
                callbacks: vec![CALLBACK.to_owned(), UNFRAMED.to_owned()],
                ..client("simple", ClientAuthentication::None, None)
            },
            Client {
                grant_types: vec!["implicit".to_owned()],
                ..client("implicit", ClientAuthentication::SecretPost, Some("implicit secret"))
            },
            Client {
                grant_types: vec!["authorization_code".to_owned(), "implicit".to_owned()],
                ..client("hybrid", ClientAuthentication::None, None)
            },
            // A machine without a client grant, and one without a secret.
            Client {
                client_id: "idle".to_owned(),
                client_secret: Some(Secret::new("idle secret")),
                ..machine.clone()
            },
            Client {
                client_id: "open".to_owned(),
                authentication: ClientAuthentication::None,
                ..machine.clone()
            },
            machine,
        ],
        connections: vec![
            Connection::new(DATABASE, "auth0"),
            Connection::new("google-oauth2", "google-oauth2"),
            Connection::new("github", "github"),
            Connection::new("acme", "samlp"),
            Connection::new("sms", "sms"),
            Connection {
                enabled_clients: Some(vec!["other".to_owned()]),
                ..Connection::new("facebook", "facebook")
            },
            Connection { pinned: true, ..Connection::new("waad", "waad") },
            Connection {
                enabled_clients: Some(vec!["other".to_owned()]),
                database: Database {
                    usernames: Some(Usernames::default()),
                    passwords: PasswordPolicy {
                        level: PasswordLevel::Good,
                        min_length: None,
                        ..PasswordPolicy::default()
                    },
                    ..Database::default()
                },
                ..Connection::new("members", "auth0")
            },
            Connection {
                enabled_clients: Some(vec!["other".to_owned()]),
                database: Database { sign_up: false, ..Database::default() },
                ..Connection::new("staff", "auth0")
            },
            Connection { enabled_clients: Some(Vec::new()), ..Connection::new("linkedin", "linkedin") },
        ]
        .into_iter()
        .chain(connections)
        .collect(),
        grants: vec![
            ClientGrant::new("machine", AUDIENCE, model::Scopes::parse("read:users update:users")),
            ClientGrant::new("machine", API, model::Scopes::parse("read:things write:things")),
        ],
        ..Parts::default()
    }
}
