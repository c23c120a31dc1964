//! Reading the body of a Management API request.

use axum::body::Body;
use axum::extract::Request;
use serde_json::{Map, Value};

use crate::http::body::{Encoding, UnreadableBody, read_object};
use crate::http::error::ApiError;
use crate::state::Tenant;

/// Returns the object in a request's body, and the encoding of the body.
///
/// # Errors
/// 413 if the body is too large, 503 if too many bodies are being read at once, 415 if its type is not supported, 400 if it is not an object.
pub(super) async fn read(
    tenant: &Tenant,
    request: Request<Body>,
) -> Result<(Map<String, Value>, Encoding), ApiError> {
    read_object(&tenant.0.body_memory, request).await.map_err(|unreadable| match unreadable {
        UnreadableBody::TooLarge => ApiError::TooLarge,
        UnreadableBody::Busy => ApiError::Unavailable { retry_after: 1 },
        UnreadableBody::Malformed => ApiError::Payload("Invalid type: expected object".to_owned()),
        UnreadableBody::Type => ApiError::MediaType,
    })
}
