//! The part of a user that a search looks at.
//!
//! A search reads every user. To read and build each of them whole takes longer than all else, and most queries look at one or two keys.

use std::collections::BTreeSet;

use model::Metadata;
use serde_json::{Map, Value};
use store::{AccountColumns, Error, ScanColumns, ScannedUser};

use super::query::Query;
use crate::clock::Moment;
use crate::http::error::ApiError;
use crate::view;

/// The keys of a user that are columns of the account. A profile may have attributes of these names, too.
const ACCOUNT: [&str; 9] = [
    "app_metadata",
    "blocked",
    "created_at",
    "last_ip",
    "last_login",
    "last_password_reset",
    "logins_count",
    "updated_at",
    "user_metadata",
];

/// The keys of a user that a search looks at.
#[derive(Debug)]
pub(super) struct Projection {
    keys: BTreeSet<String>,
    columns: ScanColumns,
    linked_profiles: bool,
}

impl Projection {
    /// Returns the keys that a query, and the order of its results, look at.
    pub(super) fn of(query: &Query, sort_key: Option<&str>) -> Self {
        let mut keys = BTreeSet::new();
        query.add_keys(&mut keys);
        keys.extend(sort_key.map(str::to_owned));
        let columns = ScanColumns {
            account: ACCOUNT.iter().any(|key| keys.contains(*key)),
            identities: keys.contains("identities"),
        };
        let linked_profiles = query.reads_linked_profiles() || sort_key == Some("identities");
        Self { keys, columns, linked_profiles }
    }

    /// Returns the columns that have those keys.
    pub(super) fn columns(&self) -> ScanColumns {
        self.columns
    }

    /// Returns an object with those keys of a user, as [`view::user`] has them. It may have others. Linked identities have their
    /// profiles only if those are looked at.
    ///
    /// # Errors
    /// When the stored row is damaged.
    pub(super) fn of_user(&self, user: &ScannedUser) -> Result<Value, ApiError> {
        // What is derived is derived from the e-mail address.
        let profile = user.attributes(|key| key == "email" || self.keys.contains(key))?;
        let account = if self.columns.account { Some(user.account()?) } else { None };
        let reset = account.and_then(|account| account.last_password_reset);
        let mut made = Map::new();
        for key in &self.keys {
            let value = match (key.as_str(), account) {
                ("last_password_reset", _) if reset.is_some() => reset.map(time),
                // An attribute comes before a column of the same name.
                (key, _) if profile.0.contains_key(key) => continue,
                ("user_id", _) => Some(user.user_id()?.into()),
                ("identities", _) => Some(identities(user, self.linked_profiles)?),
                (key, Some(account)) if ACCOUNT.contains(&key) => of_account(&account, key)?,
                (key, _) => view::default_of(key, user.provider()?, &profile).map(Value::from),
            };
            made.extend(value.map(|value| (key.clone(), value)));
        }
        let mut whole = profile.0;
        whole.append(&mut made);
        Ok(Value::Object(whole))
    }
}

fn of_account(account: &AccountColumns<'_>, key: &str) -> Result<Option<Value>, ApiError> {
    let metadata = |text: Option<&str>| {
        let read = text.map(serde_json::from_str::<Metadata>).transpose();
        read.map(|read| read.map(Value::Object)).map_err(|_| ApiError::from(Error::Damaged("metadata")))
    };
    Ok(match key {
        "app_metadata" => metadata(account.app_metadata)?,
        "user_metadata" => metadata(account.user_metadata)?,
        "blocked" => account.blocked.map(Value::from),
        "created_at" => Some(time(account.created_at)),
        "updated_at" => Some(time(account.updated_at)),
        "last_login" => account.last_login.map(time),
        "last_ip" => account.last_ip.map(Value::from),
        "logins_count" => (account.logins_count > 0).then(|| account.logins_count.into()),
        _ => None,
    })
}

fn time(millis: i64) -> Value {
    Moment::from_millis(millis).iso().into()
}

fn identities(user: &ScannedUser, with_profiles: bool) -> Result<Value, ApiError> {
    let mut identities = user.identities()?;
    if !with_profiles {
        for identity in &mut identities {
            identity.profile_data = None;
        }
    }
    serde_json::to_value(identities).map_err(|_| ApiError::from(Error::Damaged("profile")))
}
