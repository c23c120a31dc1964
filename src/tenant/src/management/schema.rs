//! Schemas of request bodies: tables that validate them, and from which the OpenAPI document is generated
//! (contract
//! [A3](model::contract#a3), [A8](model::contract#a8), [A9](model::contract#a9)).

use model::id::is_dot_segment;
use model::profile::{NAME_LENGTH, PART_OF_NAME_LENGTH, PICTURE_LENGTH, USERNAME_LENGTH};
use serde_json::{Map, Value, json};

use crate::http::body::Encoding;
use crate::http::error::ApiError;
use crate::mail::is_address;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string with a length in characters.
    Text {
        /// The minimum length.
        min: usize,
        /// The maximum length.
        max: usize,
    },
    /// As [`Kind::Text`], or null to remove the value.
    TextOrNull {
        /// The minimum length.
        min: usize,
        /// The maximum length.
        max: usize,
    },
    /// An absolute http or https URL of a picture, with up to 2048 characters.
    Url {
        /// Whether null is allowed, to remove the value.
        nullable: bool,
    },
    /// An e-mail address.
    Email,
    /// A telephone number, `^\+[0-9]{1,15}$`.
    Phone,
    /// The part of a user id after the pipe: up to 255 characters without white space, neither `.` nor `..`.
    UserId,
    /// A boolean.
    Boolean,
    /// An open object whose keys contain neither `.` nor `$`.
    Metadata,
    /// A list of texts, neither of them empty.
    Texts,
    /// A positive integer or 0.
    Integer,
    /// An identity of a user: `user_id` and `provider`, and optionally `connection_id`.
    Identity,
    /// A list of fields to export: `name`, and optionally `export_as`.
    Fields,
    /// A list of permissions, each with `resource_server_identifier` and `permission_name`, not empty.
    Permissions,
}

/// A property of a body: its name, its type and its description.
pub(super) type Property = (&'static str, Kind, &'static str);

/// The properties of a new user (contract [A8](model::contract#a8)).
pub(super) const NEW_USER: &[Property] = &[
    ("app_metadata", Kind::Metadata, "Metadata that only applications can change"),
    ("blocked", Kind::Boolean, "Whether sign-in is refused"),
    ("connection", Kind::Text { min: 1, max: 128 }, "Name of the connection this user should be created in"),
    ("email", Kind::Email, "The user's email"),
    ("email_verified", Kind::Boolean, "Whether this email address is verified"),
    ("family_name", Kind::Text { min: 1, max: PART_OF_NAME_LENGTH }, "The user's family name"),
    ("given_name", Kind::Text { min: 1, max: PART_OF_NAME_LENGTH }, "The user's given name"),
    ("name", Kind::Text { min: 1, max: NAME_LENGTH }, "The user's full name"),
    ("nickname", Kind::Text { min: 1, max: NAME_LENGTH }, "The user's nickname"),
    ("password", Kind::Text { min: 1, max: 1024 }, "Initial password for this user"),
    ("phone_number", Kind::Phone, "The user's phone number, E.164"),
    ("phone_verified", Kind::Boolean, "Whether this phone number has been verified"),
    ("picture", Kind::Url { nullable: false }, "A URI pointing to the user's picture"),
    ("user_id", Kind::UserId, "The external user's id provided by the identity provider"),
    ("user_metadata", Kind::Metadata, "Metadata that the user can change"),
    ("username", Kind::Text { min: 1, max: USERNAME_LENGTH }, "The user's username"),
    ("verify_email", Kind::Boolean, "Whether the user will receive a verification email"),
];

