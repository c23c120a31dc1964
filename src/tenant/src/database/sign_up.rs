//! Signing up: from an address and a password to an account, whoever asks.

use std::net::IpAddr;
use std::time::Duration;

use model::{Identity, IdentityId, IdentityKey, Metadata, Profile};
use store::UserRow;

use super::{insert_account, username};
use crate::Tenant;
use crate::configuration::Connection;
use crate::http::error::log_failure;
use crate::mail::is_address;
use crate::password::{NotHashed, Weakness};
use crate::secret::{Secret, random_hex};

/// An account that somebody asks for.
pub(crate) struct NewAccount {
    pub(crate) email: String,
    pub(crate) username: Option<String>,
    pub(crate) password: Secret,
    /// What they say about themselves besides; the names of these attributes are the caller's to judge.
    pub(crate) profile: Profile,
    pub(crate) user_metadata: Option<Metadata>,
}

/// Why nobody was signed up.
#[derive(Debug)]
pub(crate) enum SignUpError {
    /// The connection takes nobody new.
    Closed,
    /// The address is none.
    InvalidEmail,
    /// The user name is missing, not asked for, or cannot be; in words.
    InvalidUsername(String),
    /// The password lacks something.
    WeakPassword(Weakness),
    /// Somebody has the address or the user name.
    Taken,
    /// Too many come from there; after so long they may again.
    TooManyRequests(Duration),
    /// Something failed that nobody outside can do anything about.
    Failed,
}

impl From<store::Error> for SignUpError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict => Self::Taken,
            error => {
                log_failure(&error);
                Self::Failed
            }
        }
    }
}

impl Tenant {
    /// Signs somebody up in a database and sends them a mail to prove their address: the new user.
    ///
    /// # Errors
    /// [`SignUpError`]. Whether an address is taken is looked at last, behind all the work.
    pub(crate) async fn sign_up(
        &self,
        connection: &Connection,
        new: NewAccount,
        address: Option<IpAddr>,
    ) -> Result<UserRow, SignUpError> {
        let database = &connection.database;
        if !database.sign_up {
            return Err(SignUpError::Closed);
        }
        let email = new.email.to_lowercase();
        if !is_address(&email) {
            return Err(SignUpError::InvalidEmail);
        }
        let username = match (database.usernames, new.username) {
            (Some(rule), Some(name)) => Some(username(rule, &name).map_err(SignUpError::InvalidUsername)?),
            (None, None) => None,
            (Some(_), None) => return Err(SignUpError::InvalidUsername("Type a user name.".to_owned())),
            (None, Some(_)) => {
                let words = "This connection does not use user names.";
                return Err(SignUpError::InvalidUsername(words.to_owned()));
            }
        };
        // Never taken back: who signs up often waits as who guesses does.
        let login = format!("sign-up {email}");
        self.0.attempts.begin(&login, address, self.now()).map_err(SignUpError::TooManyRequests)?;
        let hash = database.passwords.hash(new.password).await.map_err(|not_hashed| match not_hashed {
            NotHashed::Weak(weakness) => SignUpError::WeakPassword(weakness),
            NotHashed::Failed => SignUpError::Failed,
        })?;
        let mut profile = new.profile.with("email", email.as_str()).with("email_verified", false);
        if let Some(name) = username {
            profile = profile.with("username", name);
        }
        let key = IdentityKey {
            provider: connection.strategy.clone(),
            user_id: IdentityId::text(random_hex::<12>()),
        };
        let identity = Identity {
            profile_data: None,
            connection: connection.name.clone(),
            user_id: key.user_id.clone(),
            provider: key.provider.clone(),
            is_social: false,
        };
        let row = UserRow {
            user_metadata: new.user_metadata,
            ..UserRow::new(key.as_user_id(), profile, vec![identity], self.now().millis())
        };
        let row = self
            .0
            .store
            .write::<_, SignUpError, _>(move |unit| {
                Box::pin(async move {
                    insert_account(unit, &row, Some(hash)).await?;
                    Ok(row)
                })
            })
            .await?;
        self.mail_verification(&connection.name, &email, key).await?;
        Ok(row)
    }
}
