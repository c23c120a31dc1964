//! Faults that a person plans for their own next calls of the Management API, to see what a client does then: for
//! demos and browser tests, and only where the tenant's option says so ([`Options::faults`]).
//!
//! Plans are in memory and bounded. They concern nobody but the subject of the token that planned them.
//!
//! [`Options::faults`]: crate::configuration::Options::faults

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::get;
use model::UserId;
use model::route::FAULTS;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Tenant;
use crate::http::bearer::Caller;
use crate::http::body::read_object;
use crate::http::cors;
use crate::http::error::{ApiError, management_empty, management_json};
use crate::http::rate_limit::{RateLimitSlot, RateLimitStatus};

/// How many people's plans are kept.
const KEPT: usize = 1000;

/// How many calls one plan can hit.
const MOST_TIMES: u32 = 100;

/// The longest wait that a client can be told to make, in seconds.
const LONGEST_RETRY: u32 = 60;

/// The longest delay of an answer, in milliseconds: shorter than any time limit around the tenant.
const LONGEST_DELAY: u32 = 20_000;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// The token counts as expired.
    ExpiredToken,
    /// The rate limit counts as reached.
    RateLimited,
    /// The answer comes late.
    Slow,
    /// 503, with a time to come back.
    Unavailable,
    /// 500.
    ServerError,
    /// The identity that the call names is unlinked just before; calls that name none go on untouched.
    UnlinkedElsewhere,
}

/// What goes wrong, how often yet, and how.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedFault {
    fault: Fault,
    /// How many calls it hits yet.
    #[serde(default = "once")]
    times: NonZeroU32,
    /// After how many seconds a refused client may come again.
    #[serde(default = "two_seconds")]
    retry_after: u32,
    /// By how many milliseconds a slow answer is late.
    #[serde(default = "three_seconds")]
    delay: u32,
}

fn once() -> NonZeroU32 {
    NonZeroU32::MIN
}

fn two_seconds() -> u32 {
    2
}

fn three_seconds() -> u32 {
    3000
}

/// The planned faults of all users.
#[derive(Debug, Default)]
pub(crate) struct FaultPlans(Mutex<HashMap<UserId, PlannedFault>>);

impl FaultPlans {
    fn find(&self, user_id: &UserId) -> Option<PlannedFault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(user_id).copied()
    }

    fn set(&self, user_id: UserId, plan: PlannedFault) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= KEPT && !plans.contains_key(&user_id) {
            let any = plans.keys().next().cloned();
            any.and_then(|any| plans.remove(&any));
        }
        plans.insert(user_id, plan);
    }

    fn clear(&self, user_id: &UserId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(user_id);
    }

    /// Takes one hit of the plan, if there is one and it applies to this call.
    fn take(&self, user_id: &UserId, names_identity: bool) -> Option<PlannedFault> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = *plans.get(user_id)?;
        if plan.fault == Fault::UnlinkedElsewhere && !names_identity {
            return None;
        }
        match NonZeroU32::new(plan.times.get() - 1) {
            Some(times) => plans.insert(user_id.clone(), PlannedFault { times, ..plan }),
            None => plans.remove(user_id),
        };
        Some(plan)
    }
}

/// The endpoint, open to every origin that holds a token, as the Management API is.
pub(crate) fn router() -> Router<Tenant> {
    let methods = [Method::GET, Method::PUT, Method::DELETE];
    Router::new().route(FAULTS, get(show).put(plan).delete(clear)).layer(cors::api().allow_methods(methods))
}

/// Who calls, as the Management API believes it, but neither counted nor hit by what is planned.
struct Planner(UserId);

impl FromRequestParts<Tenant> for Planner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, tenant: &Tenant) -> Result<Self, ApiError> {
        Caller::authenticate(parts, tenant).map(|caller| Self(caller.subject().clone()))
    }
}

/// `GET /demo/faults`: what is planned, or null.
async fn show(State(tenant): State<Tenant>, Planner(user_id): Planner) -> Response {
    management_json(StatusCode::OK, &json!({ "planned": tenant.0.faults.find(&user_id) }))
}