/// The properties of an update (contract [A9](model::contract#a9)).
pub(super) const UPDATED_USER: &[Property] = &[
    ("app_metadata", Kind::Metadata, "Metadata that only applications can change"),
    ("blocked", Kind::Boolean, "Whether sign-in is refused"),
    ("client_id", Kind::Text { min: 1, max: 128 }, "ID of the client, for verification e-mails"),
    ("connection", Kind::Text { min: 1, max: 128 }, "Name of the connection to target for this update"),
    ("email", Kind::Email, "Email address of this user"),
    ("email_verified", Kind::Boolean, "Whether this email address is verified"),
    ("family_name", Kind::TextOrNull { min: 1, max: PART_OF_NAME_LENGTH }, "The user's family name"),
    ("given_name", Kind::TextOrNull { min: 1, max: PART_OF_NAME_LENGTH }, "The user's given name"),
    ("name", Kind::TextOrNull { min: 1, max: NAME_LENGTH }, "The user's full name"),
    ("nickname", Kind::TextOrNull { min: 1, max: NAME_LENGTH }, "The user's nickname"),
    ("password", Kind::Text { min: 1, max: 1024 }, "New password for this user"),
    ("phone_number", Kind::Phone, "The user's phone number, E.164"),
    ("phone_verified", Kind::Boolean, "Whether this phone number has been verified"),
    ("picture", Kind::Url { nullable: true }, "A URI pointing to the user's picture"),
    ("user_metadata", Kind::Metadata, "Metadata that the user can change"),
    ("username", Kind::Text { min: 1, max: USERNAME_LENGTH }, "The user's username"),
    ("verify_email", Kind::Boolean, "Whether this user will receive a verification email"),
    ("verify_phone_number", Kind::Boolean, "Whether this user will receive a text"),
];

/// The properties of an assignment of roles to a user.
pub(super) const ROLES: &[Property] =
    &[("roles", Kind::Texts, "List of roles IDs to associate with the user")];

/// The properties of an assignment of users to a role.
pub(super) const USERS: &[Property] =
    &[("users", Kind::Texts, "user_id's of the users to assign the role to")];

/// The properties of an assignment of permissions to a user.
pub(super) const PERMISSIONS: &[Property] =
    &[("permissions", Kind::Permissions, "List of permissions to add to this user")];

/// The properties of a link that verifies an address (contract [A20](model::contract#a20)).
pub(super) const VERIFICATION_TICKET: &[Property] = &[
    ("user_id", Kind::Text { min: 1, max: 512 }, "user_id of for whom the ticket should be created"),
    ("identity", Kind::Identity, "The identity to verify"),
    (
        "result_url",
        Kind::Url { nullable: false },
        "URL the user will be redirected to once the ticket is used",
    ),
    ("client_id", Kind::Text { min: 1, max: 128 }, "ID of the client to return to"),
    ("ttl_sec", Kind::Integer, "Number of seconds for which the ticket is valid before expiration"),
    ("includeEmailInRedirect", Kind::Boolean, "Whether to include the email address in the redirect"),
];

/// The properties of a link that sets a password (contract [A20](model::contract#a20)).
pub(super) const PASSWORD_TICKET: &[Property] = &[
    ("user_id", Kind::Text { min: 1, max: 512 }, "user_id of for whom the ticket should be created"),
    ("email", Kind::Email, "Email address of the user, with connection_id"),
    ("connection_id", Kind::Text { min: 1, max: 128 }, "ID of the connection, with email"),
    ("identity", Kind::Identity, "The identity to set the password of"),
    (
        "result_url",
        Kind::Url { nullable: false },
        "URL the user will be redirected to once the ticket is used",
    ),
    ("client_id", Kind::Text { min: 1, max: 128 }, "ID of the client to return to"),
    ("ttl_sec", Kind::Integer, "Number of seconds for which the ticket is valid before expiration"),
    ("mark_email_as_verified", Kind::Boolean, "Whether to set the email_verified attribute to true"),
    ("includeEmailInRedirect", Kind::Boolean, "Whether to include the email address in the redirect"),
];

/// The properties of a job that mails a link to verify an address (contract [A20](model::contract#a20)).
pub(super) const VERIFICATION_MAIL: &[Property] = &[
    ("user_id", Kind::Text { min: 1, max: 512 }, "user_id of the user to send the verification email to"),
    ("client_id", Kind::Text { min: 1, max: 128 }, "ID of the client"),
    ("identity", Kind::Identity, "The identity to verify"),
];

