//! `/userinfo` (contract [C4](model::contract#c4), OpenID Connect Core 5.3).

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Scope, Scopes, UserId};
use serde_json::Value;
use store::UserRow;

use crate::http::bearer::bearer;
use crate::http::error::log_failure;
use crate::http::response::no_store;
use crate::secret::Secret;
use crate::state::Tenant;
use crate::token::{self, AccessClaims};
use crate::view;

/// Returns the claims that the scopes of an access token allow. The token is opaque or a JWT. The `sub` is
/// the user's id, which is that of the primary identity.
pub(super) async fn userinfo(State(tenant): State<Tenant>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let Some(token) = bearer(&parts) else { return unauthorized("Missing access token") };
    match owner_of(&tenant, token).await {
        Ok(Some((user, scopes))) => {
            let mut claims = view::claims(&user, &scopes);
            claims.insert("sub".to_owned(), user.user_id.as_str().into());
            no_store(Json(Value::Object(claims)).into_response())
        }
        Ok(None) => unauthorized("The access token is invalid or has expired"),
        Err(error) => {
            log_failure(&error);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Returns the user and the scopes of an access token. `None` if the token does not allow `/userinfo`.
async fn owner_of(tenant: &Tenant, token: &str) -> Result<Option<(UserRow, Scopes)>, store::Error> {
    let mut reader = tenant.0.store.read().await?;
    let (user, scopes) = if token.contains('.') {
        let Ok(claims) = token::verify::<AccessClaims>(&tenant.0.keys, token, tenant.now()) else {
            return Ok(None);
        };
        let issuer = &tenant.0.issuer;
        // Tokens for the Management API are accepted, too, because the page requests one token only (contract
        // U-15).
        let addressed = claims.aud.contains(&issuer.url(model::route::USERINFO))
            || claims.aud.contains(&issuer.management_audience());
        if claims.iss != issuer.as_str() || !addressed {
            return Ok(None);
        }
        (reader.find_user(&UserId::new(claims.sub)).await?, claims.scope.unwrap_or_default())
    } else {
        let row = reader.find_access_token(&Secret::new(token).digest()).await?;
        let Some(row) = row.filter(|row| row.expires_at > tenant.now().millis()) else { return Ok(None) };
        (reader.find_user_by_identity(&row.key).await?, row.scopes)
    };
    Ok(user.filter(|_| scopes.contains(&Scope::OPENID)).map(|user| (user, scopes)))
}

/// Returns the error response of `/userinfo` (contract [C4](model::contract#c4), RFC 6750 section 3).
fn unauthorized(description: &'static str) -> Response {
    let challenge =
        format!("Bearer realm=\"Users\", error=\"invalid_token\", error_description=\"{description}\"");
    let challenge = HeaderValue::from_str(&challenge).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    let name: HeaderName = header::WWW_AUTHENTICATE;
    no_store((StatusCode::UNAUTHORIZED, [(name, challenge)], "Unauthorized").into_response())
}
