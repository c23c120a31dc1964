//! The two error bodies on the wire: the Management API's and OAuth's, field for field.

use serde::{Deserialize, Serialize};

/// The body of a failed Management API call (contract [A1](crate::contract#a1)).
///
/// The order of the fields is the recorded one. Unknown keys are ignored when reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementError {
    /// The HTTP status, again.
    #[serde(rename = "statusCode")]
    pub status_code: u16,
    /// The HTTP reason phrase, such as `Not Found`.
    pub error: String,
    /// What was wrong, in English.
    pub message: String,
    /// A stable word for programs; often absent.
    #[serde(rename = "errorCode", default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Carried by refusals of a token in place of a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<TokenAttributes>,
}

/// What a refused token's error body adds.
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
    /// What was wrong, in English.
    #[serde(default)]
    pub error_description: String,
}
