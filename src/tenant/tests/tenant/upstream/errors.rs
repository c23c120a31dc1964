//! Errors of a provider, and responses that are not for this sign-in.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use super::{
    Attempt, assert_nobody_signed_in, options, provider_connection, socket, start_at_provider,
    with_fake_provider,
};
use crate::test_tenant::{Browser, DATABASE, PASSWORD, TestTenant, email};

// attack: providers
#[tokio::test]
async fn an_invalid_response_of_the_token_endpoint_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    for (status, text) in [
        (StatusCode::OK, "{}".to_owned()),
        (StatusCode::OK, json!({ "access_token": "a", "token_type": "Bearer" }).to_string()),
        (
            StatusCode::OK,
            json!({ "access_token": "a", "token_type": "Bearer", "id_token": "a.b.c" }).to_string(),
        ),
        (StatusCode::OK, "<html>".to_owned()),
        (StatusCode::OK, format!("{{\"access_token\":\"{}\"", "a".repeat(1024 * 1024))),
        (StatusCode::FOUND, String::new()),
        (StatusCode::BAD_REQUEST, json!({ "error": "invalid_client" }).to_string()),
        (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        provider.script().token = Some((status, text));
        let response = attempt.call_back("&code=c").await;
        assert!(response.parameter("error").is_some(), "{status} {}", response.status_and_text());
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
}

// attack: providers
#[tokio::test]
async fn the_iss_parameter_of_a_callback_is_checked_if_the_provider_supports_it() {
    let (tenant, provider) = with_fake_provider().await;
    provider.script().discovery = json!({ "authorization_response_iss_parameter_supported": true });
    for (more, taken) in [("", false), ("&iss=https://another.test/", false), ("&iss={issuer}", true)] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
        let more = more.replace("{issuer}", &provider.script().issuer);
        let response = attempt.call_back(&format!("&code=c{more}")).await;
        assert_eq!(response.parameter("code").is_some(), taken, "{more} {}", response.status_and_text());
        if !taken {
            assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        }
    }
}

// attack: providers
#[tokio::test]
async fn no_answer_of_another_provider_signs_anybody_in_even_where_the_iss_parameter_is_not_announced() {
    let (tenant, provider) = with_fake_provider().await;
    let issuer = provider.script().issuer.clone();
    for announced in [json!({}), json!({ "authorization_response_iss_parameter_supported": false })] {
        provider.script().discovery = announced;
        let wrong =
            ["https://another.test/".to_owned(), issuer.trim_end_matches('/').to_owned(), String::new()];
        for iss in
            wrong.iter().map(|iss| format!("&iss={iss}")).chain([format!("&iss={issuer}&iss={issuer}")])
        {
            let mut attempt = Attempt::start(&tenant, &[]).await;
            provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
            let response = attempt.call_back(&format!("&code=c{iss}")).await;
            assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
            // Nor does its error end the attempt as if the provider had refused.
            let mut attempt = Attempt::start(&tenant, &[]).await;
            let response = attempt.call_back(&format!("&error=access_denied{iss}")).await;
            assert_ne!(response.parameter("error").as_deref(), Some("access_denied"), "{iss}");
        }
    }
    // Without the parameter the redirect address tells the providers apart.
    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
    assert!(attempt.call_back("&code=c").await.parameter("code").is_some());
}

// attack: providers
#[tokio::test]
async fn a_callback_for_another_connection_is_refused() {
    let (listener, issuer) = socket().await;
    drop(listener);
    let connections = vec![
        provider_connection("elsewhere", "oidc", &issuer),
        provider_connection("beyond", "oidc", &issuer),
    ];
    let tenant = TestTenant::with_connections(vec![], options(), connections).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[("connection", "elsewhere")]).await;
    for connection in ["beyond", "github", DATABASE, "nowhere", "..%2Felsewhere"] {
        let path = format!("/login/callback/{connection}?code=c&state={login_state}.x");
        let response = browser.get(&path).await;
        assert_eq!((response.status, response.location()), (StatusCode::BAD_REQUEST, ""), "{connection}");
        assert_nobody_signed_in(&tenant, &browser, &response, 0).await;
    }
}

#[tokio::test]
async fn a_providers_error_is_passed_to_an_application_that_named_the_connection() {
    let (tenant, _provider) = with_fake_provider().await;
    for (error, expected) in [
        ("access_denied", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("invalid_scope", "server_error"),
        ("%3Cscript%3E", "server_error"),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let response = attempt.call_back(&format!("&error={error}&error_description=secret")).await;
        assert_eq!(response.parameter("error").as_deref(), Some(expected), "{error}");
        assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
        assert!(!response.location().contains("secret"));
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        assert_eq!(attempt.call_back("&code=c").await.status, StatusCode::BAD_REQUEST, "the login has ended");
    }
}

#[tokio::test]
async fn the_login_page_shows_a_providers_error_and_the_other_connections() {
    let (tenant, _provider) = with_fake_provider().await;
    for (error, sentence) in [
        ("access_denied", "You did not finish signing in with <bdi>Elsewhere</bdi>."),
        ("server_error", "<bdi>Elsewhere</bdi> did not sign you in."),
    ] {
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        let redirect = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
        let state = redirect.parameter("state").unwrap();
        let page = browser.get(&format!("/login/callback/elsewhere?state={state}&error={error}")).await;
        assert!(page.text.contains(sentence), "{}", page.status_and_text());
        assert!(!page.text.contains(error));
        let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
        assert!(response.parameter("code").is_some());
    }
}

#[tokio::test]
async fn an_unresponsive_provider_times_out_and_is_used_again_when_it_recovers() {
    let (tenant, provider) = with_fake_provider().await;
    provider.script().unresponsive = true;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let path = format!("/u/connection?state={login_state}&connection=elsewhere");
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        page.text.contains("<bdi>Elsewhere</bdi> does not answer at the moment."),
        "{}",
        page.status_and_text()
    );
    provider.script().unresponsive = false;
    assert_eq!(browser.get(&path).await.status, StatusCode::SERVICE_UNAVAILABLE, "not asked again at once");
    tenant.clock.advance(Duration::from_secs(10));
    assert_eq!(browser.get(&path).await.status, StatusCode::FOUND);

    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.script().unresponsive = true;
    let response = attempt.call_back("&code=c").await;
    assert_eq!(response.parameter("error").as_deref(), Some("temporarily_unavailable"));
    assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
}

#[tokio::test]
async fn a_tenant_opens_while_a_provider_is_down() {
    let (listener, issuer) = socket().await;
    drop(listener);
    let tenant = TestTenant::with_connections(
        vec![],
        options(),
        vec![provider_connection("elsewhere", "oidc", &issuer)],
    )
    .await;
    let response = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
    assert_eq!(response.parameter("error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(
        response.parameter("error_description").as_deref(),
        Some("Elsewhere does not answer at the moment. Try again in a while.")
    );
}

// attack: providers
#[tokio::test]
async fn a_discovery_document_of_another_issuer_or_with_other_origins_is_refused() {
    let (tenant, provider) = with_fake_provider().await;
    for discovery in [
        json!({ "issuer": "https://another.test/" }),
        json!({ "authorization_endpoint": "http://another.test/authorize" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "http://another.test/keys" }),
    ] {
        tenant.clock.advance(Duration::from_hours(2));
        provider.script().discovery = discovery.clone();
        let response = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
        assert!(response.parameter("error").is_some(), "{discovery} {}", response.status_and_text());
    }
}
