//! `POST /api/v2/users` (contract [A8](model::contract#a8)).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{IdentityId, Metadata, NewIdentityId, Profile};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{UserRow, fold_identifier};

use super::key_order::UserBody;
use super::metadata::check_size;
use super::{body, schema};
use crate::configuration::Connection;
use crate::database::accounts::{NewUserRow, insert_account, new_user, normalize_username};
use crate::database::ticket_mails::send_email_verification;
use crate::http::bearer::{Caller, MayCreate};
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::password_policy::Owner;
use crate::secret::{Secret, random_hex};
use crate::state::Tenant;

/// The body of the request. The schema has validated every value.
#[derive(Deserialize)]
struct NewUser {
    connection: String,
    user_id: Option<String>,
    password: Option<String>,
    username: Option<String>,
    blocked: Option<bool>,
    user_metadata: Option<Metadata>,
    app_metadata: Option<Metadata>,
    /// The other properties, which are profile attributes.
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

/// Creates a user in a database or passwordless connection: 201 with the user.
///
/// 409 if a user or linked identity with the id exists (contract [U-17](model::contract#u-17)), or if an
/// identity of the connection has the address.
pub(crate) async fn create(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let permission = caller.may_create()?;
    let (mut body, encoding) = body::read(&tenant, request).await?;
    schema::check(&mut body, encoding, schema::NEW_USER, &["connection"])?;
    let mut new: NewUser = serde_json::from_value(Value::Object(body)).map_err(|_| ApiError::Internal)?;
    let refusal = |message: &str| ApiError::Refused(message.to_owned());
    let connection = tenant
        .0
        .configuration
        .connection(&new.connection)
        .ok_or_else(|| refusal("Connection does not exist."))?;
    check_connection(connection, &new)?;
    let password = new.password.take().filter(|_| connection.is_database());
    let verify = new.attributes.remove("verify_email") == Some(Value::Bool(true));
    let row = new_row(connection, new, tenant.now().millis())?;
    let hash = match password {
        Some(password) => {
            let owner = Owner::of(&row.profile, row.user_metadata.as_ref());
            Some(connection.database.passwords.hash(Secret::new(password), &owner).await?)
        }
        None => None,
    };
    check_size(None, &row)?;
    let created = management_json(StatusCode::CREATED, &UserBody::of(&row));
    let unverified =
        row.profile.email().filter(|_| verify).map(str::to_owned).zip(row.user_id.as_identity_key());
    insert(&tenant, permission, row, hash).await?;
    if let Some((email, key)) = unverified {
        send_email_verification(&tenant, &connection.name, &email, key).await?;
    }
    Ok(created)
}

/// Checks that the connection supports creating users, and that the required properties are present.
fn check_connection(connection: &Connection, new: &NewUser) -> Result<(), ApiError> {
    let refuse = |message: &str| Err(ApiError::Refused(message.to_owned()));
    let required: &[&str] = match connection.strategy.as_str() {
        "auth0" => &["email", "password"],
        "email" => &["email"],
        "sms" => &["phone_number"],
        _ => {
            return refuse(
                "Connection does not support user creation through the API. It must either be a database or \
                 passwordless connection.",
            );
        }
    };
    if !connection.is_enabled() {
        return refuse("Connection is disabled.");
    }
    let missing = required.iter().find(|name| match **name {
        "password" => new.password.is_none(),
        name => !new.attributes.contains_key(name),
    });
    if let Some(missing) = missing {
        return Err(schema::missing_property(missing));
    }
    match (connection.database.usernames, &new.username) {
        (None, Some(_)) => refuse("Cannot set username for connection without requires_username."),
        (Some(_), None) if connection.is_database() => Err(schema::missing_property("username")),
        _ => Ok(()),
    }
}

/// Returns the row of a new user.
fn new_row(connection: &Connection, new: NewUser, now: i64) -> Result<UserRow, ApiError> {
    let mut profile = Profile(new.attributes);
    // E-mail addresses of these connections are stored as they are compared (contract A7).
    if let Some(email) = profile.email().map(fold_identifier) {
        profile = profile.with("email", email);
        profile.0.entry("email_verified").or_insert(Value::Bool(false));
    }
    if connection.strategy.as_str() == "sms" {
        profile.0.entry("phone_verified").or_insert(Value::Bool(false));
    }
    if let (Some(rule), Some(name)) = (connection.database.usernames, &new.username) {
        profile = profile.with("username", normalize_username(rule, name).map_err(ApiError::Refused)?);
    }
    let id = IdentityId::text(new.user_id.unwrap_or_else(random_hex::<12>));
    let id = NewIdentityId::new(id).map_err(|error| ApiError::Refused(error.to_string()))?;
    let NewUserRow { row, .. } = new_user(connection, id, profile, now);
    Ok(UserRow {
        user_metadata: new.user_metadata,
        app_metadata: new.app_metadata,
        blocked: new.blocked,
        ..row
    })
}

async fn insert(
    tenant: &Tenant,
    _permission: MayCreate,
    row: UserRow,
    password_hash: Option<String>,
) -> Result<(), ApiError> {
    tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                insert_account(unit, &row, password_hash).await.map_err(|error| match error {
                    store::Error::Conflict => ApiError::UserExists,
                    other => ApiError::from(other),
                })
            })
        })
        .await
}
