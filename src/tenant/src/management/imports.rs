//! `POST /api/v2/jobs/users-imports`: users in the format of Auth0's bulk import (contract [A20](model::contract#a20),
//! [B4](model::contract#b4)). Each user is a unit of work of its own: those that are refused are the job's errors.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Identity, Profile};
use serde_json::{Map, Value, json};
use store::{Address, UserRow};

use super::jobs::{Shown, new_job, respond};
use super::metadata::{check_size, merge};
use super::schema::missing_property;
use crate::configuration::Connection;
use crate::http::bearer::{Caller, IMPORT_USERS};
use crate::http::body::OBJECT_LIMIT;
use crate::http::error::ApiError;
use crate::jobs::{Import, Work};
use crate::seed::{self, SeedError, SeedUser, Seeded};
use crate::state::Tenant;
use crate::users_file::Reader;

/// The attributes of an existing user that an import changes (contract [A20](model::contract#a20)).
const UPSERTABLE: [&str; 6] = ["email_verified", "family_name", "given_name", "name", "nickname", "picture"];

/// The keys of a user that errors do not repeat.
const SECRETS: [&str; 3] = ["password", "password_hash", "custom_password_hash"];

/// The form of a request.
#[derive(Default)]
struct Form {
    users: Option<Vec<u8>>,
    connection_id: Option<String>,
    external_id: Option<String>,
    upsert: bool,
}

/// Imports the users of a file into a database connection: 202 with the job.
pub(super) async fn create(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(IMPORT_USERS)?;
    let Form { users, connection_id, external_id, upsert } = read(request).await?;
    let users = users.ok_or_else(|| missing_property("users"))?;
    let connection_id = connection_id.ok_or_else(|| missing_property("connection_id"))?;
    let mut connections = tenant.0.configuration.connections().iter();
    let connection = connections.find(|connection| connection.id == connection_id);
    let connection = connection.ok_or_else(|| refusal("The connection does not exist."))?;
    if !connection.is_database() {
        return Err(refusal("Users can only be imported to a database connection."));
    }
    let users: Vec<Value> = serde_json::from_slice(&users)
        .map_err(|_| ApiError::Payload("Invalid type: expected an array of users in JSON".to_owned()))?;
    let mut import = Import { connection_id, external_id, inserted: 0, updated: 0, errors: Vec::new() };
    let reader = Reader::new(tenant.0.configuration.connections(), Some(connection.name.as_str()));
    let mut reader = reader.map_err(|_| ApiError::Internal)?;
    for (place, user) in users.into_iter().enumerate() {
        match add(&tenant, connection, &mut reader, (place, &user), upsert).await? {
            Outcome::Inserted => import.inserted += 1,
            Outcome::Updated => import.updated += 1,
            Outcome::Refused(error) => {
                import.errors.push(json!({ "user": without_secrets(user), "errors": [error] }));
            }
        }
    }
    let job = new_job(&tenant, Work::Import(import));
    tenant.0.jobs.add(&job).await?;
    Ok(respond(&tenant, StatusCode::ACCEPTED, &job, Shown::Accepted))
}

/// What became of a user.
enum Outcome {
    Inserted,
    Updated,
    /// It was refused, with an error in the representation of the API.
    Refused(Value),
}

impl Outcome {
    fn refused(code: &str, message: &str, path: Option<&str>) -> Self {
        let mut error = json!({ "code": code, "message": message });
        if let Some(path) = path {
            error["path"] = json!(path);
        }
        Self::Refused(error)
    }
}

fn refusal(message: &str) -> ApiError {
    ApiError::Refused(message.to_owned())
}

async fn read(request: Request<Body>) -> Result<Form, ApiError> {
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| ApiError::MediaType)?;
    let (mut form, mut size) = (Form::default(), 0);
    while let Some(field) = multipart.next_field().await.map_err(|error| unreadable(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| unreadable(&error))?;
        size += bytes.len();
        if size > OBJECT_LIMIT {
            return Err(ApiError::TooLarge);
        }
        let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
        match name.as_str() {
            "users" => form.users = Some(bytes.to_vec()),
            "connection_id" => form.connection_id = Some(text()),
            "external_id" => form.external_id = Some(text()),
            "upsert" => form.upsert = text() == "true",
            // The tenant sends no mail about a job.
            "send_completion_email" => {}
            other => return Err(ApiError::Payload(format!("Additional properties not allowed: {other}"))),
        }
    }
    Ok(form)
}

fn unreadable(error: &MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::TooLarge;
    }
    ApiError::Payload("Invalid multipart payload format".to_owned())
}

