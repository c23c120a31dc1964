//! Consent for applications of third parties (contract G20), and attacks on it.

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};
use store::{ConsentRow, UserRow};
use tenant::configuration::{Api, ApiScope, Client, ClientAuthentication};

use crate::apis::{ORDERS, api, open_tenant, orders};
use crate::test_tenant::{
    Browser, CALLBACK, PAGE, PASSWORD, TestResponse, TestTenant, authorize_path, client, email,
};

const PARTNER: &str = "partner";
const SCOPE: &str = "openid email read:orders";
const REQUEST: [(&str, &str); 3] = [("client_id", PARTNER), ("audience", ORDERS), ("scope", SCOPE)];

/// A tenant with an application of a third party, and an API that asks for consent to every application.
async fn partner_tenant() -> TestTenant {
    let mut asking = Api { skip_consent: false, ..api("https://asking.example.test/", "read:a") };
    asking.scopes = vec![ApiScope {
        value: model::Scope::new("read:a".to_owned()),
        description: Some("Read all your As".to_owned()),
    }];
    open_tenant(vec![orders(), asking], |parts| {
        parts.clients.push(Client {
            is_first_party: false,
            name: "Partner <b>".to_owned(),
            ..client(PARTNER, ClientAuthentication::None, None)
        });
    })
    .await
}

/// Sends a request and signs in; returns what follows.
async fn sign_in(browser: &mut Browser<'_>, id: &str, with: &[(&str, &str)]) -> TestResponse {
    let state = browser.start_login(with).await;
    browser.type_password(&state, &email(id), PASSWORD).await
}

/// Signs in to the application, up to the page that asks. Returns the state of that page.
async fn ask(browser: &mut Browser<'_>, id: &str, with: &[(&str, &str)]) -> String {
    consent_state(&sign_in(browser, id, with).await)
}

fn consent_state(response: &TestResponse) -> String {
    assert!(response.location().starts_with("/u/consent?state="), "{}", response.status_and_text());
    assert_eq!(response.parameter("code"), None);
    response.parameter("state").unwrap()
}

async fn answer(browser: &mut Browser<'_>, state: &str, choice: &str) -> TestResponse {
    browser.post("/u/consent", &[("state", state), ("choice", choice)]).await
}

async fn exchange(tenant: &TestTenant, code: &str) -> TestResponse {
    tenant.exchange_code(code, &[("client_id", PARTNER)]).await
}

async fn consents(tenant: &TestTenant) -> Vec<ConsentRow> {
    tenant.store.read().await.unwrap().list_consents(None).await.unwrap()
}

/// Returns what the application may do for each user: `user scopes`.
async fn allowed(tenant: &TestTenant) -> Vec<String> {
    consents(tenant).await.iter().map(|row| format!("{} {}", row.user_id, row.scopes)).collect()
}

/// Checks that an answer got nothing, and that nothing is allowed.
async fn assert_over(tenant: &TestTenant, response: &TestResponse) {
    assert_eq!((response.status.as_u16(), response.parameter("code")), (400, None), "{}", response.text);
    assert!(response.text.contains("This sign-in is over"), "{}", response.text);
    assert_eq!(allowed(tenant).await, [""; 0]);
}

#[tokio::test]
async fn a_third_party_gets_a_code_once_the_person_accepts_and_is_remembered() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    let state = ask(&mut browser, "auth0|1", &REQUEST).await;
    assert_eq!(allowed(&tenant).await, [""; 0]);
    let accepted = answer(&mut browser, &state, "accept").await;
    let code = accepted.parameter("code").unwrap();
    assert_eq!(accepted.parameter("state").as_deref(), Some("the-state"));
    assert_eq!(exchange(&tenant, &code).await.json()["scope"], SCOPE);
    assert_eq!(allowed(&tenant).await, [format!("auth0|1 {SCOPE}")]);
    for with in [("prompt", "none"), ("scope", "openid"), ("prompt", "")] {
        let again = browser.get(&authorize_path(&[&REQUEST[..], &[with]].concat())).await;
        assert!(again.parameter("code").is_some(), "{}", again.location());
    }
}

