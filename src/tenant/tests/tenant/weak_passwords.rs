//! Passwords that are guessed first: common ones, and those made of what is known of their owner.
//!
//! attacks: guessing

use axum::http::Method;
use serde_json::{Value, json};
use tenant::Configuration;
use tenant::configuration::{Options, PersonalWords};

use crate::test_tenant::{Browser, DATABASE, PAGE, TestResponse, TestTenant, parts};

/// Passwords of eight characters and more that are refused for "ada.king@example.test", and whether for being common.
const REFUSED: [(&str, bool); 10] = [
    ("password1", true),
    ("PASSWORD1", true),
    ("1234567890", true),
    ("QwertyUiop", true),
    ("iloveyou1", true),
    ("ada.king@example.test", false),
    ("ADA.KING@EXAMPLE.TEST", false),
    ("ada.king", false),
    ("Ada.King1815!", false),
    ("gnik.ada", false),
];

const ADDRESS: &str = "ada.king@example.test";
const GOOD: &str = "an analytical engine";

async fn tenant() -> TestTenant {
    TestTenant::with_users(&[]).await
}

fn names(is_common: bool) -> (&'static str, &'static str) {
    if is_common {
        ("PasswordDictionaryError", "Password is too common")
    } else {
        ("PasswordNoUserInfoError", "Password contains user information")
    }
}

async fn sign_up(tenant: &TestTenant, password: &str) -> TestResponse {
    let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": ADDRESS, "password": password });
    tenant.clock.advance(std::time::Duration::from_mins(5));
    tenant.post_json("/dbconnections/signup", None, &body).await
}

async fn create(tenant: &TestTenant, password: &str) -> TestResponse {
    let token = tenant.machine_token("create:users").await;
    let body = json!({ "connection": DATABASE, "email": ADDRESS, "password": password });
    tenant.post_json("/api/v2/users", Some(&token), &body).await
}

/// Returns the stored hash of the person's password.
async fn stored(tenant: &TestTenant) -> Option<String> {
    let connection = model::ConnectionName::new(DATABASE);
    let mut reader = tenant.store.read().await.unwrap();
    reader.find_credential(&connection, ADDRESS).await.unwrap().map(|row| row.password_hash)
}

#[tokio::test]
async fn nobody_signs_up_with_a_common_password_or_with_their_own_address_or_name() {
    let tenant = tenant().await;
    for (password, is_common) in REFUSED {
        let (name, message) = names(is_common);
        let response = sign_up(&tenant, password).await;
        let expected = json!({ "name": name, "message": message, "description": message,
            "code": "invalid_password", "statusCode": 400 });
        assert_eq!((response.status.as_u16(), response.json()), (400, expected), "{password}");

        tenant.clock.advance(std::time::Duration::from_mins(5));
        let mut browser = Browser::new(&tenant);
        let state = browser.start_login(&[]).await;
        let fields = [("state", &*state), ("email", ADDRESS), ("password", password)];
        let page = browser.post("/u/signup", &fields).await;
        let sentence =
            if is_common { "Many people have this password" } else { "This password is your address" };
        assert_eq!(page.status, 422, "{password}");
        assert!(page.text.contains(sentence) && page.text.contains("Not a password that many people have"));
    }
    assert_eq!(stored(&tenant).await, None);
    assert_eq!(tenant.take_mails().await.len(), 0);
    assert_eq!(sign_up(&tenant, GOOD).await.status, 200);
}

