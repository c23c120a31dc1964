//! Response modes and types of `/authorize` (contract C1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::test_tenant::{
    Browser, CALLBACK, PASSWORD, TestResponse, TestTenant, authorize_path, claims_in, email,
};

/// Returns the parameters of a request for an ID token; `with` replaces or adds parameters.
fn id_token<'a>(with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![
        ("client_id", "implicit"),
        ("response_type", "id_token"),
        ("audience", ""),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    parameters.extend(with);
    parameters
}

/// Returns a parameter in the fragment of a redirect.
fn fragment(response: &TestResponse, name: &str) -> Option<String> {
    let (_, fragment) = response.location().split_once('#')?;
    form_urlencoded::parse(fragment.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Returns the value of a hidden field in a page's form.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    page.split(&start).nth(1).unwrap_or_else(|| panic!("no {name}: {page}")).split('"').next().unwrap()
}

async fn signed_in(tenant: &TestTenant) -> Browser<'_> {
    let mut browser = Browser::new(tenant);
    browser.sign_in("auth0|1", &[]).await;
    browser
}

#[tokio::test]
async fn a_code_can_be_sent_in_the_fragment() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let response = signed_in(&tenant).await.get(&authorize_path(&[("response_mode", "fragment")])).await;
    assert!(response.location().starts_with(&format!("{CALLBACK}#code=")), "{}", response.location());
    assert_eq!(fragment(&response, "state").as_deref(), Some("the-state"));
    assert_eq!(tenant.account_of(&fragment(&response, "code").unwrap()).await, "auth0|1");
}

#[tokio::test]
async fn a_silent_request_learns_at_once_that_the_database_is_away() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    tenant.store.close().await;
    let response = browser.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(response.parameter("error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
    let shown = browser.get(&authorize_path(&[])).await;
    assert_eq!((shown.status.as_u16(), shown.header("retry-after")), (503, "2"));
}

#[tokio::test]
async fn a_code_can_be_sent_by_form_post_to_the_application_only() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let state = "\"><script>alert(1)</script>";
    let path = authorize_path(&[("response_mode", "form_post"), ("state", state)]);
    let response = signed_in(&tenant).await.get(&path).await;
    assert_eq!((response.status.as_u16(), response.header("cache-control")), (200, "no-store"));
    assert!(
        response.text.contains(&format!("<form class=\"fields\" method=\"post\" action=\"{CALLBACK}\">"))
    );
    assert!(response.text.contains("type=\"submit\">Continue<"), "without scripts the button does it");
    assert_eq!(field(&response.text, "state"), "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    let policy = response.header("content-security-policy");
    assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    // Browsers apply it to each redirect of the application, whose targets nobody knows.
    assert!(!policy.contains("form-action") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(tenant.account_of(field(&response.text, "code")).await, "auth0|1");
}

#[tokio::test]
async fn a_web_application_gets_an_id_token_by_form_post_after_the_password() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let login_state =
        browser.start_login(&id_token(&[("response_mode", "form_post"), ("max_age", "0")])).await;
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert_eq!(response.status, 200);
    let claims = claims_in(field(&response.text, "id_token"));
    assert_eq!((&claims["sub"], &claims["aud"]), (&"auth0|1".into(), &"implicit".into()));
    assert_eq!((&claims["nonce"], &claims["email"]), (&"the-nonce".into(), &"auth01@example.test".into()));
    assert_eq!(claims["auth_time"], tenant.clock.now().seconds());
    assert_eq!(field(&response.text, "state"), "the-state");
    assert!(!response.text.contains("name=\"code\"") && !response.text.contains("access_token"));
}

// attack: authorization
#[tokio::test]
async fn an_id_token_is_sent_in_the_fragment_by_default_and_never_in_a_query() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    let response = browser.get(&authorize_path(&id_token(&[("prompt", "none")]))).await;
    assert_eq!(claims_in(&fragment(&response, "id_token").unwrap())["nonce"], "the-nonce");
    assert_eq!(fragment(&response, "access_token"), None);
    for mode in ["query", "web_message"] {
        let response = browser.get(&authorize_path(&id_token(&[("response_mode", mode)]))).await;
        assert_eq!(fragment(&response, "error").as_deref(), Some("invalid_request"), "{mode}");
        assert!(!response.location().contains("id_token"), "{mode}");
    }
}