/// `PUT /demo/faults`: plans a fault in place of what was planned before.
async fn plan(
    State(tenant): State<Tenant>,
    Planner(user_id): Planner,
    request: Request,
) -> Result<Response, ApiError> {
    let refused = |message: &str| ApiError::Payload(message.to_owned());
    let body = read_object(request).await.map_err(|_| refused("Invalid type: expected object"))?;
    let plan: PlannedFault =
        serde_json::from_value(Value::Object(body)).map_err(|error| refused(&error.to_string()))?;
    let bounds =
        [(plan.times.get(), MOST_TIMES), (plan.retry_after, LONGEST_RETRY), (plan.delay, LONGEST_DELAY)];
    if let Some((value, most)) = bounds.into_iter().find(|(value, most)| value > most) {
        return Err(refused(&format!("Value {value} is greater than maximum {most}")));
    }
    tenant.0.faults.set(user_id, plan);
    Ok(management_json(StatusCode::OK, &json!({ "planned": plan })))
}

/// `DELETE /demo/faults`: nothing is planned any more.
async fn clear(State(tenant): State<Tenant>, Planner(user_id): Planner) -> Response {
    tenant.0.faults.clear(&user_id);
    management_empty()
}

/// Lets what `caller` planned happen to this call.
pub(crate) async fn inject(tenant: &Tenant, caller: &Caller, parts: &mut Parts) -> Result<(), ApiError> {
    if !tenant.0.configuration.options().faults {
        return Ok(());
    }
    let addressed = addressed(parts).await;
    let Some(plan) = tenant.0.faults.take(caller.subject(), addressed.is_some()) else { return Ok(()) };
    match plan.fault {
        Fault::ExpiredToken => Err(ApiError::ExpiredToken),
        Fault::RateLimited => {
            if let Some(slot) = parts.extensions.get::<RateLimitSlot>() {
                slot.set(RateLimitStatus::exceeded(plan.retry_after, tenant.now()));
            }
            Err(ApiError::TooManyRequests)
        }
        Fault::Slow => {
            tokio::time::sleep(Duration::from_millis(plan.delay.into())).await;
            Ok(())
        }
        Fault::Unavailable => Err(ApiError::Unavailable { retry_after: plan.retry_after }),
        Fault::ServerError => Err(ApiError::Internal),
        Fault::UnlinkedElsewhere => {
            let Some((provider, segment)) = addressed else { return Ok(()) };
            unlink(tenant, caller.subject().clone(), provider, segment).await
        }
    }
}

/// The provider and the id of the identity that a path names.
async fn addressed(parts: &mut Parts) -> Option<(String, String)> {
    let segments = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let segment =
        |wanted: &str| segments.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    segment("provider").zip(segment("user_id"))
}

/// Unlinks an identity of the planner's own account, as if they had done so in another window.
async fn unlink(tenant: &Tenant, user_id: UserId, provider: String, segment: String) -> Result<(), ApiError> {
    let now = tenant.now().millis();
    let work = tenant.0.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move {
            let Some(user) = unit.find_user(&user_id).await? else { return Ok(()) };
            let provider = model::Provider::new(provider);
            let meant = user.identities.iter().skip(1).find(|one| one.matches(&provider, &segment));
            if let Some(identity) = meant {
                unit.unlink_identity(&user_id, &identity.key(), now).await?;
            }
            Ok(())
        })
    });
    Ok(work.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_of_many_people_take_bounded_memory() {
        let faults = FaultPlans::default();
        let plan = PlannedFault { fault: Fault::Slow, times: once(), retry_after: 2, delay: 1 };
        for number in 0..KEPT + 10 {
            faults.set(UserId::new(format!("auth0|{number}")), plan);
        }
        assert_eq!(faults.0.lock().unwrap().len(), KEPT);
        assert!(faults.find(&UserId::new(format!("auth0|{}", KEPT + 9))).is_some());
    }
}
