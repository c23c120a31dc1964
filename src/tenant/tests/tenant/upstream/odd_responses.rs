//! Responses with odd values in what nobody reads: they sign people in.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Attempt, assert_nobody_signed_in, start_at_provider, with_fake_provider};
use crate::test_tenant::Browser;

#[tokio::test]
async fn odd_values_that_nobody_reads_in_the_token_response_stop_nobody() {
    let (tenant, provider) = with_fake_provider().await;
    for odd in [
        json!({ "expires_in": "3600" }),
        json!({ "expires_in": null }),
        json!({ "expires_in": -1.5 }),
        json!({ "expires_in": { "seconds": 3600 } }),
        json!({ "token_type": "bearer" }),
        json!({ "token_type": "BEARER" }),
        json!({ "token_type": null }),
        json!({ "token_type": "DPoP" }),
        json!({ "token_type": ["Bearer"] }),
        json!({ "access_token": null }),
        json!({ "access_token": 5 }),
        json!({ "refresh_token": false, "scope": ["openid", "email"], "session_state": [] }),
        json!({ "scope": { "openid": true }, "id_token_type": 1, "not-before-policy": "0" }),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let token = tenant.sign(&attempt.claims(&provider)).await;
        let mut body = json!({ "access_token": "a", "token_type": "Bearer", "id_token": token });
        body.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        provider.script().token = Some((StatusCode::OK, body.to_string()));
        let response = attempt.call_back("&code=c").await;
        assert!(response.parameter("code").is_some(), "{odd} {}", response.status_and_text());
    }
    let mut attempt = Attempt::start(&tenant, &[]).await;
    let body = json!({ "id_token": tenant.sign(&attempt.claims(&provider)).await });
    provider.script().token = Some((StatusCode::OK, body.to_string()));
    assert!(attempt.call_back("&code=c").await.parameter("code").is_some(), "nothing but the ID token");
}

// attack: providers
#[tokio::test]
async fn an_odd_id_token_in_the_token_response_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    for odd in [json!(null), json!(5), json!({}), json!("")] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let token = tenant.sign(&attempt.claims(&provider)).await;
        for id_token in [odd.clone(), json!([token]), json!(format!("{token}.")), json!(format!(" {token}"))]
        {
            let mut attempt = Attempt::start(&tenant, &[]).await;
            let body = json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token });
            provider.script().token = Some((StatusCode::OK, body.to_string()));
            let response = attempt.call_back("&code=c").await;
            assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{id_token}");
            assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        }
        attempt.call_back("&error=access_denied").await;
    }
}

#[tokio::test]
async fn odd_values_that_nobody_reads_in_the_discovery_document_stop_nobody() {
    for odd in [
        json!({ "claims_supported": "sub", "scopes_supported": 5, "grant_types_supported": [{}] }),
        json!({ "response_types_supported": null, "subject_types_supported": "public" }),
        json!({ "id_token_signing_alg_values_supported": "RS256", "display_values_supported": [1] }),
        json!({ "claims_parameter_supported": "True", "request_uri_parameter_supported": "no", "op_tos_uri": 5 }),
        json!({ "service_documentation": { "en": "x" }, "ui_locales_supported": "en", "mtls_endpoint_aliases": [] }),
        json!({ "token_endpoint_auth_methods_supported": null }),
        json!({ "token_endpoint_auth_methods_supported": "client_secret_post" }),
        json!({ "token_endpoint_auth_methods_supported": [5, "client_secret_basic", null] }),
        json!({ "token_endpoint_auth_methods_supported": { "client_secret_post": true } }),
        json!({ "authorization_response_iss_parameter_supported": "False" }),
        json!({ "authorization_response_iss_parameter_supported": [] }),
        json!({ "userinfo_endpoint": 5, "end_session_endpoint": false, "registration_endpoint": "not a URL" }),
    ] {
        let (tenant, provider) = with_fake_provider().await;
        provider.script().discovery = odd.clone();
        let attempt = Attempt::start(&tenant, &[]).await;
        let (_, response) = attempt.sign_in(&provider, &json!({})).await;
        assert!(response.parameter("code").is_some(), "{odd} {}", response.status_and_text());
    }
}

// attack: providers
#[tokio::test]
async fn odd_values_that_are_read_in_the_discovery_document_are_refused() {
    for odd in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
        for value in [json!(null), json!(5), json!(["x"]), json!("not a URL")] {
            let (tenant, provider) = with_fake_provider().await;
            provider.script().discovery = json!({ odd: value });
            let response = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
            let error = response.parameter("error");
            assert_eq!(error.as_deref(), Some("temporarily_unavailable"), "{odd} {value}");
        }
    }
    // Whether a response names its issuer protects against a mix-up, so text is read as what it says.
    let (tenant, provider) = with_fake_provider().await;
    provider.script().discovery = json!({ "authorization_response_iss_parameter_supported": "True" });
    let attempt = Attempt::start(&tenant, &[]).await;
    let (browser, response) = attempt.sign_in(&provider, &json!({})).await;
    assert_nobody_signed_in(&tenant, &browser, &response, 1).await;
}

// attack: providers
#[tokio::test]
async fn an_odd_response_of_the_userinfo_endpoint_stops_nobody_and_tells_nothing() {
    let (tenant, provider) = with_fake_provider().await;
    for odd in [
        json!(null),
        json!("text"),
        json!([]),
        json!({}),
        json!({ "sub": null, "name": "Eve" }),
        json!({ "sub": 5, "name": "Eve" }),
        json!({ "sub": ["ann"], "name": "Eve" }),
    ] {
        provider.script().userinfo = Some(odd.clone());
        let attempt = Attempt::start(&tenant, &[]).await;
        let (_, response) = attempt.sign_in(&provider, &json!({ "email": null })).await;
        assert!(response.parameter("code").is_some(), "{odd} {}", response.status_and_text());
        assert_eq!(tenant.row("oidc|elsewhere|ann").await.unwrap().profile.name(), None, "{odd}");
    }
}

#[tokio::test]
async fn an_access_token_of_another_type_is_not_used_as_a_bearer_token() {
    let (tenant, provider) = with_fake_provider().await;
    provider.script().userinfo = Some(json!({ "sub": "ann", "name": "Ann" }));
    for (token_type, name) in [("DPoP", None), ("mac", None), ("bEaReR", Some("Ann"))] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims["email"] = Value::Null;
        let token = tenant.sign(&claims).await;
        let body = json!({ "access_token": "a", "token_type": token_type, "id_token": token });
        provider.script().token = Some((StatusCode::OK, body.to_string()));
        assert!(attempt.call_back("&code=c").await.parameter("code").is_some(), "{token_type}");
        assert_eq!(tenant.row("oidc|elsewhere|ann").await.unwrap().profile.name(), name, "{token_type}");
    }
}
