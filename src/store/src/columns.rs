//! Conversions between columns and the types of `model`.

use model::{ConnectionName, Identity, IdentityId, IdentityKey, Metadata, Profile, Provider};

use crate::error::Error;
use crate::normal_form::fold_identifier;
use crate::row::Row;

/// Returns an identity without `profile_data`, and its profile.
pub(crate) fn identity_from_row(row: &Row) -> Result<(Identity, Profile), Error> {
    let profile: &str = row.get("profile")?;
    let integer = row.get::<i64>("id_is_integer")? != 0;
    let identity = Identity {
        profile_data: None,
        connection: ConnectionName::new(row.get::<&str>("connection")?),
        user_id: IdentityId::from_parts(row.get::<&str>("id")?, integer),
        provider: Provider::new(row.get::<&str>("provider")?),
        is_social: row.get::<i64>("is_social")? != 0,
    };
    Ok((identity, from_json(profile, "profile")?))
}

/// Returns the key in the columns `provider` and `id`.
pub(crate) fn key_from_row(row: &Row) -> Result<IdentityKey, Error> {
    Ok(IdentityKey {
        provider: Provider::new(row.get::<&str>("provider")?),
        user_id: IdentityId::text(row.get::<&str>("id")?),
    })
}

pub(crate) fn metadata_to_json(metadata: Option<&Metadata>) -> Result<Option<String>, Error> {
    metadata.map(|metadata| to_json(metadata, "metadata")).transpose()
}

/// Returns the value of the column `email`: the profile's e-mail address as it is compared, `""` if there is none.
pub(crate) fn folded_email(profile: &Profile) -> String {
    profile.email().map(fold_identifier).unwrap_or_default()
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T, what: &'static str) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Damaged(what))
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Damaged(what))
}
