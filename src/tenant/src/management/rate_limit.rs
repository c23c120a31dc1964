//! The middleware that enforces the rate limit of the Management API.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::http::rate_limit::RateLimitSlot;
use crate::state::Tenant;

/// Takes one token for the request from the bucket of the person who calls and from the tenant's, and refuses the request
/// if there is none. What a person is refused takes nothing from the tenant's.
///
/// Only authenticated requests count, so that nobody can exhaust the limit without a token.
///
/// # Errors
/// [`ApiError::TooManyRequests`].
pub(super) async fn enforce(
    State(tenant): State<Tenant>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(buckets) = &tenant.0.buckets {
        let status = buckets.take(caller.subject(), tenant.now()).await?;
        if let Some(slot) = request.extensions().get::<RateLimitSlot>() {
            slot.set(status);
        }
        if status.is_exceeded() {
            return Err(ApiError::TooManyRequests);
        }
    }
    Ok(next.run(request).await)
}
