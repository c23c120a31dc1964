//! Sign-in at another tenant on a socket.

use axum::http::{Method, StatusCode};
use serde_json::json;
use tenant::configuration::{Client, ClientAuthentication, Connection, Parts};
use tenant::secret::{Secret, digest};
use tenant::seed::SeedUser;
use tenant::{Clock, Configuration, Moment};

use super::{
    ORIGIN, assert_nobody_signed_in, options, provider_connection, socket, start_at_provider,
    with_fake_provider,
};
use crate::test_tenant::{Browser, DATABASE, PASSWORD, START, TestResponse, TestTenant, client, email, user};

/// Opens a tenant, and another one that is the provider of its connection "elsewhere".
async fn two_tenants(
    people: Vec<SeedUser>,
    authentication: ClientAuthentication,
) -> (TestTenant, TestTenant) {
    let (listener, issuer) = socket().await;
    let secret = (authentication != ClientAuthentication::None).then_some("tenant secret");
    let callbacks = vec![format!("{ORIGIN}/login/callback/elsewhere")];
    let registration = Client { callbacks, ..client("tenant", authentication, secret) };
    let parts = Parts {
        clients: vec![registration],
        connections: vec![Connection::new(DATABASE, "auth0")],
        ..Parts::default()
    };
    let configuration = Configuration::new(parts).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    let provider = TestTenant::with_configuration(&issuer, clock, configuration, people).await;
    provider.listen(listener);
    let mut elsewhere = provider_connection("elsewhere", "oidc", &issuer);
    let upstream = elsewhere.upstream.as_mut().unwrap();
    upstream.client_secret = secret.map(Secret::new);
    upstream.authentication = Some(authentication);
    let tenant = TestTenant::with_connections(vec![user(&["auth0|1"])], options(), vec![elsewhere]).await;
    (tenant, provider)
}

/// Returns path and query of a URL.
fn target(location: &str) -> String {
    let url = url::Url::parse(ORIGIN).unwrap().join(location).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// Signs in at the provider and returns the path of the callback.
async fn sign_in_at_provider(browser: &mut Browser<'_>, redirect: &TestResponse, id: &str) -> String {
    let mut response = browser.get(&target(redirect.location())).await;
    if let Some(login_state) = response.location().strip_prefix("/u/login?state=") {
        response = browser.type_password(login_state, &email(id), PASSWORD).await;
    }
    assert!(response.location().starts_with(ORIGIN), "{}", response.status_and_text());
    target(response.location())
}

/// Signs in through the connection "elsewhere" and returns the response of the callback.
async fn sign_in_through_provider(
    browser: &mut Browser<'_>,
    at_provider: &mut Browser<'_>,
    id: &str,
) -> TestResponse {
    let redirect = start_at_provider(browser, "elsewhere", &[]).await;
    let back = sign_in_at_provider(at_provider, &redirect, id).await;
    browser.get(&back).await
}

#[tokio::test]
async fn a_person_of_another_provider_gets_an_account_and_opens_it_the_next_time() {
    for authentication in
        [ClientAuthentication::SecretBasic, ClientAuthentication::SecretPost, ClientAuthentication::None]
    {
        let mut person = user(&["auth0|ann"]);
        person.user.profile = person.user.profile.clone().with("email_verified", true).with("name", "Ann");
        let (tenant, provider) = two_tenants(vec![person], authentication).await;
        let (mut browser, mut other) = (Browser::new(&tenant), Browser::new(&provider));
        let response = sign_in_through_provider(&mut browser, &mut other, "auth0|ann").await;
        let account = tenant.account_of(&response.parameter("code").unwrap()).await;
        assert_eq!(account, "oidc|elsewhere|auth0|ann", "{authentication:?}");
        let row = tenant.row(&account).await.unwrap();
        assert_eq!(row.identities[0].connection.as_str(), "elsewhere");
        assert!(!row.identities[0].is_social);
        let profile = &row.profile;
        assert_eq!((profile.name(), profile.email()), (Some("Ann"), Some(&*email("auth0|ann"))));
        assert_eq!(profile.email_verified(), Some(true));

        let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
        assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, account);
        assert_eq!(tenant.row(&account).await.unwrap().logins_count, 2);
        assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 2);
    }
}

#[tokio::test]
async fn the_login_page_links_to_the_provider_and_does_not_call_it_a_stand_in() {
    let (tenant, _provider) = two_tenants(vec![], ClientAuthentication::None).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await.text;
    let button = page.split("<a ").find(|link| link.contains("connection=elsewhere")).unwrap();
    assert!(
        button.contains("<bdi>Elsewhere</bdi>") && !button.split("</a>").next().unwrap().contains("stand-in")
    );
    let redirect = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
    assert_eq!(redirect.status, StatusCode::FOUND);
    for (name, expected) in [
        ("client_id", "tenant"),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:3000/login/callback/elsewhere"),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(redirect.parameter(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(redirect.parameter("prompt"), None);
}

#[tokio::test]
async fn login_hint_prompt_and_max_age_are_passed_to_the_provider() {
    let (tenant, _provider) = two_tenants(vec![], ClientAuthentication::None).await;
    let with = [("login_hint", "ann@example.test"), ("max_age", "0"), ("prompt", "login")];
    let redirect = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &with).await;
    for (name, value) in with {
        assert_eq!(redirect.parameter(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_linked_identity_of_a_provider_opens_the_primary_account() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::SecretBasic).await;
    let mut other = Browser::new(&provider);
    let redirect = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
    assert_eq!(redirect.status, StatusCode::FOUND);
    let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    let tokens = tenant.exchange_code(&response.parameter("code").unwrap(), &[]).await.json();
    let body = json!({ "link_with": tokens["id_token"] });
    let token = tenant.user_token("auth0|1").await;
    let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&token), &body).await;
    assert_eq!(linked.status, StatusCode::CREATED, "{}", linked.text);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "oidc|elsewhere|auth0|ann"]);
    let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, "auth0|1");

    let path = "/api/v2/users/auth0%7C1/identities/oidc/elsewhere%7Cauth0%7Cann";
    assert_eq!(tenant.call(Method::DELETE, path, &token).await.status, StatusCode::OK);
    let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    let account = tenant.account_of(&response.parameter("code").unwrap()).await;
    assert_eq!(account, "oidc|elsewhere|auth0|ann");
}

