//! Planned faults in requests of the Management API.

use std::time::Duration;

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use model::{Identity, UserId};

use super::plans::Fault;
use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::http::rate_limit::RateLimitStatus;
use crate::state::Tenant;

/// The age that a sign-in is treated as exceeding.
const OLD_SIGN_IN: Duration = Duration::from_mins(15);

/// Applies the caller's planned fault, if any, before the handler runs. Returns the request. A planned 429 sets `limit` to the
/// state that the response headers say.
///
/// # Errors
/// The error that the fault stands for.
pub(crate) async fn apply(
    tenant: &Tenant,
    caller: &Caller,
    request: Request,
    limit: &mut Option<RateLimitStatus>,
) -> Result<Request, ApiError> {
    if !tenant.0.configuration.options().faults {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    apply_plan(tenant, caller, &mut parts, limit).await?;
    Ok(Request::from_parts(parts, body))
}

async fn apply_plan(
    tenant: &Tenant,
    caller: &Caller,
    parts: &mut Parts,
    limit: &mut Option<RateLimitStatus>,
) -> Result<(), ApiError> {
    let identity = identity_in_path(parts).await;
    let taken = tenant.0.faults.take(caller.subject(), identity.is_some(), tenant.now()).await?;
    let Some(plan) = taken else { return Ok(()) };
    match plan.fault {
        Fault::ExpiredToken => Err(ApiError::ExpiredToken),
        Fault::OldSignIn => Err(ApiError::OldSignIn { max_age: OLD_SIGN_IN.as_secs() }),
        Fault::RateLimited => {
            *limit = Some(RateLimitStatus::exceeded(plan.retry_after, tenant.now()));
            Err(ApiError::TooManyRequests)
        }
        Fault::Slow => {
            tokio::time::sleep(Duration::from_millis(plan.delay.into())).await;
            Ok(())
        }
        Fault::Unavailable => Err(ApiError::Unavailable { retry_after: plan.retry_after }),
        Fault::ServerError => Err(ApiError::Internal),
        Fault::UnlinkedElsewhere => {
            let Some((provider, segment)) = identity else { return Ok(()) };
            unlink(tenant, caller.subject().clone(), provider, segment).await
        }
    }
}

/// Returns the provider and the id of the identity that the path names.
async fn identity_in_path(parts: &mut Parts) -> Option<(String, String)> {
    let segments = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let segment =
        |wanted: &str| segments.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    segment("provider").zip(segment("user_id"))
}

/// Unlinks an identity of the user's own account, as if the user had done it in another window.
async fn unlink(tenant: &Tenant, user_id: UserId, provider: String, segment: String) -> Result<(), ApiError> {
    let now = tenant.now().millis();
    let work = tenant.0.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move {
            let Some(user) = unit.find_user(&user_id).await? else { return Ok(()) };
            let provider = model::Provider::new(provider);
            let find =
                |fits: &dyn Fn(&Identity) -> bool| user.identities.iter().skip(1).find(|one| fits(one));
            // An exact match has precedence, as it has for the request.
            let exact = find(&|one| one.provider == provider && one.user_id.as_str() == segment);
            let meant = exact.or_else(|| find(&|one| one.matches(&provider, &segment)));
            if let Some(identity) = meant {
                unit.unlink_identity(&user, &identity.key(), now).await?;
            }
            Ok(())
        })
    });
    Ok(work.await?)
}
