//! Authorization requests in a signed JWT, the request object (RFC 9101, OpenID Connect Core section 6.1).

use serde_json::{Map, Value};

use super::request::{AuthorizationError, AuthorizationRequest, Checked, InvalidAuthorizationRequest};
use crate::clock::Moment;
use crate::configuration::client_key::verify_signature;
use crate::configuration::{Client, Configuration};
use crate::issuer::Issuer;
use crate::keys::SigningKeys;

/// Validates an authorization request whose parameters are given as they are, or in a request object. With an object,
/// those beside it say no more than which client it is, and where to send an error about the object (RFC 9101 section 6.3).
pub(super) fn read(
    configuration: &Configuration,
    issuer: &Issuer,
    keys: &SigningKeys,
    parameters: &Map<String, Value>,
    now: Moment,
) -> Result<Checked, InvalidAuthorizationRequest> {
    let text = |key: &str| parameters.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let refusal = if text("request_uri").is_some() {
        AuthorizationError::new(
            "request_uri_not_supported",
            "Only a request_uri of a pushed request is supported",
        )
    } else if let Some(object) = text("request") {
        let client = text("client_id").and_then(|id| configuration.client(id));
        let client = client.ok_or(InvalidAuthorizationRequest::UnknownClient)?;
        match open(client, issuer, object, now) {
            Ok(parameters) => return AuthorizationRequest::read(configuration, issuer, keys, &parameters),
            Err(refusal) => refusal,
        }
    } else {
        return AuthorizationRequest::read(configuration, issuer, keys, parameters);
    };
    match AuthorizationRequest::read(configuration, issuer, keys, parameters) {
        Ok(Ok(AuthorizationRequest { reply_to, .. }) | Err((reply_to, _))) => Ok(Err((reply_to, refusal))),
        Err(InvalidAuthorizationRequest::UnknownClient) => Err(InvalidAuthorizationRequest::UnknownClient),
        Err(_) => Err(InvalidAuthorizationRequest::RequestObject),
    }
}

/// Verifies a request object with the client's keys. Returns its claims as the parameters that they are.
///
/// # Errors
/// `request_not_supported` for a client without keys, else `invalid_request_object`.
fn open(
    client: &Client,
    issuer: &Issuer,
    object: &str,
    now: Moment,
) -> Result<Map<String, Value>, AuthorizationError> {
    let invalid = |description: &str| Err(AuthorizationError::new("invalid_request_object", description));
    if client.keys.is_empty() {
        let description = "The client has no key to verify a request object with";
        return Err(AuthorizationError::new("request_not_supported", description));
    }
    let Some(claims) = verify_signature(&client.keys, object, now) else {
        return invalid("The request object is not signed by a key of the client");
    };
    let differs = |key: &str| claims.get(key).is_some_and(|value| *value != *client.client_id);
    if differs("iss") || differs("client_id") {
        return invalid("iss and client_id of the request object must be the client's");
    }
    // With the client as its subject it is an assertion that proves the client (RFC 9101 section 10.8).
    if claims.get("sub").is_some_and(|sub| *sub == *client.client_id) {
        return invalid("A client assertion is no request object");
    }
    if claims.get("aud").is_some_and(|audience| !issuer.is_only_audience(audience)) {
        return invalid("aud of the request object must be the issuer, and nobody else");
    }
    let seconds = |key: &str| claims.get(key).map(|value| value.as_i64().unwrap_or_default());
    if seconds("exp").is_some_and(|exp| exp <= now.seconds()) {
        return invalid("The request object has expired");
    }
    if seconds("nbf").is_some_and(|nbf| nbf > now.seconds() + 60) {
        return invalid("The request object is not valid yet");
    }
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return invalid("A request object cannot contain another one");
    }
    let mut parameters: Map<String, Value> = claims
        .into_iter()
        .filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                // Registration is refused, whatever it contains.
                Value::Object(_) if name == "registration" => "{}".to_owned(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            Some((name, Value::String(text)))
        })
        .collect();
    parameters.insert("client_id".to_owned(), client.client_id.clone().into());
    Ok(parameters)
}
