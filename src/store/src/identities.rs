//! Identities: finding them, and moving them between users by link and unlink.

use model::{ConnectionName, Identity, IdentityKey, Profile, UserId};

use crate::columns::{folded_email, identity_from_row, key_from_row, to_json};
use crate::error::Error;
use crate::normal_form::fold_identifier;
use crate::query::query;
use crate::session_clients::SessionEnd;
use crate::unit::{Reader, Unit};
use crate::users::UserRow;

/// An identity with its profile and its account.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityRow {
    /// The identity, without `profile_data`.
    pub identity: Identity,
    /// The identity's own profile.
    pub profile: Profile,
    /// The account that the identity signs in to.
    pub user_id: UserId,
}

/// An address that is unique within a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An e-mail address.
    Email(String),
    /// A telephone number in E.164 format: `+` and digits.
    Phone(String),
}

impl Reader {
    /// Returns the first `limit` identities of `connection`, ordered by id.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn list_identities(
        &mut self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<IdentityRow>, Error> {
        let rows = query(
            "SELECT provider, id, id_is_integer, user_id, connection, is_social, profile FROM identities \
             WHERE connection = $1 ORDER BY id LIMIT $2",
        )
        .bind(connection.as_str())
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                let (identity, profile) = identity_from_row(row)?;
                let user_id = UserId::new(row.get::<String>("user_id")?);
                Ok(IdentityRow { identity, profile, user_id })
            })
            .collect()
    }

    /// Returns an identity of `connection` other than `except` with this e-mail address, in any case and any
    /// Unicode normal form, or with this telephone number.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_identity_by_address(
        &mut self,
        connection: &ConnectionName,
        address: &Address,
        except: Option<&IdentityKey>,
    ) -> Result<Option<IdentityKey>, Error> {
        let (condition, value) = match address {
            Address::Email(email) => ("email = $2", fold_identifier(email)),
            // The store writes the JSON of profiles, so the attribute has this form and no other.
            Address::Phone(number) => {
                let attribute =
                    to_json(&Profile::default().with("phone_number", number.as_str()), "profile")?;
                ("profile LIKE '%' || $2 || '%'", attribute.trim_matches(['{', '}']).to_owned())
            }
        };
        let sql = format!("SELECT provider, id FROM identities WHERE connection = $1 AND {condition}");
        let rows = query(sql).bind(connection.as_str()).bind(value).fetch_all(self.connection()).await?;
        for row in &rows {
            let key = key_from_row(row)?;
            if except != Some(&key) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }
}

