//! Conversion of rows to what clients see: users, identities and claims, with the defaults that Auth0 derives.

use std::fmt::Write;

use md5::{Digest, Md5};
use model::profile::has_permitted_length;
use model::{ConnectionName, Identity, IdentityId, Profile, Provider, Scope, Scopes, User};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::UserRow;

use crate::clock::Moment;

/// Returns a user as in `GET /api/v2/users/{id}`: `profileData` on secondary identities only (contract
/// [B1](model::contract#b1), [B2](model::contract#b2)).
pub(crate) fn user(row: &UserRow) -> User {
    User {
        user_id: row.user_id.clone(),
        identities: row.identities.clone(),
        created_at: Some(Moment::from_millis(row.created_at).iso()),
        updated_at: Some(Moment::from_millis(row.updated_at).iso()),
        last_login: row.last_login.map(|millis| Moment::from_millis(millis).iso()),
        last_ip: row.last_ip.clone(),
        logins_count: u64::try_from(row.logins_count).ok().filter(|count| *count > 0),
        blocked: row.blocked,
        user_metadata: row.user_metadata.clone(),
        app_metadata: row.app_metadata.clone(),
        profile: match row.last_password_reset {
            None => with_defaults(row),
            Some(millis) => with_defaults(row).with("last_password_reset", Moment::from_millis(millis).iso()),
        },
    }
}

/// Returns a user's identities as in the response to link and unlink: `profileData` on all of them (contract
/// [B1](model::contract#b1)).
pub(crate) fn identities<P: Serialize>(row: &UserRow<P>) -> Vec<LinkedIdentity<'_, P>> {
    let linked = row.identities.iter().enumerate().map(|(place, identity)| LinkedIdentity {
        profile_data: match place {
            0 => Some(LinkedProfile::OfUser(&row.profile)),
            _ => identity.profile_data.as_ref().map(LinkedProfile::Own),
        },
        connection: &identity.connection,
        user_id: &identity.user_id,
        provider: &identity.provider,
        is_social: identity.is_social,
    });
    linked.collect()
}

/// An identity with its profile, as [`Identity`] is written.
#[derive(Serialize)]
pub(crate) struct LinkedIdentity<'r, P> {
    #[serde(rename = "profileData", skip_serializing_if = "Option::is_none")]
    profile_data: Option<LinkedProfile<'r, P>>,
    connection: &'r ConnectionName,
    user_id: &'r IdentityId,
    provider: &'r Provider,
    #[serde(rename = "isSocial")]
    is_social: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LinkedProfile<'r, P> {
    OfUser(&'r Profile),
    Own(&'r P),
}

/// Returns the value of the claim for the identity in use: its id, in the format of the API, and its connection.
pub(crate) fn identity_claim<P>(identity: &Identity<P>) -> Value {
    json!({ "provider": identity.provider, "user_id": identity.user_id, "connection": identity.connection })
}

/// Returns the claims about a user that `scopes` grant, for ID tokens and `/userinfo` (contract
/// [C4](model::contract#c4), [C6](model::contract#c6)).
pub(crate) fn claims<P>(row: &UserRow<P>, scopes: &Scopes) -> Map<String, Value> {
    let profile = with_defaults(row);
    let mut claims = Map::new();
    let mut add = |keys: &[&str]| {
        for key in keys {
            // A stored attribute can be older than its limit, and a token must fit into a query.
            if let Some(value) = profile.0.get(*key).filter(|value| has_permitted_length(key, value)) {
                claims.insert((*key).to_owned(), value.clone());
            }
        }
    };
    if scopes.contains(&Scope::PROFILE) {
        add(&["given_name", "family_name", "nickname", "name", "picture"]);
    }
    if scopes.contains(&Scope::EMAIL) {
        add(&["email", "email_verified"]);
    }
    if scopes.contains(&Scope::PROFILE) {
        claims.insert("updated_at".to_owned(), Moment::from_millis(row.updated_at).iso().into());
    }
    claims
}

/// Returns the root profile. Database and e-mail users without name, nickname or picture get these from their e-mail
/// address (contract [A8](model::contract#a8)).
fn with_defaults<P>(row: &UserRow<P>) -> Profile {
    let mut profile = row.profile.clone();
    for (key, value) in defaults(row) {
        profile.0.insert(key.to_owned(), Value::String(value));
    }
    profile
}

type Derive = fn(&str) -> String;

/// The attributes that are derived from an e-mail address.
const DERIVED: [(&str, Derive); 3] = [
    ("name", str::to_owned),
    ("nickname", |email| email.split('@').next().unwrap_or_default().to_owned()),
    ("picture", gravatar),
];

/// Returns the attributes that the root profile lacks and that are derived from its e-mail address, see [`with_defaults`].
pub(crate) fn defaults<P>(row: &UserRow<P>) -> impl Iterator<Item = (&'static str, String)> {
    let provider = row.identities.first().map_or("", |primary| primary.provider.as_str());
    let email = email_of_defaults(provider, &row.profile);
    let lacking = DERIVED.into_iter().filter(|(key, _)| !row.profile.0.contains_key(*key));
    email.into_iter().flat_map(move |email| lacking.clone().map(move |(key, derive)| (key, derive(email))))
}

/// Returns the value of an attribute that a root profile lacks, if it is derived: it needs nothing of the profile but the e-mail
/// address.
pub(crate) fn default_of(key: &str, provider: &str, profile: &Profile) -> Option<String> {
    let (_, derive) = DERIVED.into_iter().find(|(derived, _)| *derived == key)?;
    email_of_defaults(provider, profile).map(derive)
}

fn email_of_defaults<'p>(provider: &str, profile: &'p Profile) -> Option<&'p str> {
    profile.email().filter(|_| matches!(provider, "auth0" | "email"))
}

fn gravatar(email: &str) -> String {
    let digest = Md5::digest(email.trim().to_lowercase().as_bytes());
    let hash = digest.iter().fold(String::with_capacity(32), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    let letters: String = email.chars().take(2).flat_map(char::to_lowercase).collect();
    let fallback = format!("https://cdn.auth0.com/avatars/{letters}.png");
    let fallback = utf8_percent_encode(&fallback, NON_ALPHANUMERIC).to_string();
    format!("https://s.gravatar.com/avatar/{hash}?s=480&r=pg&d={}", fallback.replace("%2E", "."))
}
