//! Client authentication by `private_key_jwt` (RFC 7523), and attacks on it.

use std::time::Duration;

use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tenant::configuration::{Client, ClientAuthentication, ClientKey, Connection, Parts, RefreshTokens};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{
    Browser, ClientKeyPair, DATABASE, ISSUER, START, TestResponse, TestTenant, client, user,
};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Opens a tenant with the client `vault`, which has these keys, and `other`, which has the first RSA key.
async fn open_tenant(keys: Vec<ClientKey>) -> TestTenant {
    let by_key = |id, keys| Client {
        keys,
        refresh_tokens: RefreshTokens::default(),
        ..client(id, ClientAuthentication::PrivateKeyJwt, None)
    };
    let clients = vec![
        by_key("vault", keys),
        by_key("other", vec![ClientKeyPair::rsa(0).public()]),
        client("web", ClientAuthentication::SecretPost, Some("web secret")),
    ];
    let connections = vec![Connection::new(DATABASE, "auth0")];
    let configuration = Configuration::new(Parts { clients, connections, ..Parts::default() }).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    TestTenant::with_configuration(ISSUER, clock, configuration, vec![user(&["auth0|1"])]).await
}

/// Returns the claims of a valid assertion of `vault`, with a new id; `null` in `with` removes a claim.
fn claims(tenant: &TestTenant, with: &Value) -> Value {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = tenant.clock.now().seconds();
    let mut claims = json!({ "iss": "vault", "sub": "vault", "aud": ISSUER, "iat": now, "exp": now + 60,
        "jti": NEXT.fetch_add(1, Ordering::Relaxed).to_string() });
    for (name, value) in with.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn rs256(claims: &Value) -> String {
    ClientKeyPair::rsa(0).sign(Algorithm::RS256, claims)
}

/// Revokes nothing, which needs no more than the authentication of the client.
async fn authenticate(tenant: &TestTenant, assertion: &str) -> TestResponse {
    let fields = [("client_assertion_type", TYPE), ("client_assertion", assertion), ("token", "none")];
    tenant.post_form("/oauth/revoke", &fields).await
}

#[tokio::test]
async fn a_client_exchanges_a_code_by_its_key() {
    let tenant = open_tenant(vec![ClientKeyPair::rsa(0).public()]).await;
    let mut browser = Browser::new(&tenant);
    let code = browser.sign_in("auth0|1", &[("client_id", "vault"), ("audience", "")]).await;
    let without = tenant.exchange_code(&code, &[("client_id", "vault")]).await;
    assert_snapshot!(without.status_and_text(), @r#"401 {"error":"invalid_client","error_description":"The client proves itself by a client_assertion"}"#);
    let assertion = rs256(&claims(&tenant, &json!({ "aud": format!("{ISSUER}oauth/token") })));
    let with = [("client_id", "vault"), ("client_assertion_type", TYPE), ("client_assertion", &*assertion)];
    let response = tenant.exchange_code(&code, &with).await;
    assert_eq!(response.status, 200, "{}", response.text);
    assert!(!tenant.stores(&assertion));
}

#[tokio::test]
async fn every_algorithm_of_a_key_proves_the_client_and_its_audience_may_be_a_list() {
    let ec = ClientKeyPair::ec();
    let tenant = open_tenant(vec![ClientKeyPair::rsa(0).public(), ec.public()]).await;
    for algorithm in [Algorithm::RS256, Algorithm::RS384, Algorithm::PS256] {
        let assertion = ClientKeyPair::rsa(0).sign(algorithm, &claims(&tenant, &json!({})));
        assert_eq!(authenticate(&tenant, &assertion).await.status, 200, "{algorithm:?}");
    }
    let assertion = ec.sign(Algorithm::ES256, &claims(&tenant, &json!({})));
    assert_eq!(authenticate(&tenant, &assertion).await.status, 200);
    let here = ISSUER.trim_end_matches('/');
    for audience in
        [json!(here), json!([ISSUER, format!("{here}/oauth/token")]), json!(format!("{here}/oauth/par"))]
    {
        let assertion = rs256(&claims(&tenant, &json!({ "aud": audience, "iat": null })));
        assert_eq!(authenticate(&tenant, &assertion).await.status, 200, "{audience}");
    }
}

// attack: tokens
#[tokio::test]
async fn an_assertion_works_once_for_each_client_until_it_expires() {
    let tenant = open_tenant(vec![ClientKeyPair::rsa(0).public()]).await;
    let assertion = rs256(&claims(&tenant, &json!({ "jti": "one" })));
    assert_eq!(authenticate(&tenant, &assertion).await.status, 200);
    let again = authenticate(&tenant, &assertion).await;
    assert_snapshot!(again.status_and_text(), @r#"401 {"error":"invalid_client","error_description":"jti was used before"}"#);
    let same_id = rs256(&claims(&tenant, &json!({ "jti": "one", "exp": tenant.clock.now().seconds() + 90 })));
    assert_eq!(authenticate(&tenant, &same_id).await.status, 401, "another assertion with the same id");
    let of_other = rs256(&claims(&tenant, &json!({ "jti": "one", "iss": "other", "sub": "other" })));
    assert_eq!(authenticate(&tenant, &of_other).await.status, 200);
    tenant.clock.advance(Duration::from_mins(1));
    assert!(authenticate(&tenant, &assertion).await.text.contains("exp is missing or over"));
    let fresh = rs256(&claims(&tenant, &json!({ "jti": "one" })));
    assert_eq!(authenticate(&tenant, &fresh).await.status, 200, "ids are kept until they expire");
}

// attack: tokens
#[tokio::test]
async fn a_signature_of_anybody_else_is_refused_without_a_reason() {
    let key = ClientKeyPair::rsa(0).public();
    let tenant = open_tenant(vec![key.clone().with_algorithm("PS256").unwrap()]).await;
    let valid = claims(&tenant, &json!({}));
    let signed = ClientKeyPair::rsa(0).sign(Algorithm::PS256, &valid);
    let (unsigned, _) = signed.rsplit_once('.').unwrap();
    // The public key as the secret of an HMAC.
    let secret = EncodingKey::from_secret(ClientKeyPair::rsa(0).pem().as_bytes());
    let confused = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &valid, &secret).unwrap();
    for assertion in [
        rs256(&valid),
        ClientKeyPair::rsa(1).sign(Algorithm::PS256, &valid),
        ClientKeyPair::ec().sign(Algorithm::ES256, &valid),
        confused,
        format!("{unsigned}."),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ2YXVsdCJ9.".to_owned(),
        "nonsense".to_owned(),
        rs256(&claims(&tenant, &json!({ "iss": "nobody", "sub": "nobody" }))),
        rs256(&claims(&tenant, &json!({ "iss": "web", "sub": "web" }))),
        tenant.sign(&valid).await,
    ] {
        let response = authenticate(&tenant, &assertion).await;
        assert_eq!(
            response.status_and_text(),
            r#"401 {"error":"invalid_client","error_description":"The client assertion cannot be verified"}"#,
            "{assertion}"
        );
    }
    assert_eq!(authenticate(&tenant, &signed).await.status, 200, "none of them used up the id");
    let expired = key.with_expiry(tenant.clock.now());
    let tenant = open_tenant(vec![expired]).await;
    assert_eq!(authenticate(&tenant, &rs256(&claims(&tenant, &json!({})))).await.status, 401);
}

// attack: tokens
#[tokio::test]
async fn a_wrong_claim_is_refused_and_named() {
    let tenant = open_tenant(vec![ClientKeyPair::rsa(0).public()]).await;
    let now = tenant.clock.now().seconds();
    let evil = json!([ISSUER, "https://evil.test/"]);
    for (with, reason) in [
        (json!({ "iss": "other" }), "iss and sub"),
        (json!({ "iss": null }), "iss and sub"),
        (json!({ "aud": "https://evil.test/" }), "aud"),
        (json!({ "aud": evil }), "aud"),
        (json!({ "aud": [] }), "aud"),
        (json!({ "aud": null }), "aud"),
        (json!({ "exp": null }), "exp"),
        (json!({ "exp": now }), "exp"),
        (json!({ "exp": "soon" }), "exp"),
        (json!({ "exp": now + 361 }), "exp must be within"),
        (json!({ "exp": 1e300 }), "exp must be within"),
        (json!({ "iat": now + 61 }), "iat"),
        (json!({ "nbf": now + 61 }), "nbf"),
        (json!({ "jti": null }), "jti"),
        (json!({ "jti": "" }), "jti"),
        (json!({ "jti": "x".repeat(256) }), "jti"),
    ] {
        let response = authenticate(&tenant, &rs256(&claims(&tenant, &with))).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["error"]),
            (401, &"invalid_client".into()),
            "{with}"
        );
        assert!(response.text.contains(reason), "{with}: {}", response.text);
    }
    let assertion = rs256(&claims(&tenant, &json!({})));
    let fields = [("client_assertion_type", TYPE), ("client_assertion", &*assertion), ("token", "x")];
    let other = tenant.post_form("/oauth/revoke", &[&fields[..], &[("client_id", "web")]].concat()).await;
    assert!(other.text.contains("client_id is not the subject"), "{}", other.text);
    let two = tenant.post_form("/oauth/revoke", &[&fields[..], &[("client_secret", "x")]].concat()).await;
    assert_eq!((two.status.as_u16(), &two.json()["error"]), (400, &"invalid_request".into()));
    let other_type = [("client_assertion_type", "saml2-bearer"), fields[1], fields[2]];
    assert_eq!(tenant.post_form("/oauth/revoke", &other_type).await.status, 401);
    assert_eq!(authenticate(&tenant, &assertion).await.status, 200);
}
