//! `GET /api/v2/users` (contract [A6](model::contract#a6)): listing and searching.

mod condition;
mod projection;
mod query;
mod scan;
mod syntax;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use store::{CandidateField, Candidates, Order, Reader, UserRow, fold_text};

use super::key_order::UserBody;
use super::query::{self as parameters, Checkpoint, Page, Query as Parameters};
use crate::http::bearer::{Caller, MayReadAllUsers};
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::state::Tenant;
use query::{InvalidQuery, Query};
use scan::Scan;

/// The time limit of a search (contract [A6](model::contract#a6)).
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// The sort order of a list of users.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sort {
    field: String,
    descending: bool,
}

/// A page with its totals. The fields have the order that was recorded from Auth0.
#[derive(Serialize)]
struct Totals<'u> {
    start: u32,
    limit: u32,
    length: usize,
    users: &'u [UserBody<'u>],
    total: u64,
}

/// The users after a checkpoint, and the checkpoint of the next part.
#[derive(Serialize)]
struct Part<'u> {
    users: Vec<UserBody<'u>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists or searches users. Responds with a page of them, ordered by id by default; with `from` or `take`, with the part
/// after a checkpoint (contract [G116](model::contract#g116)).
pub(crate) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let permission = caller.may_read_all_users()?;
    let parameters = Parameters::parse(query.as_deref());
    let (fields, page, sort) = (parameters.fields()?, parameters.page()?, Sort::read(&parameters)?);
    // Validated only: the order is always stable.
    parameters.boolean("primary_order", true)?;
    let query = read_query(&parameters)?;
    if let Some(checkpoint) = parameters.checkpoint()? {
        if sort.is_some() {
            return Err(parameters::invalid("Checkpoints have an order of their own", "sort"));
        }
        let (rows, next) = find_after(&tenant, &permission, query.as_ref(), checkpoint).await?;
        let users = rows.iter().map(|row| UserBody::with_fields(row, &fields)).collect();
        return Ok(management_json(StatusCode::OK, &Part { users, next }));
    }
    let (rows, total) = find_users(&tenant, &permission, query, sort, page).await?;
    let users: Vec<_> = rows.iter().map(|row| UserBody::with_fields(row, &fields)).collect();
    if !page.totals {
        return Ok(management_json(StatusCode::OK, &users));
    }
    let totals = Totals { start: page.start, limit: page.limit, length: users.len(), users: &users, total };
    Ok(management_json(StatusCode::OK, &totals))
}

fn read_query(parameters: &Parameters) -> Result<Option<Query>, ApiError> {
    match parameters.text("search_engine")? {
        None | Some("v3") => {}
        Some("v1") => return Err(ApiError::Search("You are not allowed to use search_engine=v1.")),
        Some("v2") => {
            return Err(ApiError::Search(
                "You are not allowed to use search_engine=v2. Use search_engine=v3 instead.",
            ));
        }
        Some(other) => {
            let message = format!("No enum match for: {other}");
            return Err(ApiError::Query { message, property: "search_engine" });
        }
    }
    let query = parameters.text("q")?.map(syntax::parse).transpose();
    query.map_err(|InvalidQuery(reason)| ApiError::Query { message: reason.to_owned(), property: "q" })
}

impl Sort {
    fn read(parameters: &Parameters) -> Result<Option<Self>, ApiError> {
        let Some(text) = parameters.text("sort")? else { return Ok(None) };
        let sort = text.rsplit_once(':').and_then(|(field, direction)| {
            let descending = match direction {
                "1" => false,
                "-1" => true,
                _ => return None,
            };
            let named = !field.is_empty()
                && field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
            named.then(|| Self { field: field.to_owned(), descending })
        });
        sort.map(Some).ok_or_else(|| ApiError::Query {
            message: format!("String does not match pattern ^[A-Za-z0-9_.-]+:(1|-1)$: {text}"),
            property: "sort",
        })
    }

    /// Returns the key of the user that contains the field.
    fn key(&self) -> &str {
        self.field.split('.').next().unwrap_or_default()
    }

    /// Returns the order of the store that equals `sort`, if there is one.
    fn in_store(sort: Option<&Self>) -> Option<(Order, bool)> {
        let Some(sort) = sort else { return Some((Order::UserId, false)) };
        let order = match sort.field.as_str() {
            "user_id" => Order::UserId,
            "created_at" => Order::CreatedAt,
            "updated_at" => Order::UpdatedAt,
            "last_login" => Order::LastLogin,
            "logins_count" => Order::LoginsCount,
            _ => return None,
        };
        Some((order, sort.descending))
    }
}

/// The sort key of a user. Users without a value come last in either direction.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    Number(f64),
    Text(String),
    Missing,
}

