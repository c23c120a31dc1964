//! `/userinfo` (contract [C4](model::contract#c4), OpenID Connect Core 5.3).

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use model::{Scope, Scopes, UserId};
use serde_json::Value;
use store::UserRow;

use crate::http::bearer::bearer;
use crate::http::error::{log_failure, uncached, userinfo_unauthorized};
use crate::secret::Secret;
use crate::token::{self, AccessClaims};
use crate::{Tenant, view};

/// Tells the bearer of an access token, opaque or JWT, what its scopes open. The `sub` is the primary's.
pub(super) async fn userinfo(State(tenant): State<Tenant>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let Some(token) = bearer(&parts) else { return userinfo_unauthorized("Missing access token") };
    match tenant.owner_of(token).await {
        Ok(Some((user, scopes))) => {
            let mut claims = view::claims(&user, &scopes);
            claims.insert("sub".to_owned(), user.user_id.as_str().into());
            uncached(Json(Value::Object(claims)).into_response())
        }
        Ok(None) => userinfo_unauthorized("The access token is invalid or has expired"),
        Err(error) => {
            log_failure(&error);
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl Tenant {
    /// Whose token this is and what it opens; `None` for a token that does not open `/userinfo`.
    async fn owner_of(&self, token: &str) -> Result<Option<(UserRow, Scopes)>, store::Error> {
        let mut reader = self.0.store.read().await?;
        let (user, scopes) = if token.contains('.') {
            let Ok(claims) = token::verify::<AccessClaims>(&self.0.keys, token, self.now()) else {
                return Ok(None);
            };
            let issuer = &self.0.issuer;
            // Tokens for the Management API count as well: the page asks for one token only (contract U-15).
            let addressed = claims.aud.contains(&issuer.url(model::route::USERINFO))
                || claims.aud.contains(&issuer.management_audience());
            if claims.iss != issuer.as_str() || !addressed {
                return Ok(None);
            }
            (reader.find_user(&UserId::new(claims.sub)).await?, claims.scope.unwrap_or_default())
        } else {
            let row = reader.find_access_token(&Secret::new(token).digest()).await?;
            let Some(row) = row.filter(|row| row.expires_at > self.now().millis()) else { return Ok(None) };
            (reader.find_user_by_identity(&row.key).await?, row.scopes)
        };
        Ok(user.filter(|_| scopes.contains(&Scope::OPENID)).map(|user| (user, scopes)))
    }
}