#[tokio::test]
async fn an_error_is_sent_in_the_requested_response_mode() {
    let tenant = TestTenant::with_users(&[]).await;
    let mut browser = Browser::new(&tenant);
    let response = browser.get(&authorize_path(&id_token(&[("prompt", "none")]))).await;
    assert_eq!(fragment(&response, "error").as_deref(), Some("login_required"));
    assert_eq!(fragment(&response, "state").as_deref(), Some("the-state"));
    let with = [("prompt", "none"), ("response_mode", "form_post")];
    let response = browser.get(&authorize_path(&id_token(&with))).await;
    assert_eq!(field(&response.text, "error"), "login_required");
}

// attack: authorization
#[tokio::test]
async fn an_id_token_requires_a_nonce_openid_and_the_implicit_grant() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    for (with, error) in [
        (("nonce", ""), "invalid_request"),
        (("scope", "profile"), "invalid_request"),
        (("client_id", "page"), "unauthorized_client"),
    ] {
        let response = browser.get(&authorize_path(&id_token(&[with]))).await;
        assert_eq!(fragment(&response, "error").as_deref(), Some(error), "{with:?}");
        assert_eq!(fragment(&response, "id_token"), None);
    }
    let response = browser.get(&authorize_path(&[("client_id", "implicit")])).await;
    assert_eq!(response.parameter("error").as_deref(), Some("unauthorized_client"));
}

#[tokio::test]
async fn a_hybrid_response_has_a_code_and_an_id_token_that_is_bound_to_it() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    let hybrid = |with: &[(&'static str, &'static str)]| {
        let parameters = [&[("client_id", "hybrid"), ("response_type", "code id_token")], with].concat();
        authorize_path(&parameters)
    };
    for order in ["code id_token", "id_token code"] {
        let response = browser.get(&hybrid(&[("response_type", order)])).await;
        let code = fragment(&response, "code").unwrap_or_else(|| panic!("{}", response.status_and_text()));
        let claims = claims_in(&fragment(&response, "id_token").unwrap());
        assert_eq!((&claims["nonce"], &claims["aud"]), (&"the-nonce".into(), &"hybrid".into()));
        let hash = Sha256::digest(code.as_bytes());
        assert_eq!(claims["c_hash"], URL_SAFE_NO_PAD.encode(&hash[..16]));
        assert!(response.location().starts_with(&format!("{CALLBACK}#code=")), "not in the query");
        let exchanged = tenant.exchange_code(&code, &[("client_id", "hybrid")]).await;
        assert_eq!(exchanged.status, 200, "{}", exchanged.text);
        let claims = claims_in(exchanged.json()["id_token"].as_str().unwrap());
        assert_eq!((&claims["sub"], claims.get("c_hash")), (&"auth0|1".into(), None));
    }
    let posted = browser.get(&hybrid(&[("response_mode", "form_post")])).await;
    assert!(!field(&posted.text, "code").is_empty() && !field(&posted.text, "id_token").is_empty());
    for (with, error) in [
        (("response_mode", "query"), "invalid_request"),
        (("response_mode", "web_message"), "invalid_request"),
        (("nonce", ""), "invalid_request"),
        (("scope", "profile"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("client_id", "implicit"), "unauthorized_client"),
        (("client_id", "page"), "unauthorized_client"),
    ] {
        let response = browser.get(&hybrid(&[with])).await;
        assert_eq!(fragment(&response, "error").as_deref(), Some(error), "{with:?}");
        assert!(!response.location().contains("code="), "{with:?}");
    }
    for unsupported in ["token", "code token", "id_token token", "code id_token token", "none", "code code"] {
        let response = browser.get(&hybrid(&[("response_type", unsupported)])).await;
        let error = response.parameter("error");
        assert_eq!(error.as_deref(), Some("unsupported_response_type"), "{unsupported}");
    }
}