#[tokio::test]
async fn more_scopes_another_api_and_another_person_are_asked_for_anew() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    let state = ask(&mut browser, "auth0|1", &REQUEST).await;
    answer(&mut browser, &state, "accept").await;
    for with in [("scope", "read:orders write:orders"), ("scope", "offline_access"), ("audience", "")] {
        let path = authorize_path(&[&REQUEST[..], &[with]].concat());
        consent_state(&browser.get(&path).await);
        let silent = browser.get(&format!("{path}&prompt=none")).await;
        assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"), "{with:?}");
    }
    let more = browser.get(&authorize_path(&[&REQUEST[..], &[("scope", "write:orders")]].concat())).await;
    answer(&mut browser, &consent_state(&more), "accept").await;
    assert_eq!(allowed(&tenant).await, [format!("auth0|1 {SCOPE} write:orders")], "nothing is lost");
    let other = [&REQUEST[..], &[("prompt", "login")]].concat();
    ask(&mut browser, "auth0|2", &other).await;
}

#[tokio::test]
async fn declining_is_told_to_the_application_and_stores_nothing() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    for choice in ["decline", "", "yes"] {
        let state = ask(&mut browser, "auth0|1", &[&REQUEST[..], &[("prompt", "login")]].concat()).await;
        let declined = answer(&mut browser, &state, choice).await;
        assert!(declined.location().starts_with(CALLBACK));
        assert_eq!(declined.parameter("error").as_deref(), Some("access_denied"));
        assert_eq!(
            declined.parameter("error_description").as_deref(),
            Some("User did not authorize the request")
        );
        assert_eq!(declined.parameter("state").as_deref(), Some("the-state"));
        assert_over(&tenant, &answer(&mut browser, &state, "accept").await).await;
    }
    consent_state(&browser.get(&authorize_path(&REQUEST)).await);
}

#[tokio::test]
async fn applications_of_the_owner_ask_only_for_an_api_or_a_request_that_says_so() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let asking = [("audience", "https://asking.example.test/"), ("scope", "openid read:a")];
    let state = consent_state(&browser.get(&authorize_path(&asking)).await);
    let page = browser.get(&format!("/u/consent?state={state}")).await;
    assert!(page.text.contains("Read all your As") && !page.text.contains("of somebody else"));
    assert!(answer(&mut browser, &state, "accept").await.parameter("code").is_some());
    assert!(browser.get(&authorize_path(&asking)).await.parameter("code").is_some());
    let state = consent_state(&browser.get(&authorize_path(&[("prompt", "consent")])).await);
    assert!(answer(&mut browser, &state, "accept").await.parameter("code").is_some());
}

#[tokio::test]
async fn the_page_names_application_account_and_scopes_and_cannot_be_framed() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    let scope = "openid profile email offline_access read:orders";
    let state = ask(&mut browser, "auth0|1", &[&REQUEST[..], &[("scope", scope)]].concat()).await;
    let page = browser.get(&format!("/u/consent?state={state}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
    let main = page.text.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
    assert_snapshot!(main.replace(&state, "STATE"), @r#"<div class="card"><h1>Allow <bdi>Partner &lt;b&gt;</bdi> to use your account?</h1><p><bdi>Partner &lt;b&gt;</bdi> is an application of somebody else, not of <bdi>Linked Accounts</bdi>.</p><div class="account"><span class="initials" aria-hidden="true">A</span><p><bdi>auth01@example.test</bdi></p></div><h2 id="wanted">With your account and <bdi>https://orders.example.test/</bdi> it will be able to</h2><ul class="wanted" aria-labelledby="wanted"><li><bdi>Know which account is yours</bdi></li><li><bdi>See your name and picture</bdi></li><li><bdi>See your e-mail address</bdi></li><li><bdi>Keep this access while you are away</bdi></li><li><code>read:orders</code></li></ul><form class="choices" method="post" action="/u/consent"><input type="hidden" name="state" value="STATE"><button class="button" type="submit" name="choice" value="decline">Decline</button><button class="button solid" type="submit" name="choice" value="accept">Accept</button></form></div>"#);
}

// attack: authorization
#[tokio::test]
async fn a_form_does_not_choose_what_is_accepted() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    let state = ask(&mut browser, "auth0|1", &REQUEST).await;
    let fields = [
        ("state", state.as_str()),
        ("choice", "accept"),
        ("scope", "openid write:orders offline_access"),
        ("client_id", PAGE),
        ("audience", "https://asking.example.test/"),
        ("user_id", "auth0|2"),
        ("redirect_uri", "http://evil.test/"),
    ];
    let accepted = browser.post("/u/consent", &fields).await;
    assert!(accepted.location().starts_with(CALLBACK));
    let tokens = exchange(&tenant, &accepted.parameter("code").unwrap()).await.json();
    assert_eq!((&tokens["scope"], tokens.get("refresh_token")), (&json!(SCOPE), None));
    assert_eq!(allowed(&tenant).await, [format!("auth0|1 {SCOPE}")]);
}

// attack: authorization
#[tokio::test]
async fn a_form_of_another_browser_or_another_site_accepts_nothing() {
    let tenant = partner_tenant().await;
    let mut victim = Browser::new(&tenant);
    let state = ask(&mut victim, "auth0|1", &REQUEST).await;
    let mut thief = Browser::new(&tenant);
    ask(&mut thief, "auth0|2", &REQUEST).await;
    assert_over(&tenant, &thief.get(&format!("/u/consent?state={state}")).await).await;
    assert_over(&tenant, &answer(&mut thief, &state, "accept").await).await;
    for origin in ["http://evil.test", "null"] {
        victim.origin = origin;
        assert_eq!(answer(&mut victim, &state, "accept").await.status, 403);
    }
    assert_eq!(allowed(&tenant).await, [""; 0]);
    victim.origin = "http://localhost:3000";
    assert!(answer(&mut victim, &state, "accept").await.parameter("code").is_some());
}

// attack: authorization
#[tokio::test]
async fn nobody_accepts_for_the_person_who_was_signed_in_before() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    let state = ask(&mut browser, "auth0|1", &REQUEST).await;
    browser.sign_in("auth0|2", &[("prompt", "login")]).await;
    assert_over(&tenant, &browser.get(&format!("/u/consent?state={state}")).await).await;
    assert_over(&tenant, &answer(&mut browser, &state, "accept").await).await;
    browser.sign_in("auth0|1", &[("prompt", "login")]).await;
    assert_over(&tenant, &answer(&mut browser, &state, "accept").await).await;
}

