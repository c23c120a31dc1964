//! Tests of the tenant through its router, each with a new database file.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod api_permissions;
mod apis;
mod attacks;
mod authorization_requests;
mod bearer;
mod brute_force;
mod configuration;
mod connections;
mod create;
mod end_session;
mod faults;
mod form_redirect;
mod id_token_bearer;
mod identity_claim;
mod imported_passwords;
mod link;
mod logout;
mod machine;
mod metadata;
mod new_identities;
mod normal_form;
mod openapi;
mod private_key_jwt;
mod properties;
mod pushed_requests;
mod rate_limit;
mod refresh;
mod request_objects;
mod reset_password;
mod response_modes;
mod revoke;
mod roles;
mod search;
mod sign_in;
mod sign_up;
mod stand_in;
mod test_tenant;
mod tokens;
mod unlink;
mod update;
mod upstream;
mod userinfo;
mod users;
mod verify_email;
