//! Sign-up: creates an account from an e-mail address and a password.

use std::net::IpAddr;
use std::time::Duration;

use model::{IdentityId, Metadata, NewIdentityId, Profile};
use store::{UserRow, fold_identifier};

use super::accounts::{NewUserRow, insert_account, new_user, normalize_username};
use super::ticket_mails::send_email_verification;
use crate::configuration::Connection;
use crate::http::error::log_failure;
use crate::login::login_throttle::Guesser;
use crate::mail::is_address;
use crate::password_policy::{Owner, PasswordHashError, Weakness};
use crate::secret::{Secret, random_hex};
use crate::state::Tenant;

/// The account that a person requests.
pub(crate) struct NewAccount {
    pub(crate) email: String,
    pub(crate) username: Option<String>,
    pub(crate) password: Secret,
    /// Further attributes. The caller has checked their names and values.
    pub(crate) profile: Profile,
    pub(crate) user_metadata: Option<Metadata>,
}

/// The reason why a sign-up failed.
#[derive(Debug)]
pub(crate) enum SignUpError {
    /// The connection does not allow sign-up.
    Closed,
    /// Not a valid e-mail address.
    InvalidEmail,
    /// The username is missing, unexpected or invalid, with a sentence for people.
    InvalidUsername(String),
    /// The password does not satisfy the connection's policy.
    WeakPassword(Weakness),
    /// The address or the username exists already.
    Taken,
    /// Too many attempts, with the time to wait.
    TooManyRequests(Duration),
    /// An internal error, which has been logged.
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

/// Signs up a person in a database connection and sends a mail that verifies the address. Returns the new
/// user.
///
/// # Errors
/// [`SignUpError`]. Whether the address exists is checked last, after all other work, so that the response time does
/// not reveal it.
pub(crate) async fn sign_up(
    tenant: &Tenant,
    connection: &Connection,
    new: NewAccount,
    address: Option<IpAddr>,
) -> Result<UserRow, SignUpError> {
    let database = &connection.database;
    if !database.sign_up {
        return Err(SignUpError::Closed);
    }
    let email = fold_identifier(&new.email);
    if !is_address(&email) {
        return Err(SignUpError::InvalidEmail);
    }
    let username = match (database.usernames, new.username) {
        (Some(rule), Some(name)) => {
            Some(normalize_username(rule, &name).map_err(SignUpError::InvalidUsername)?)
        }
        (None, None) => None,
        (Some(_), None) => return Err(SignUpError::InvalidUsername("Type a user name.".to_owned())),
        (None, Some(_)) => {
            let words = "This connection does not use user names.";
            return Err(SignUpError::InvalidUsername(words.to_owned()));
        }
    };
    // Never refunded: frequent sign-ups are limited like failed sign-ins.
    let bucket = format!("sign-up {email}");
    let throttle = &tenant.0.login_throttle;
    let started = throttle.start_attempt(&bucket, Guesser::Stranger(address), tenant.now()).await?;
    started.map_err(SignUpError::TooManyRequests)?;
    let mut profile = new.profile.with("email", email.as_str()).with("email_verified", false);
    if let Some(name) = username {
        profile = profile.with("username", name);
    }
    let owner = Owner::of(&profile, new.user_metadata.as_ref());
    let hash = database.passwords.hash(new.password, &owner).await.map_err(|error| match error {
        PasswordHashError::Weak(weakness) => SignUpError::WeakPassword(weakness),
        PasswordHashError::Failed => SignUpError::Failed,
    })?;
    let id = NewIdentityId::new(IdentityId::text(random_hex::<12>())).map_err(|_| SignUpError::Failed)?;
    let NewUserRow { key, row } = new_user(connection, id, profile, tenant.now().millis());
    let row = UserRow { user_metadata: new.user_metadata, ..row };
    let row = tenant
        .0
        .store
        .write::<_, SignUpError, _>(move |unit| {
            Box::pin(async move {
                insert_account(unit, &row, Some(hash)).await?;
                Ok(row)
            })
        })
        .await?;
    send_email_verification(tenant, &connection.name, &email, key).await?;
    Ok(row)
}
