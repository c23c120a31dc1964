//! Pushed authorization requests (RFC 9126).

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use store::{Bounds, PushedRequestRow};

use super::client::authenticate;
use super::request::{AuthorizationRequest, InvalidAuthorizationRequest};
use super::request_object;
use crate::http::body::read_parameters;
use crate::http::cors::hide_from_scripts;
use crate::http::error::TokenError;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::secret::Secret;
use crate::state::Tenant;

/// What every `request_uri` begins with; a secret follows (RFC 9126 section 2.2).
pub(super) const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// The lifetime of a pushed request. The client sends the browser on at once.
const LIFETIME: Duration = Duration::from_mins(1);

/// How many pushed requests are kept at once. The oldest make room: a public client proves nothing when it pushes.
const KEPT: Bounds = Bounds { per_browser: 0, per_network: 1000, in_all: 20_000 };

/// `POST /oauth/par`: validates an authorization request of the authenticated client, and stores it.
pub(super) async fn push(
    State(tenant): State<Tenant>,
    request: Request<Body>,
) -> Result<Response, TokenError> {
    let peer = Peer::of(&request);
    let network = peer.network();
    let mut body = read_parameters(&tenant.0.body_memory, request, None).await?;
    let client = authenticate(&tenant, &peer, &body).await?;
    let client_id = client.client_id.clone();
    if body.contains_key("request_uri") {
        return Err(TokenError::InvalidRequest("request_uri cannot be pushed"));
    }
    body.insert("client_id".to_owned(), client_id.clone().into());
    let now = tenant.now();
    let (configuration, issuer) = (&tenant.0.configuration, &tenant.0.issuer);
    let request = request_object::read(configuration, issuer, &tenant.keys(), &body, now)
        .map_err(|invalid| TokenError::InvalidRequest(description(invalid)))?
        .map_err(|(_, refusal)| TokenError::Authorization {
            error: refusal.error,
            description: refusal.description,
        })?;
    let secret = Secret::random();
    let row = PushedRequestRow {
        digest: secret.digest(),
        client_id,
        network,
        request: serde_json::to_string(&request).map_err(|_| TokenError::Internal)?,
        expires_at: now.after(LIFETIME).millis(),
    };
    tenant
        .0
        .store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move { unit.insert_pushed_request(&row, KEPT, now.millis()).await })
        })
        .await?;
    let body =
        json!({ "request_uri": format!("{URN}{}", secret.expose()), "expires_in": LIFETIME.as_secs() });
    Ok(hide_from_scripts(client, no_store((StatusCode::CREATED, Json(body)).into_response())))
}

fn description(invalid: InvalidAuthorizationRequest) -> &'static str {
    match invalid {
        InvalidAuthorizationRequest::CallbackMismatch => {
            "The redirect_uri is not in the list of allowed callback URLs"
        }
        InvalidAuthorizationRequest::OriginMismatch => {
            "The origin of redirect_uri is not in the list of allowed web origins"
        }
        InvalidAuthorizationRequest::RequestObject => "The request object cannot be verified",
        InvalidAuthorizationRequest::StateTooLong => "The state is too long, maximum 2048",
        InvalidAuthorizationRequest::RedirectUriTooLong => "The redirect_uri is too long, maximum 2048",
        InvalidAuthorizationRequest::Malformed
        | InvalidAuthorizationRequest::UnknownClient
        | InvalidAuthorizationRequest::RequestUri => "The request cannot be read",
    }
}

/// Returns the request that this client pushed. It is good once, and gone afterwards even if it has expired.
pub(super) async fn take(
    tenant: &Tenant,
    client_id: &str,
    secret: &Secret,
) -> Result<Option<AuthorizationRequest>, store::Error> {
    let (digest, client_id, now) = (secret.digest(), client_id.to_owned(), tenant.now().millis());
    let take = tenant.0.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move { unit.take_pushed_request(&digest, &client_id).await })
    });
    let row = take.await?.filter(|row| row.expires_at > now);
    row.map(|row| serde_json::from_str(&row.request).map_err(|_| store::Error::Damaged("request")))
        .transpose()
}
