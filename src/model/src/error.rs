//! The two error bodies on the wire, field for field: the Management API's and OAuth's.

use serde::{Deserialize, Serialize};

/// The body of a failed Management API call (contract [A1](crate::contract#a1)).
///
/// The fields have the order that was recorded from Auth0. Deserializing ignores unknown keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementError {
    /// The HTTP status, as in the status line.
    #[serde(rename = "statusCode")]
    pub status_code: u16,
    /// The HTTP reason phrase, such as `Not Found`.
    pub error: String,
    /// A description of the error, in English.
    pub message: String,
    /// A stable code for programs; often absent.
    #[serde(rename = "errorCode", default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Present in place of a code when a token is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<TokenAttributes>,
}

/// The extra attributes of the error body for a refused token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAttributes {
    /// The same text as the message.
    pub error: String,
}

/// An OAuth error: the JSON body of the token endpoint (RFC 6749 section 5.2), and the parameters of an
/// authorization response (section 4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthError {
    /// The code, such as `invalid_grant` or `login_required`.
    pub error: String,
    /// A description of the error, in English.
    #[serde(default)]
    pub error_description: String,
}
