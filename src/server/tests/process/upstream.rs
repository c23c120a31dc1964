//! A server that signs people in through another one, by https.

use std::fs;

use reqwest::StatusCode;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

use crate::{Server, parameter, room};

const TENANT: &str = "
clients:
  - { name: Page, client_id: linked-accounts, app_type: spa, callbacks: ['##LINKED_ACCOUNTS_ISSUER##callback'] }
connections:
  - { name: work, strategy: oidc, options: { issuer: 'PROVIDER', client_id: tenant, client_secret: secret } }
";

/// Where a person who wants to sign in through "work" is sent.
async fn way_to_work(server: &Server) -> String {
    let callback = format!("{}/callback", server.base);
    let asked = [
        ("response_type", "code"),
        ("client_id", "linked-accounts"),
        ("redirect_uri", &callback),
        ("scope", "openid"),
        ("connection", "work"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    let first = server.client.get(format!("{}/authorize", server.base)).query(&asked).send().await.unwrap();
    let cookie = first.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let query = [("state", parameter(&first, "state")), ("connection", "work".to_owned())];
    let second = server.client.get(format!("{}/u/connection", server.base)).query(&query);
    let second = second.header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(second.status(), StatusCode::FOUND);
    second.headers()[LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_provider_is_believed_by_the_authority_that_is_named_and_by_no_other() {
    let (there, here) = (room(), room());
    let provider = Server::start(there.path(), &["--tls-self-signed", "tls"]);
    let issuer = format!("{}/", provider.base);
    fs::write(here.path().join("tenant.yaml"), TENANT.replace("PROVIDER", &issuer)).unwrap();
    let authority = there.path().join("tls/authority.pem");
    let trusting = ["--tenant", "tenant.yaml", "--upstream-ca", authority.to_str().unwrap()];
    let way = way_to_work(&Server::start(here.path(), &trusting)).await;
    assert!(way.starts_with(&format!("{issuer}authorize?response_type=code&client_id=tenant&")), "{way}");
    let way = way_to_work(&Server::start(here.path(), &["--tenant", "tenant.yaml"])).await;
    assert!(way.contains("/callback?error=temporarily_unavailable&"), "{way}");
}
