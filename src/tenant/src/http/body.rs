//! Request bodies: JSON or a form, both read as an object (contract [A1](model::contract#a1),
//! [C3](model::contract#c3)).
//!
//! Before anybody is known, a body has at most [`PARAMETERS_LIMIT`] bytes and [`MOST_PARAMETERS`] parameters, and what
//! they contain beyond text, numbers and flags is skipped without storing it. Only the body of an authenticated caller
//! becomes a tree of any shape, of at most [`OBJECT_LIMIT`] bytes and [`MOST_VALUES`] values.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header;
use http_body_util::BodyExt;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum size of the body of an authenticated caller in bytes (contract [A1](model::contract#a1)).
pub(crate) const OBJECT_LIMIT: usize = 1024 * 1024;

/// The maximum number of values in the body of an authenticated caller. Each takes about a hundred bytes of memory,
/// however short it is.
const MOST_VALUES: usize = 50_000;

/// The maximum size of a body in bytes before anybody is known.
const PARAMETERS_LIMIT: usize = 64 * 1024;

/// The maximum number of parameters in a form, a query, or an object of one level.
const MOST_PARAMETERS: usize = 100;

/// The maximum number of bytes of bodies that are being read at once before anybody is known: a largest body on each of
/// the connections that the server opens by default.
const BYTES_OF_ANYBODY: usize = 512 * PARAMETERS_LIMIT;

/// The maximum number of bytes of bodies of authenticated callers that are being read at once.
const BYTES_OF_CALLERS: usize = 32 * 1024 * 1024;

/// The reason why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnreadableBody {
    /// Larger than the limit, or with too many values.
    TooLarge,
    /// Invalid for its content type, not an object, or with a parameter twice.
    Malformed,
    /// The content type is neither JSON nor a form.
    Type,
    /// Too many bytes are being read at the moment, over all connections.
    Busy,
}

/// The encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// JSON, in which values have types.
    Json,
    /// A form, in which every value is a string.
    Form,
}

/// Bounds the bytes of bodies that are being read at once, over all connections. Callers and everybody else have bounds
/// of their own, so that a flood from strangers does not refuse callers.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    anybody: Arc<Semaphore>,
    callers: Arc<Semaphore>,
}

impl Default for BodyMemory {
    fn default() -> Self {
        Self {
            anybody: Arc::new(Semaphore::new(BYTES_OF_ANYBODY)),
            callers: Arc::new(Semaphore::new(BYTES_OF_CALLERS)),
        }
    }
}

/// Reads parameters before anybody is known: JSON by default, a form if the content type says so. A repeated parameter
/// is malformed, because it is ambiguous.
///
/// Lists and objects are skipped and become null, except that an object in `nested` is read in the same way, for one
/// more level.
pub(crate) async fn read_parameters(
    memory: &BodyMemory,
    request: Request<Body>,
    nested: Option<&str>,
) -> Result<Map<String, Value>, UnreadableBody> {
    let content_type = content_type(&request);
    let body = read_bytes(&memory.anybody, request, PARAMETERS_LIMIT).await?;
    match content_type.as_str() {
        "application/json" if body.bytes.is_empty() => Ok(Map::new()),
        "application/json" => {
            let mut json = serde_json::Deserializer::from_slice(&body.bytes);
            let parameters = Parameters { nested }.deserialize(&mut json);
            let parameters = parameters.and_then(|parameters| json.end().map(|()| parameters));
            parameters.map_err(|_| UnreadableBody::Malformed)
        }
        "application/x-www-form-urlencoded" => read_form(&body.bytes),
        _ => Err(UnreadableBody::Type),
    }
}

/// Reads a form before anybody is known. JSON is not accepted: browsers send forms.
pub(crate) async fn read_form_body(
    memory: &BodyMemory,
    request: Request<Body>,
) -> Result<Map<String, Value>, UnreadableBody> {
    if content_type(&request) != "application/x-www-form-urlencoded" {
        return Err(UnreadableBody::Type);
    }
    read_form(&read_bytes(&memory.anybody, request, PARAMETERS_LIMIT).await?.bytes)
}

