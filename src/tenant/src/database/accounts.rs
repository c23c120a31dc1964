//! Accounts of database connections: their identifiers, usernames and passwords.

use model::{ConnectionName, Identity, IdentityKey, Metadata, NewIdentityId, Profile};
use store::{Address, CredentialRow, Unit, UserRow, fold_identifier, fold_text};

use crate::configuration::{Connection, Usernames};
use crate::mail::is_address;

/// The maximum size of a user in bytes. It bounds how much a search has to read.
pub(crate) const MAX_USER_SIZE: usize = 64 * 1024;

/// Returns the size of a root profile and metadata together, in bytes of JSON.
pub(crate) fn json_size(
    profile: &Profile,
    user_metadata: Option<&Metadata>,
    app_metadata: Option<&Metadata>,
) -> usize {
    serde_json::to_vec(&(profile, user_metadata, app_metadata)).map_or(usize::MAX, |json| json.len())
}

/// Returns the identifiers that a person can type to sign in: the e-mail address and the username, in the form in which
/// they are compared.
pub(crate) fn identifiers(profile: &Profile) -> Vec<String> {
    let mut identifiers: Vec<String> =
        [profile.email(), profile.text("username")].into_iter().flatten().map(fold_identifier).collect();
    identifiers.dedup();
    identifiers
}

/// Returns a username in its stored form, in which it is compared.
///
/// A username cannot be an e-mail address, because that could be the identifier of another person.
///
/// # Errors
/// A sentence for people that describes what is wrong.
pub(crate) fn normalize_username(rule: Usernames, text: &str) -> Result<String, String> {
    let name = fold_text(text);
    let length = name.chars().count();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+-.!#$'^`~@".contains(c);
    if length < rule.min || length > rule.max {
        return Err(format!("A user name has {} to {} characters.", rule.min, rule.max));
    }
    if is_address(&name) {
        return Err("A user name is not an e-mail address.".to_owned());
    }
    if name.chars().all(is_allowed) {
        Ok(name)
    } else {
        Err("A user name has letters, digits and _ + - . ! # $ ' ^ ` ~ @ only.".to_owned())
    }
}

/// A user to insert, with one identity.
pub(crate) struct NewUserRow {
    /// The key of the identity.
    pub(crate) key: IdentityKey,
    /// The row of the user.
    pub(crate) row: UserRow,
}

/// Creates the row of a new user of a connection, for every way in which a person gets an account while the tenant runs.
pub(crate) fn new_user(connection: &Connection, id: NewIdentityId, profile: Profile, now: i64) -> NewUserRow {
    let key = IdentityKey { provider: connection.strategy.clone(), user_id: id.into_id() };
    let identity = Identity {
        profile_data: None,
        connection: connection.name.clone(),
        user_id: key.user_id.clone(),
        provider: key.provider.clone(),
        is_social: key.provider.is_social(),
    };
    NewUserRow { row: UserRow::new(key.as_user_id(), profile, vec![identity], now), key }
}

/// Inserts a user with one identity, and its credentials if there is a password.
///
/// # Errors
/// [`store::Error::Conflict`] if a user or linked identity with this id exists (contract
/// [U-17](model::contract#u-17)), or if an identity of the same connection has the address or one of the identifiers.
pub(crate) async fn insert_account(
    unit: &mut Unit,
    row: &UserRow,
    password_hash: Option<String>,
) -> Result<(), store::Error> {
    let Some(identity) = row.identities.first() else { return Err(store::Error::Damaged("identity")) };
    let (email, phone) = (row.profile.email(), row.profile.phone_number());
    let addresses = [
        email.map(|email| Address::Email(email.to_owned())),
        phone.map(|number| Address::Phone(number.to_owned())),
    ];
    for address in addresses.into_iter().flatten() {
        if unit.find_identity_by_address(&identity.connection, &address, None).await?.is_some() {
            return Err(store::Error::Conflict);
        }
    }
    unit.insert_user(row).await?;
    if let Some(hash) = password_hash {
        insert_credentials(unit, &identity.key(), &identity.connection, &row.profile, &hash).await?;
    }
    Ok(())
}

/// Sets the password of a database identity, whether or not it has one. Returns `false` if the identity has
/// no identifier to sign in with.
///
/// # Errors
/// [`store::Error::Conflict`] if another identity of the connection has one of its identifiers.
pub(crate) async fn set_password(
    unit: &mut Unit,
    key: &IdentityKey,
    connection: &ConnectionName,
    profile: &Profile,
    hash: &str,
) -> Result<bool, store::Error> {
    if unit.replace_password(key, hash).await? {
        return Ok(true);
    }
    insert_credentials(unit, key, connection, profile, hash).await?;
    Ok(!identifiers(profile).is_empty())
}

async fn insert_credentials(
    unit: &mut Unit,
    key: &IdentityKey,
    connection: &ConnectionName,
    profile: &Profile,
    hash: &str,
) -> Result<(), store::Error> {
    for identifier in identifiers(profile) {
        let (connection, key, password_hash) = (connection.clone(), key.clone(), hash.to_owned());
        unit.insert_credential(&CredentialRow { connection, identifier, key, password_hash }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_short_plain_and_not_an_address() {
        let rule = Usernames { min: 3, max: 8 };
        assert_eq!(normalize_username(rule, "Ada_1815").as_deref(), Ok("ada_1815"));
        assert_eq!(normalize_username(rule, "@da").as_deref(), Ok("@da"));
        for invalid in ["ad", "ada_lovelace", "a@b.c", "a b c", "ada\n", "ädä", "<ada>"] {
            assert!(normalize_username(rule, invalid).is_err(), "{invalid}");
        }
    }
}
