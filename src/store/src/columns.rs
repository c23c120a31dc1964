//! Conversions between columns and the types of `model`.

use model::{ConnectionName, Identity, IdentityId, IdentityKey, Metadata, Profile, Provider};

use crate::error::Error;
use crate::normal_form::fold_identifier;
use crate::profile_text::ProfileForm;
use crate::row::Row;

/// Returns an identity without `profile_data`, and its profile.
pub(crate) fn identity_from_row(row: &Row) -> Result<(Identity, Profile), Error> {
    Ok((bare_identity(row)?, profile_from_row(row)?))
}

/// Returns the profile of an identity.
pub(crate) fn profile_from_row<P: ProfileForm>(row: &Row) -> Result<P, Error> {
    P::from_stored(row.get::<&str>("profile")?)
}

/// Returns an identity without `profile_data`.
pub(crate) fn bare_identity<P>(row: &Row) -> Result<Identity<P>, Error> {
    let integer = row.get::<i64>("id_is_integer")? != 0;
    Ok(Identity {
        profile_data: None,
        connection: ConnectionName::new(row.get::<&str>("connection")?),
        user_id: IdentityId::from_parts(row.get::<&str>("id")?, integer),
        provider: Provider::new(row.get::<&str>("provider")?),
        is_social: row.get::<i64>("is_social")? != 0,
    })
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
