//! Authentication of the Management API (contract A2): every route with every kind of invalid token.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::test_tenant::{ISSUER, PAGE, TestTenant};

const ROUTES: [(Method, &str); 3] = [
    (Method::GET, "/api/v2/users/auth0%7C1"),
    (Method::POST, "/api/v2/users/auth0%7C1/identities"),
    (Method::DELETE, "/api/v2/users/auth0%7C1/identities/github/42"),
];

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "github|42"], &["auth0|2"]]).await
}

/// Checks that every route refuses this token with the same response, and that the stored identities stay.
async fn assert_everywhere(tenant: &TestTenant, authorization: Option<&str>, expected: &str) {
    for (method, path) in ROUTES {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let response = tenant.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status_and_text(), expected, "{method} {path}");
        let error = match expected {
            MISSING => None,
            MALFORMED => Some("invalid_request"),
            _ => Some("invalid_token"),
        };
        let description = response.json()["message"].as_str().unwrap().to_owned();
        let challenge = error.map_or("Bearer".to_owned(), |error| {
            format!("Bearer error=\"{error}\", error_description=\"{description}\"")
        });
        assert_eq!(response.header("www-authenticate"), challenge);
    }
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
}

const MISSING: &str = r#"401 {"statusCode":401,"error":"Unauthorized","message":"Missing authentication"}"#;
const MALFORMED: &str = r#"400 {"statusCode":400,"error":"Bad Request","message":"Bad HTTP authentication header format","errorCode":"Bearer"}"#;
const EXPIRED: &str = r#"401 {"statusCode":401,"error":"Unauthorized","message":"Expired token received for JSON Web Token validation","attributes":{"error":"Expired token received for JSON Web Token validation"}}"#;
const SIGNATURE: &str = r#"401 {"statusCode":401,"error":"Unauthorized","message":"Invalid signature received for JSON Web Token validation","attributes":{"error":"Invalid signature received for JSON Web Token validation"}}"#;
const INVALID: &str = r#"401 {"statusCode":401,"error":"Unauthorized","message":"Invalid token","attributes":{"error":"Invalid token"}}"#;

#[tokio::test]
async fn a_missing_bearer_token_or_another_scheme_is_missing_authentication() {
    let tenant = open_tenant().await;
    assert_everywhere(&tenant, None, MISSING).await;
    assert_everywhere(&tenant, Some("Basic YTpi"), MISSING).await;
    assert_everywhere(&tenant, Some("Bearer "), MISSING).await;
}

#[tokio::test]
async fn an_opaque_token_is_malformed() {
    let tenant = open_tenant().await;
    assert_everywhere(&tenant, Some("Bearer opaque"), MALFORMED).await;
    assert_everywhere(&tenant, Some("Bearer a.b.c.d"), MALFORMED).await;
}

// attack: tokens
#[tokio::test]
async fn a_token_expires_to_the_second() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    tenant.clock.advance(std::time::Duration::from_secs(3599));
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &token).await.status, 200);
    tenant.clock.advance(std::time::Duration::from_secs(1));
    assert_everywhere(&tenant, Some(&format!("Bearer {token}")), EXPIRED).await;
}

