//! Discovery and the key set (contract [C5](model::contract#c5), OpenID Connect Discovery 1.0, RFC 7517).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use model::route;
use serde_json::{Value, json};

use crate::state::Tenant;

/// Ten minutes: keys and addresses change rarely, and a rotation must not be missed for long.
const HEADERS: [(header::HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=600")];

/// How clients prove themselves (contract [C3](model::contract#c3)).
const AUTHENTICATION: [&str; 4] = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The algorithms of client assertions and request objects.
const SIGNED_BY_CLIENTS: [&str; 4] = ["RS256", "RS384", "PS256", "ES256"];

/// Returns a handler that returns the discovery document, which is made once.
pub(super) fn configuration(tenant: &Tenant) -> MethodRouter<Tenant> {
    let body = Bytes::from(document(tenant).to_string());
    get(async move || answer(body.clone()))
}

/// Returns the discovery document. It lists only what the tenant implements.
fn document(tenant: &Tenant) -> Value {
    let url = |path: &str| tenant.0.issuer.url(path);
    let mut document = json!({
        "issuer": tenant.0.issuer.as_str(),
        "authorization_endpoint": url(route::AUTHORIZE),
        "token_endpoint": url(route::TOKEN),
        "revocation_endpoint": url(route::REVOKE),
        "userinfo_endpoint": url(route::USERINFO),
        "jwks_uri": url(route::JWKS),
        "scopes_supported": ["openid", "profile", "offline_access", "email", "name", "given_name", "family_name", "nickname",
            "email_verified", "picture"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "response_modes_supported": ["query", "fragment", "form_post", "web_message"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", "implicit"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": AUTHENTICATION,
        "token_endpoint_auth_signing_alg_values_supported": SIGNED_BY_CLIENTS,
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION,
        "revocation_endpoint_auth_signing_alg_values_supported": SIGNED_BY_CLIENTS,
        "claims_supported": ["aud", "auth_time", "email", "email_verified", "exp", "family_name", "given_name",
            "iat", "iss", "name", "nickname", "picture", "sid", "sub", "updated_at"],
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "claims_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "request_uri_parameter_supported": false,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": SIGNED_BY_CLIENTS,
        "pushed_authorization_request_endpoint": url(route::PUSHED_REQUESTS),
        "require_pushed_authorization_requests": false,
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
    });
    if tenant.0.configuration.options().end_session_discovery {
        document["end_session_endpoint"] = url(route::END_SESSION).into();
    }
    document
}

/// Returns the public keys.
pub(super) async fn keys(State(tenant): State<Tenant>) -> impl IntoResponse {
    answer(tenant.keys().key_set())
}

fn answer(body: Bytes) -> impl IntoResponse {
    (HEADERS, body)
}
