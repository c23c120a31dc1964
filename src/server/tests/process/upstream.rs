//! Sign-in through another server as upstream provider, over https.

use std::fs;

use reqwest::StatusCode;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

use crate::{Server, parameter, work_dir};

const TENANT: &str = "
clients:
  - { name: Page, client_id: linked-accounts, app_type: spa, callbacks: ['##LINKED_ACCOUNTS_ISSUER##callback'] }
connections:
  - { name: work, strategy: oidc, options: { issuer: 'PROVIDER', client_id: tenant, client_secret: secret } }
";

/// Starts a sign-in through the connection "work" and returns the URL to which the browser is redirected.
async fn authorize_at_work(server: &Server) -> String {
    let callback = format!("{}/callback", server.base);
    let authorization_request = [
        ("response_type", "code"),
        ("client_id", "linked-accounts"),
        ("redirect_uri", &callback),
        ("scope", "openid"),
        ("connection", "work"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    let first = server
        .client
        .get(format!("{}/authorize", server.base))
        .query(&authorization_request)
        .send()
        .await
        .unwrap();
    let cookie = first.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let query = [("state", parameter(&first, "state")), ("connection", "work".to_owned())];
    let second = server.client.get(format!("{}/u/connection", server.base)).query(&query);
    let second = second.header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(second.status(), StatusCode::FOUND);
    second.headers()[LOCATION].to_str().unwrap().to_owned()
}

// attack: providers
#[tokio::test]
async fn a_provider_is_trusted_only_with_its_certificate_authority() {
    let (provider_dir, tenant_dir) = (work_dir(), work_dir());
    let provider = Server::start(provider_dir.path(), &["--tls-self-signed", "tls"]);
    let issuer = format!("{}/", provider.base);
    fs::write(tenant_dir.path().join("tenant.yaml"), TENANT.replace("PROVIDER", &issuer)).unwrap();
    let authority = provider_dir.path().join("tls/authority.pem");
    let trusting = ["--tenant", "tenant.yaml", "--upstream-ca", authority.to_str().unwrap()];
    let target = authorize_at_work(&Server::start(tenant_dir.path(), &trusting)).await;
    assert!(
        target.starts_with(&format!("{issuer}authorize?response_type=code&client_id=tenant&")),
        "{target}"
    );
    let target = authorize_at_work(&Server::start(tenant_dir.path(), &["--tenant", "tenant.yaml"])).await;
    assert!(target.contains("/callback?error=temporarily_unavailable&"), "{target}");
}
