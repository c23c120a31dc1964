//! The endpoints of sessions, refresh tokens, consents and blocks.

use axum::routing::{delete, get, post};
use model::route;

use super::endpoint::{CHECKPOINT, Content, Endpoint, PAGE, Parameter};
use crate::http::bearer::{
    CHANGE_USER_BLOCKS, DELETE_GRANTS, DELETE_REFRESH_TOKENS, DELETE_SESSIONS, READ_GRANTS,
    READ_REFRESH_TOKENS, READ_SESSIONS, READ_USER_BLOCKS, REVOKE_ACCESS,
};
use crate::http::required_scopes::RequiredScopes;
use crate::management::schema::{self, json_schema};
use crate::management::{grants, refresh_tokens, sessions, user_blocks};

const SESSION: &str = "#/components/schemas/Session";
const REFRESH_TOKEN: &str = "#/components/schemas/RefreshToken";
const GRANT: &str = "#/components/schemas/Grant";

const GRANT_OF_USER: Parameter = ("user_id", "string", "The user");
const GRANTS: &[Parameter] = &[
    GRANT_OF_USER,
    ("client_id", "string", "The client"),
    ("audience", "string", "The audience of the API"),
    PAGE[0],
    PAGE[1],
    PAGE[2],
];

const IDENTIFIER: Parameter = ("identifier", "string", "E-mail address or username; required");
const ENABLEMENT: Parameter =
    ("consider_brute_force_enablement", "boolean", "Whether the protection must be enabled. It always is");

/// Returns a row for ending something.
fn row(method: &'static str, path: &'static str, summary: &'static str, scopes: RequiredScopes) -> Endpoint {
    Endpoint {
        method,
        path,
        summary,
        scopes: Some(scopes),
        query: &[],
        body: None,
        success: (202, Content::Nothing),
        errors: &[404],
        handler: delete(sessions::delete),
    }
}

/// Returns the rows of sessions.
pub(super) fn sessions() -> [Endpoint; 6] {
    [
        Endpoint {
            query: &CHECKPOINT,
            success: (200, Content::Listed("sessions", SESSION)),
            handler: get(sessions::list),
            ..row("get", route::USER_SESSIONS, "List the sessions of a user", READ_SESSIONS)
        },
        Endpoint {
            handler: delete(sessions::delete_all),
            ..row("delete", route::USER_SESSIONS, "End the sessions of a user", DELETE_SESSIONS)
        },
        Endpoint {
            success: (200, Content::Object(SESSION)),
            handler: get(sessions::get),
            ..row("get", route::SESSION, "Get a session", READ_SESSIONS)
        },
        row("delete", route::SESSION, "End a session", DELETE_SESSIONS),
        Endpoint {
            handler: post(sessions::revoke),
            ..row("post", route::SESSION_REVOKE, "End a session with its refresh tokens", REVOKE_ACCESS)
        },
        Endpoint {
            body: Some(|| json_schema(schema::REVOKED_ACCESS, &[])),
            errors: &[404, 413, 415],
            handler: post(sessions::revoke_access),
            ..row("post", route::REVOKE_ACCESS, "End sessions and refresh tokens of a user", REVOKE_ACCESS)
        },
    ]
}

/// Returns the rows of refresh tokens.
pub(super) fn refresh_tokens() -> [Endpoint; 4] {
    [
        Endpoint {
            query: &CHECKPOINT,
            success: (200, Content::Listed("tokens", REFRESH_TOKEN)),
            handler: get(refresh_tokens::list),
            ..row("get", route::USER_REFRESH_TOKENS, "List the refresh tokens of a user", READ_REFRESH_TOKENS)
        },
        Endpoint {
            handler: delete(refresh_tokens::delete_all),
            ..row(
                "delete",
                route::USER_REFRESH_TOKENS,
                "Revoke the refresh tokens of a user",
                DELETE_REFRESH_TOKENS,
            )
        },
        Endpoint {
            success: (200, Content::Object(REFRESH_TOKEN)),
            handler: get(refresh_tokens::get),
            ..row("get", route::REFRESH_TOKEN, "Get a refresh token", READ_REFRESH_TOKENS)
        },
        Endpoint {
            handler: delete(refresh_tokens::delete),
            ..row("delete", route::REFRESH_TOKEN, "Revoke a refresh token", DELETE_REFRESH_TOKENS)
        },
    ]
}

/// Returns the rows of consents.
pub(super) fn grants() -> [Endpoint; 3] {
    [
        Endpoint {
            query: GRANTS,
            success: (200, Content::Listed("grants", GRANT)),
            errors: &[],
            handler: get(grants::list),
            ..row("get", route::GRANTS, "List what people allowed applications", READ_GRANTS)
        },
        Endpoint {
            query: &[GRANT_OF_USER],
            success: (204, Content::Nothing),
            errors: &[],
            handler: delete(grants::delete_all),
            ..row("delete", route::GRANTS, "Revoke what a user allowed applications", DELETE_GRANTS)
        },
        Endpoint {
            success: (204, Content::Nothing),
            errors: &[],
            handler: delete(grants::delete),
            ..row("delete", route::GRANT, "Revoke what a user allowed an application", DELETE_GRANTS)
        },
    ]
}

/// Returns the rows of blocks.
pub(super) fn blocks() -> [Endpoint; 4] {
    [
        Endpoint {
            query: &[IDENTIFIER, ENABLEMENT],
            success: (200, Content::Document),
            errors: &[],
            handler: get(user_blocks::list_by_identifier),
            ..row("get", route::USER_BLOCKS, "Get the blocks of an identifier", READ_USER_BLOCKS)
        },
        Endpoint {
            query: &[IDENTIFIER],
            success: (204, Content::Nothing),
            errors: &[],
            handler: delete(user_blocks::delete_by_identifier),
            ..row("delete", route::USER_BLOCKS, "Remove the blocks of an identifier", CHANGE_USER_BLOCKS)
        },
        Endpoint {
            query: &[ENABLEMENT],
            success: (200, Content::Document),
            handler: get(user_blocks::list),
            ..row("get", route::USER_BLOCK, "Get the blocks of a user", READ_USER_BLOCKS)
        },
        Endpoint {
            success: (204, Content::Nothing),
            handler: delete(user_blocks::delete),
            ..row("delete", route::USER_BLOCK, "Remove the blocks of a user", CHANGE_USER_BLOCKS)
        },
    ]
}