#[tokio::test]
async fn a_machine_sets_no_common_password_and_none_of_the_users_own_words() {
    let tenant = tenant().await;
    for (password, is_common) in REFUSED {
        let (name, message) = names(is_common);
        let response = create(&tenant, password).await;
        let said = response.json()["message"].clone();
        assert_eq!(
            (response.status.as_u16(), said),
            (400, json!(format!("{name}: {message}"))),
            "{password}"
        );
    }
    assert_eq!(stored(&tenant).await, None);
    let created = create(&tenant, GOOD).await.json();
    let id = created["user_id"].as_str().unwrap().replace('|', "%7C");
    let before = stored(&tenant).await;
    let token = tenant.machine_token("update:users").await;
    let change = async |body: Value| {
        let response =
            tenant.send_json(Method::PATCH, &format!("/api/v2/users/{id}"), Some(&token), &body).await;
        response.status.as_u16()
    };
    for (password, _) in REFUSED {
        assert_eq!(change(json!({ "password": password, "connection": DATABASE })).await, 400, "{password}");
    }
    let named = json!({ "password": "byron 1788", "user_metadata": { "last": "Byron" } });
    assert_eq!(change(named).await, 400, "a name of the same request counts");
    assert_eq!(change(json!({ "nickname": "Enchantress" })).await, 200);
    assert_eq!(change(json!({ "password": "enchantress7" })).await, 400, "and one of before");
    assert_eq!(stored(&tenant).await, before);
    assert_eq!(change(json!({ "password": "a difference engine" })).await, 200);
}

#[tokio::test]
async fn a_link_in_a_mail_sets_no_common_password_and_stays_good() {
    let tenant = tenant().await;
    create(&tenant, GOOD).await;
    let before = stored(&tenant).await;
    let mut browser = Browser::new(&tenant);
    let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": ADDRESS });
    assert_eq!(tenant.post_json("/dbconnections/change_password", None, &body).await.status, 200);
    let link = tenant.take_link().await;
    browser.get(&link).await;
    let page = browser.get("/u/reset-password").await;
    assert!(page.text.contains("Not your e-mail address or your name"), "{}", page.text);
    for (password, _) in REFUSED {
        let response = browser.post("/u/reset-password", &[("password", password)]).await;
        assert_eq!(response.status, 422, "{password}");
    }
    assert_eq!(stored(&tenant).await, before);
    assert_eq!(browser.post("/u/reset-password", &[("password", "a difference engine")]).await.status, 200);
    assert_ne!(stored(&tenant).await, before);
}

#[tokio::test]
async fn a_connection_says_which_passwords_it_takes_and_shows_it() {
    let mut tenant = tenant().await;
    let shown = async |tenant: &TestTenant| {
        let token = tenant.machine_token("read:connections").await;
        let response =
            tenant.call(Method::GET, "/api/v2/connections?name=Username-Password-Authentication", &token);
        let options = response.await.json()[0]["options"].clone();
        (options["password_dictionary"].clone(), options["password_no_personal_info"].clone())
    };
    assert_eq!(shown(&tenant).await, (json!({ "enable": true, "dictionary": [] }), Value::Null));
    for (dictionary, personal_words, taken, refused) in [
        (None, PersonalWords::Accepted, &["password1", ADDRESS][..], &["short"][..]),
        (
            Some("Acme Rockets"),
            PersonalWords::NotContained,
            &[GOOD][..],
            &["acme rockets", "x ada.king y"][..],
        ),
    ] {
        let mut parts = parts(Options::default(), Vec::new());
        let database = parts.connections.iter_mut().find(|one| one.name.as_str() == DATABASE).unwrap();
        database.database.passwords.dictionary = dictionary.map(|word| vec![word.to_owned()]);
        database.database.passwords.personal_words = personal_words;
        tenant.reopen_with(Configuration::new(parts).unwrap()).await;
        let words: Vec<&str> = dictionary.into_iter().collect();
        let expected = json!({ "enable": dictionary.is_some(), "dictionary": words });
        let enabled = json!({ "enable": personal_words == PersonalWords::NotContained });
        assert_eq!(shown(&tenant).await, (expected, enabled));
        for password in refused {
            assert_eq!(create(&tenant, password).await.status, 400, "{password}");
        }
        for password in taken {
            let created = create(&tenant, password).await;
            assert_eq!(created.status, 201, "{password} {}", created.text);
            let id = created.json()["user_id"].as_str().unwrap().replace('|', "%7C");
            let token = tenant.machine_token("delete:users").await;
            tenant.call(Method::DELETE, &format!("/api/v2/users/{id}"), &token).await;
        }
    }
}
