//! Request bodies: JSON or a form, both read as an object (contract [A1](model::contract#a1),
//! [C3](model::contract#c3)).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use serde_json::{Map, Value};

/// The maximum size of a body in bytes (contract [A1](model::contract#a1)).
pub(crate) const LIMIT: usize = 1024 * 1024;

/// The reason why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnreadableBody {
    /// Larger than [`LIMIT`].
    TooLarge,
    /// Invalid for its content type, or not an object.
    Malformed,
    /// The content type is neither JSON nor a form.
    Type,
}

/// The encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// JSON, in which values have types.
    Json,
    /// A form, in which every value is a string.
    Form,
}

/// Reads an object: JSON by default, a form if the content type says so. A form with a repeated key is
/// malformed, because it is ambiguous.
pub(crate) async fn read_object(request: Request<Body>) -> Result<Map<String, Value>, UnreadableBody> {
    read_encoded(request).await.map(|(object, _)| object)
}

/// Like [`read_object`], and returns the encoding of the body.
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

/// Parses a form or a query.
pub(crate) fn read_form(bytes: &[u8]) -> Result<Map<String, Value>, UnreadableBody> {
    let mut object = Map::new();
    for (key, value) in form_urlencoded::parse(bytes) {
        if object.insert(key.into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(UnreadableBody::Malformed);
        }
    }
    Ok(object)
}
