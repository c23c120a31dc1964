//! The middleware of every endpoint of the Management API that needs a token: planned faults, and the rate limit of the Management API.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::faults::inject;
use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::http::rate_limit::RateLimitStatus;
use crate::state::Tenant;

/// Applies the caller's planned fault, if any. Then takes one token for the request from the bucket of the person who calls and
/// from the tenant's, and refuses the request if there is none; what a person is refused takes nothing from the tenant's. The
/// response says what is left (contract [A1](model::contract#a1), [A14](model::contract#a14)).
///
/// Only authenticated requests count, so that nobody can exhaust the limit without a token.
pub(super) async fn enforce(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    let mut status = None;
    let admitted = admit(&tenant, &caller, request, &mut status).await;
    let mut response = match admitted {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    if let Some(status) = status {
        status.write(&mut response);
    }
    response
}

/// Returns the request if it may pass, and leaves the state of the bucket in `status`.
///
/// # Errors
/// [`ApiError::TooManyRequests`], or the error that a fault stands for.
async fn admit(
    tenant: &Tenant,
    caller: &Caller,
    request: Request,
    status: &mut Option<RateLimitStatus>,
) -> Result<Request, ApiError> {
    let request = inject::apply(tenant, caller, request, status).await?;
    if let Some(buckets) = &tenant.0.buckets {
        let taken = buckets.take(caller.subject(), tenant.now()).await?;
        *status = Some(taken);
        if taken.is_exceeded() {
            return Err(ApiError::TooManyRequests);
        }
    }
    Ok(request)
}
