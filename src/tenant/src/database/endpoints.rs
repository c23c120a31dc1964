//! `/dbconnections/…`: sign-up and password reset without the hosted pages (contract
//! [C4](model::contract#c4)).

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use model::profile::has_permitted_length;
use model::{Profile, route};
use serde_json::{Map, Value, json};
use store::fold_identifier;

use super::sign_up::{NewAccount, SignUpError};
use super::ticket_mails;
use crate::configuration::Connection;
use crate::http::body::{UnreadableBody, read_parameters};
use crate::http::cors;
use crate::http::error::log_failure;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::password_policy::Weakness;
use crate::secret::Secret;
use crate::state::Tenant;

/// The profile attributes that a person can set at sign-up, besides the address.
const ATTRIBUTES: [&str; 5] = ["family_name", "given_name", "name", "nickname", "picture"];

/// The maximum number of keys in `user_metadata` (Auth0: "Signup").
const MAX_METADATA_KEYS: usize = 10;

/// The maximum length of a key in `user_metadata`, in characters.
const MAX_METADATA_KEY: usize = 100;

/// The maximum length of a text in `user_metadata`, in characters.
const MAX_METADATA_TEXT: usize = 500;

pub(crate) fn router(tenant: &Tenant) -> Router<Tenant> {
    Router::new()
        .route(route::SIGN_UP, post(sign_up))
        .route(route::CHANGE_PASSWORD, post(change_password))
        .layer(cors::forms(&tenant.0.configuration))
}

/// An error response in the format of contract [C4](model::contract#c4).
///
/// None of them reveals whether an address exists: [`SignUpError::Taken`] becomes "Invalid sign up", like an
/// invalid address.
enum DbConnectionError {
    /// A code for programs and a description.
    BadRequest(&'static str, String),
    WeakPassword(Weakness),
    TooManyRequests(Duration),
    TooLarge,
    /// Too many bodies are being read at once.
    Busy,
    Internal,
}

impl DbConnectionError {
    fn bad_request(code: &'static str, description: &str) -> Self {
        Self::BadRequest(code, description.to_owned())
    }
}

impl From<SignUpError> for DbConnectionError {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Closed => Self::bad_request("unauthorized", "public signup is disabled"),
            SignUpError::InvalidEmail | SignUpError::Taken => {
                Self::bad_request("invalid_signup", "Invalid sign up")
            }
            SignUpError::InvalidUsername(words) => Self::BadRequest("invalid_signup", words),
            SignUpError::WeakPassword(weakness) => Self::WeakPassword(weakness),
            SignUpError::TooManyRequests(wait) => Self::TooManyRequests(wait),
            SignUpError::Failed => Self::Internal,
        }
    }
}

impl From<UnreadableBody> for DbConnectionError {
    fn from(reason: UnreadableBody) -> Self {
        match reason {
            UnreadableBody::TooLarge => Self::TooLarge,
            UnreadableBody::Busy => Self::Busy,
            UnreadableBody::Malformed | UnreadableBody::Type => {
                Self::bad_request("invalid_request", "The body cannot be read")
            }
        }
    }
}

impl IntoResponse for DbConnectionError {
    fn into_response(self) -> Response {
        let body = |name: &str, code: &str, description: &str, status: StatusCode| {
            let body = json!({ "name": name, "code": code, "description": description,
                "statusCode": status.as_u16() });
            (status, Json(body)).into_response()
        };
        let response = match self {
            Self::BadRequest(code, description) => {
                body("BadRequestError", code, &description, StatusCode::BAD_REQUEST)
            }
            Self::WeakPassword(weakness) => (StatusCode::BAD_REQUEST, Json(weakness.value())).into_response(),
            Self::TooManyRequests(wait) => {
                let (status, words) = (StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Try again later.");
                let mut response = body("TooManyRequestsError", "too_many_requests", words, status);
                let seconds = HeaderValue::from(wait.as_secs().max(1));
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                response
            }
            Self::TooLarge => {
                let (status, words) = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 65536 bytes.");
                body("PayloadTooLargeError", "invalid_request", words, status)
            }
            Self::Busy => {
                let (status, words) = (StatusCode::SERVICE_UNAVAILABLE, "Too many requests at the moment.");
                body("ServiceUnavailableError", "temporarily_unavailable", words, status)
            }
            Self::Internal => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                body("InternalServerError", "server_error", "An internal server error occurred", status)
            }
        };
        no_store(response)
    }
}