/// Adds one user, or changes it if it exists and that was asked for.
async fn add(
    tenant: &Tenant,
    connection: &Connection,
    reader: &mut Reader<'_>,
    (place, user): (usize, &Value),
    upsert: bool,
) -> Result<Outcome, ApiError> {
    let Value::Object(object) = user else {
        return Ok(Outcome::refused("INVALID_TYPE", "A user is an object.", None));
    };
    let seed = match reader.read(place, object.clone()) {
        Ok(seed) => seed,
        Err(mistake) => {
            let path = mistake.path.strip_prefix(&format!("$[{place}].")).filter(|path| !path.is_empty());
            return Ok(Outcome::refused("INVALID_FORMAT", &mistake.reason, path));
        }
    };
    match &seed.user.identities[..] {
        [only] if only.connection == connection.name => {}
        _ => {
            let message = "A user of an import has one identity, which is of the connection of the job.";
            return Ok(Outcome::refused("INVALID_FORMAT", message, Some("identities")));
        }
    }
    if seed.user.profile.email().is_none() && seed.user.profile.text("username").is_none() {
        return Ok(Outcome::refused("EMAIL_OR_USERNAME_REQUIRED", "The user has no email.", Some("email")));
    }
    let known = find(tenant, connection, &seed).await?;
    match known {
        Some(known) if upsert && known.1.connection == connection.name => change(tenant, known, seed).await,
        Some(_) => Ok(Outcome::refused("DUPLICATED_USER", "The user already exists.", None)),
        None => match seed::add_missing(tenant, Arc::<[SeedUser]>::from([seed]), |_| {}).await {
            Ok(Seeded { added: 1, .. }) => Ok(Outcome::Inserted),
            Ok(_) => Ok(Outcome::refused("DUPLICATED_USER", "The user already exists.", None)),
            Err(SeedError::Store(error)) => Err(error.into()),
            // Nothing is read again here.
            Err(SeedError::Changed(_)) => Err(ApiError::Internal),
            Err(SeedError::Conflict(_)) => {
                let message = "The email or the username belongs to another user.";
                Ok(Outcome::refused("DUPLICATED_USER", message, None))
            }
            Err(SeedError::Id { reason, .. }) => {
                Ok(Outcome::refused("INVALID_FORMAT", &reason.to_string(), Some("user_id")))
            }
            Err(error @ SeedError::TooLarge { .. }) => {
                Ok(Outcome::refused("MAX_LENGTH", &error.to_string(), None))
            }
        },
    }
}

/// Returns the stored user with the id or the address of an imported one, and its identity.
async fn find(
    tenant: &Tenant,
    connection: &Connection,
    seed: &SeedUser,
) -> Result<Option<(UserRow, Identity)>, ApiError> {
    let mut reader = tenant.0.store.read().await?;
    let mut key = seed.user.identities.first().map(Identity::key);
    let mut user = match &key {
        Some(key) => reader.find_user_by_identity(key).await?,
        None => None,
    };
    if user.is_none()
        && let Some(email) = seed.user.profile.email()
    {
        let address = Address::Email(email.to_owned());
        key = reader.find_identity_by_address(&connection.name, &address, None).await?;
        if let Some(key) = &key {
            user = reader.find_user_by_identity(key).await?;
        }
    }
    let Some(user) = user else { return Ok(None) };
    let identity = user.identities.iter().find(|identity| Some(identity.key()) == key).cloned();
    Ok(identity.map(|identity| (user, identity)))
}

/// Changes what an import may change of an existing user: never its password, address or username.
async fn change(
    tenant: &Tenant,
    (known, identity): (UserRow, Identity),
    seed: SeedUser,
) -> Result<Outcome, ApiError> {
    let now = tenant.now().millis();
    let store = &tenant.0.store;
    let changed = store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                // It is read again, so that no other change is lost.
                let mut user = unit.find_user(&known.user_id).await?.ok_or(ApiError::UnknownUser)?;
                let (imported, unchanged) = (seed.user, user.clone());
                for (stored, new) in [
                    (&mut user.user_metadata, imported.user_metadata),
                    (&mut user.app_metadata, imported.app_metadata),
                ] {
                    if let Some(new) = new.filter(|new| !new.is_empty()) {
                        *stored = Some(merge(stored.take(), &new));
                    }
                }
                user.blocked = imported.blocked.or(user.blocked);
                user.updated_at = now;
                let place = user.identities.iter().position(|one| one.key() == identity.key());
                let Some(place) = place else { return Err(ApiError::UnknownUser) };
                let before =
                    user.identities[place].profile_data.clone().unwrap_or_else(|| user.profile.clone());
                let after = with_upserted(before, &imported.profile);
                if place == 0 {
                    user.profile = after.clone();
                }
                check_size(Some(&unchanged), &user)?;
                unit.update_account(&user).await?;
                unit.update_profile(&identity.key(), &after).await?;
                Ok(())
            })
        })
        .await;
    match changed {
        Ok(()) => Ok(Outcome::Updated),
        Err(ApiError::UnknownUser) => {
            Ok(Outcome::refused("DUPLICATED_USER", "The user was changed meanwhile.", None))
        }
        Err(ApiError::Payload(message)) => Ok(Outcome::refused("MAX_LENGTH", &message, None)),
        Err(error) => Err(error),
    }
}

fn with_upserted(mut profile: Profile, imported: &Profile) -> Profile {
    for key in UPSERTABLE {
        if let Some(value) = imported.0.get(key) {
            profile = profile.with(key, value.clone());
        }
    }
    profile
}

/// Returns a user as it was sent, without its password.
fn without_secrets(user: Value) -> Value {
    let Value::Object(object) = user else { return user };
    let hidden = |(key, value): (String, Value)| {
        let is_secret = SECRETS.contains(&key.as_str());
        (key, if is_secret { json!("*****") } else { value })
    };
    Value::Object(object.into_iter().map(hidden).collect::<Map<_, _>>())
}
