//! Forms of an authorization request that `/authorize` takes (contract C1).

use tenant::configuration::{ClientAuthentication, Parts};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{
    Browser, CALLBACK, ISSUER, PAGE, PASSWORD, START, TestTenant, authorize_path, client, email, user,
};

/// Returns the parameters in the query of a path.
pub(crate) fn parameters(path: &str) -> Vec<(String, String)> {
    let (_, query) = path.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Sends an authorization request as a form of the application's page.
async fn post(browser: &mut Browser<'_>, with: &[(&str, &str)]) -> crate::test_tenant::TestResponse {
    let fields = parameters(&authorize_path(with));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    browser.post("/authorize", &fields).await
}

#[tokio::test]
async fn a_posted_request_has_the_same_answers_as_a_link() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.origin = "http://application.test";
    let response = post(&mut browser, &[]).await;
    assert!(response.location().starts_with("/u/login?state="), "{}", response.status_and_text());
    let login_state = response.parameter("state").unwrap();
    browser.origin = "http://localhost:3000";
    browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;

    browser.origin = "http://application.test";
    let response = post(&mut browser, &[]).await;
    assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, "auth0|1");
    for (with, status, error) in [
        (("client_id", "nobody"), 403, None),
        (("redirect_uri", "http://evil.test/"), 403, None),
        (("response_type", "token"), 302, Some("unsupported_response_type")),
        (("prompt", "perhaps"), 302, Some("invalid_request")),
    ] {
        let posted = post(&mut browser, &[with]).await;
        let linked = browser.get(&authorize_path(&[with])).await;
        assert_eq!(
            (posted.status.as_u16(), posted.parameter("error").as_deref()),
            (status, error),
            "{with:?}"
        );
        assert_eq!((posted.status, posted.location()), (linked.status, linked.location()), "{with:?}");
    }
    let twice = browser.post("/authorize", &[("client_id", PAGE), ("client_id", PAGE)]).await;
    assert_eq!((twice.status.as_u16(), twice.location()), (400, ""));
    let json = tenant.post_json("/authorize", None, &serde_json::json!({ "client_id": PAGE })).await;
    assert_eq!((json.status.as_u16(), json.location()), (415, ""));
}

#[tokio::test]
async fn prompt_is_a_list_in_any_order() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    for prompt in [
        "login",
        "select_account",
        "login consent",
        "consent login",
        "select_account consent",
        "consent select_account",
        "login consent select_account",
        "login  login",
    ] {
        let response = browser.get(&authorize_path(&[("prompt", prompt)])).await;
        assert!(response.location().starts_with("/u/login?state="), "{prompt}: {}", response.location());
    }
    let response = browser.get(&authorize_path(&[("prompt", "create")])).await;
    assert!(response.location().starts_with("/u/signup?state="), "{}", response.location());
    for prompt in ["consent", " consent "] {
        let response = browser.get(&authorize_path(&[("prompt", prompt)])).await;
        assert!(response.location().starts_with("/u/consent?state="), "{prompt}: {}", response.location());
    }
    for prompt in ["none", "none none"] {
        let response = browser.get(&authorize_path(&[("prompt", prompt)])).await;
        assert!(response.parameter("code").is_some(), "{prompt}: {}", response.location());
    }
    for prompt in ["none login", "consent none", "login perhaps", "None", "login,consent"] {
        let response = browser.get(&authorize_path(&[("prompt", prompt)])).await;
        assert_eq!(response.parameter("error").as_deref(), Some("invalid_request"), "{prompt}");
    }
}

#[tokio::test]
async fn a_query_that_the_application_adds_to_its_callback_comes_back_and_binds_the_code() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let added = format!("{CALLBACK}?redirect_state=a%20b&next=%2Fhome");
    let login_state = browser.start_login(&[("redirect_uri", &added)]).await;
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert!(response.location().starts_with(&format!("{added}&code=")), "{}", response.location());
    let code = response.parameter("code").unwrap();
    assert_eq!(
        tenant.exchange_code(&code, &[]).await.status,
        403,
        "the registered URL is not the requested one"
    );
    let code = browser.get(&authorize_path(&[("redirect_uri", &added)])).await.parameter("code").unwrap();
    assert_eq!(tenant.exchange_code(&code, &[("redirect_uri", &added)]).await.status, 200);
}

#[tokio::test]
async fn a_wildcard_stands_for_one_subdomain_of_callback_logout_url_and_origin() {
    let clients = vec![tenant::configuration::Client {
        callbacks: vec!["https://*.shop.example.test/callback".to_owned()],
        allowed_logout_urls: vec!["https://*.shop.example.test/bye".to_owned()],
        web_origins: vec!["https://*.shop.example.test".to_owned()],
        ..client("shop", ClientAuthentication::None, None)
    }];
    let connections = vec![tenant::configuration::Connection::new(crate::test_tenant::DATABASE, "auth0")];
    let configuration = Configuration::new(Parts { clients, connections, ..Parts::default() }).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    let tenant = TestTenant::with_configuration(ISSUER, clock, configuration, vec![user(&["auth0|1"])]).await;
    let mut browser = Browser::new(&tenant);
    let with = |uri| [("client_id", "shop"), ("audience", ""), ("redirect_uri", uri)];
    let preview = "https://pr-7.shop.example.test/callback";
    let code = browser.sign_in("auth0|1", &with(preview)).await;
    let exchange = |redirect_uri| [("client_id", "shop"), ("redirect_uri", redirect_uri)];
    let other = tenant.exchange_code(&code, &exchange("https://pr-8.shop.example.test/callback")).await;
    assert_eq!(other.status, 403, "the code belongs to one of the subdomains");
    let message = [&with(preview)[..], &[("response_mode", "web_message"), ("prompt", "none")]].concat();
    let response = browser.get(&authorize_path(&message)).await;
    assert!(response.text.contains("\"https://pr-7.shop.example.test\""), "{}", response.text);
    for uri in [
        "https://shop.example.test/callback",
        "https://a.b.shop.example.test/callback",
        "https://evil.test/.shop.example.test/callback",
        "https://evil.test#.shop.example.test/callback",
        "https://evil.test?.shop.example.test/callback",
        "http://pr-7.shop.example.test/callback",
        "https://pr-7.shop.example.test:444/callback",
        "https://*.shop.example.test/callback",
    ] {
        let response = browser.get(&authorize_path(&with(uri))).await;
        assert_eq!((response.status.as_u16(), response.location()), (403, ""), "{uri}");
    }
    let bye = "/v2/logout?client_id=shop&returnTo=https%3A%2F%2Fpr-7.shop.example.test%2Fbye";
    assert_eq!(browser.get(bye).await.location(), "https://pr-7.shop.example.test/bye");
}