/// Reads the body of a request and finds the database connection that it names.
async fn read_body(
    tenant: &Tenant,
    request: Request,
) -> Result<(Map<String, Value>, &Connection), DbConnectionError> {
    let body = read_parameters(&tenant.0.body_memory, request, Some("user_metadata")).await?;
    let client = tenant
        .client(text(&body, "client_id")?)
        .ok_or_else(|| DbConnectionError::bad_request("invalid_request", "Unknown client"))?;
    let connection = tenant
        .0
        .configuration
        .connection(text(&body, "connection")?)
        .filter(|connection| connection.is_database() && connection.is_enabled_for(&client.client_id))
        .ok_or_else(|| DbConnectionError::bad_request("invalid_request", "the connection was not found"))?;
    Ok((body, connection))
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Result<&'b str, DbConnectionError> {
    let text = body.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| DbConnectionError::BadRequest("invalid_request", format!("{name} is required")))
}

/// `POST /dbconnections/signup`: 200 with the attributes of the new user and its id without the provider.
async fn sign_up(State(tenant): State<Tenant>, request: Request) -> Result<Response, DbConnectionError> {
    let address = Peer::of(&request).address();
    let (body, connection) = read_body(&tenant, request).await?;
    let new = NewAccount {
        email: text(&body, "email")?.trim().to_owned(),
        password: Secret::new(text(&body, "password")?),
        username: body.get("username").and_then(Value::as_str).map(|name| name.trim().to_owned()),
        profile: profile(&body)?,
        user_metadata: metadata(&body)?,
    };
    let user = super::sign_up::sign_up(&tenant, connection, new, address).await?;
    let mut attributes = user.profile.0.clone();
    if let Some(identity) = user.identities.first() {
        attributes.insert("_id".to_owned(), identity.user_id.as_str().into());
    }
    if let Some(metadata) = user.user_metadata {
        attributes.insert("user_metadata".to_owned(), Value::Object(metadata));
    }
    Ok(no_store(Json(attributes).into_response()))
}

/// Returns the profile attributes in a body. Other properties are ignored, as at Auth0.
fn profile(body: &Map<String, Value>) -> Result<Profile, DbConnectionError> {
    let mut profile = Profile::default();
    for name in ATTRIBUTES {
        let Some(value) = body.get(name) else { continue };
        let fits = value.as_str().is_some_and(|text| !text.is_empty()) && has_permitted_length(name, value);
        let is_url = |value: &Value| {
            let url = value.as_str().and_then(|text| url::Url::parse(text).ok());
            url.is_some_and(|url| matches!(url.scheme(), "http" | "https"))
        };
        if !fits || (name == "picture" && !is_url(value)) {
            return Err(DbConnectionError::BadRequest("invalid_request", format!("{name} is invalid")));
        }
        profile = profile.with(name, value.clone());
    }
    Ok(profile)
}

fn metadata(body: &Map<String, Value>) -> Result<Option<Map<String, Value>>, DbConnectionError> {
    match body.get("user_metadata") {
        None => Ok(None),
        Some(Value::Object(metadata))
            if metadata.len() <= MAX_METADATA_KEYS
                && metadata.iter().all(|(key, value)| {
                    let is_plain = !key.contains(['.', '$']) && key.chars().count() <= MAX_METADATA_KEY;
                    is_plain && value.as_str().is_some_and(|text| text.chars().count() <= MAX_METADATA_TEXT)
                }) =>
        {
            Ok(Some(metadata.clone()))
        }
        Some(_) => Err(DbConnectionError::bad_request("invalid_request", "user_metadata is invalid")),
    }
}

/// `POST /dbconnections/change_password`: the same 200 for every address, known or not.
async fn change_password(
    State(tenant): State<Tenant>,
    request: Request,
) -> Result<Response, DbConnectionError> {
    let address = Peer::of(&request).address();
    let (body, connection) = read_body(&tenant, request).await?;
    let email = fold_identifier(text(&body, "email")?);
    let failed = |error: store::Error| {
        log_failure(&error);
        DbConnectionError::Internal
    };
    let permitted = ticket_mails::limit_requests(&tenant, &email, address).await.map_err(failed)?;
    permitted.map_err(DbConnectionError::TooManyRequests)?;
    let databases = vec![connection.name.clone()];
    ticket_mails::send_password_reset(&tenant, databases, &email, None).await.map_err(failed)?;
    let words = "We've just sent you an email to reset your password.";
    Ok(no_store(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], words).into_response()))
}
