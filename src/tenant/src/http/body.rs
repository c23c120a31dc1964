//! Request bodies: JSON or form, one shape (contract [A1](model::contract#a1), [C3](model::contract#c3)).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use serde_json::{Map, Value};

/// How many bytes a body may have (contract [A1](model::contract#a1)).
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

/// What a body was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Values have types.
    Json,
    /// Every value is a string.
    Form,
}

/// Reads an object: JSON by default, a form when the content type says so. In a form every value is a string;
/// a repeated key is malformed, because nobody can tell which one counts.
pub(crate) async fn read_object(request: Request<Body>) -> Result<Map<String, Value>, UnreadableBody> {
    read_encoded(request).await.map(|(object, _)| object)
}

/// As [`read_object`], and tells what the body was written in.
pub(crate) async fn read_encoded(
    request: Request<Body>,
) -> Result<(Map<String, Value>, Encoding), UnreadableBody> {
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
        "application/json" if bytes.is_empty() => Ok((Map::new(), Encoding::Json)),
        "application/json" => match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok((object, Encoding::Json)),
            _ => Err(UnreadableBody::Malformed),
        },
        "application/x-www-form-urlencoded" => Ok((read_form(&bytes)?, Encoding::Form)),
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