// attack: authorization
#[tokio::test]
async fn an_answer_after_signing_out_a_block_or_a_link_gets_nothing() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    let state = ask(&mut browser, "auth0|1", &REQUEST).await;
    tenant.block("auth0|1", true).await;
    assert_over(&tenant, &answer(&mut browser, &state, "accept").await).await;
    tenant.block("auth0|1", false).await;
    browser.get("/v2/logout").await;
    assert_over(&tenant, &answer(&mut browser, &state, "accept").await).await;
    let state = ask(&mut browser, "auth0|2", &REQUEST).await;
    let body = json!({ "provider": "auth0", "user_id": "2" });
    let machine = tenant.machine_token("update:users").await;
    let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&machine), &body).await;
    assert_eq!(linked.status, 201);
    assert_over(&tenant, &answer(&mut browser, &state, "accept").await).await;
}

// attack: authorization
#[tokio::test]
async fn a_sign_in_is_not_skipped_by_the_page_that_follows_it() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    for with in [("prompt", "login"), ("max_age", "0")] {
        let state = browser.start_login(&[&REQUEST[..], &[with]].concat()).await;
        assert_over(&tenant, &browser.get(&format!("/u/consent?state={state}")).await).await;
        assert_over(&tenant, &answer(&mut browser, &state, "accept").await).await;
    }
}

// attack: authorization
#[tokio::test]
async fn consent_is_not_skipped_by_another_sign_in_with_its_state() {
    let tenant = partner_tenant().await;
    let mut browser = Browser::new(&tenant);
    let state = ask(&mut browser, "auth0|1", &REQUEST).await;
    assert_over(&tenant, &browser.get(&format!("/u/login?state={state}")).await).await;
    assert_over(&tenant, &browser.type_password(&state, &email("auth0|1"), PASSWORD).await).await;
    let choice = [("state", state.as_str()), ("connection", "github"), ("choice", "42")];
    assert_over(&tenant, &browser.post("/u/stand-in", &choice).await).await;
    let silent = browser.get(&authorize_path(&[&REQUEST[..], &[("prompt", "none")]].concat())).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"));
}

/// Accepts with `offline_access`, and returns the tokens.
async fn tokens(tenant: &TestTenant, id: &str) -> Value {
    let mut browser = Browser::new(tenant);
    let with = [&REQUEST[..], &[("scope", "openid read:orders offline_access")]].concat();
    let state = ask(&mut browser, id, &with).await;
    let code = answer(&mut browser, &state, "accept").await.parameter("code").unwrap();
    exchange(tenant, &code).await.json()
}

