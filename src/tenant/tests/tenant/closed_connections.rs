//! Attacks with a session, a code, a refresh token or an access token at a client that may not use the connection of the
//! sign-in.
//!
//! attacks: sessions

use axum::http::Method;
use serde_json::{Value, json};
use store::{RefreshFamilyRow, SessionRow};
use tenant::Configuration;
use tenant::configuration::Options;

use crate::test_tenant::{
    API, AUDIENCE, Browser, PAGE, SCOPE, TestTenant, UNFRAMED, authorize_path, parts, user,
};

/// The only person. The connection "facebook" is open to the client "other" only.
const PERSON: &str = "facebook|7";

/// Where an authorization response and its tokens go: each way is tried.
const WAYS: [&[(&str, &str)]; 6] = [
    &[("client_id", PAGE)],
    &[("client_id", PAGE), ("response_mode", "form_post")],
    &[("client_id", PAGE), ("response_mode", "web_message")],
    &[("client_id", PAGE), ("scope", "openid offline_access"), ("audience", API)],
    &[("client_id", "simple"), ("redirect_uri", UNFRAMED)],
    &[("client_id", "hybrid"), ("response_type", "code id_token"), ("response_mode", "form_post")],
];

fn options() -> Options {
    Options { stand_ins: true, ..Options::default() }
}

async fn tenant() -> TestTenant {
    TestTenant::with_seeds(vec![user(&[PERSON])]).await
}

/// Returns the configuration with "facebook" closed to everybody but these clients.
fn open_to(clients: &[&str]) -> Configuration {
    let mut parts = parts(options(), Vec::new());
    let connection = parts.connections.iter_mut().find(|one| one.name.as_str() == "facebook").unwrap();
    connection.enabled_clients = Some(clients.iter().map(|client| (*client).to_owned()).collect());
    Configuration::new(parts).unwrap()
}

/// Signs the person in at "other" and returns the code.
async fn sign_in(browser: &mut Browser<'_>) -> String {
    let scope = format!("{SCOPE} offline_access");
    let with = [("client_id", "other"), ("connection", "facebook"), ("scope", scope.as_str())];
    let state = browser.start_login(&with).await;
    let fields = [("state", state.as_str()), ("connection", "facebook"), ("choice", "7")];
    browser.post("/u/stand-in", &fields).await.parameter("code").unwrap()
}

/// Returns the stored sessions and families of the person.
async fn rows(tenant: &TestTenant) -> (Vec<SessionRow>, Vec<RefreshFamilyRow>) {
    let mut reader = tenant.store.read().await.unwrap();
    let id = model::UserId::new(PERSON);
    (reader.list_sessions(&id).await.unwrap(), reader.list_refresh_families(&id).await.unwrap())
}

fn error(response: &Value) -> &str {
    response["error"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_session_gives_nothing_to_a_client_that_its_connection_is_closed_to() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    sign_in(&mut browser).await;
    let before = rows(&tenant).await;
    tenant.clock.advance(std::time::Duration::from_secs(1));
    for way in WAYS {
        let with = [way, &[("prompt", "none")]].concat();
        let silent = browser.get(&authorize_path(&with)).await;
        let answer = format!("{} {}", silent.location(), silent.text);
        assert!(answer.contains("login_required"), "{way:?}: {answer}");
        assert!(!answer.contains("code=") && !answer.contains("id_token="), "{way:?}: {answer}");
        let asked = browser.get(&authorize_path(way)).await;
        assert!(asked.location().starts_with("/u/login?"), "{way:?}: {}", asked.location());
    }
    assert_eq!(rows(&tenant).await, before, "the session is not used, and there is no grant");
    let own = browser.get(&authorize_path(&[("client_id", "other"), ("prompt", "none")])).await;
    assert!(own.parameter("code").is_some(), "{}", own.location());
}

#[tokio::test]
async fn a_pushed_request_gets_nothing_from_a_session_of_a_closed_connection() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    sign_in(&mut browser).await;
    let before = rows(&tenant).await;
    let query = authorize_path(&[("prompt", "none")]);
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(query.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (&**key, &**value)).collect();
    let pushed = tenant.post_form("/oauth/par", &fields).await.json();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", PAGE)
        .append_pair("request_uri", pushed["request_uri"].as_str().unwrap())
        .finish();
    let response = browser.get(&format!("/authorize?{query}")).await;
    assert_eq!(response.parameter("error").as_deref(), Some("login_required"), "{}", response.location());
    assert_eq!(rows(&tenant).await, before);
}