// attack: tokens
#[tokio::test]
async fn a_token_that_the_tenants_key_did_not_sign_is_refused() {
    let tenant = open_tenant().await;
    let claims = tenant.claims("auth0|1", "read:current_user update:current_user_identities");
    let (kid, key) = tenant.key().await;
    let header = |alg, kid: Option<&str>| {
        let mut header = Header::new(alg);
        header.kid = kid.map(str::to_owned);
        header
    };
    let sign = |header: &Header, key: &EncodingKey| jsonwebtoken::encode(header, &claims, key).unwrap();
    let jwks = tenant.send(Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap()).await;
    let modulus = jwks.json()["keys"][0]["n"].as_str().unwrap().to_owned();
    let good = sign(&header(Algorithm::RS256, Some(&kid)), &key);
    let (message, _) = good.rsplit_once('.').unwrap();
    let mut with_jwk = header(Algorithm::RS256, None);
    with_jwk.jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, Algorithm::RS256).ok();
    with_jwk.jku = Some("http://localhost:3000/.well-known/jwks.json".to_owned());
    let none = |claims: &Value| {
        use base64::Engine;
        let encode = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", encode(r#"{"alg":"none","typ":"JWT"}"#.to_owned()), encode(claims.to_string()))
    };
    let mut forged = claims.clone();
    forged["sub"] = json!("auth0|2");
    let swapped = {
        let other = tenant.sign(&forged).await;
        let mut parts: Vec<&str> = good.split('.').collect();
        parts[1] = other.split('.').nth(1).unwrap();
        parts.join(".")
    };
    for (case, token) in [
        ("alg none", none(&claims)),
        ("signature cut off", format!("{message}.")),
        ("claims swapped", swapped),
        (
            "HS256 with the public key",
            sign(&header(Algorithm::HS256, Some(&kid)), &EncodingKey::from_secret(modulus.as_bytes())),
        ),
        ("RS512", sign(&header(Algorithm::RS512, Some(&kid)), &key)),
        ("unknown kid", sign(&header(Algorithm::RS256, Some("unknown")), &key)),
        ("no kid, a key in the header", sign(&with_jwk, &key)),
    ] {
        println!("{case}");
        assert_everywhere(&tenant, Some(&format!("Bearer {token}")), SIGNATURE).await;
    }
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &good).await.status, 200);
}

// attack: tokens
#[tokio::test]
async fn a_verified_token_is_refused_once_its_key_is_not_the_tenants_any_more() {
    let tenant = open_tenant().await;
    let mut claims = tenant.claims("auth0|1", "read:current_user update:current_user_identities");
    claims["exp"] = json!(tenant.clock.now().seconds() + 365 * 86_400);
    let token = tenant.sign(&claims).await;
    let read = async || tenant.call(Method::GET, ROUTES[0].1, &token).await.status;
    assert_eq!((read().await, read().await), (StatusCode::OK, StatusCode::OK));
    tenant.rotate_keys().await;
    assert_eq!(read().await, StatusCode::OK, "a former key verifies as long as tokens last");
    tenant.clock.advance(std::time::Duration::from_hours(90 * 24));
    tenant.reload_keys().await;
    assert_everywhere(&tenant, Some(&format!("Bearer {token}")), SIGNATURE).await;
}

// attack: tokens
#[tokio::test]
async fn the_claims_of_a_verified_token_are_refused_with_any_other_signature() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &token).await.status, 200);
    let other = tenant.user_token("auth0|2").await;
    let (message, signature) = token.rsplit_once('.').unwrap();
    for signature in ["", &signature[..signature.len() - 4], other.rsplit_once('.').unwrap().1] {
        let forged = format!("{message}.{signature}");
        assert_everywhere(&tenant, Some(&format!("Bearer {forged}")), SIGNATURE).await;
    }
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &token).await.status, 200);
}

// attack: tokens
#[tokio::test]
async fn a_verified_token_ends_with_what_it_depends_on_in_the_database() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &token).await.status, 200);
    tenant.block("auth0|1", true).await;
    assert_everywhere(&tenant, Some(&format!("Bearer {token}")), INVALID).await;
    tenant.block("auth0|1", false).await;
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &token).await.status, 200);
}

// attack: tokens
#[tokio::test]
async fn a_token_of_another_issuer_audience_kind_or_time_is_invalid() {
    let tenant = open_tenant().await;
    let good = tenant.claims("auth0|1", "read:current_user update:current_user_identities");
    let now = tenant.clock.now().seconds();
    for (key, value) in [
        ("iss", json!("http://localhost:3001/")),
        ("iss", json!("http://localhost:3000")),
        ("aud", json!(PAGE)),
        ("aud", json!("http://localhost:3000/api/v2")),
        ("aud", json!([PAGE, format!("{ISSUER}userinfo")])),
        ("aud", json!(null)),
        ("nbf", json!(now + 1)),
        ("sub", json!(7)),
    ] {
        let mut claims = good.clone();
        claims[key] = value;
        let token = tenant.sign(&claims).await;
        assert_everywhere(&tenant, Some(&format!("Bearer {token}")), INVALID).await;
    }
    let id_token = tenant.id_token("auth0|1", PAGE).await;
    assert_everywhere(&tenant, Some(&format!("Bearer {id_token}")), INVALID).await;
}

