//! `POST /api/v2/tickets/…`: links with which a person verifies an address or sets a password, and the job that mails one
//! (contract [A20](model::contract#a20)).

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{IdentityKey, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Address, Purpose, TicketOptions, UserRow};

use super::{body, schema};
use crate::database::ticket_mails::create_link;
use crate::http::bearer::{CREATE_TICKETS, Caller};
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::state::Tenant;

/// A link.
#[derive(Serialize)]
struct Ticket {
    ticket: String,
}

/// The body of both requests. The schemas have validated every value.
#[derive(Deserialize)]
struct NewTicket {
    user_id: Option<UserId>,
    email: Option<String>,
    connection_id: Option<String>,
    identity: Option<Map<String, Value>>,
    result_url: Option<String>,
    client_id: Option<String>,
    ttl_sec: Option<u64>,
    mark_email_as_verified: Option<bool>,
    #[serde(rename = "includeEmailInRedirect")]
    include_email: Option<bool>,
}

/// `POST /api/v2/tickets/email-verification`: 201 with the link.
pub(super) async fn verify_email(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CREATE_TICKETS)?;
    let new = read(&tenant, request, schema::VERIFICATION_TICKET, &["user_id"]).await?;
    create(&tenant, Purpose::VerifyEmail, new).await
}

/// `POST /api/v2/tickets/password-change`: 201 with the link.
pub(super) async fn change_password(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(CREATE_TICKETS)?;
    let new = read(&tenant, request, schema::PASSWORD_TICKET, &[]).await?;
    if new.user_id.is_none() && new.email.is_none() {
        return Err(schema::missing_property("user_id"));
    }
    create(&tenant, Purpose::ResetPassword, new).await
}

async fn read(
    tenant: &Tenant,
    request: Request<Body>,
    properties: &[schema::Property],
    required: &[&str],
) -> Result<NewTicket, ApiError> {
    let (mut body, encoding) = body::read(tenant, request).await?;
    schema::check(&mut body, encoding, properties, required)?;
    serde_json::from_value(Value::Object(body)).map_err(|_| ApiError::Internal)
}

async fn create(tenant: &Tenant, purpose: Purpose, new: NewTicket) -> Result<Response, ApiError> {
    if new.client_id.as_deref().is_some_and(|id| tenant.client(id).is_none()) {
        return refuse("The client does not exist");
    }
    if new.result_url.is_some() && new.client_id.is_some() {
        return refuse("result_url and client_id cannot be specified together.");
    }
    let user = find_user(tenant, &new).await?;
    let target = target(tenant, &user, new.identity.as_ref())?;
    if purpose == Purpose::ResetPassword && target.key.provider.as_str() != "auth0" {
        return refuse("The user's main connection does not support this operation.");
    }
    // Auth0 takes no time at all for its default.
    let lifetime = new.ttl_sec.filter(|seconds| *seconds > 0).map(Duration::from_secs);
    let options = TicketOptions {
        result_url: new.result_url,
        result_email: new.include_email == Some(true),
        client_id: new.client_id,
        keeps_verification: new.mark_email_as_verified != Some(true),
    };
    let Target { connection, key, email } = target;
    let ticket = create_link(tenant, purpose, (connection, key), &email, lifetime, options).await?;
    Ok(management_json(StatusCode::CREATED, &Ticket { ticket }))
}

fn refuse<T>(message: &str) -> Result<T, ApiError> {
    Err(ApiError::Refused(message.to_owned()))
}

/// Returns the user with the id, or with the address in the connection.
async fn find_user(tenant: &Tenant, new: &NewTicket) -> Result<UserRow, ApiError> {
    let mut reader = tenant.0.store.read().await?;
    if let Some(user_id) = &new.user_id {
        return reader.find_user(user_id).await?.ok_or(ApiError::UnknownUser);
    }
    let Some(id) = new.connection_id.as_deref() else {
        return Err(schema::missing_property("connection_id"));
    };
    let connection = tenant.0.configuration.connections().iter().find(|connection| connection.id == id);
    let Some(connection) = connection else {
        return Err(ApiError::Refused(format!("The connection with id {id} does not exist.")));
    };
    let address = Address::Email(new.email.clone().unwrap_or_default());
    let key = reader.find_identity_by_address(&connection.name, &address, None).await?;
    let user = match key {
        Some(key) => reader.find_user_by_identity(&key).await?,
        None => None,
    };
    user.ok_or(ApiError::UnknownUser)
}

/// The identity that a link or a mail is for, and its address.
pub(super) struct Target {
    pub(super) connection: model::ConnectionName,
    pub(super) key: IdentityKey,
    pub(super) email: String,
}

/// Returns the named identity of a user, or the primary one.
pub(super) fn target(
    tenant: &Tenant,
    user: &UserRow,
    named: Option<&Map<String, Value>>,
) -> Result<Target, ApiError> {
    let place = match named {
        None => 0,
        Some(named) => {
            let text = |key: &str| named.get(key).and_then(Value::as_str).unwrap_or_default();
            let fits = |one: &model::Identity| {
                one.provider.as_str() == text("provider") && one.user_id.as_str() == text("user_id")
            };
            let Some(place) = user.identities.iter().position(fits) else {
                return refuse("The user exists, but does not contain the given identity.");
            };
            place
        }
    };
    let identity = &user.identities[place];
    if tenant.0.configuration.connection(identity.connection.as_str()).is_none() {
        return refuse("Identity connection does not exist.");
    }
    let profile = identity.profile_data.as_ref().unwrap_or(&user.profile);
    let Some(email) = profile.email() else { return refuse("The user does not have an email address.") };
    if !matches!(identity.provider.as_str(), "auth0" | "email") {
        return refuse("The user's main connection does not support this operation.");
    }
    Ok(Target { connection: identity.connection.clone(), key: identity.key(), email: email.to_owned() })
}
