//! What a cache, on the way or in the browser, keeps: the public documents, and nothing else (contract G75). The test tenant
//! looks at every response of all other tests as well.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use tenant::configuration::{Options, RateLimit};

use crate::test_tenant::{
    API, Browser, DATABASE, PAGE, PUBLIC, TestResponse, TestTenant, authorize_path, email, user,
};

const ALL: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::OPTIONS, Method::DELETE];

/// The statuses of the responses so far, all of which no cache may store.
#[derive(Default)]
struct Seen(BTreeSet<u16>);

impl Seen {
    fn add(&mut self, response: &TestResponse) {
        let caches = response.header("cache-control");
        assert!(caches.contains("no-store"), "{} {caches:?}", response.status_and_text());
        self.0.insert(response.status.as_u16());
    }

    fn assert_has(&self, statuses: &[u16]) {
        assert!(statuses.iter().all(|status| self.0.contains(status)), "{:?}", self.0);
    }
}

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "github|42"], &["auth0|2"]]).await
}

fn every_scope() -> String {
    model::Scope::MANAGEMENT.iter().map(model::Scope::as_str).collect::<Vec<_>>().join(" ")
}

/// Sends each method to each documented path of the Management API.
async fn call_management_api(tenant: &TestTenant, seen: &mut Seen) {
    let all = tenant.machine_token(&every_scope()).await;
    let document = tenant.call(Method::GET, "/api/v2/openapi.json", &all).await;
    let few = tenant.machine_token("openid").await;
    let mut paths: Vec<String> = document.json()["paths"].as_object().unwrap().keys().cloned().collect();
    paths.extend(["/api/v2".to_owned(), "/api/v2/nothing".to_owned()]);
    for path in paths {
        let path =
            path.replace("{id}", "auth0%7C1").replace("{provider}", "github").replace("{user_id}", "42");
        for method in ALL {
            for (token, body) in [(&*all, "{}"), (&*all, "{"), (&*few, "{}"), ("a.b.c", "{}")] {
                // What is deleted would only be missing from then on.
                let token = if method == Method::DELETE && token == all { "" } else { token };
                let request = Request::builder()
                    .method(method.clone())
                    .uri(&path)
                    .header(header::AUTHORIZATION, format!("Bearer {token}"))
                    .header(header::CONTENT_TYPE, "application/json");
                seen.add(&tenant.send(request.body(Body::from(body)).unwrap()).await);
            }
        }
    }
}

/// Sends each method, also with too large a body, to the other endpoints and the hosted pages.
async fn call_other_endpoints(tenant: &TestTenant, seen: &mut Seen) {
    for path in [
        "/authorize",
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/par",
        "/oauth/nothing",
        "/userinfo",
        "/v2/logout",
        "/v2/nothing",
        "/oidc/logout",
        "/dbconnections/signup",
        "/dbconnections/change_password",
        "/login/callback",
        "/u/login",
        "/u/connection",
        "/u/consent",
        "/u/signup",
        "/u/signed-up",
        "/u/forgot-password",
        "/u/reset-password",
        "/u/verify-email",
        "/u/stand-in",
        "/u/nothing",
    ] {
        for method in ALL {
            for (size, content_type) in
                [(0, "text/plain"), (9, "application/x-www-form-urlencoded"), (70_000, "application/json")]
            {
                let request = Request::builder().method(method.clone()).uri(path);
                let request = request.header(header::CONTENT_TYPE, content_type);
                seen.add(&tenant.send(request.body(Body::from("a".repeat(size))).unwrap()).await);
            }
        }
    }
}

// attack: network
#[tokio::test]
async fn no_error_and_no_document_about_somebody_may_stay_in_a_cache() {
    let tenant = open_tenant().await;
    let mut seen = Seen::default();
    call_management_api(&tenant, &mut seen).await;
    call_other_endpoints(&tenant, &mut seen).await;
    seen.assert_has(&[200, 400, 401, 403, 404, 405, 413]);
}

// attack: network
#[tokio::test]
async fn no_failure_of_the_server_may_stay_in_a_cache() {
    let tenant = open_tenant().await;
    let tokens = tenant.tokens(&mut Browser::new(&tenant), "auth0|1", PAGE).await;
    let token = tokens["access_token"].as_str().unwrap();
    tenant.store.close().await;
    let mut seen = Seen::default();
    let failed = tenant.call(Method::GET, "/userinfo", token).await;
    assert_eq!(failed.status, 503);
    seen.add(&failed);
    for path in ["/api/v2/users/auth0%7C1", &authorize_path(&[])] {
        let failed = tenant.call(Method::GET, path, token).await;
        assert_eq!(failed.status, 503, "{path}");
        seen.add(&failed);
    }
    call_other_endpoints(&tenant, &mut seen).await;
}

