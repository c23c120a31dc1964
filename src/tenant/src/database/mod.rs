//! Database connections: people who sign in with a password that this tenant keeps (contract [A8](model::contract#a8), [C4](model::contract#c4)).

mod endpoints;
mod links;
mod sign_up;

use model::{ConnectionName, IdentityKey, Profile};
use store::{Address, CredentialRow, Unit, UserRow};

use crate::configuration::Usernames;
use crate::mail::is_address;

pub(crate) use endpoints::router;
pub(crate) use sign_up::{NewAccount, SignUpError};

/// What can be typed to sign in: the e-mail address and the user name, in lower case.
pub(crate) fn identifiers(profile: &Profile) -> Vec<String> {
    let mut identifiers: Vec<String> =
        [profile.email(), profile.text("username")].into_iter().flatten().map(str::to_lowercase).collect();
    identifiers.dedup();
    identifiers
}

/// A user name in the form in which it is kept. One that looks like an e-mail address is refused: it could be
/// somebody's login.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn username(rule: Usernames, text: &str) -> Result<String, String> {
    let name = text.to_lowercase();
    let length = name.chars().count();
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+-.!#$'^`~@".contains(c);
    if length < rule.min || length > rule.max {
        return Err(format!("A user name has {} to {} characters.", rule.min, rule.max));
    }
    if is_address(&name) {
        return Err("A user name is not an e-mail address.".to_owned());
    }
    if name.chars().all(fits) {
        Ok(name)
    } else {
        Err("A user name has letters, digits and _ + - . ! # $ ' ^ ` ~ @ only.".to_owned())
    }
}

/// Adds a user with one identity, in a database with its password.
///
/// # Errors
/// [`store::Error::Conflict`] when somebody has its id, as root or as linked identity (U-17), or in its connection its
/// address or one of its identifiers.
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

/// Gives an identity of a database another password, or its first one. `false` when it has no name to sign in with.
///
/// # Errors
/// [`store::Error::Conflict`] when somebody else signs in with its name.
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
    fn a_user_name_is_short_plain_and_no_address() {
        let rule = Usernames { min: 3, max: 8 };
        assert_eq!(username(rule, "Ada_1815").as_deref(), Ok("ada_1815"));
        assert_eq!(username(rule, "@da").as_deref(), Ok("@da"));
        for wrong in ["ad", "ada_lovelace", "a@b.c", "a b c", "ada\n", "ädä", "<ada>"] {
            assert!(username(rule, wrong).is_err(), "{wrong}");
        }
    }
}
