//! Every path that both sides use, and the encoding of ids in them (contract [A10](crate::contract#a10)).
//!
//! A constant with `{…}` is a pattern for a router; a function of the same name fills it in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{IdentityKey, UserId};

/// Where sign-in begins (RFC 6749 section 3.1).
pub const AUTHORIZE: &str = "/authorize";
/// Where codes become tokens (RFC 6749 section 3.2).
pub const TOKEN: &str = "/oauth/token";
/// Where a client gives a token back (RFC 7009).
pub const REVOKE: &str = "/oauth/revoke";
/// Who the bearer is (OpenID Connect Core 5.3).
pub const USERINFO: &str = "/userinfo";
/// Where the tenant's session ends (contract [C4](crate::contract#c4)).
pub const LOGOUT: &str = "/v2/logout";
/// Where a client asks to end the tenant's session (OpenID Connect RP-Initiated Logout 1.0).
pub const END_SESSION: &str = "/oidc/logout";
/// OpenID Connect Discovery 1.0, section 4.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Where people sign up without the hosted pages (contract [C4](crate::contract#c4)).
pub const SIGN_UP: &str = "/dbconnections/signup";
/// Where people ask for a mail to set a new password (contract [C4](crate::contract#c4)).
pub const CHANGE_PASSWORD: &str = "/dbconnections/change_password";
/// The tenant's public keys (RFC 7517).
pub const JWKS: &str = "/.well-known/jwks.json";
/// The Management API; behind the tenant's origin and with a slash at its end it is the API's audience.
pub const MANAGEMENT_API: &str = "/api/v2";
/// Every user: GET searches, POST adds one.
pub const USERS: &str = "/api/v2/users";
/// The users with an e-mail address.
pub const USERS_BY_EMAIL: &str = "/api/v2/users-by-email";
/// The connections.
pub const CONNECTIONS: &str = "/api/v2/connections";
/// What the Management API can do, as an OpenAPI document.
pub const OPENAPI: &str = "/api/v2/openapi.json";
/// One user.
pub const USER: &str = "/api/v2/users/{id}";
/// The identities of one user: POST links another.
pub const IDENTITIES: &str = "/api/v2/users/{id}/identities";
/// One identity of one user: DELETE unlinks it.
pub const IDENTITY: &str = "/api/v2/users/{id}/identities/{provider}/{user_id}";
/// Where a demo tenant lets people plan faults for their own calls.
pub const FAULTS: &str = "/demo/faults";
/// The page's settings.
pub const SETTINGS: &str = "/config.json";
/// Where the page finishes sign-in.
pub const CALLBACK: &str = "/callback";

/// What RFC 3986 section 2.3 leaves unreserved stays as it is; everything else is encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes one path segment: each byte of UTF-8 that is not unreserved becomes `%XX`.
#[must_use]
pub fn segment(text: &str) -> String {
    // A lone dot or two would be resolved away by every URL parser, even when encoded; no id is one.
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The path of one user.
#[must_use]
pub fn user(id: &UserId) -> String {
    format!("{MANAGEMENT_API}/users/{}", segment(id.as_str()))
}

/// The path of a user's identities.
#[must_use]
pub fn identities(id: &UserId) -> String {
    format!("{}/identities", user(id))
}

/// The path of one identity of a user.
#[must_use]
pub fn identity(id: &UserId, key: &IdentityKey) -> String {
    format!("{}/{}/{}", identities(id), segment(key.provider.as_str()), segment(key.user_id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_encoded_once_and_whole() {
        let user = UserId::new("samlp|acme|a/b%c@d ü");
        let key = user.as_identity_key().unwrap();
        assert_eq!(
            identity(&UserId::new("auth0|1"), &key),
            "/api/v2/users/auth0%7C1/identities/samlp/acme%7Ca%2Fb%25c%40d%20%C3%BC"
        );
    }
}
