//! `POST /api/v2/users` (contract A8).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Identity, IdentityId, IdentityKey, Metadata, Profile};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{Address, CredentialRow, UserRow};

use super::metadata::check_size;
use super::users::shown;
use super::{password, payload, schema};
use crate::Tenant;
use crate::configuration::Connection;
use crate::http::bearer::{Caller, MayCreate};
use crate::http::error::{ApiError, management_json};
use crate::secret::{Secret, random_hex};

/// A new user as it is asked for; the schema has judged every value.
#[derive(Deserialize)]
struct NewUser {
    connection: String,
    user_id: Option<String>,
    password: Option<String>,
    username: Option<String>,
    blocked: Option<bool>,
    user_metadata: Option<Metadata>,
    app_metadata: Option<Metadata>,
    /// What is left: the profile's own attributes.
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

/// Adds a user to a database or passwordless connection: 201 with the user. 409 when somebody has its id, as
/// root or as linked identity (U-17), or its address in that connection.
pub(crate) async fn create(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let permission = caller.may_create()?;
    let (mut body, encoding) = payload(request).await?;
    schema::check(&mut body, encoding, schema::NEW_USER, &["connection"])?;
    let mut new: NewUser = serde_json::from_value(Value::Object(body)).map_err(|_| ApiError::Internal)?;
    let refused = |message: &str| ApiError::Refused(message.to_owned());
    let connection = tenant
        .0
        .configuration
        .connection(&new.connection)
        .ok_or_else(|| refused("Connection does not exist."))?;
    check_connection(connection, &new)?;
    let hash = match new.password.take().filter(|_| connection.is_database()) {
        Some(password) => Some(password::hash(Secret::new(password)).await?),
        None => None,
    };
    let (row, address) = row_of(connection, new, tenant.now().millis());
    check_size(&row)?;
    let shown = shown(&row)?;
    tenant.add_user(permission, row, address, hash).await?;
    Ok(management_json(StatusCode::CREATED, &shown))
}

/// Whether the connection takes new users from here, and with what.
fn check_connection(connection: &Connection, new: &NewUser) -> Result<(), ApiError> {
    let refused = |message: &str| Err(ApiError::Refused(message.to_owned()));
    let required: &[&str] = match connection.strategy.as_str() {
        "auth0" => &["email", "password"],
        "email" => &["email"],
        "sms" => &["phone_number"],
        _ => {
            return refused(
                "Connection does not support user creation through the API. It must either be a database or \
                 passwordless connection.",
            );
        }
    };
    if !connection.is_enabled() {
        return refused("Connection is disabled.");
    }
    let missing = required.iter().find(|name| match **name {
        "password" => new.password.is_none(),
        name => !new.attributes.contains_key(name),
    });
    if let Some(missing) = missing {
        return Err(schema::missing_property(missing));
    }
    // No connection of this tenant asks for user names.
    if new.username.is_some() {
        return refused("Cannot set username for connection without requires_username.");
    }
    Ok(())
}

/// The rows of a new user, and what nobody else in its connection may have.
fn row_of(connection: &Connection, new: NewUser, now: i64) -> (UserRow, Address) {
    let mut profile = Profile(new.attributes);
    profile.0.remove("verify_email");
    let is_phone = connection.strategy.as_str() == "sms";
    // Addresses of these connections are compared in lower case, so they are kept in it (contract A7).
    if let Some(email) = profile.email().map(str::to_lowercase) {
        profile = profile.with("email", email);
        profile.0.entry("email_verified").or_insert(Value::Bool(false));
    }
    if is_phone {
        profile.0.entry("phone_verified").or_insert(Value::Bool(false));
    }
    let address = if is_phone {
        Address::Phone(profile.phone_number().unwrap_or_default().to_owned())
    } else {
        Address::Email(profile.email().unwrap_or_default().to_owned())
    };
    let id = new.user_id.unwrap_or_else(random_hex::<12>);
    let key = IdentityKey { provider: connection.strategy.clone(), user_id: IdentityId::text(id) };
    let user_id = key.as_user_id();
    let identity = Identity {
        profile_data: None,
        connection: connection.name.clone(),
        user_id: key.user_id,
        provider: key.provider,
        is_social: false,
    };
    let row = UserRow {
        user_metadata: new.user_metadata,
        app_metadata: new.app_metadata,
        blocked: new.blocked,
        ..UserRow::new(user_id, profile, vec![identity], now)
    };
    (row, address)
}

impl Tenant {
    async fn add_user(
        &self,
        _permission: MayCreate,
        row: UserRow,
        address: Address,
        password_hash: Option<String>,
    ) -> Result<(), ApiError> {
        let exists = |error| match error {
            store::Error::Conflict => ApiError::UserExists,
            other => ApiError::from(other),
        };
        self.0
            .store
            .write(move |unit| {
                Box::pin(async move {
                    let Some(identity) = row.identities.first() else { return Err(ApiError::Internal) };
                    let key = identity.key();
                    if unit.find_address(&identity.connection, &address, None).await?.is_some() {
                        return Err(ApiError::UserExists);
                    }
                    unit.insert_user(&row).await.map_err(exists)?;
                    if let (Some(password_hash), Address::Email(login)) = (password_hash, address) {
                        let connection = identity.connection.clone();
                        let credential = CredentialRow { connection, login, key, password_hash };
                        unit.insert_credential(&credential).await.map_err(exists)?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
