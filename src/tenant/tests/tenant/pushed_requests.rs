//! Pushed authorization requests (RFC 9126), and attacks on them.

use std::time::Duration;

use insta::assert_snapshot;
use tenant::configuration::{Client, ClientAuthentication, Connection, Parts};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{
    Browser, CALLBACK, DATABASE, ISSUER, START, TestResponse, TestTenant, authorize_path, client, user,
};

async fn open_tenant() -> TestTenant {
    let clients = vec![
        client("web", ClientAuthentication::SecretPost, Some("web secret")),
        Client {
            require_pushed_authorization_requests: true,
            ..client("strict", ClientAuthentication::SecretPost, Some("strict secret"))
        },
        client("page", ClientAuthentication::None, None),
    ];
    let connections = vec![Connection::new(DATABASE, "auth0")];
    let configuration = Configuration::new(Parts { clients, connections, ..Parts::default() }).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    TestTenant::with_configuration(ISSUER, clock, configuration, vec![user(&["auth0|1"])]).await
}

/// Pushes a request; `with` replaces or adds parameters.
async fn push(tenant: &TestTenant, with: &[(&str, &str)]) -> TestResponse {
    let path = authorize_path(&[&[("audience", "")], with].concat());
    let (_, query) = path.split_once('?').unwrap();
    let fields: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    tenant.post_form("/oauth/par", &fields).await
}

const WEB: [(&str, &str); 2] = [("client_id", "web"), ("client_secret", "web secret")];

/// Returns the path that sends the browser on with a pushed request.
fn path(client_id: &str, request_uri: &str) -> String {
    let pairs =
        [("client_id", client_id), ("request_uri", request_uri), ("redirect_uri", "http://evil.test/")];
    format!("/authorize?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn request_uri(response: &TestResponse) -> String {
    assert_eq!(response.status, 201, "{}", response.text);
    response.json()["request_uri"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_pushed_request_signs_in_once_with_the_parameters_that_were_pushed() {
    let tenant = open_tenant().await;
    let pushed = push(&tenant, &WEB).await;
    assert_eq!((pushed.header("cache-control"), &pushed.json()["expires_in"]), ("no-store", &60.into()));
    let uri = request_uri(&pushed);
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    assert!(!tenant.stores(uri.rsplit_once(':').unwrap().1), "only its digest is stored");
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[("audience", "")]).await;
    let response = browser.get(&path("web", &uri)).await;
    assert!(response.location().starts_with(&format!("{CALLBACK}?code=")), "{}", response.status_and_text());
    assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
    let code = response.parameter("code").unwrap();
    assert_eq!(tenant.exchange_code(&code, &WEB).await.status, 200);

    let again = browser.get(&path("web", &uri)).await;
    assert_eq!((again.status.as_u16(), again.location()), (400, ""));
    assert!(again.text.contains("The request_uri is unknown, was used, is too old"), "{}", again.text);
}

// attack: authorization
#[tokio::test]
async fn a_pushed_request_belongs_to_its_client_and_expires() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let uri = request_uri(&push(&tenant, &WEB).await);
    for client_id in ["page", "strict", "nobody", ""] {
        let response = browser.get(&path(client_id, &uri)).await;
        assert_eq!((response.status.as_u16(), response.location()), (400, ""), "{client_id}");
    }
    let response = browser.get(&path("web", &uri)).await;
    assert!(response.location().starts_with("/u/login?state="), "the others did not use it up");
    let late = request_uri(&push(&tenant, &WEB).await);
    tenant.clock.advance(Duration::from_mins(1));
    let unknown = "urn:ietf:params:oauth:request_uri:x".to_owned();
    for uri in [late, unknown] {
        assert_eq!(browser.get(&path("web", &uri)).await.status, 400, "{uri}");
    }
}

#[tokio::test]
async fn pushing_proves_the_client_and_validates_the_request() {
    let tenant = open_tenant().await;
    let without = push(&tenant, &[("client_id", "web")]).await;
    assert_snapshot!(without.status_and_text(), @r#"401 {"error":"access_denied","error_description":"Unauthorized"}"#);
    let public = push(&tenant, &[]).await;
    request_uri(&public);
    for (with, error) in [
        (("redirect_uri", "http://evil.test/"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("prompt", "perhaps"), "invalid_request"),
        (("connection", "unknown"), "invalid_request"),
        (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
    ] {
        let response = push(&tenant, &[&WEB[..], &[with]].concat()).await;
        assert_eq!((response.status.as_u16(), &response.json()["error"]), (400, &error.into()), "{with:?}");
    }
    assert!(!tenant.stores("evil.test"));
}

#[tokio::test]
async fn a_client_may_have_to_push() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let strict = [("client_id", "strict"), ("client_secret", "strict secret")];
    let response = browser.get(&authorize_path(&[("client_id", "strict"), ("audience", "")])).await;
    assert_eq!(response.parameter("error").as_deref(), Some("invalid_request"), "{}", response.text);
    assert!(response.parameter("error_description").unwrap().contains("must push"));
    let uri = request_uri(&push(&tenant, &strict).await);
    assert!(browser.get(&path("strict", &uri)).await.location().starts_with("/u/login?state="));
    // An address elsewhere is never read.
    let foreign = [("client_id", "web"), ("audience", ""), ("request_uri", "https://evil.test/request")];
    let response = browser.get(&authorize_path(&foreign)).await;
    assert_eq!(response.parameter("error").as_deref(), Some("request_uri_not_supported"));
}