// attack: tokens
#[tokio::test]
async fn no_token_no_code_and_no_profile_may_stay_in_a_cache() {
    let tenant = open_tenant().await;
    let (mut browser, mut seen) = (Browser::new(&tenant), Seen::default());
    let login_state = browser.start_login(&[]).await;
    seen.add(&browser.get(&format!("/u/login?state={login_state}")).await);
    seen.add(&browser.get(&authorize_path(&[("prompt", "none")])).await);
    seen.add(&browser.type_password(&login_state, &email("auth0|1"), "wrong").await);
    let with_code = browser.type_password(&login_state, &email("auth0|1"), "correct horse").await;
    seen.add(&with_code);
    for mode in ["query", "fragment", "form_post", "web_message"] {
        let again = authorize_path(&[("prompt", "none"), ("response_mode", mode)]);
        seen.add(&browser.get(&again).await);
    }
    let code = with_code.parameter("code").unwrap();
    let exchanged = tenant.exchange_code(&code, &[]).await;
    seen.add(&exchanged);
    seen.add(&tenant.exchange_code(&code, &[]).await);
    let tokens = tenant.tokens(&mut browser, "auth0|2", PAGE).await;
    seen.add(&tenant.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await);
    let token = tokens["access_token"].as_str().unwrap();
    seen.add(&tenant.call(Method::GET, "/userinfo", token).await);
    let machine = [("grant_type", "client_credentials"), ("client_id", "machine"), ("audience", API)];
    seen.add(&tenant.post_form("/oauth/token", &machine).await);
    for (path, body) in [
        ("/dbconnections/change_password", json!({ "email": email("auth0|1") })),
        ("/dbconnections/signup", json!({ "email": "new@example.test", "password": "battery staple" })),
    ] {
        let Value::Object(mut body) = body else { panic!("no object") };
        body.extend([("client_id".to_owned(), json!(PAGE)), ("connection".to_owned(), json!(DATABASE))]);
        let answered = tenant.post_json(path, None, &Value::Object(body)).await;
        assert_eq!(answered.status, 200, "{path}");
        seen.add(&answered);
    }
    let revoked = [("client_id", PAGE), ("token", tokens["refresh_token"].as_str().unwrap())];
    seen.add(&tenant.post_form("/oauth/revoke", &revoked).await);
    seen.add(&browser.get("/v2/logout").await);
    seen.assert_has(&[200, 302, 403]);
}

// attack: network
#[tokio::test]
async fn no_question_whether_a_profile_is_unchanged_gets_a_304() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    for (name, value) in [("if-none-match", "*"), ("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")] {
        let request = Request::get("/api/v2/users/auth0%7C1").header(name, value);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answered = tenant.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answered.status, 200, "{name}");
        assert!(answered.header("etag").is_empty() && answered.header("last-modified").is_empty());
        Seen::default().add(&answered);
    }
}

// attack: floods
#[tokio::test]
async fn no_refusal_of_too_many_requests_may_stay_in_a_cache() {
    let limit = RateLimit { burst: 1.try_into().unwrap(), per_second: 1.try_into().unwrap() };
    let options = Options { rate_limit: Some(limit), ..Options::default() };
    let tenant = TestTenant::with_options(vec![user(&["auth0|1"])], options).await;
    let token = tenant.user_token("auth0|1").await;
    let mut seen = Seen::default();
    for _ in 0..3 {
        seen.add(&tenant.call(Method::GET, "/api/v2/users/auth0%7C1", &token).await);
    }
    let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": "nobody@example.test" });
    for _ in 0..12 {
        seen.add(&tenant.post_json("/dbconnections/change_password", None, &body).await);
    }
    assert_eq!(seen.0, BTreeSet::from([200, 429]));
}

#[tokio::test]
async fn the_public_documents_may_be_kept_and_their_errors_may_not() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await.text;
    for public in PUBLIC {
        let path = if public.starts_with("/u/") {
            let start = page.find(public).unwrap();
            let end = page[start..].find(['"', '#']).unwrap();
            &page[start..start + end]
        } else {
            public
        };
        let document = tenant.call(Method::GET, path, "").await;
        assert_eq!(document.status, 200, "{path}");
        assert!(document.header("cache-control").starts_with("public, max-age="), "{path}");
        let refused = tenant.call(Method::DELETE, path, "").await;
        assert_ne!(refused.status, 200, "{path}");
        Seen::default().add(&refused);
    }
}
