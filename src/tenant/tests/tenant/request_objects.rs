//! Authorization requests in signed request objects (RFC 9101), and attacks on them.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tenant::configuration::{Client, ClientAuthentication, Connection, Parts};
use tenant::secret::digest;
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{
    Browser, CALLBACK, ClientKeyPair, DATABASE, ISSUER, START, TestResponse, TestTenant, VERIFIER, client,
    user,
};

async fn open_tenant() -> TestTenant {
    let clients = vec![
        Client {
            keys: vec![ClientKeyPair::rsa(0).public()],
            ..client("signing", ClientAuthentication::None, None)
        },
        client("keyless", ClientAuthentication::None, None),
    ];
    let connections = vec![Connection::new(DATABASE, "auth0")];
    let configuration = Configuration::new(Parts { clients, connections, ..Parts::default() }).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    TestTenant::with_configuration(ISSUER, clock, configuration, vec![user(&["auth0|1"])]).await
}

/// Returns the claims of a valid request object; `null` in `with` removes a claim.
fn claims(with: &Value) -> Value {
    let now = START / 1000;
    let mut claims = json!({ "iss": "signing", "aud": ISSUER, "exp": now + 60, "client_id": "signing",
        "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid", "state": "signed state",
        "code_challenge": digest(VERIFIER.as_bytes()), "code_challenge_method": "S256", "max_age": 600,
        "claims": { "id_token": {} } });
    for (name, value) in with.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

async fn ask(browser: &mut Browser<'_>, object: &str, beside: &[(&str, &str)]) -> TestResponse {
    let pairs = [&[("request", object)], beside].concat();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    browser.get(&format!("/authorize?{query}")).await
}

const BESIDE: [(&str, &str); 4] = [
    ("client_id", "signing"),
    ("response_type", "code"),
    ("redirect_uri", CALLBACK),
    ("state", "unsigned state"),
];

// attack: authorization
#[tokio::test]
async fn only_the_signed_parameters_count() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let object = ClientKeyPair::rsa(0).sign(Algorithm::PS256, &claims(&json!({})));
    let beside = [&BESIDE[..], &[("scope", "openid profile email"), ("prompt", "none")]].concat();
    let response = ask(&mut browser, &object, &beside).await;
    let login_state = response.parameter("state").unwrap();
    assert!(
        response.location().starts_with("/u/login?"),
        "prompt beside the object: {}",
        response.location()
    );
    let response =
        browser.type_password(&login_state, &crate::test_tenant::email("auth0|1"), "correct horse").await;
    assert_eq!(response.parameter("state").as_deref(), Some("signed state"));
    let code = response.parameter("code").unwrap();
    let tokens = tenant.exchange_code(&code, &[("client_id", "signing")]).await.json();
    assert_eq!(tokens["scope"], "openid", "{tokens}");
    // The client alone is needed beside it; a number is read as one.
    let object = ClientKeyPair::rsa(0).sign(Algorithm::RS256, &claims(&json!({ "max_age": 0 })));
    let response = ask(&mut browser, &object, &[("client_id", "signing")]).await;
    assert!(response.location().starts_with("/u/login?"), "{}", response.location());
}

// attack: authorization
#[tokio::test]
async fn an_object_that_the_client_did_not_sign_for_this_tenant_is_refused() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[("client_id", "keyless"), ("audience", "")]).await;
    let valid = claims(&json!({}));
    let sign = |with: &Value| ClientKeyPair::rsa(0).sign(Algorithm::RS256, &claims(with));
    let signed = sign(&json!({}));
    let (unsigned, _) = signed.rsplit_once('.').unwrap();
    let secret = EncodingKey::from_secret(ClientKeyPair::rsa(0).pem().as_bytes());
    let now = START / 1000;
    for object in [
        ClientKeyPair::rsa(1).sign(Algorithm::RS256, &valid),
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &valid, &secret).unwrap(),
        format!("{unsigned}."),
        "nonsense".to_owned(),
        sign(&json!({ "iss": "keyless" })),
        sign(&json!({ "client_id": "keyless" })),
        sign(&json!({ "sub": "signing" })),
        sign(&json!({ "aud": "https://evil.test/" })),
        sign(&json!({ "aud": [ISSUER, "https://evil.test/"] })),
        sign(&json!({ "exp": now })),
        sign(&json!({ "exp": "soon" })),
        sign(&json!({ "nbf": now + 61 })),
        sign(&json!({ "request": signed })),
        sign(&json!({ "request_uri": "https://evil.test/" })),
    ] {
        let response = ask(&mut browser, &object, &BESIDE).await;
        assert!(response.location().starts_with(CALLBACK), "{object}: {}", response.status_and_text());
        assert_eq!(response.parameter("error").as_deref(), Some("invalid_request_object"), "{object}");
        assert_eq!(response.parameter("state").as_deref(), Some("unsigned state"));
        assert_eq!(response.parameter("code"), None);
        let nowhere = ask(&mut browser, &object, &[("client_id", "signing")]).await;
        assert_eq!((nowhere.status.as_u16(), nowhere.location()), (400, ""), "{object}");
    }
    // A registered address beside the object does not make the one inside right.
    let elsewhere = sign(&json!({ "redirect_uri": "http://evil.test/" }));
    let response = ask(&mut browser, &elsewhere, &BESIDE).await;
    assert_eq!((response.status.as_u16(), response.location()), (403, ""));
    assert!(ask(&mut browser, &signed, &BESIDE).await.parameter("code").is_some());
}

#[tokio::test]
async fn a_client_without_keys_is_told_that_objects_are_not_supported() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let object = ClientKeyPair::rsa(0).sign(Algorithm::RS256, &claims(&json!({ "client_id": "keyless" })));
    let beside = [&BESIDE[1..], &[("client_id", "keyless")]].concat();
    let response = ask(&mut browser, &object, &beside).await;
    assert_eq!(response.parameter("error").as_deref(), Some("request_not_supported"), "{}", response.text);
    let unknown = ask(&mut browser, &object, &[("client_id", "nobody")]).await;
    assert_eq!((unknown.status.as_u16(), unknown.location()), (403, ""));
}

#[tokio::test]
async fn an_object_can_be_pushed() {
    let tenant = open_tenant().await;
    let object = ClientKeyPair::rsa(0).sign(Algorithm::RS256, &claims(&json!({})));
    let pushed = tenant.post_form("/oauth/par", &[("client_id", "signing"), ("request", &object)]).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    let other = tenant.post_form("/oauth/par", &[("client_id", "keyless"), ("request", &object)]).await;
    assert_eq!(other.status, 400, "{}", other.text);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let pairs = [("client_id", "signing"), ("request_uri", &*uri)];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let response = Browser::new(&tenant).get(&format!("/authorize?{query}")).await;
    assert!(response.location().starts_with("/u/login?"), "{}", response.status_and_text());
}
