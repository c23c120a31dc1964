//! `/demo/faults`: the endpoint where users plan faults.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::get;
use model::route::FAULTS;
use serde_json::{Value, json};

use super::plans::PlannedFault;
use crate::http::bearer::Caller;
use crate::http::body::read_object;
use crate::http::cors;
use crate::http::error::ApiError;
use crate::http::response::{management_empty, management_json};
use crate::state::Tenant;

/// The maximum number of requests that a planned fault affects.
const MOST_TIMES: u32 = 100;

/// The maximum of `Retry-After` in seconds.
const LONGEST_RETRY: u32 = 60;

/// The maximum delay of a response in milliseconds: shorter than every timeout around the tenant.
const LONGEST_DELAY: u32 = 20_000;

/// Returns the endpoint. It allows the origins that the Management API does, but its requests are neither rate-limited nor
/// subject to planned faults.
pub(crate) fn router(tenant: &Tenant) -> Router<Tenant> {
    let methods = [Method::GET, Method::PUT, Method::DELETE];
    let cors = cors::api(&tenant.0.configuration).allow_methods(methods);
    Router::new().route(FAULTS, get(show).put(set).delete(clear)).layer(cors)
}

/// `GET /demo/faults`: returns the planned fault, or null.
async fn show(State(tenant): State<Tenant>, caller: Caller) -> Result<Response, ApiError> {
    let planned = tenant.0.faults.find(caller.subject(), tenant.now()).await?;
    Ok(management_json(StatusCode::OK, &json!({ "planned": planned })))
}

/// `PUT /demo/faults`: plans a fault, which replaces the previous one.
async fn set(State(tenant): State<Tenant>, caller: Caller, request: Request) -> Result<Response, ApiError> {
    let refused = |message: &str| ApiError::Payload(message.to_owned());
    let (body, _) = read_object(&tenant.0.body_memory, request)
        .await
        .map_err(|_| refused("Invalid type: expected object"))?;
    let plan: PlannedFault =
        serde_json::from_value(Value::Object(body)).map_err(|error| refused(&error.to_string()))?;
    let bounds =
        [(plan.times.get(), MOST_TIMES), (plan.retry_after, LONGEST_RETRY), (plan.delay, LONGEST_DELAY)];
    if let Some((value, most)) = bounds.into_iter().find(|(value, most)| value > most) {
        return Err(refused(&format!("Value {value} is greater than maximum {most}")));
    }
    tenant.0.faults.set(caller.subject(), plan, tenant.now()).await?;
    Ok(management_json(StatusCode::OK, &json!({ "planned": plan })))
}

/// `DELETE /demo/faults`: removes the planned fault.
async fn clear(State(tenant): State<Tenant>, caller: Caller) -> Result<Response, ApiError> {
    tenant.0.faults.clear(caller.subject()).await?;
    Ok(management_empty())
}
