//! Error responses: the only module that maps errors to a status and a body.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::error::TokenAttributes;
use model::{ManagementError, OAuthError, Scope, Scopes};

use crate::http::body::UnreadableBody;
use crate::http::not_found::NotFound;
use crate::http::required_scopes::RequiredScopes;
use crate::http::response::{management_json, no_store};
use crate::password_policy::PasswordHashError;

/// An error of the Management API. Messages and codes are those of contract [A2](model::contract#a2),
/// [A3](model::contract#a3), [A5](model::contract#a5), [A11](model::contract#a11) and
/// [A12](model::contract#a12).
#[derive(Debug)]
pub(crate) enum ApiError {
    /// No `Authorization` header, or another scheme than Bearer.
    MissingAuthentication,
    /// A bearer token that does not consist of the three parts of a JWT.
    BadBearer,
    /// The token has expired.
    ExpiredToken,
    /// The signature is not by a key of this tenant.
    InvalidSignature,
    /// A token with the wrong type, issuer or audience, or one that has ended before it expires.
    InvalidToken,
    /// The person signed in longer ago than this many seconds, which the tenant requires for the change (RFC 9470). An
    /// extension of the contract.
    OldSignIn {
        /// The greatest age, in seconds.
        max_age: u64,
    },
    /// The token lacks scopes that the endpoint requires.
    InsufficientScope(RequiredScopes),
    /// A token of one user for the resource of another.
    UnownedResource,
    /// The body does not match the schema. The text is the validator's.
    Payload(String),
    /// A property of the body does not match the schema.
    Property {
        /// The validator's message.
        message: String,
        /// The name of the property.
        property: String,
        /// The description of the property.
        about: &'static str,
    },
    /// The path does not match the schema.
    Path {
        /// The validator's message.
        message: String,
        /// The name of the path parameter.
        property: &'static str,
    },
    /// The query does not match the schema.
    Query {
        /// The validator's message.
        message: String,
        /// The name of the query parameter.
        property: &'static str,
    },
    /// The body is too large.
    TooLarge,
    /// The body is neither JSON nor a form.
    MediaType,
    /// No user has this id.
    UnknownUser,
    /// Something else than a user does not exist.
    NotFound(NotFound),
    /// The configuration cannot be changed by a request.
    ReadOnlyConfiguration,
    /// The primary identity cannot be unlinked.
    MainIdentity,
    /// A user cannot unlink an identity of a pinned connection. An extension of the contract.
    Pinned,
    /// A user cannot unlink their last identity that can sign in. An extension of the contract.
    LastWayIn,
    /// The account in this role has an e-mail address that nobody proved, or none, which this tenant requires for linking. An
    /// extension of the contract.
    UnverifiedEmail(&'static str),
    /// The account in this role is blocked, and linking would move the block or end it. An extension of the contract.
    Blocked(&'static str),
    /// A user cannot link an account with an identity of a pinned connection to another one. An extension of the contract.
    PinnedSecondary,
    /// Linking is not possible, with a message of contract [A11](model::contract#a11).
    Link(&'static str),
    /// Creating or updating a user is not possible, with a message of contract [A8](model::contract#a8) or
    /// [A9](model::contract#a9).
    Refused(String),
    /// Another user has the id or the address of the new user.
    UserExists,
    /// Another user has the new e-mail address.
    EmailExists,
    /// The new password does not satisfy the policy, with Auth0's message.
    WeakPassword(String),
    /// A search that the API does not support, with a message of contract [A6](model::contract#a6).
    Search(&'static str),
    /// The page is beyond the first 1000 records.
    Paging,
    /// A search that takes too long.
    SearchTimeout,
    /// The identity is linked already, here or elsewhere.
    IdentityExists,
    /// The rate limit is exceeded.
    TooManyRequests,
    /// The API is unavailable for a while.
    Unavailable {
        /// The value of `Retry-After`, in seconds.
        retry_after: u32,
    },
    /// No such endpoint.
    NoRoute,
    /// An internal error, which has been logged.
    Internal,
}

impl From<NotFound> for ApiError {
    fn from(missing: NotFound) -> Self {
        Self::NotFound(missing)
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        log_failure(&error);
        if error.is_temporary() { Self::Unavailable { retry_after: RETRY_AFTER } } else { Self::Internal }
    }
}

impl From<PasswordHashError> for ApiError {
    fn from(error: PasswordHashError) -> Self {
        match error {
            PasswordHashError::Weak(weakness) => Self::WeakPassword(weakness.message()),
            PasswordHashError::Failed => Self::Internal,
        }
    }
}

/// Logs an error of the store with its cause.
pub(crate) fn log_failure(error: &store::Error) {
    tracing::error!(error = error as &dyn std::error::Error, "the store failed");
}

/// The value of `Retry-After`, in seconds, while the database has too much to do or cannot be reached.
pub(crate) const RETRY_AFTER: u32 = 2;

/// Returns the status for an error of the store, and `Retry-After` where waiting helps.
pub(crate) fn status_of_failure(
    error: &store::Error,
) -> (StatusCode, Option<[(header::HeaderName, HeaderValue); 1]>) {
    if error.is_temporary() {
        (StatusCode::SERVICE_UNAVAILABLE, Some([(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER))]))
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, None)
    }
}

const READ_ONLY: &str = "The configuration of this tenant comes from its tenant file. Change the file and start the tenant again.";

/// The code of an error about how or when the person signed in (RFC 9470 section 3).
const INSUFFICIENT_USER_AUTHENTICATION: &str = "insufficient_user_authentication";

const OLD_SIGN_IN: &str = "A more recent sign-in is required for this change.";

const PAGING: &str = "You can only page through the first 1000 records. See \
    https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation";

impl ApiError {
    fn parts(&self) -> (StatusCode, String, Option<&'static str>) {
        use StatusCode as S;
        match self {
            Self::MissingAuthentication => (S::UNAUTHORIZED, "Missing authentication".into(), None),
            Self::BadBearer => {
                (S::BAD_REQUEST, "Bad HTTP authentication header format".into(), Some("Bearer"))
            }
            Self::ExpiredToken => {
                (S::UNAUTHORIZED, "Expired token received for JSON Web Token validation".into(), None)
            }
            Self::InvalidSignature => {
                (S::UNAUTHORIZED, "Invalid signature received for JSON Web Token validation".into(), None)
            }
            Self::InvalidToken => (S::UNAUTHORIZED, "Invalid token".into(), None),
            Self::OldSignIn { .. } => {
                (S::UNAUTHORIZED, OLD_SIGN_IN.into(), Some(INSUFFICIENT_USER_AUTHENTICATION))
            }
            Self::InsufficientScope(scopes) => {
                (S::FORBIDDEN, format!("Insufficient scope, expected {scopes}"), Some("insufficient_scope"))
            }
            Self::UnownedResource => (
                S::FORBIDDEN,
                "User to be acted on does not match subject in bearer token.".into(),
                Some("unowned_resource"),
            ),
            Self::Payload(message) => {
                (S::BAD_REQUEST, format!("Payload validation error: '{message}'."), Some("invalid_body"))
            }
            Self::Property { message, property, about } => (
                S::BAD_REQUEST,
                format!("Payload validation error: '{message}' on property {property} ({about})."),
                Some("invalid_body"),
            ),
            Self::Path { message, property } => (
                S::BAD_REQUEST,
                format!("Path validation error: '{message}' on property {property}."),
                Some("invalid_uri"),
            ),
            Self::Query { message, property } => (
                S::BAD_REQUEST,
                format!("Query validation error: '{message}' on property {property}."),
                Some("invalid_query_string"),
            ),
            Self::TooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "Payload content length greater than maximum allowed: 1048576".into(),
                None,
            ),
            Self::MediaType => (S::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type".into(), None),
            Self::UnknownUser => (S::NOT_FOUND, "The user does not exist.".into(), Some("inexistent_user")),
            Self::NotFound(missing) => (S::NOT_FOUND, missing.to_string(), missing.code()),
            Self::ReadOnlyConfiguration => (S::FORBIDDEN, READ_ONLY.into(), Some("read_only_configuration")),
            Self::MainIdentity => {
                (S::BAD_REQUEST, "Main identity cannot be removed.".into(), Some("delete_main_user_identity"))
            }
            Self::Pinned
            | Self::LastWayIn
            | Self::UnverifiedEmail(_)
            | Self::Blocked(_)
            | Self::PinnedSecondary => {
                let (message, code) = self.rule();
                (S::FORBIDDEN, message, Some(code))
            }
            Self::Link(message) => (S::BAD_REQUEST, (*message).into(), Some("invalid_body")),
            Self::Refused(message) => (S::BAD_REQUEST, message.clone(), Some("invalid_body")),
            Self::UserExists => (S::CONFLICT, "The user already exists.".into(), Some("auth0_idp_error")),
            Self::EmailExists => {
                (S::BAD_REQUEST, "The specified new email already exists".into(), Some("auth0_idp_error"))
            }
            Self::WeakPassword(message) => (S::BAD_REQUEST, message.clone(), None),
            Self::Search(message) => (S::BAD_REQUEST, (*message).into(), Some("invalid_query_string")),
            Self::Paging => (S::BAD_REQUEST, PAGING.into(), Some("invalid_paging")),
            Self::SearchTimeout => (
                S::SERVICE_UNAVAILABLE,
                "The query exceeded the timeout. Please try refining your search criteria.".into(),
                Some("query_timeout"),
            ),
            Self::IdentityExists => {
                (S::CONFLICT, "Specified identity already exists.".into(), Some("identity_already_exists"))
            }
            Self::TooManyRequests => {
                (S::TOO_MANY_REQUESTS, "Global limit has been reached".into(), Some("too_many_requests"))
            }
            Self::Unavailable { .. } => (S::SERVICE_UNAVAILABLE, "Service Unavailable".into(), None),
            Self::NoRoute => (S::NOT_FOUND, "Not Found".into(), None),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "An internal server error occurred".into(), None),
        }
    }

    /// Returns message and code of an extension's rule about linking and unlinking.
    fn rule(&self) -> (String, &'static str) {
        match self {
            Self::Pinned => (
                "The connection of this identity is managed by an organization; only the organization can unlink it."
                    .into(),
                "pinned_connection",
            ),
            Self::PinnedSecondary => (
                "An identity of the secondary account is managed by an organization; only the organization can move it."
                    .into(),
                "pinned_secondary",
            ),
            Self::UnverifiedEmail(role) => (
                format!("The {role} account has no verified e-mail address, which linking requires."),
                "unverified_email",
            ),
            Self::Blocked(role) => (format!("The {role} account is blocked."), "blocked_account"),
            _ => ("No other identity of this user can sign in. Link another one first.".into(), "last_way_in"),
        }
    }
}

/// Returns the challenge that asks for a sign-in of at most `max_age` seconds before (RFC 9470 section 3).
fn old_sign_in_challenge(max_age: u64) -> HeaderValue {
    let challenge = format!(
        "Bearer error=\"{INSUFFICIENT_USER_AUTHENTICATION}\", error_description=\"{OLD_SIGN_IN}\", max_age=\"{max_age}\""
    );
    HeaderValue::from_str(&challenge).unwrap_or(HeaderValue::from_static("Bearer"))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, message, code) = self.parts();
        let attributes = matches!(self, Self::ExpiredToken | Self::InvalidSignature | Self::InvalidToken)
            .then(|| TokenAttributes { error: message.clone() });
        let body = ManagementError {
            status_code: status.as_u16(),
            error: status.canonical_reason().unwrap_or("Error").to_owned(),
            message,
            error_code: code.map(str::to_owned),
            attributes,
        };
        let mut response = management_json(status, &body);
        if let Self::Unavailable { retry_after } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        let challenge = match &self {
            Self::MissingAuthentication => Some(bearer_challenge(None, None)),
            Self::BadBearer => Some(bearer_challenge(None, Some(("invalid_request", &body.message)))),
            Self::ExpiredToken | Self::InvalidSignature | Self::InvalidToken => {
                Some(bearer_challenge(None, Some(("invalid_token", &body.message))))
            }
            Self::OldSignIn { max_age } => Some(old_sign_in_challenge(*max_age)),
            Self::InsufficientScope(_) | Self::UnownedResource => {
                Some(bearer_challenge(None, Some(("insufficient_scope", &body.message))))
            }
            _ => None,
        };
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Returns the challenge of a resource that takes bearer tokens, with an error and its description. A request without a
/// token is told no error (RFC 6750 section 3.1).
pub(crate) fn bearer_challenge(realm: Option<&str>, error: Option<(&str, &str)>) -> HeaderValue {
    let quoted = |text: &str| text.replace(['"', '\\'], "'");
    let realm = realm.map(|realm| format!("realm=\"{}\"", quoted(realm)));
    let error = error.map(|(error, description)| {
        format!("error=\"{error}\", error_description=\"{}\"", quoted(description))
    });
    let attributes: Vec<String> = realm.into_iter().chain(error).collect();
    HeaderValue::from_str(format!("Bearer {}", attributes.join(", ")).trim_end())
        .unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

/// An error of the token endpoint (contract [C3](model::contract#c3)). It does not reveal which part of a
/// credential is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// The body cannot be read.
    Unreadable(UnreadableBody),
    /// A parameter is missing.
    InvalidRequest(&'static str),
    /// The client is unknown, or its secret is wrong.
    AccessDenied,
    /// The same, where the client sent its secret in the header.
    BasicDenied,
    /// Too many wrong secrets of the client from this network, with the time to wait.
    TooManyRequests(Duration),
    /// The client's assertion is missing or wrong. Says why once its signature has proven the client.
    InvalidClient(&'static str),
    /// A pushed authorization request is invalid.
    Authorization {
        /// The code of the error, as at `/authorize`.
        error: &'static str,
        /// What is wrong.
        description: String,
    },
    /// The client is not allowed to use this grant type.
    UnauthorizedClient(&'static str),
    /// The API does not exist.
    UnknownService(String),
    /// The client has no grant for this API.
    Ungranted {
        /// The client.
        client_id: String,
        /// The API.
        audience: String,
    },
    /// The API is closed to every client.
    Closed {
        /// The client.
        client_id: String,
        /// The API.
        audience: String,
    },
    /// The client's grant lacks these scopes.
    UngrantedScopes(Scopes),
    /// The grant type does not exist.
    UnsupportedGrant,
    /// Tokens of this type cannot be revoked.
    UnsupportedTokenType,
    /// The code is unknown, used or expired, or was issued to another client or for another redirect URI.
    InvalidCode,
    /// The verifier does not match the challenge.
    InvalidVerifier,
    /// The refresh token is unknown, rotated, revoked or expired, or belongs to another client or a blocked
    /// user.
    InvalidRefreshToken,
    /// The database has too much to do, or cannot be reached. It has been logged.
    Unavailable,
    /// An internal error, which has been logged.
    Internal,
}

impl From<store::Error> for TokenError {
    fn from(error: store::Error) -> Self {
        log_failure(&error);
        if error.is_temporary() { Self::Unavailable } else { Self::Internal }
    }
}

impl From<UnreadableBody> for TokenError {
    fn from(reason: UnreadableBody) -> Self {
        Self::Unreadable(reason)
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        use StatusCode as S;
        let retry_after = match &self {
            Self::Unreadable(UnreadableBody::Busy) => Some(1),
            Self::Unavailable => Some(RETRY_AFTER.into()),
            Self::TooManyRequests(wait) => Some(wait.as_secs().max(1)),
            _ => None,
        };
        let is_basic = self == Self::BasicDenied;
        let (status, error, description) = match self {
            Self::Unreadable(UnreadableBody::TooLarge) => {
                (S::PAYLOAD_TOO_LARGE, "invalid_request", "The body is larger than 65536 bytes".into())
            }
            Self::Unreadable(UnreadableBody::Busy) => (
                S::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "There are too many requests at the moment".into(),
            ),
            Self::Unavailable => (
                S::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The service is unavailable at the moment".into(),
            ),
            Self::Unreadable(UnreadableBody::Malformed | UnreadableBody::Type) => {
                (S::BAD_REQUEST, "invalid_request", "The body cannot be read".into())
            }
            Self::InvalidRequest(description) => (S::BAD_REQUEST, "invalid_request", description.into()),
            Self::TooManyRequests(_) => {
                (S::TOO_MANY_REQUESTS, "too_many_requests", "Too many wrong secrets. Try again later.".into())
            }
            Self::AccessDenied | Self::BasicDenied => {
                (S::UNAUTHORIZED, "access_denied", "Unauthorized".into())
            }
            Self::Authorization { error, description } => (S::BAD_REQUEST, error, description),
            Self::InvalidClient(description) => (S::UNAUTHORIZED, "invalid_client", description.into()),
            Self::UnauthorizedClient(grant) => {
                let description = format!("Grant type '{grant}' not allowed for the client.");
                (S::FORBIDDEN, "unauthorized_client", description)
            }
            Self::UnknownService(audience) => {
                (S::FORBIDDEN, "access_denied", format!("Service not found: {audience}"))
            }
            Self::Ungranted { client_id, audience } => (
                S::FORBIDDEN,
                "access_denied",
                format!(
                    "Client \"{client_id}\" is not authorized to access resource server \"{audience}\". \
                     You need to create a \"client-grant\" associated to this API."
                ),
            ),
            Self::Closed { client_id, audience } => (
                S::FORBIDDEN,
                "access_denied",
                format!("Client \"{client_id}\" is not authorized to access resource server \"{audience}\"."),
            ),
            Self::UngrantedScopes(scopes) => {
                let list = scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(", ");
                let description = format!("Client has not been granted scopes: {list}");
                (S::FORBIDDEN, "access_denied", description)
            }
            Self::UnsupportedGrant => {
                (S::FORBIDDEN, "unsupported_grant_type", "Unsupported grant type".into())
            }
            Self::UnsupportedTokenType => (
                S::BAD_REQUEST,
                "unsupported_token_type",
                "A JSON Web Token cannot be revoked. It is valid until it expires.".into(),
            ),
            Self::InvalidCode => (S::FORBIDDEN, "invalid_grant", "Invalid authorization code".into()),
            Self::InvalidVerifier => (S::FORBIDDEN, "invalid_grant", "Failed to verify code verifier".into()),
            Self::InvalidRefreshToken => {
                (S::FORBIDDEN, "invalid_grant", "Unknown or invalid refresh token.".into())
            }
            Self::Internal => {
                (S::INTERNAL_SERVER_ERROR, "server_error", "An internal server error occurred".into())
            }
        };
        let body = OAuthError { error: error.to_owned(), error_description: description };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == S::UNAUTHORIZED {
            // Basic only to a client that tried it (RFC 6749 section 5.2): a browser would ask the person for a password.
            let challenge = if is_basic {
                HeaderValue::from_static("Basic realm=\"Clients\", charset=\"UTF-8\"")
            } else {
                bearer_challenge(Some("Clients"), Some(("invalid_client", "Client authentication failed")))
            };
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        no_store(response)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    /// A value that is no JSON.
    struct Unreadable;

    impl serde::Serialize for Unreadable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("unreadable"))
        }
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_an_internal_error_as_any_other() {
        let (unreadable, internal) =
            (management_json(StatusCode::OK, &Unreadable), ApiError::Internal.into_response());
        assert_eq!(unreadable.status(), internal.status());
        assert_eq!(unreadable.headers(), internal.headers());
        let body = async |response: Response| to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(body(unreadable).await, body(internal).await);
    }
}