/// Reads an object of any shape from an authenticated caller: JSON by default, a form if the content type says so.
pub(crate) async fn read_object(
    memory: &BodyMemory,
    request: Request<Body>,
) -> Result<(Map<String, Value>, Encoding), UnreadableBody> {
    let content_type = content_type(&request);
    let body = read_bytes(&memory.callers, request, OBJECT_LIMIT).await?;
    match content_type.as_str() {
        "application/json" if body.bytes.is_empty() => Ok((Map::new(), Encoding::Json)),
        "application/json" => {
            let left = Cell::new(MOST_VALUES);
            let counted = Count(&left).deserialize(&mut serde_json::Deserializer::from_slice(&body.bytes));
            if counted.is_err() {
                return Err(if left.get() == 0 {
                    UnreadableBody::TooLarge
                } else {
                    UnreadableBody::Malformed
                });
            }
            match serde_json::from_slice(&body.bytes) {
                Ok(Value::Object(object)) => Ok((object, Encoding::Json)),
                _ => Err(UnreadableBody::Malformed),
            }
        }
        "application/x-www-form-urlencoded" => Ok((read_form(&body.bytes)?, Encoding::Form)),
        _ => Err(UnreadableBody::Type),
    }
}

/// Parses a form or a query.
pub(crate) fn read_form(bytes: &[u8]) -> Result<Map<String, Value>, UnreadableBody> {
    let mut object = Map::new();
    for (key, value) in form_urlencoded::parse(bytes) {
        if object.len() == MOST_PARAMETERS
            || object.insert(key.into_owned(), Value::String(value.into_owned())).is_some()
        {
            return Err(UnreadableBody::Malformed);
        }
    }
    Ok(object)
}

fn content_type(request: &Request<Body>) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.unwrap_or("application/json").split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// A body, and its share of the bytes that may be read at once.
struct ReadBody {
    bytes: Vec<u8>,
    _share: Option<OwnedSemaphorePermit>,
}

/// Reads a body of at most `limit` bytes. Each chunk takes its share when it arrives, so that a client that announces much
/// and sends nothing takes nothing.
async fn read_bytes(
    memory: &Arc<Semaphore>,
    request: Request<Body>,
    limit: usize,
) -> Result<ReadBody, UnreadableBody> {
    let mut body = request.into_body();
    if body.size_hint().lower() > limit as u64 {
        return Err(UnreadableBody::TooLarge);
    }
    let mut bytes = Vec::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(|_| UnreadableBody::TooLarge)?.into_data() else { continue };
        if bytes.len() + chunk.len() > limit {
            return Err(UnreadableBody::TooLarge);
        }
        let size = u32::try_from(chunk.len()).map_err(|_| UnreadableBody::TooLarge)?;
        let taken = memory.clone().try_acquire_many_owned(size).map_err(|_| UnreadableBody::Busy)?;
        match &mut share {
            Some(share) => share.merge(taken),
            None => share = Some(taken),
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(ReadBody { bytes, _share: share })
}

/// Reads an object of parameters and skips what is no parameter.
#[derive(Clone, Copy)]
struct Parameters<'n> {
    nested: Option<&'n str>,
}

impl<'de> DeserializeSeed<'de> for Parameters<'_> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Parameters<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with few members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut parameters = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let is_nested = self.nested == Some(name.as_str());
            let value = members.next_value_seed(Parameter { is_nested })?;
            if parameters.len() == MOST_PARAMETERS || parameters.insert(name, value).is_some() {
                return Err(A::Error::custom("too many members, or one of them twice"));
            }
        }
        Ok(parameters)
    }
}

/// Reads the value of a parameter. A list, and an object unless it `is_nested`, is skipped and becomes null.
#[derive(Clone, Copy)]
struct Parameter {
    is_nested: bool,
}

impl<'de> DeserializeSeed<'de> for Parameter {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Parameter {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        if self.is_nested {
            return Parameters { nested: None }.visit_map(members).map(Value::Object);
        }
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }
}

/// Counts the values of a body without storing them. Fails when none is left.
#[derive(Clone, Copy)]
struct Count<'c>(&'c Cell<usize>);

impl Count<'_> {
    fn one<E: Error>(self) -> Result<(), E> {
        self.0.set(self.0.get().saturating_sub(1));
        if self.0.get() > 0 { Ok(()) } else { Err(E::custom("too many values")) }
    }
}

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.one()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.one()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.one()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.one()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.one()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.one()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.one()?;
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.one()?;
        while members.next_key_seed(Key)?.is_some() {
            members.next_value_seed(self)?;
        }
        Ok(())
    }
}

