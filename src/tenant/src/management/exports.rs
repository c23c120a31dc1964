//! `POST /api/v2/jobs/users-exports`: a file with users (contract [A20](model::contract#a20)).

use std::io::Write;

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{CandidateField, Candidates, UserRow};

use super::jobs::{Shown, file_code, new_job, respond};
use super::key_order::UserBody;
use super::query::Query;
use super::users::to_json;
use super::{body, schema};
use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::no_store;
use crate::jobs::{Export, Format, Work};
use crate::state::Tenant;

/// The number of users to read from the store at once.
const CHUNK: u32 = 200;

/// The columns of a CSV file if the request names none.
const COLUMNS: [&str; 12] = [
    "user_id",
    "email",
    "email_verified",
    "username",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "picture",
    "created_at",
    "updated_at",
    "identities[0].connection",
];

/// The body of a request. The schema has validated every value.
#[derive(Deserialize)]
struct NewExport {
    connection_id: Option<String>,
    format: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    fields: Vec<Field>,
}

/// A field to export: its name or path, and its title.
#[derive(Deserialize)]
struct Field {
    name: String,
    export_as: Option<String>,
}

/// Exports the users, or those of a connection, as newline-delimited JSON or CSV: 200 with the job.
pub(super) async fn create(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let _permission = caller.may_read_all_users()?;
    let (mut body, encoding) = body::read(&tenant, request).await?;
    if !body.is_empty() {
        schema::check(&mut body, encoding, schema::EXPORT, &[])?;
    }
    let new: NewExport = serde_json::from_value(Value::Object(body)).map_err(|_| ApiError::Internal)?;
    let format = match new.format.as_deref() {
        None | Some("json") => Format::Json,
        Some("csv") => Format::Csv,
        Some(other) => return Err(ApiError::Payload(format!("No enum match for: {other}"))),
    };
    let connection = match new.connection_id.as_deref() {
        None => None,
        Some(id) => {
            let mut connections = tenant.0.configuration.connections().iter();
            let found = connections.find(|connection| connection.id == id).ok_or(NotFound::Connection)?;
            Some(found.name.as_str())
        }
    };
    let mut file = Writer::new(format, new.fields)?;
    let mut reader = tenant.0.store.scan().await?;
    let candidates = match connection {
        None => None,
        Some(name) => {
            let by = CandidateField::Connection;
            reader.few_candidates(Candidates { by, values: vec![name.to_owned()] }).await?
        }
    };
    let (mut left, mut after) = (new.limit.unwrap_or(usize::MAX), String::new());
    loop {
        let rows = reader.scan_users(candidates.as_ref(), &after, CHUNK).await?;
        for row in rows.iter().filter(|row| is_of(row, connection)).take(left) {
            file.add(row)?;
            left -= 1;
        }
        match rows.last() {
            Some(last) if left > 0 => last.user_id.as_str().clone_into(&mut after),
            _ => break,
        }
    }
    let export = Export { connection_id: new.connection_id, format };
    let job = new_job(&tenant, Work::Export(export));
    tenant.0.jobs.add_file(&job, &file_code(&tenant, &job.id), (format, &file.finish()?)).await?;
    tenant.0.jobs.add(&job).await?;
    Ok(respond(&tenant, StatusCode::OK, &job, Shown::Accepted))
}

/// `GET /api/v2/jobs/{id}/file` with the `code` of `location`: the file, as long as it is kept.
pub(super) async fn file(
    State(tenant): State<Tenant>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref());
    let code = query.text("code")?.unwrap_or_default();
    let file = tenant.0.jobs.find_file(code, tenant.now()).await?.ok_or(NotFound::Job)?;
    let mut response = no_store(file.bytes().ok_or(NotFound::Job)?.into_response());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static(match file.format {
            Format::Csv => "attachment; filename=\"users.csv.gz\"",
            Format::Json => "attachment; filename=\"users.json.gz\"",
        }),
    );
    Ok(response)
}

/// Returns whether the primary identity of a user is of the connection.
fn is_of(row: &UserRow, connection: Option<&str>) -> bool {
    let primary = row.identities.first().map(|identity| identity.connection.as_str());
    connection.is_none() || primary == connection
}

/// A file that is being written.
struct Writer {
    csv: bool,
    fields: Vec<Field>,
    out: GzEncoder<Vec<u8>>,
}

impl Writer {
    fn new(format: Format, fields: Vec<Field>) -> Result<Self, ApiError> {
        let csv = format == Format::Csv;
        let fields = if csv && fields.is_empty() {
            COLUMNS.map(|name| Field { name: name.to_owned(), export_as: None }).into_iter().collect()
        } else {
            fields
        };
        let mut writer = Self { csv, fields, out: GzEncoder::new(Vec::new(), Compression::default()) };
        if csv {
            let titles: Vec<String> = writer.fields.iter().map(|field| quoted(field.title())).collect();
            writer.line(titles.join(",").as_bytes())?;
        }
        Ok(writer)
    }

    fn add(&mut self, row: &UserRow) -> Result<(), ApiError> {
        if !self.csv && self.fields.is_empty() {
            let text = serde_json::to_vec(&UserBody::of(row)).map_err(|_| ApiError::Internal)?;
            return self.line(&text);
        }
        let user = to_json(row)?;
        if self.csv {
            let cells: Vec<String> =
                self.fields.iter().map(|field| quoted(&cell(at(&user, &field.name)))).collect();
            return self.line(cells.join(",").as_bytes());
        }
        let mut object = Map::new();
        for field in &self.fields {
            if let Some(value) = at(&user, &field.name) {
                object.insert(field.title().to_owned(), value.clone());
            }
        }
        let text = serde_json::to_vec(&object).map_err(|_| ApiError::Internal)?;
        self.line(&text)
    }

    fn line(&mut self, text: &[u8]) -> Result<(), ApiError> {
        let written = self.out.write_all(text).and_then(|()| self.out.write_all(b"\n"));
        written.map_err(|_| ApiError::Internal)
    }

    fn finish(self) -> Result<Vec<u8>, ApiError> {
        self.out.finish().map_err(|_| ApiError::Internal)
    }
}

impl Field {
    fn title(&self) -> &str {
        self.export_as.as_deref().unwrap_or(&self.name)
    }
}

/// Returns the value at a path such as `user_metadata.theme` or `identities[0].connection`.
fn at<'v>(user: &'v Value, path: &str) -> Option<&'v Value> {
    let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
    steps.filter(|step| !step.is_empty()).try_fold(user, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Returns a field of a CSV file (RFC 4180 section 2).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_into_objects_and_lists() {
        let user = json!({ "email": "a@b", "user_metadata": { "a": { "b": 1 } }, "identities": [{ "connection": "c" }] });
        assert_eq!(at(&user, "email"), Some(&json!("a@b")));
        assert_eq!(at(&user, "user_metadata.a.b"), Some(&json!(1)));
        assert_eq!(at(&user, "identities[0].connection"), Some(&json!("c")));
        for nowhere in ["identities[1].connection", "identities[x]", "email.more", "other"] {
            assert_eq!(at(&user, nowhere), None, "{nowhere}");
        }
        assert_eq!(quoted("a \"b\", c\n"), "\"a \"\"b\"\", c\n\"");
    }
}
