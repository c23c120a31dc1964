//! The endpoints of jobs and of links with which people verify an address or set a password.

use axum::routing::{get, post};
use model::route;

use super::endpoint::{Content, Endpoint};
use crate::http::bearer::{CREATE_TICKETS, IMPORT_USERS, MAIL_VERIFICATION, READ_ALL_USERS, READ_JOBS};
use crate::http::required_scopes::RequiredScopes;
use crate::management::schema::{self, json_schema};
use crate::management::{exports, imports, jobs, tickets};

const JOB: &str = "#/components/schemas/Job";

/// Returns a row for a request that creates something.
fn row(path: &'static str, summary: &'static str, scopes: RequiredScopes) -> Endpoint {
    Endpoint {
        method: "post",
        path,
        summary,
        scopes: Some(scopes),
        query: &[],
        body: None,
        success: (201, Content::Document),
        errors: &[404, 413, 415],
        handler: post(tickets::verify_email),
    }
}

/// Returns the rows of links.
pub(super) fn tickets() -> [Endpoint; 2] {
    [
        Endpoint {
            body: Some(|| json_schema(schema::VERIFICATION_TICKET, &["user_id"])),
            ..row(
                route::EMAIL_VERIFICATION_TICKETS,
                "Create a link that verifies the address of a user",
                CREATE_TICKETS,
            )
        },
        Endpoint {
            body: Some(|| json_schema(schema::PASSWORD_TICKET, &[])),
            handler: post(tickets::change_password),
            ..row(
                route::PASSWORD_CHANGE_TICKETS,
                "Create a link with which a user sets a new password",
                CREATE_TICKETS,
            )
        },
    ]
}

/// Returns the rows of jobs.
pub(super) fn jobs() -> [Endpoint; 6] {
    [
        Endpoint {
            body: Some(|| json_schema(schema::VERIFICATION_MAIL, &["user_id"])),
            success: (201, Content::Object(JOB)),
            handler: post(jobs::verification_email),
            ..row(
                route::VERIFICATION_EMAIL_JOBS,
                "Mail a user a link that verifies the address",
                MAIL_VERIFICATION,
            )
        },
        Endpoint {
            body: Some(|| json_schema(schema::EXPORT, &[])),
            success: (200, Content::Object(JOB)),
            handler: post(exports::create),
            ..row(route::USERS_EXPORT_JOBS, "Export users to a file", READ_ALL_USERS)
        },
        Endpoint {
            success: (202, Content::Object(JOB)),
            errors: &[413, 415],
            handler: post(imports::create),
            ..row(
                route::USERS_IMPORT_JOBS,
                "Import users from a file: a multipart form with users, connection_id, upsert, external_id",
                IMPORT_USERS,
            )
        },
        Endpoint {
            method: "get",
            success: (200, Content::Object(JOB)),
            errors: &[404],
            handler: get(jobs::get),
            ..row(route::JOB, "Get a job", READ_JOBS)
        },
        Endpoint {
            method: "get",
            success: (200, Content::Document),
            errors: &[204, 404],
            handler: get(jobs::errors),
            ..row(route::JOB_ERRORS, "Get the users that an import refused, or 204", READ_JOBS)
        },
        Endpoint {
            method: "get",
            scopes: None,
            query: &[("code", "string", "The code in the address of the file; required")],
            success: (200, Content::Document),
            errors: &[400, 404],
            handler: get(exports::file),
            ..row(route::JOB_FILE, "Download the file of an export, by gzip", READ_JOBS)
        },
    ]
}