#[tokio::test]
async fn a_connection_that_is_closed_later_ends_the_use_of_codes_sessions_and_refresh_tokens() {
    let mut tenant = tenant().await;
    let client = [("client_id", "other")];
    let (cookies, waiting, refresh_token, code) = {
        let mut browser = Browser::new(&tenant);
        let code = sign_in(&mut browser).await;
        let tokens = tenant.exchange_code(&code, &client).await.json();
        let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
        let code = browser.get(&authorize_path(&client)).await.parameter("code").unwrap();
        let waiting =
            browser.start_login(&[client[0], ("prompt", "login"), ("connection", "facebook")]).await;
        (browser.cookies, waiting, refresh_token, code)
    };
    let before = rows(&tenant).await;

    tenant.reopen_with(open_to(&[])).await;
    assert_eq!(error(&tenant.exchange_code(&code, &client).await.json()), "invalid_grant");
    assert_eq!(error(&tenant.refresh(&refresh_token, &client).await.json()), "invalid_grant");
    let mut browser = Browser::new(&tenant);
    browser.cookies = cookies;
    let silent = browser.get(&authorize_path(&[client[0], ("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    let fields = [("state", waiting.as_str()), ("connection", "facebook"), ("choice", "7")];
    assert_eq!(browser.post("/u/stand-in", &fields).await.status, 400, "a login that waits is over");
    assert_eq!(rows(&tenant).await, before, "nothing is used, rotated, begun or lost");
    drop(browser);

    tenant.reopen_with(open_to(&["other"])).await;
    assert_eq!(tenant.refresh(&refresh_token, &client).await.status, 200, "it is refused, not revoked");
}

#[tokio::test]
async fn a_connection_without_its_stand_in_or_without_its_entry_serves_no_session() {
    let mut tenant = tenant().await;
    let client = [("client_id", "other")];
    let (cookies, refresh_token) = {
        let mut browser = Browser::new(&tenant);
        let code = sign_in(&mut browser).await;
        let tokens = tenant.exchange_code(&code, &client).await.json();
        (browser.cookies, tokens["refresh_token"].as_str().unwrap().to_owned())
    };
    let before = rows(&tenant).await;
    let mut without_entry = parts(options(), Vec::new());
    without_entry.connections.retain(|connection| connection.name.as_str() != "facebook");
    for closed in [parts(Options::default(), Vec::new()), without_entry] {
        tenant.reopen_with(Configuration::new(closed).unwrap()).await;
        let mut browser = Browser::new(&tenant);
        browser.cookies = cookies.clone();
        let silent = browser.get(&authorize_path(&[client[0], ("prompt", "none")])).await;
        assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
        assert_eq!(error(&tenant.refresh(&refresh_token, &client).await.json()), "invalid_grant");
        assert_eq!(rows(&tenant).await, before);
    }
}

/// Returns what the person's own account and `/userinfo` answer to each token.
async fn statuses(tenant: &TestTenant, tokens: &[String]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (token, path) in
        [(0, "/api/v2/users/facebook%7C7"), (0, "/userinfo"), (1, "/userinfo"), (2, "/userinfo")]
    {
        statuses.push(tenant.call(Method::GET, path, &tokens[token]).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn an_access_token_opens_nothing_while_its_connection_is_closed_to_its_client() {
    let mut tenant = tenant().await;
    let client = [("client_id", "other")];
    let mut tokens = Vec::new();
    for audience in [AUDIENCE, "", API] {
        let mut browser = Browser::new(&tenant);
        let with = [client[0], ("connection", "facebook"), ("audience", audience)];
        let state = browser.start_login(&with).await;
        let fields = [("state", state.as_str()), ("connection", "facebook"), ("choice", "7")];
        let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
        let response = tenant.exchange_code(&code, &client).await.json();
        tokens.push(response["access_token"].as_str().unwrap().to_owned());
    }
    assert_eq!(statuses(&tenant, &tokens).await, [200; 4]);
    let before = (rows(&tenant).await, tenant.row(PERSON).await);

    let mut without_client = parts(options(), Vec::new());
    without_client.clients.retain(|client| client.client_id != "other");
    for connection in &mut without_client.connections {
        connection.enabled_clients = None;
    }
    let mut without_entry = parts(options(), Vec::new());
    without_entry.connections.retain(|connection| connection.name.as_str() != "facebook");
    let without_stand_in = parts(Options::default(), Vec::new());
    let closed =
        [without_client, without_entry, without_stand_in].map(|parts| Configuration::new(parts).unwrap());
    for configuration in closed.into_iter().chain([open_to(&[PAGE])]) {
        tenant.reopen_with(configuration).await;
        assert_eq!(statuses(&tenant, &tokens).await, [401; 4]);
        let metadata = json!({ "user_metadata": { "theme": "light" } });
        let path = "/api/v2/users/facebook%7C7";
        let change = tenant.send_json(Method::PATCH, path, Some(&tokens[0]), &metadata).await;
        assert_eq!(change.status, 401);
        assert_eq!((rows(&tenant).await, tenant.row(PERSON).await), before, "nothing is changed or lost");
    }
    tenant.reopen_with(open_to(&["other"])).await;
    assert_eq!(statuses(&tenant, &tokens).await, [200; 4], "they are refused, not revoked");
}

#[tokio::test]
async fn an_id_token_in_place_of_an_access_token_opens_nothing_through_a_closed_connection() {
    let accepting = Options { id_token_bearer: true, ..options() };
    let mut tenant = TestTenant::with_options(vec![user(&[PERSON])], accepting.clone()).await;
    let client = [("client_id", "other")];
    let code = sign_in(&mut Browser::new(&tenant)).await;
    let tokens = tenant.exchange_code(&code, &client).await.json();
    let token = tokens["id_token"].as_str().unwrap();
    let path = "/api/v2/users/facebook%7C7";
    assert_eq!(tenant.call(Method::GET, path, token).await.status, 200);
    let mut closed = parts(accepting, Vec::new());
    closed.connections.retain(|connection| connection.name.as_str() != "facebook");
    tenant.reopen_with(Configuration::new(closed).unwrap()).await;
    assert_eq!(tenant.call(Method::GET, path, token).await.status, 401);
}
