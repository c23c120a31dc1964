//! How a client proves itself, what every 401 says, and attacks on both (RFC 6749 sections 2.3 and 5.2, RFC 7636, RFC 9110
//! section 11.6.1).

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tenant::secret::digest;

use crate::test_tenant::{AUDIENCE, Browser, CALLBACK, TestResponse, TestTenant, VERIFIER, email};

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// Sends a form with these `Authorization` headers.
async fn post(
    tenant: &TestTenant,
    path: &str,
    authorization: &[&str],
    fields: &[(&str, &str)],
) -> TestResponse {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for value in authorization {
        request = request.header(header::AUTHORIZATION, *value);
    }
    tenant.send(request.body(Body::from(body)).unwrap()).await
}

// attack: authorization
#[tokio::test]
async fn a_client_never_proves_itself_in_two_ways_at_once() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let right = basic("machine", "machine secret");
    let grant = [("grant_type", "client_credentials"), ("audience", AUDIENCE), ("token", "none")];
    let assertion = [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", "a.b.c"),
    ];
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/par"] {
        for (authorization, more) in [
            (vec![&*right], vec![("client_id", "machine"), ("client_secret", "machine secret")]),
            (vec![&*right], vec![("client_secret", "another")]),
            (vec![&*right], vec![("client_id", "idle")]),
            (vec![&*right], assertion.to_vec()),
            (vec![&*right, &*right], vec![]),
            (vec![&*right, "Basic nonsense"], vec![]),
            (vec![], [&assertion[..], &[("client_id", "machine"), ("client_secret", "x")]].concat()),
        ] {
            let fields = [&grant[..], &more].concat();
            let response = post(&tenant, path, &authorization, &fields).await;
            assert_eq!(response.status, 400, "{path} {authorization:?} {more:?} {}", response.text);
            assert_eq!(response.json()["error"], "invalid_request");
        }
    }
    // What is sent without a value is not sent (RFC 6749 section 3.2), and the same id twice is no second proof.
    for more in [vec![], vec![("client_id", "machine"), ("client_secret", "")]] {
        let fields = [&grant[..], &more].concat();
        let response = post(&tenant, "/oauth/token", &[&right], &fields).await;
        assert_eq!(response.status, 200, "{more:?} {}", response.text);
    }
}

#[tokio::test]
async fn every_401_says_how_to_be_authorized() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let grant = [("grant_type", "client_credentials"), ("audience", AUDIENCE), ("token", "none")];
    let challenge = |response: &TestResponse| {
        // Wrong secrets are slowed.
        tenant.clock.advance(Duration::from_mins(2));
        assert_eq!(response.status, StatusCode::UNAUTHORIZED, "{}", response.text);
        response.header("www-authenticate").to_owned()
    };
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/par"] {
        for authorization in
            [&*basic("machine", "wrong"), &basic("nobody", "x"), "Basic %%%", "basic bm9jb2xvbg=="]
        {
            let response = post(&tenant, path, &[authorization], &grant).await;
            assert!(challenge(&response).starts_with("Basic realm="), "{path} {authorization}");
            assert_eq!(
                response.json(),
                json!({ "error": "access_denied", "error_description": "Unauthorized" })
            );
        }
        for more in [
            vec![],
            vec![("client_id", "nobody")],
            vec![("client_id", "machine")],
            vec![("client_id", "machine"), ("client_secret", "wrong")],
            vec![("client_assertion_type", "x"), ("client_assertion", "a.b.c")],
        ] {
            let response = post(&tenant, path, &[], &[&grant[..], &more].concat()).await;
            // No `Basic`: a browser would ask the person for a password.
            assert!(challenge(&response).starts_with("Bearer realm="), "{path} {more:?}");
        }
    }
    let unsigned = tenant.user_token("auth0|1").await;
    let (unsigned, _) = unsigned.rsplit_once('.').unwrap();
    for path in ["/userinfo", "/api/v2/users/auth0%7C1", "/api/v2/clients"] {
        let nothing = tenant.send(Request::get(path).body(Body::empty()).unwrap()).await;
        let said = challenge(&nothing);
        assert!(said.starts_with("Bearer") && !said.contains("error"), "{path}: {said}");
        let wrong = tenant.call(Method::GET, path, &format!("{unsigned}.AAAA")).await;
        assert!(challenge(&wrong).contains("error=\"invalid_token\", error_description=\""), "{path}");
    }
    let few = tenant.call(Method::GET, "/api/v2/clients", &tenant.user_token("auth0|1").await).await;
    assert_eq!(few.status, 403);
    assert!(few.header("www-authenticate").starts_with("Bearer error=\"insufficient_scope\""));
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let page = browser.type_password(&login_state, &email("auth0|1"), "wrong").await;
    assert_eq!(challenge(&page), "FormBased");
}

// attack: authorization
#[tokio::test]
async fn a_verifier_that_is_no_verifier_is_never_accepted() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let (short, long) = ("a".repeat(42), "a".repeat(129));
    let odd = format!("{}%", "a".repeat(43));
    let fields = |code: &str, verifier: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("client_secret", "web secret"),
            ("redirect_uri", CALLBACK),
            ("code", code),
            ("code_verifier", verifier),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let exchange = async |code: &str, verifier: &str| {
        let fields = fields(code, verifier);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        tenant.post_form("/oauth/token", &fields).await
    };
    let unchallenged = [("client_id", "web"), ("code_challenge", ""), ("code_challenge_method", "")];
    for verifier in [&*short, &long, &odd, "x"] {
        let challenge = digest(verifier.as_bytes());
        for with in [&[("client_id", "web"), ("code_challenge", &*challenge)][..], &unchallenged] {
            let path = crate::test_tenant::authorize_path(with);
            let code = browser.get(&path).await.parameter("code").unwrap();
            let refused = exchange(&code, verifier).await;
            assert_eq!(
                refused.status_and_text(),
                r#"403 {"error":"invalid_grant","error_description":"Failed to verify code verifier"}"#,
                "{verifier:?} {with:?}"
            );
            assert_eq!(exchange(&code, VERIFIER).await.status, 403, "the code was good once");
        }
    }
    let path = crate::test_tenant::authorize_path(&unchallenged);
    let code = browser.get(&path).await.parameter("code").unwrap();
    assert_eq!(exchange(&code, "").await.status, 200, "a parameter without a value is not sent");
    let code = browser.get(&path).await.parameter("code").unwrap();
    let mut body: serde_json::Map<_, _> =
        fields(&code, "").into_iter().map(|(name, value)| (name, json!(value))).collect();
    body.insert("code_verifier".to_owned(), json!(1));
    assert_eq!(tenant.post_json("/oauth/token", None, &json!(body)).await.status, 403);
}
