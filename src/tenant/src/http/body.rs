//! Request bodies: JSON or form, one shape (contract A1, C3).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use serde_json::{Map, Value};

/// How many bytes a body may have (contract A1).
pub(crate) const LIMIT: usize = 1024 * 1024;

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnreadableBody {
    /// More than [`LIMIT`].
    TooLarge,
    /// Not what its type says, or no object.
    Malformed,
    /// Neither JSON nor a form.
    Type,
}

/// Reads an object: JSON by default, a form when the content type says so. In a form every value is a string;
/// a repeated key is malformed, because nobody can tell which one counts.
pub(crate) async fn read_object(request: Request<Body>) -> Result<Map<String, Value>, UnreadableBody> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/json")
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let bytes = to_bytes(request.into_body(), LIMIT).await.map_err(|_| UnreadableBody::TooLarge)?;
    match content_type.as_str() {
        "application/json" if bytes.is_empty() => Ok(Map::new()),
        "application/json" => match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(UnreadableBody::Malformed),
        },
        "application/x-www-form-urlencoded" => read_form(&bytes),
        _ => Err(UnreadableBody::Type),
    }
}

/// Reads a form or a query.
pub(crate) fn read_form(bytes: &[u8]) -> Result<Map<String, Value>, UnreadableBody> {
    let mut object = Map::new();
    for (key, value) in form_urlencoded::parse(bytes) {
        if object.insert(key.into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(UnreadableBody::Malformed);
        }
    }
    Ok(object)
}
