//! The paths of page and tenant, and the encoding of ids in them (contract
//! [A10](crate::contract#a10)).
//!
//! A constant with `{…}` is a pattern for a router; the function of the same name in lower case fills it in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::id::{IdentityKey, UserId};

/// The authorization endpoint (RFC 6749 section 3.1).
pub const AUTHORIZE: &str = "/authorize";
/// The token endpoint (RFC 6749 section 3.2).
pub const TOKEN: &str = "/oauth/token";
/// The revocation endpoint (RFC 7009).
pub const REVOKE: &str = "/oauth/revoke";
/// Takes authorization requests that clients push (RFC 9126).
pub const PUSHED_REQUESTS: &str = "/oauth/par";
/// The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).
pub const USERINFO: &str = "/userinfo";
/// Auth0's logout endpoint (contract [C4](crate::contract#c4)).
pub const LOGOUT: &str = "/v2/logout";
/// The end session endpoint (OpenID Connect RP-Initiated Logout 1.0).
pub const END_SESSION: &str = "/oidc/logout";
/// The discovery document (OpenID Connect Discovery 1.0 section 4).
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Sign-up for a database connection without the hosted pages (contract [C4](crate::contract#c4)).
pub const SIGN_UP: &str = "/dbconnections/signup";
/// Request for a password reset mail (contract [C4](crate::contract#c4)).
pub const CHANGE_PASSWORD: &str = "/dbconnections/change_password";
/// The page of this tenant that sends the mail to confirm an address again. Auth0 has none.
pub const VERIFICATION_MAIL: &str = "/u/verify-email/mail";
/// The tenant's public signing keys (RFC 7517).
pub const JWKS: &str = "/.well-known/jwks.json";
/// The base path of the Management API. The tenant's origin, this path and a final slash form the API's
/// audience.
pub const MANAGEMENT_API: &str = "/api/v2";
/// All users: GET lists or searches, POST creates one.
pub const USERS: &str = "/api/v2/users";
/// The users with a given e-mail address.
pub const USERS_BY_EMAIL: &str = "/api/v2/users-by-email";
/// The connections.
pub const CONNECTIONS: &str = "/api/v2/connections";
/// One connection.
pub const CONNECTION: &str = "/api/v2/connections/{id}";
/// The clients that may use a connection.
pub const CONNECTION_CLIENTS: &str = "/api/v2/connections/{id}/clients";
/// The directory provisionings of connections.
pub const DIRECTORY_PROVISIONINGS: &str = "/api/v2/connections-directory-provisionings";
/// The applications.
pub const CLIENTS: &str = "/api/v2/clients";
/// One application.
pub const CLIENT: &str = "/api/v2/clients/{id}";
/// The client grants.
pub const CLIENT_GRANTS: &str = "/api/v2/client-grants";
/// One client grant.
pub const CLIENT_GRANT: &str = "/api/v2/client-grants/{id}";
/// The APIs.
pub const RESOURCE_SERVERS: &str = "/api/v2/resource-servers";
/// One API.
pub const RESOURCE_SERVER: &str = "/api/v2/resource-servers/{id}";
/// The settings of the tenant.
pub const TENANT_SETTINGS: &str = "/api/v2/tenants/settings";
/// The Actions.
pub const ACTIONS: &str = "/api/v2/actions/actions";
/// The OpenAPI document of the Management API.
pub const OPENAPI: &str = "/api/v2/openapi.json";
/// One user.
pub const USER: &str = "/api/v2/users/{id}";
/// The identities of one user: POST links an account.
pub const IDENTITIES: &str = "/api/v2/users/{id}/identities";
/// One identity of one user: DELETE unlinks it.
pub const IDENTITY: &str = "/api/v2/users/{id}/identities/{provider}/{user_id}";
/// The roles of one user.
pub const USER_ROLES: &str = "/api/v2/users/{id}/roles";
/// The permissions of one user.
pub const USER_PERMISSIONS: &str = "/api/v2/users/{id}/permissions";
/// The sessions of one user.
pub const USER_SESSIONS: &str = "/api/v2/users/{id}/sessions";
/// The refresh tokens of one user.
pub const USER_REFRESH_TOKENS: &str = "/api/v2/users/{id}/refresh-tokens";
/// POST ends sessions and refresh tokens of one user.
pub const REVOKE_ACCESS: &str = "/api/v2/users/{id}/revoke-access";
/// One session.
pub const SESSION: &str = "/api/v2/sessions/{id}";
/// POST ends one session with its refresh tokens.
pub const SESSION_REVOKE: &str = "/api/v2/sessions/{id}/revoke";
/// One refresh token.
pub const REFRESH_TOKEN: &str = "/api/v2/refresh-tokens/{id}";
/// What people allowed applications.
pub const GRANTS: &str = "/api/v2/grants";
/// What one person allowed one application at one API.
pub const GRANT: &str = "/api/v2/grants/{id}";
/// The blocks of an identifier.
pub const USER_BLOCKS: &str = "/api/v2/user-blocks";
/// The blocks of one user.
pub const USER_BLOCK: &str = "/api/v2/user-blocks/{id}";
/// POST creates a link that verifies an e-mail address.
pub const EMAIL_VERIFICATION_TICKETS: &str = "/api/v2/tickets/email-verification";
/// POST creates a link that sets a password.
pub const PASSWORD_CHANGE_TICKETS: &str = "/api/v2/tickets/password-change";
/// POST mails a link that verifies an e-mail address.
pub const VERIFICATION_EMAIL_JOBS: &str = "/api/v2/jobs/verification-email";
/// POST imports users.
pub const USERS_IMPORT_JOBS: &str = "/api/v2/jobs/users-imports";
/// POST exports users.
pub const USERS_EXPORT_JOBS: &str = "/api/v2/jobs/users-exports";
/// One job.
pub const JOB: &str = "/api/v2/jobs/{id}";
/// The users that an import refused.
pub const JOB_ERRORS: &str = "/api/v2/jobs/{id}/errors";
/// The file of an export.
pub const JOB_FILE: &str = "/api/v2/jobs/{id}/file";
/// The roles.
pub const ROLES: &str = "/api/v2/roles";
/// One role.
pub const ROLE: &str = "/api/v2/roles/{id}";
/// The permissions of one role.
pub const ROLE_PERMISSIONS: &str = "/api/v2/roles/{id}/permissions";
/// The users that have a role.
pub const ROLE_USERS: &str = "/api/v2/roles/{id}/users";
/// Planned faults for a user's own requests, on a demo tenant.
pub const FAULTS: &str = "/demo/faults";
/// The path of the page that leads to the list, or says what the page is for.
pub const HOME: &str = "/";
/// The path of the list.
pub const LIST: &str = "/linked-accounts";
/// What the paths of deep links begin with.
pub const DEEP_LINKS: [&str; 2] = ["/link/", "/unlink/"];
/// The page's settings.
pub const SETTINGS: &str = "/config.json";
/// The page's service worker.
pub const SERVICE_WORKER: &str = "/service-worker.js";
/// The page's redirect URI: the path that completes a sign-in.
pub const CALLBACK: &str = "/callback";

/// The characters to encode: all but the unreserved ones of RFC 3986 section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes one path segment: every UTF-8 byte that is not an unreserved character becomes `%XX`.
#[must_use]
pub fn segment(text: &str) -> String {
    // URL parsers remove `.` and `..` segments even when encoded. No id has this form.
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Returns the path of a user.
#[must_use]
pub fn user(id: &UserId) -> String {
    format!("{MANAGEMENT_API}/users/{}", segment(id.as_str()))
}

/// Returns the path of a user's identities.
#[must_use]
pub fn identities(id: &UserId) -> String {
    format!("{}/identities", user(id))
}

/// Returns the path of one identity of a user.
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
