//! Jobs: reading them, and the one that mails a link to verify an address (contract [A20](model::contract#a20)).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::UserId;
use serde::Serialize;
use serde_json::{Map, Value};

use super::path::PathIds;
use super::tickets::{Target, target};
use super::{body, schema};
use crate::database::ticket_mails::send_email_verification;
use crate::http::bearer::{Caller, MAIL_VERIFICATION, READ_JOBS};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::{management_empty, management_json};
use crate::jobs::{Format, Job, Work};
use crate::secret::{Secret, random_hex};
use crate::state::Tenant;

/// A job in the representation of the API.
#[derive(Serialize)]
struct ShownJob<'j> {
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<&'j str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'j str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'j str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage_done: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
    created_at: String,
    id: &'j str,
}

#[derive(Serialize)]
struct Summary {
    failed: usize,
    updated: usize,
    inserted: usize,
    total: usize,
}

/// The state in which a job is shown: as it was when it was accepted, or done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Accepted,
    Done,
}

/// `GET /api/v2/jobs/{id}`.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_JOBS)?;
    Ok(respond(&tenant, StatusCode::OK, &find(&tenant, &path).await?, Shown::Done))
}

/// `GET /api/v2/jobs/{id}/errors`: 200 with the refused users of an import, or 204 if there are none.
pub(super) async fn errors(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_JOBS)?;
    match find(&tenant, &path).await?.work {
        Work::Import(import) if !import.errors.is_empty() => {
            Ok(management_json(StatusCode::OK, &import.errors))
        }
        _ => Ok(management_empty()),
    }
}

/// `POST /api/v2/jobs/verification-email`: 201 with the job.
pub(super) async fn verification_email(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.require(MAIL_VERIFICATION)?;
    let (mut body, encoding) = body::read(&tenant, request).await?;
    schema::check(&mut body, encoding, schema::VERIFICATION_MAIL, &["user_id"])?;
    let text =
        |body: &Map<String, Value>, key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    if text(&body, "client_id").is_some_and(|id| tenant.client(&id).is_none()) {
        return Err(ApiError::Refused("The client does not exist".to_owned()));
    }
    let user_id = UserId::new(text(&body, "user_id").unwrap_or_default());
    let user = tenant.0.store.read().await?.find_user(&user_id).await?.ok_or(ApiError::UnknownUser)?;
    let Target { connection, key, email } =
        target(&tenant, &user, body.get("identity").and_then(Value::as_object))?;
    send_email_verification(&tenant, &connection, &email, key).await?;
    let job = new_job(&tenant, Work::VerificationEmail);
    tenant.0.jobs.add(&job).await?;
    Ok(respond(&tenant, StatusCode::CREATED, &job, Shown::Accepted))
}

/// Returns a job that was asked for now.
pub(super) fn new_job(tenant: &Tenant, work: Work) -> Job {
    Job { id: format!("job_{}", random_hex::<8>()), created_at: tenant.now(), work }
}

async fn find(tenant: &Tenant, path: &PathIds) -> Result<Job, ApiError> {
    tenant.0.jobs.find(path.id(), tenant.now()).await?.ok_or(NotFound::Job.into())
}

/// Returns the code in the address of an export's file. It is derived, so that every server knows it and none stores it.
pub(super) fn file_code(tenant: &Tenant, job_id: &str) -> Secret {
    tenant.0.browser_key.derive(&format!("export {job_id}"))
}

/// Responds with a job.
pub(super) fn respond(tenant: &Tenant, status: StatusCode, job: &Job, shown: Shown) -> Response {
    let is_done = shown == Shown::Done;
    let mut body = ShownJob {
        kind: "verification_email",
        status: if is_done { "completed" } else { "pending" },
        connection_id: None,
        connection: None,
        format: None,
        external_id: None,
        location: None,
        percentage_done: None,
        summary: None,
        created_at: job.created_at.iso(),
        id: &job.id,
    };
    match &job.work {
        Work::VerificationEmail => {}
        Work::Export(export) => {
            body.kind = "users_export";
            body.connection_id = export.connection_id.as_deref();
            body.format = Some(export.format);
            if is_done {
                let (origin, code) = (tenant.0.issuer.origin(), file_code(tenant, &job.id));
                let location = format!("{origin}/api/v2/jobs/{}/file?code={}", job.id, code.expose());
                body.location = Some(location).filter(|_| job.has_file(tenant.now()));
                body.percentage_done = Some(100);
            }
        }
        Work::Import(import) => {
            body.kind = "users_import";
            body.connection_id = Some(&import.connection_id);
            body.external_id = import.external_id.as_deref();
            if is_done {
                let (inserted, updated, failed) = (import.inserted, import.updated, import.errors.len());
                body.percentage_done = Some(100);
                body.summary =
                    Some(Summary { failed, updated, inserted, total: inserted + updated + failed });
            }
        }
    }
    let connections = tenant.0.configuration.connections().iter();
    let name = |id: &str| connections.clone().find(|one| one.id == id).map(|one| one.name.as_str());
    body.connection = body.connection_id.and_then(name);
    management_json(status, &body)
}