/// The properties of an export (contract [A20](model::contract#a20)).
pub(super) const EXPORT: &[Property] = &[
    (
        "connection_id",
        Kind::Text { min: 1, max: 128 },
        "ID of the connection from which users will be exported",
    ),
    ("format", Kind::Text { min: 1, max: 16 }, "json or csv"),
    ("limit", Kind::Integer, "Limit the number of records"),
    ("fields", Kind::Fields, "List of fields to be included in the file"),
];

/// The properties of a request to end sessions and refresh tokens of a user.
pub(super) const REVOKED_ACCESS: &[Property] = &[
    ("session_id", Kind::Text { min: 1, max: 128 }, "ID of the session to revoke"),
    ("preserve_refresh_tokens", Kind::Boolean, "Whether to preserve the refresh tokens"),
];

/// Validates a body. In a form, `true` and `false` are converted to booleans.
///
/// # Errors
/// The first violation.
pub(super) fn check(
    body: &mut Map<String, Value>,
    encoding: Encoding,
    properties: &[Property],
    required: &[&str],
) -> Result<(), ApiError> {
    if let Some(missing) = required.iter().find(|name| !body.contains_key(**name)) {
        return Err(missing_property(missing));
    }
    if body.is_empty() {
        return Err(ApiError::Payload("Too few properties defined (0), minimum 1".to_owned()));
    }
    for (name, value) in body.iter_mut() {
        let Some((_, kind, about)) = properties.iter().find(|(known, _, _)| known == name) else {
            return Err(ApiError::Payload(format!("Additional properties not allowed: {name}")));
        };
        if let (Encoding::Form, Kind::Boolean, Value::String(word)) = (encoding, kind, &*value)
            && let Ok(truth) = word.parse::<bool>()
        {
            *value = Value::Bool(truth);
        }
        check_value(*kind, value).map_err(|message| ApiError::Property {
            message,
            property: name.clone(),
            about,
        })?;
    }
    Ok(())
}

/// Returns the error for a missing required property.
pub(super) fn missing_property(name: &str) -> ApiError {
    ApiError::Payload(format!("Missing required property: {name}"))
}

fn check_value(kind: Kind, value: &Value) -> Result<(), String> {
    let wrong_type = |expected: &str| format!("Invalid type: {} (expected {expected})", type_of(value));
    let text = || value.as_str().ok_or_else(|| wrong_type("string"));
    let matches = |text: &str, fits: bool, pattern: &str| {
        if fits { Ok(()) } else { Err(format!("String does not match pattern {pattern}: {text}")) }
    };
    match kind {
        Kind::TextOrNull { .. } | Kind::Url { nullable: true } if value.is_null() => Ok(()),
        Kind::Text { min, max } | Kind::TextOrNull { min, max } => has_length(text()?, min, max),
        Kind::Email => {
            let text = text()?;
            if is_address(text) { Ok(()) } else { Err(wrong_format("email", text)) }
        }
        Kind::Url { .. } => {
            let text = text()?;
            has_length(text, 1, PICTURE_LENGTH)?;
            let fits = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if fits { Ok(()) } else { Err(wrong_format("strict-uri", text)) }
        }
        Kind::Phone => {
            let text = text()?;
            let digits = text.strip_prefix('+').unwrap_or_default();
            let fits = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            matches(text, fits, r"^\+[0-9]{1,15}$")
        }
        Kind::UserId => {
            let text = text()?;
            has_length(text, 1, 255)?;
            matches(text, !text.contains(char::is_whitespace), r"^[^\s]+$")?;
            // Clients resolve such a segment of a path, so that no request could name the user's identity.
            matches(text, !text.split('|').any(is_dot_segment), r"^(?!\.{1,2}$)")
        }
        Kind::Boolean if value.is_boolean() => Ok(()),
        Kind::Boolean => Err(wrong_type("boolean")),
        Kind::Metadata => match value {
            Value::Object(object) => has_plain_keys(object),
            _ => Err(wrong_type("object")),
        },
        Kind::Integer if value.is_u64() => Ok(()),
        Kind::Integer => Err(wrong_type("integer")),
        Kind::Identity => is_object_of_texts(value, IDENTITY),
        Kind::Texts | Kind::Permissions | Kind::Fields => {
            let Value::Array(items) = value else { return Err(wrong_type("array")) };
            if items.is_empty() {
                return Err("Array is too short (0), minimum 1".to_owned());
            }
            items.iter().try_for_each(|item| match kind {
                Kind::Texts => is_text(item),
                Kind::Fields => is_object_of_texts(item, FIELD),
                _ => is_object_of_texts(item, PERMISSION),
            })
        }
    }
}