/// The key by which `serde_json` marks a text that stands for a value (its feature `raw_value`). In a body it would be replaced by
/// what the text says, which nobody has counted, and which may be nested more deeply than anything can be read again.
const TEXT_FOR_VALUE: &str = "$serde_json::private::RawValue";

/// Accepts every key except [`TEXT_FOR_VALUE`].
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        if key == TEXT_FOR_VALUE { Err(E::custom("a reserved key")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(content_type: &str, body: impl Into<Body>) -> Request<Body> {
        Request::post("/").header(header::CONTENT_TYPE, content_type).body(body.into()).unwrap()
    }

    async fn parameters(body: &str) -> Result<String, UnreadableBody> {
        let memory = BodyMemory::default();
        let read = read_parameters(&memory, post("application/json", body.to_owned()), Some("deep"));
        read.await.map(|parameters| Value::Object(parameters).to_string())
    }

    #[tokio::test]
    async fn what_is_no_parameter_is_skipped_before_anybody_is_known() {
        let body =
            r#"{"a":"x","b":true,"c":1,"d":[{"e":[]}],"f":{"g":"h"},"deep":{"i":"j","k":{"l":1}},"m":null}"#;
        let read = r#"{"a":"x","b":true,"c":1,"d":null,"f":null,"deep":{"i":"j","k":null},"m":null}"#;
        assert_eq!(
            parameters(body).await.map(|text| serde_json::from_str(&text).unwrap()),
            Ok(serde_json::from_str::<Value>(read).unwrap())
        );
    }

    #[tokio::test]
    async fn a_body_that_repeats_or_crowds_parameters_is_refused_and_nesting_takes_nothing() {
        let crowd: Vec<String> = (0..=MOST_PARAMETERS).map(|number| format!(r#""{number}":0"#)).collect();
        let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        for body in [r#"{"a":1,"a":2}"#, r#"{"a":1} {}"#, "[]", "1", "{", &format!("{{{}}}", crowd.join(","))]
        {
            assert_eq!(parameters(body).await, Err(UnreadableBody::Malformed), "{body:.40}");
        }
        assert_eq!(parameters(&nested).await.as_deref(), Ok(r#"{"a":null}"#), "skipped without recursion");
    }

    #[tokio::test]
    async fn a_body_beyond_its_limit_is_refused_whether_or_not_it_says_its_size() {
        let memory = BodyMemory::default();
        let form = "application/x-www-form-urlencoded";
        let text = format!("a={}", "x".repeat(PARAMETERS_LIMIT - 2));
        assert!(read_form_body(&memory, post(form, text.clone())).await.is_ok());
        let beyond = format!("{text}x");
        assert_eq!(read_form_body(&memory, post(form, beyond.clone())).await, Err(UnreadableBody::TooLarge));
        let unsized_body = Body::new(http_body_util::BodyExt::map_frame(Body::from(beyond), |frame| frame));
        assert_eq!(read_form_body(&memory, post(form, unsized_body)).await, Err(UnreadableBody::TooLarge));
        let values = format!("{{\"a\":[{}0]}}", "0,".repeat(MOST_VALUES));
        assert_eq!(
            read_object(&memory, post("application/json", values)).await,
            Err(UnreadableBody::TooLarge)
        );
        assert_eq!(memory.anybody.available_permits(), BYTES_OF_ANYBODY);
        assert_eq!(memory.callers.available_permits(), BYTES_OF_CALLERS);
    }

    #[tokio::test]
    async fn bytes_that_wait_at_once_are_bounded_and_given_back_and_strangers_do_not_refuse_callers() {
        let memory = BodyMemory::default();
        let taken =
            memory.anybody.clone().try_acquire_many_owned(u32::try_from(BYTES_OF_ANYBODY - 3).unwrap());
        let json = |body: &'static str| post("application/json", body);
        assert_eq!(read_parameters(&memory, json("{\"a\":1}"), None).await, Err(UnreadableBody::Busy));
        assert!(read_parameters(&memory, json("{}"), None).await.is_ok());
        assert!(read_object(&memory, json("{\"a\":1}")).await.is_ok());
        drop(taken);
        assert!(read_parameters(&memory, json("{\"a\":1}"), None).await.is_ok());
        assert_eq!(memory.anybody.available_permits(), BYTES_OF_ANYBODY);
    }
}