async fn refresh(tenant: &TestTenant, tokens: &Value) -> TestResponse {
    tenant.refresh(tokens["refresh_token"].as_str().unwrap(), &[("client_id", PARTNER)]).await
}

// attack: authorization
#[tokio::test]
async fn a_code_or_refresh_token_gets_nothing_once_the_consent_is_revoked() {
    let tenant = partner_tenant().await;
    let (mine, theirs) = (tokens(&tenant, "auth0|1").await, tokens(&tenant, "auth0|2").await);
    let mut browser = Browser::new(&tenant);
    let code = sign_in(&mut browser, "auth0|1", &REQUEST).await.parameter("state").unwrap();
    let code = answer(&mut browser, &code, "accept").await.parameter("code").unwrap();
    let machine = tenant.machine_token("read:grants delete:grants").await;
    let id = consents(&tenant).await[0].id.clone();
    let revoked = tenant.call(Method::DELETE, &format!("/api/v2/grants/{id}"), &machine).await;
    assert_eq!(revoked.status, 204, "{}", revoked.text);
    assert_eq!(allowed(&tenant).await, ["auth0|2 openid read:orders offline_access"]);
    assert_eq!(exchange(&tenant, &code).await.status, 403);
    assert_eq!(refresh(&tenant, &mine).await.status, 403);
    assert!(!tenant.has_refresh_token(mine["refresh_token"].as_str().unwrap()).await);
    assert_eq!(refresh(&tenant, &theirs).await.status, 200, "those of others stay");
}

#[tokio::test]
async fn consents_end_with_their_account() {
    let tenant = partner_tenant().await;
    for id in ["auth0|1", "auth0|2"] {
        tokens(&tenant, id).await;
    }
    let machine = tenant.machine_token("update:users delete:users").await;
    let body = json!({ "provider": "auth0", "user_id": "2" });
    tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&machine), &body).await;
    assert_eq!(allowed(&tenant).await, ["auth0|1 openid read:orders offline_access"]);
    let path = "/api/v2/users/auth0%7C1/identities/auth0/2";
    assert_eq!(tenant.call(Method::DELETE, path, &machine).await.status, 200);
    assert_eq!(allowed(&tenant).await, ["auth0|1 openid read:orders offline_access"]);
    assert_eq!(tenant.call(Method::DELETE, "/api/v2/users/auth0%7C1", &machine).await.status, 204);
    assert_eq!(allowed(&tenant).await, [""; 0]);
    let rows: Vec<Option<UserRow>> = vec![tenant.row("auth0|1").await];
    assert_eq!(rows, [None]);
}

#[tokio::test]
async fn consents_are_listed_and_revoked_by_the_api_with_its_scopes_only() {
    let tenant = partner_tenant().await;
    for id in ["auth0|1", "auth0|2"] {
        tokens(&tenant, id).await;
    }
    let machine = tenant.machine_token("read:grants").await;
    let list =
        async |query: &str| tenant.call(Method::GET, &format!("/api/v2/grants?{query}"), &machine).await;
    let mut listed = list("user_id=auth0%7C1").await.json();
    listed[0]["id"] = json!("[id]");
    assert_snapshot!(listed, @r#"[{"audience":"https://orders.example.test/","clientID":"partner","id":"[id]","scope":["openid","read:orders","offline_access"],"user_id":"auth0|1"}]"#);
    for (query, expected) in [("", 2), ("client_id=partner", 2), ("client_id=page", 0), ("user_id=x", 0)] {
        assert_eq!(list(query).await.json().as_array().unwrap().len(), expected, "{query}");
    }
    let person = tenant.user_token("auth0|1").await;
    for (method, path, token) in [
        (Method::GET, "/api/v2/grants", &person),
        (Method::DELETE, "/api/v2/grants?user_id=auth0%7C2", &person),
        (Method::DELETE, "/api/v2/grants?user_id=auth0%7C2", &machine),
    ] {
        assert_eq!(tenant.call(method, path, token).await.status, 403, "{path}");
    }
    let deleter = tenant.machine_token("delete:grants").await;
    assert_eq!(tenant.call(Method::DELETE, "/api/v2/grants", &deleter).await.status, 400);
    assert_eq!(consents(&tenant).await.len(), 2);
    let all = tenant.call(Method::DELETE, "/api/v2/grants?user_id=auth0%7C1", &deleter).await;
    assert_eq!(all.status, 204);
    assert_eq!(allowed(&tenant).await, ["auth0|2 openid read:orders offline_access"]);
}
