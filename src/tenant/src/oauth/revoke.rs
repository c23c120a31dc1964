//! `/oauth/revoke` (contract [C4](model::contract#c4), RFC 7009).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::client::authenticate;
use crate::http::body::read_parameters;
use crate::http::error::TokenError;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::secret::Secret;
use crate::state::Tenant;

/// Revokes a token of the authenticated client: a refresh token with everything that descends from the same sign-in, or an
/// opaque access token. A JWT cannot be revoked: APIs accept it until it expires.
///
/// The response is the same for any other token, so that it does not reveal whether the token exists (RFC
/// 7009 section 2.2).
pub(super) async fn revoke(
    State(tenant): State<Tenant>,
    request: Request<Body>,
) -> Result<Response, TokenError> {
    let peer = Peer::of(&request);
    let body = read_parameters(&tenant.0.body_memory, request, None).await?;
    let client_id = authenticate(&tenant, &peer, &body).await?.client_id.clone();
    let token = body.get("token").and_then(Value::as_str).filter(|token| !token.is_empty());
    let token = token.ok_or(TokenError::InvalidRequest("Missing required parameter: token"))?;
    if token.contains('.') {
        return Err(TokenError::UnsupportedTokenType);
    }
    let digest = Secret::new(token).digest();
    tenant
        .0
        .store
        .write::<_, TokenError, _>(move |unit| {
            Box::pin(async move {
                let refresh = unit.find_refresh_token(&digest).await?;
                if let Some(token) = refresh.filter(|token| token.family.client_id == client_id) {
                    unit.revoke_family(&token.family.family).await?;
                }
                let access = unit.find_access_token(&digest).await?;
                if access.is_some_and(|token| token.client_id == client_id) {
                    unit.remove_access_token(&digest).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(no_store(StatusCode::OK.into_response()))
}