#[tokio::test]
async fn a_token_with_several_audiences_is_accepted_and_the_scheme_is_case_insensitive() {
    let tenant = open_tenant().await;
    let mut claims = tenant.claims("auth0|1", "read:current_user");
    claims["aud"] = json!([claims["aud"], format!("{ISSUER}userinfo")]);
    let token = tenant.sign(&claims).await;
    let request = Request::get(ROUTES[0].1).header("authorization", format!("bearer {token}"));
    assert_eq!(tenant.send(request.body(Body::empty()).unwrap()).await.status, 200);
}

// attack: tokens
#[tokio::test]
async fn reading_a_user_requires_a_scope_and_the_own_id() {
    let tenant = open_tenant().await;
    let none = tenant.sign(&tenant.claims("auth0|1", "openid")).await;
    let response = tenant.call(Method::GET, ROUTES[0].1, &none).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:users,read:current_user,read:user_idp_tokens","errorCode":"insufficient_scope"}"#);
    let other = tenant.user_token("auth0|2").await;
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &other).await.json()["errorCode"], "unowned_resource");
    let machine = tenant.machine_token("read:users").await;
    assert_eq!(tenant.call(Method::GET, ROUTES[0].1, &machine).await.status, 200);
    let linked = tenant.call(Method::GET, "/api/v2/users/github%7C42", &machine).await;
    assert_snapshot!(linked.status_and_text(), @r#"404 {"statusCode":404,"error":"Not Found","message":"The user does not exist.","errorCode":"inexistent_user"}"#);
}

#[tokio::test]
async fn a_user_has_profile_data_on_secondaries_only() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    let user = tenant.call(Method::GET, ROUTES[0].1, &token).await.json();
    assert_eq!(user["identities"][0].get("profileData"), None);
    assert_eq!(user["identities"][1]["profileData"]["email"], "github42@example.test");
    assert_eq!((&user["name"], &user["nickname"]), (&json!("auth01@example.test"), &json!("auth01")));
    assert_eq!(user["created_at"], "2026-01-01T00:00:00.000Z");
    assert!(user["picture"].as_str().unwrap().starts_with("https://s.gravatar.com/avatar/"));
    assert_eq!(user.get("logins_count"), None);
    let fields = tenant.call(Method::GET, &format!("{}?fields=user_id,email", ROUTES[0].1), &token).await;
    assert_snapshot!(fields.status_and_text(), @r#"200 {"email":"auth01@example.test","user_id":"auth0|1"}"#);
}

#[tokio::test]
async fn cors_allows_origins_of_public_clients_without_credentials() {
    let tenant = open_tenant().await;
    let preflight = Request::options(ROUTES[2].1)
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "DELETE")
        .header("access-control-request-headers", "authorization,content-type,auth0-client");
    let response = tenant.send(preflight.body(Body::empty()).unwrap()).await;
    assert!(response.status.is_success());
    assert_eq!(response.header("access-control-allow-origin"), "http://localhost:3000");
    assert!(response.header("access-control-allow-methods").contains("DELETE"));
    assert!(response.header("access-control-allow-headers").contains("auth0-client"));
    assert_eq!(response.header("access-control-max-age"), "600");
    assert_eq!(response.header("access-control-allow-credentials"), "");

    let refused = Request::delete(ROUTES[2].1).header("origin", "http://localhost:3000");
    let response = tenant.send(refused.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status, 401);
    assert_eq!(response.header("access-control-allow-origin"), "http://localhost:3000");
    assert!(response.header("access-control-expose-headers").contains("x-ratelimit-reset"));
    assert!(response.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("origin")));
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    for (method, path) in [
        (Method::GET, "/api/v2/nothing"),
        (Method::PUT, "/api/v2/users/auth0%7C1"),
        (Method::DELETE, "/api/v2/users/auth0%7C1/identities/github/"),
        (Method::DELETE, "/api/v2/users/auth0%7C1/identities//42"),
    ] {
        let response = tenant.call(method, path, &token).await;
        assert_eq!(
            response.status_and_text(),
            r#"404 {"statusCode":404,"error":"Not Found","message":"Not Found"}"#,
            "{path}"
        );
    }
}