impl Unit {
    /// Unlinks an identity of `primary`, which this unit has read: makes it a user of its own, blocked if `primary` is, without
    /// metadata and sign-in history (contract [A12](model::contract#a12), [U-9](model::contract#u-9)), and deletes its sessions
    /// and tokens.
    ///
    /// Returns `false` and changes nothing if the identity is not one of the linked ones of `primary`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn unlink_identity<P>(
        &mut self,
        primary: &UserRow<P>,
        key: &IdentityKey,
        now: i64,
    ) -> Result<bool, Error> {
        let is_meant = |one: &Identity<P>| one.provider == key.provider && one.user_id == key.user_id;
        if !primary.identities.iter().skip(1).any(is_meant) {
            return Ok(false);
        }
        let (primary, freed) = (&primary.user_id, key.as_user_id());
        if self.connection().is_shared() {
            self.unlink_in_one_statement(primary, key, &freed, now).await?;
            return Ok(true);
        }
        // The check and the move are one statement, so that only one of two concurrent unlinks matches.
        let moved = query(
            "UPDATE identities SET user_id = $4, position = 0 \
             WHERE provider = $1 AND id = $2 AND user_id = $3 AND user_id <> $4",
        )
        .bind(key.provider.as_str())
        .bind(key.user_id.as_str())
        .bind(primary.as_str())
        .bind(freed.as_str())
        .execute(self.connection())
        .await?;
        if moved == 0 {
            return Ok(false);
        }
        query(
            "INSERT INTO users (user_id, blocked, created_at, updated_at, logins_count) \
             SELECT $2, CASE WHEN blocked = 1 THEN 1 END, $3, $3, 0 FROM users WHERE user_id = $1",
        )
        .bind(primary.as_str())
        .bind(freed.as_str())
        .bind(now)
        .send(self.connection())
        .await?;
        self.remove_sessions_of(key).await?;
        self.remove_refresh_families_of(key).await?;
        self.remove_access_tokens_of(key).await?;
        self.touch_user(primary, now).await?;
        Ok(true)
    }

    /// Does what [`Unit::unlink_identity`] does in one statement, and does not wait for it. `SQLite` has no statements that change
    /// several tables. The tests of the store and of the tenant run on both engines, and hold the two to the same effects.
    async fn unlink_in_one_statement(
        &mut self,
        primary: &UserId,
        key: &IdentityKey,
        freed: &UserId,
        now: i64,
    ) -> Result<(), Error> {
        // The statement changes these two accounts and no other.
        let mut unchanged = std::mem::take(self.connection().read_ahead());
        unchanged.remove(primary);
        unchanged.remove(freed);
        query(
            "WITH moved AS (UPDATE identities SET user_id = $4, position = 0 \
                 WHERE provider = $1 AND id = $2 AND user_id = $3 AND user_id <> $4 RETURNING provider, id), \
             freed AS (INSERT INTO users (user_id, blocked, created_at, updated_at, logins_count) \
                 SELECT $4, CASE WHEN blocked = 1 THEN 1 END, $5, $5, 0 FROM users, moved WHERE user_id = $3), \
             ended AS (UPDATE session_clients SET ended_by = $6 WHERE ended_by IS NULL AND sid IN \
                 (SELECT sid FROM sessions JOIN moved USING (provider, id))), \
             signed_out AS (DELETE FROM sessions WHERE (provider, id) IN (SELECT provider, id FROM moved)), \
             refresh AS (DELETE FROM refresh_families WHERE (provider, id) IN (SELECT provider, id FROM moved)), \
             access AS (DELETE FROM access_tokens WHERE (provider, id) IN (SELECT provider, id FROM moved)) \
             UPDATE users SET updated_at = $5 WHERE user_id = $3 AND EXISTS (SELECT 1 FROM moved)",
        )
        .bind(key.provider.as_str())
        .bind(key.user_id.as_str())
        .bind(primary.as_str())
        .bind(freed.as_str())
        .bind(now)
        .bind(SessionEnd::Revoked.as_str())
        .send(self.connection())
        .await?;
        *self.connection().read_ahead() = unchanged;
        Ok(())
    }

    /// Links `secondary` to `primary`: moves all identities of `secondary` behind those of `primary` and
    /// deletes the account of `secondary` with its metadata and its access tokens (contract [A11](model::contract#a11)).
    ///
    /// Returns `false` if either user does not exist or both are the same.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn link_user(&mut self, primary: &UserId, secondary: &UserId, now: i64) -> Result<bool, Error> {
        // Writing the primary's row first also locks it in databases that several servers share.
        if primary == secondary || !self.touch_user(primary, now).await? {
            return Ok(false);
        }
        // They name an account that is no more. What they open must not be what the primary has.
        self.remove_access_tokens_of_user(secondary).await?;
        let moved = query(
            "UPDATE identities SET user_id = $1, \
             position = position + (SELECT MAX(position) + 1 FROM identities WHERE user_id = $1) \
             WHERE user_id = $2",
        )
        .bind(primary.as_str())
        .bind(secondary.as_str())
        .execute(self.connection())
        .await?;
        query("DELETE FROM users WHERE user_id = $1")
            .bind(secondary.as_str())
            .send(self.connection())
            .await?;
        Ok(moved > 0)
    }

    /// Replaces the profile of an identity.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn update_profile(&mut self, key: &IdentityKey, profile: &Profile) -> Result<(), Error> {
        query("UPDATE identities SET profile = $3, email = $4 WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .bind(to_json(profile, "profile")?)
            .bind(folded_email(profile))
            .send(self.connection())
            .await?;
        Ok(())
    }

    /// Fills the column `email` of rows that are older than the column, within the caller's transaction.
    pub(crate) async fn backfill_emails(&mut self) -> Result<(), Error> {
        loop {
            let rows = query(
                "SELECT provider, id, id_is_integer, connection, is_social, profile FROM identities \
                 WHERE email IS NULL LIMIT 500",
            )
            .fetch_all(self.connection())
            .await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                let (identity, profile) = identity_from_row(row)?;
                self.update_profile(&identity.key(), &profile).await?;
            }
        }
    }
}
