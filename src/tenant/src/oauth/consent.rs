//! Consent: what a person has to allow an application before it gets a code or a token (OpenID Connect Core 3.1.2.4,
//! contract [C1](model::contract#c1)).

use model::UserId;
use store::Reader;

use super::request::AuthorizationRequest;
use crate::configuration::RequestedApi;
use crate::state::Tenant;

/// Returns the API of a request.
pub(crate) fn api_of<'t>(tenant: &'t Tenant, request: &AuthorizationRequest) -> Option<RequestedApi<'t>> {
    tenant.0.configuration.find_api(&tenant.0.issuer, request.audience.as_deref()?)
}

/// Returns the audience under which a consent to the request is stored; empty without an API.
pub(crate) fn audience_of(tenant: &Tenant, request: &AuthorizationRequest) -> String {
    api_of(tenant, request).map(|api| api.audience(&tenant.0.issuer)).unwrap_or_default()
}

/// Returns whether the application needs the consent of people: one of a third party always does, one of the tenant's
/// owner where the API says so. An unknown one gets nothing without it.
fn is_required(tenant: &Tenant, request: &AuthorizationRequest) -> bool {
    let asks = matches!(api_of(tenant, request), Some(RequestedApi::Own(api)) if !api.skip_consent);
    asks || tenant.client(&request.client_id).is_none_or(|client| !client.is_first_party)
}

/// Returns whether the user has yet to allow the application what it requests: nothing was allowed before, or less.
///
/// # Errors
/// Those of the store.
pub(crate) async fn is_missing(
    tenant: &Tenant,
    reader: &mut Reader,
    user_id: &UserId,
    request: &AuthorizationRequest,
) -> Result<bool, store::Error> {
    if !is_required(tenant, request) {
        return Ok(false);
    }
    let audience = audience_of(tenant, request);
    let allowed = reader.find_consent(user_id, &request.client_id, &audience).await?;
    Ok(!allowed.is_some_and(|allowed| request.scopes.iter().all(|scope| allowed.scopes.contains(scope))))
}
