//! `/userinfo` (contract [C4](model::contract#c4), OpenID Connect Core 5.3).

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Scope, Scopes};
use serde_json::{Map, Value};
use store::UserTexts;

use crate::http::bearer::{bearer, find_holder, is_admitted};
use crate::http::body::{UnreadableBody, read_form, read_form_body};
use crate::http::error::{bearer_challenge, log_failure, status_of_failure};
use crate::http::response::no_store;
use crate::secret::Secret;
use crate::state::Tenant;
use crate::view;

/// Returns the claims that the scopes of an access token allow. The token is opaque or a JWT. The `sub` is
/// the user's id, which is that of the primary identity.
pub(super) async fn userinfo(State(tenant): State<Tenant>, request: Request<Body>) -> Response {
    let token = match find_token(&tenant, request).await {
        Ok(Some(token)) => token,
        Ok(None) => return refusal(StatusCode::UNAUTHORIZED, None),
        Err(Ambiguous) => {
            let description = "The access token must be sent once, in one way";
            return refusal(StatusCode::BAD_REQUEST, Some(("invalid_request", description)));
        }
    };
    match owner_of(&tenant, token.expose()).await {
        Ok(Some((user, scopes))) => {
            let mut claims = view::claims(&user, &scopes);
            claims.insert("sub".to_owned(), user.user_id.as_str().into());
            no_store(Json(Value::Object(claims)).into_response())
        }
        Ok(None) => {
            let description = "The access token is invalid or has expired";
            refusal(StatusCode::UNAUTHORIZED, Some(("invalid_token", description)))
        }
        Err(error) => {
            log_failure(&error);
            let (status, headers) = status_of_failure(&error);
            (status, headers, ()).into_response()
        }
    }
}

/// The access token was sent twice or in several ways.
struct Ambiguous;

/// Returns the access token of a request: from the header, from a form or, as Auth0 does, from the query (RFC 6750
/// section 2). The first request with a token in its address is logged, without the token.
async fn find_token(tenant: &Tenant, request: Request<Body>) -> Result<Option<Secret>, Ambiguous> {
    let (parts, body) = request.into_parts();
    let parameter = |form: Result<Map<String, Value>, UnreadableBody>| match form {
        Ok(form) => Ok(form.get("access_token").and_then(Value::as_str).map(Secret::new)),
        Err(_) => Err(Ambiguous),
    };
    let in_header = bearer(&parts).map(Secret::new);
    let in_query = parameter(read_form(parts.uri.query().unwrap_or_default().as_bytes()))?;
    let has_form = parts.method == Method::POST
        && parts.headers.get(header::CONTENT_TYPE).is_some_and(|value| {
            value.to_str().is_ok_and(|value| value.starts_with("application/x-www-form-urlencoded"))
        });
    let in_body = if has_form {
        parameter(read_form_body(&tenant.0.body_memory, Request::from_parts(parts, body)).await)?
    } else {
        None
    };
    if in_query.is_some() {
        tenant.0.query_token_advice.call_once(|| {
            tracing::warn!(
                "a client sends access tokens in the address of /userinfo, where logs of others may keep them; \
                 the Authorization header is the safe place"
            );
        });
    }
    let mut tokens = [in_header, in_body, in_query].into_iter().flatten();
    match (tokens.next(), tokens.next()) {
        (token, None) => Ok(token),
        (_, Some(_)) => Err(Ambiguous),
    }
}

/// Returns the user and the scopes of an access token. `None` if the token does not allow `/userinfo`.
async fn owner_of(tenant: &Tenant, token: &str) -> Result<Option<(UserTexts, Scopes)>, store::Error> {
    let (user, scopes) = if token.contains('.') {
        let Ok(claims) = tenant.verify(token).await else { return Ok(None) };
        let issuer = &tenant.0.issuer;
        // Tokens for the Management API are accepted, too, because the page requests one token only (contract
        // U-15).
        let addressed = claims.aud.contains(&issuer.url(model::route::USERINFO))
            || claims.aud.contains(&issuer.management_audience());
        if claims.iss != issuer.as_str() || !addressed {
            return Ok(None);
        }
        (find_holder(tenant, &claims).await?.ok().flatten(), claims.scope.clone().unwrap_or_default())
    } else {
        let mut reader = tenant.0.store.read().await?;
        let row = reader.find_access_token(&Secret::new(token).digest()).await?;
        let Some(row) = row.filter(|row| row.expires_at > tenant.now().millis()) else { return Ok(None) };
        // The row is deleted with all else that ends the token.
        let user = reader.find_user_texts_by_identity(&row.key).await?;
        let holds = |user: &UserTexts| {
            user.blocked != Some(true) && is_admitted(tenant, user, &row.key, Some(&row.client_id))
        };
        (user.filter(holds), row.scopes)
    };
    Ok(user.filter(|_| scopes.contains(&Scope::OPENID)).map(|user| (user, scopes)))
}

/// Returns the error response of `/userinfo` (contract [C4](model::contract#c4), RFC 6750 section 3).
fn refusal(status: StatusCode, error: Option<(&str, &str)>) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, bearer_challenge(Some("Users"), error))];
    no_store((status, challenge, status.canonical_reason().unwrap_or_default()).into_response())
}