#[tokio::test]
async fn a_connection_with_a_provider_has_no_stand_in() {
    let (tenant, _provider) = two_tenants(vec![], ClientAuthentication::None).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let fields = [("state", &*login_state), ("connection", "elsewhere"), ("choice", ""), ("name", "Eve")];
    let response = browser.post("/u/stand-in", &fields).await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    assert_nobody_signed_in(&tenant, &browser, &response, 1).await;
}

// attack: providers
#[tokio::test]
async fn a_callback_for_another_browser_signs_nobody_in() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|eve"])], ClientAuthentication::None).await;
    let redirect = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
    let planted = sign_in_at_provider(&mut Browser::new(&provider), &redirect, "auth0|eve").await;
    // A browser without a pending login, and one with a pending login of its own.
    for asked in [false, true] {
        let mut victim = Browser::new(&tenant);
        if asked {
            start_at_provider(&mut victim, "elsewhere", &[]).await;
        }
        let response = victim.get(&planted).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert_nobody_signed_in(&tenant, &victim, &response, 1).await;
    }
}

// attack: providers
#[tokio::test]
async fn a_code_of_another_login_is_not_exchanged() {
    let people = vec![user(&["auth0|ann"]), user(&["auth0|eve"])];
    let (tenant, provider) = two_tenants(people, ClientAuthentication::None).await;
    let mut attacker = Browser::new(&tenant);
    let redirect = start_at_provider(&mut attacker, "elsewhere", &[]).await;
    let stolen = sign_in_at_provider(&mut Browser::new(&provider), &redirect, "auth0|eve").await;
    let code = |back: &str| {
        let url = url::Url::parse(ORIGIN).unwrap().join(back).unwrap();
        url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let mut victim = Browser::new(&tenant);
    let redirect = start_at_provider(&mut victim, "elsewhere", &[]).await;
    let state = redirect.parameter("state").unwrap();
    let injected = format!("/login/callback/elsewhere?code={}&state={state}", code(&stolen));
    let response = victim.get(&injected).await;
    assert_eq!(response.parameter("error").as_deref(), Some("server_error"));
    assert_nobody_signed_in(&tenant, &victim, &response, 1).await;
}

// attack: providers
#[tokio::test]
async fn a_callback_opens_one_session() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::None).await;
    let mut browser = Browser::new(&tenant);
    let redirect = start_at_provider(&mut browser, "elsewhere", &[]).await;
    let back = sign_in_at_provider(&mut Browser::new(&provider), &redirect, "auth0|ann").await;
    assert!(browser.get(&back).await.parameter("code").is_some());
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(tenant.row("oidc|elsewhere|auth0|ann").await.unwrap().logins_count, 1);
}

// attack: providers
#[tokio::test]
async fn a_blocked_user_cannot_sign_in_through_a_provider() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::None).await;
    let mut other = Browser::new(&provider);
    sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    tenant.block("oidc|elsewhere|auth0|ann", true).await;
    let mut browser = Browser::new(&tenant);
    let response = sign_in_through_provider(&mut browser, &mut other, "auth0|ann").await;
    assert!(response.text.contains("This account is blocked."), "{}", response.status_and_text());
    assert!(!browser.cookies.keys().any(|name| name.contains("session")));
    assert_eq!(tenant.row("oidc|elsewhere|auth0|ann").await.unwrap().logins_count, 1);
}

// attack: providers
#[tokio::test]
async fn no_secret_of_a_provider_sign_in_is_stored() {
    let (tenant, _provider) = with_fake_provider().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[("connection", "elsewhere")]).await;
    let redirect = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
    let row = tenant
        .store
        .read()
        .await
        .unwrap()
        .find_pending_login(&Secret::new(&login_state).digest())
        .await
        .unwrap()
        .unwrap();
    let stored = format!("{row:?}");
    for secret in ["state", "nonce"]
        .map(|name| redirect.parameter(name).unwrap())
        .iter()
        .chain(browser.cookies.values())
    {
        assert!(!stored.contains(secret.as_str()), "{stored}");
    }
    // The challenge belongs to a verifier that never leaves the server.
    assert_ne!(
        redirect.parameter("code_challenge").unwrap(),
        digest(redirect.parameter("nonce").unwrap().as_bytes())
    );
}
