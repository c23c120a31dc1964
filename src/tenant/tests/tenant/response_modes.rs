//! How `/authorize` answers: response modes and types of contract C1, and what they must not carry.

use crate::bench::{Answer, Bench, Browser, CALLBACK, PASSWORD, authorize_path, claims_in, email};

/// A request for an ID token, as a web application makes it; `with` replaces or adds parameters.
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

/// A parameter in the fragment of a redirect.
fn fragment(answer: &Answer, name: &str) -> Option<String> {
    let (_, fragment) = answer.location().split_once('#')?;
    form_urlencoded::parse(fragment.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// A hidden field of a page's form.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    page.split(&start).nth(1).unwrap_or_else(|| panic!("no {name}: {page}")).split('"').next().unwrap()
}

async fn signed_in(bench: &Bench) -> Browser<'_> {
    let mut browser = Browser::new(bench);
    browser.sign_in("auth0|1", &[]).await;
    browser
}

#[tokio::test]
async fn a_code_can_travel_in_the_fragment() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let answer = signed_in(&bench).await.get(&authorize_path(&[("response_mode", "fragment")])).await;
    assert!(answer.location().starts_with(&format!("{CALLBACK}#code=")), "{}", answer.location());
    assert_eq!(fragment(&answer, "state").as_deref(), Some("the-state"));
    assert_eq!(bench.account_of(&fragment(&answer, "code").unwrap()).await, "auth0|1");
}

#[tokio::test]
async fn a_code_can_be_posted_by_a_form_that_goes_to_the_application_only() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let state = "\"><script>alert(1)</script>";
    let path = authorize_path(&[("response_mode", "form_post"), ("state", state)]);
    let answer = signed_in(&bench).await.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    assert!(answer.text.contains(&format!("<form class=\"fields\" method=\"post\" action=\"{CALLBACK}\">")));
    assert!(answer.text.contains("type=\"submit\">Continue<"), "without scripts the button does it");
    assert_eq!(field(&answer.text, "state"), "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("form-action http://localhost:3000; frame-ancestors 'none'"), "{policy}");
    assert_eq!(bench.account_of(field(&answer.text, "code")).await, "auth0|1");
}

#[tokio::test]
async fn a_web_application_gets_an_id_token_by_form_right_after_the_password() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&id_token(&[("response_mode", "form_post"), ("max_age", "0")])).await;
    let answer = browser.type_password(&handle, &email("auth0|1"), PASSWORD).await;
    assert_eq!(answer.status, 200);
    let claims = claims_in(field(&answer.text, "id_token"));
    assert_eq!((&claims["sub"], &claims["aud"]), (&"auth0|1".into(), &"implicit".into()));
    assert_eq!((&claims["nonce"], &claims["email"]), (&"the-nonce".into(), &"auth01@example.test".into()));
    assert_eq!(claims["auth_time"], bench.clock.now().seconds());
    assert_eq!(field(&answer.text, "state"), "the-state");
    assert!(!answer.text.contains("name=\"code\"") && !answer.text.contains("access_token"));
}

#[tokio::test]
async fn an_id_token_travels_in_the_fragment_by_default_and_never_in_a_query() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&bench).await;
    let answer = browser.get(&authorize_path(&id_token(&[("prompt", "none")]))).await;
    assert_eq!(claims_in(&fragment(&answer, "id_token").unwrap())["nonce"], "the-nonce");
    assert_eq!(fragment(&answer, "access_token"), None);
    for mode in ["query", "web_message"] {
        let answer = browser.get(&authorize_path(&id_token(&[("response_mode", mode)]))).await;
        assert_eq!(fragment(&answer, "error").as_deref(), Some("invalid_request"), "{mode}");
        assert!(!answer.location().contains("id_token"), "{mode}");
    }
}

#[tokio::test]
async fn a_refusal_travels_as_the_answer_would() {
    let bench = Bench::with_users(&[]).await;
    let mut browser = Browser::new(&bench);
    let answer = browser.get(&authorize_path(&id_token(&[("prompt", "none")]))).await;
    assert_eq!(fragment(&answer, "error").as_deref(), Some("login_required"));
    assert_eq!(fragment(&answer, "state").as_deref(), Some("the-state"));
    let with = [("prompt", "none"), ("response_mode", "form_post")];
    let answer = browser.get(&authorize_path(&id_token(&with))).await;
    assert_eq!(field(&answer.text, "error"), "login_required");
}

#[tokio::test]
async fn an_id_token_takes_a_nonce_openid_and_leave() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&bench).await;
    for (with, error) in [
        (("nonce", ""), "invalid_request"),
        (("scope", "profile"), "invalid_request"),
        (("client_id", "page"), "unauthorized_client"),
    ] {
        let answer = browser.get(&authorize_path(&id_token(&[with]))).await;
        assert_eq!(fragment(&answer, "error").as_deref(), Some(error), "{with:?}");
        assert_eq!(fragment(&answer, "id_token"), None);
    }
    let answer = browser.get(&authorize_path(&[("client_id", "implicit")])).await;
    assert_eq!(answer.parameter("error").as_deref(), Some("unauthorized_client"));
}