impl Key {
    fn of(user: &Value, field: &str) -> Self {
        match field.split('.').try_fold(user, |value, name| value.get(name)) {
            Some(Value::Number(number)) => number.as_f64().map_or(Self::Missing, Self::Number),
            Some(Value::Bool(truth)) => Self::Number(f64::from(u8::from(*truth))),
            Some(Value::String(text)) => Self::Text(fold_text(text)),
            _ => Self::Missing,
        }
    }

    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Missing, Self::Missing) => Ordering::Equal,
            (Self::Missing, _) => return Ordering::Greater,
            (_, Self::Missing) => return Ordering::Less,
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }
}

/// Returns the users of a page, and the total number if the page requires it (0 otherwise).
async fn find_users(
    tenant: &Tenant,
    _permission: &MayReadAllUsers,
    query: Option<Query>,
    sort: Option<Sort>,
    page: Page,
) -> Result<(Vec<UserRow>, u64), ApiError> {
    let mut reader = tenant.0.store.scan().await?;
    if let (None | Some(Query::All), Some((order, descending))) = (&query, Sort::in_store(sort.as_ref())) {
        let rows = reader.list_users(order, descending, page.limit, page.start).await?;
        let total = if page.totals { reader.count_users().await? } else { 0 };
        return Ok((rows, total));
    }
    let query = query.unwrap_or(Query::All);
    let (ids, total) = find_ids(tenant, &mut reader, &query, sort.as_ref(), page).await?;
    Ok((read_found(&mut reader, ids).await?, total))
}

/// Returns the users that match after a checkpoint, in the order of their ids, and the checkpoint of the next part: the
/// last id that was looked at. It needs no user to be there, so that users may be deleted between two parts.
///
/// A part may have fewer users than was asked for, so that a query that few users match ends in time.
async fn find_after(
    tenant: &Tenant,
    _permission: &MayReadAllUsers,
    query: Option<&Query>,
    checkpoint: Checkpoint<'_>,
) -> Result<(Vec<UserRow>, Option<String>), ApiError> {
    let end = tenant.now().after(TIME_LIMIT / 2);
    let mut reader = tenant.0.store.scan().await?;
    let (take, mut after) = (checkpoint.take as usize, checkpoint.from.unwrap_or_default().to_owned());
    let query = query.unwrap_or(&Query::All);
    let mut scan = Scan::begin(&mut reader, query, None, &after).await?;
    if *query == Query::All {
        scan = scan.at_most(checkpoint.take + 1);
    }
    let mut found = Vec::with_capacity(take);
    let next = 'scan: loop {
        let (users, is_last) = scan.next().await?;
        for user in &users {
            scan.pause(user).await;
            if found.len() == take {
                break 'scan Some(after);
            }
            user.user_id()?.clone_into(&mut after);
            if scan.find(user)?.is_some() {
                found.push(after.clone());
            }
        }
        if is_last {
            break None;
        }
        if tenant.now() > end {
            break Some(after);
        }
    };
    Ok((read_found(&mut reader, found).await?, next))
}

/// Reads the users with these ids, in their order. Users that were deleted in the meantime are left out.
async fn read_found(reader: &mut Reader, ids: Vec<String>) -> Result<Vec<UserRow>, ApiError> {
    let number = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let wanted = Candidates { by: CandidateField::UserId, values: ids };
    let rows = reader.scan_users(Some(&wanted), "", number).await?;
    let mut rows: HashMap<String, UserRow> =
        rows.into_iter().map(|row| (row.user_id.to_string(), row)).collect();
    Ok(wanted.values.iter().filter_map(|id| rows.remove(id)).collect())
}

/// Matches every candidate and returns the ids of the page with the total number.
///
/// It keeps no more ids than up to the end of the page, and stops at the time limit.
async fn find_ids(
    tenant: &Tenant,
    reader: &mut Reader,
    query: &Query,
    sort: Option<&Sort>,
    page: Page,
) -> Result<(Vec<String>, u64), ApiError> {
    let end = tenant.now().after(TIME_LIMIT);
    let (reach, descending) = ((page.start + page.limit) as usize, sort.is_some_and(|sort| sort.descending));
    let mut scan = Scan::begin(reader, query, sort.map(Sort::key), "").await?;
    let (mut kept, mut total): (Vec<(Key, String)>, _) = (Vec::new(), 0);
    loop {
        let (users, is_last) = scan.next().await?;
        let mut is_due = true;
        for user in &users {
            if is_due && tenant.now() > end {
                return Err(ApiError::SearchTimeout);
            }
            is_due = scan.pause(user).await;
            if let Some(found) = scan.find(user)? {
                total += 1;
                let key = sort.map_or(Key::Missing, |sort| Key::of(&found, &sort.field));
                kept.push((key, user.user_id()?.to_owned()));
            }
        }
        if sort.is_some() {
            // A stable sort, so that equal users stay ordered by id.
            kept.sort_by(|(one, _), (other, _)| one.compare(other, descending));
        }
        kept.truncate(reach);
        let enough = sort.is_none() && !page.totals && kept.len() == reach;
        if is_last || enough {
            break;
        }
    }
    Ok((kept.into_iter().skip(page.start as usize).map(|(_, id)| id).collect(), total))
}