/// The required and the optional properties of an object.
type Texts = (&'static [&'static str], &'static [&'static str]);

const PERMISSION: Texts = (&["resource_server_identifier", "permission_name"], &[]);
const IDENTITY: Texts = (&["user_id", "provider"], &["connection_id"]);
const FIELD: Texts = (&["name"], &["export_as"]);

fn is_text(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some(text) => has_length(text, 1, usize::MAX),
        None => Err(format!("Invalid type: {} (expected string)", type_of(value))),
    }
}

fn is_object_of_texts(value: &Value, (required, optional): Texts) -> Result<(), String> {
    let Value::Object(object) = value else {
        return Err(format!("Invalid type: {} (expected object)", type_of(value)));
    };
    if let Some(missing) = required.iter().find(|name| !object.contains_key(**name)) {
        return Err(format!("Missing required property: {missing}"));
    }
    object.iter().try_for_each(|(key, value)| {
        if required.contains(&key.as_str()) || optional.contains(&key.as_str()) {
            is_text(value)
        } else {
            Err(format!("Additional properties not allowed: {key}"))
        }
    })
}

fn texts_schema((required, optional): Texts) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let properties: Map<String, Value> =
        required.iter().chain(optional).map(|name| ((*name).to_owned(), text())).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn has_length(text: &str, min: usize, max: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length < min {
        return Err(format!("String is too short ({length} chars), minimum {min}"));
    }
    if length > max {
        return Err(format!("String is too long ({length} chars), maximum {max}"));
    }
    Ok(())
}

fn wrong_format(format: &str, text: &str) -> String {
    format!("Object didn't pass validation for format {format}: {text}")
}

/// Checks the keys at every depth, because nested keys can be part of a path in a search.
fn has_plain_keys(object: &Map<String, Value>) -> Result<(), String> {
    object.iter().try_for_each(|(key, value)| {
        if key.contains(['.', '$']) {
            return Err(format!("String does not match pattern ^[^.$]*$: {key}"));
        }
        match value {
            Value::Object(inner) => has_plain_keys(inner),
            _ => Ok(()),
        }
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns a table of properties as a JSON schema.
pub(super) fn json_schema(properties: &[Property], required: &[&str]) -> Value {
    let properties: Map<String, Value> = properties
        .iter()
        .map(|(name, kind, about)| {
            let mut schema = match kind {
                Kind::Text { min, max } => json!({ "type": "string", "minLength": min, "maxLength": max }),
                Kind::TextOrNull { min, max } => {
                    json!({ "type": ["string", "null"], "minLength": min, "maxLength": max })
                }
                Kind::Url { nullable: false } => {
                    json!({ "type": "string", "format": "uri", "maxLength": PICTURE_LENGTH })
                }
                Kind::Url { nullable: true } => {
                    json!({ "type": ["string", "null"], "format": "uri", "maxLength": PICTURE_LENGTH })
                }
                Kind::Email => json!({ "type": "string", "format": "email" }),
                Kind::Phone => json!({ "type": "string", "pattern": r"^\+[0-9]{1,15}$" }),
                Kind::UserId => {
                    json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\s]+$" })
                }
                Kind::Boolean => json!({ "type": "boolean" }),
                Kind::Metadata => json!({ "type": "object", "additionalProperties": true }),
                Kind::Texts => {
                    json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 })
                }
                Kind::Permissions => {
                    json!({ "type": "array", "items": texts_schema(PERMISSION), "minItems": 1 })
                }
                Kind::Fields => json!({ "type": "array", "items": texts_schema(FIELD), "minItems": 1 }),
                Kind::Identity => texts_schema(IDENTITY),
                Kind::Integer => json!({ "type": "integer", "minimum": 0 }),
            };
            schema["description"] = json!(about);
            ((*name).to_owned(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "minProperties": 1,
        "additionalProperties": false,
    })
}
