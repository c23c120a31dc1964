//! One address and one password, in whatever case and Unicode normal form they are typed.

use axum::http::Method;
use serde_json::{Value, json};
use tenant::secret::Secret;
use tenant::seed::{SeedError, SeedPassword};

use crate::test_tenant::{Browser, DATABASE, PAGE, PASSWORD, TestTenant, user};

/// "jörg", "JÖRG" and "Jörg": composed, decomposed, mixed.
const WAYS: [&str; 4] =
    ["j\u{f6}rg@example.com", "jo\u{308}rg@example.com", "JO\u{308}RG@EXAMPLE.COM", "J\u{d6}rg@Example.com"];
const FOLDED: &str = WAYS[0];

/// Opens a tenant whose users file has this address.
async fn seeded(email: &str) -> TestTenant {
    let mut seed = user(&["auth0|1"]);
    seed.user.profile = seed.user.profile.with("email", email);
    seed.password = Some(SeedPassword::Clear(Secret::new(PASSWORD)));
    TestTenant::with_seeds(vec![seed, user(&["auth0|2"])]).await
}

async fn call(tenant: &TestTenant, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let token = tenant.machine_token("read:users create:users update:users").await;
    let response = tenant.send_json(method, path, Some(&token), body).await;
    (response.status.as_u16(), response.json())
}

#[tokio::test]
async fn an_address_signs_in_however_the_file_and_the_person_write_it() {
    for written in WAYS {
        let tenant = seeded(written).await;
        assert_eq!(tenant.row("auth0|1").await.unwrap().profile.email(), Some(FOLDED));
        for typed in WAYS {
            let mut browser = Browser::new(&tenant);
            let login_state = browser.start_login(&[]).await;
            let response = browser.type_password(&login_state, typed, PASSWORD).await;
            assert!(response.parameter("code").is_some(), "{written:?} {typed:?}");
        }
    }
}

// attack: accounts
#[tokio::test]
async fn an_address_that_is_taken_is_refused_in_every_form_and_changes_nothing() {
    let tenant = seeded(WAYS[1]).await;
    let before = tenant.row("auth0|2").await;
    for email in WAYS {
        let new = json!({ "connection": DATABASE, "email": email, "password": "a new password" });
        let (status, body) = call(&tenant, Method::POST, "/api/v2/users", &new).await;
        assert_eq!((status, &body["message"]), (409, &json!("The user already exists.")), "{email:?}");
        let (status, _) =
            call(&tenant, Method::PATCH, "/api/v2/users/auth0%7C2", &json!({ "email": email })).await;
        assert_eq!(status, 400, "{email:?}");
    }
    assert_eq!(tenant.row("auth0|2").await, before);
    assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 2);
}

#[tokio::test]
async fn a_change_to_another_form_of_the_own_address_changes_nothing_but_the_form() {
    let tenant = seeded(FOLDED).await;
    let change = json!({ "email_verified": true });
    assert_eq!(call(&tenant, Method::PATCH, "/api/v2/users/auth0%7C1", &change).await.0, 200);
    for email in WAYS {
        let (status, body) =
            call(&tenant, Method::PATCH, "/api/v2/users/auth0%7C1", &json!({ "email": email })).await;
        assert_eq!(status, 200);
        assert_eq!((&body["email"], &body["email_verified"]), (&json!(FOLDED), &json!(true)), "{email:?}");
    }
}

#[tokio::test]
async fn a_search_finds_an_address_and_a_name_in_every_form() {
    let tenant = seeded(WAYS[3]).await;
    let token = tenant.machine_token("read:users").await;
    for (query, found) in [
        (format!("email:\"{}\"", WAYS[1]), 1),
        (format!("email:\"{}\"", WAYS[2]), 1),
        ("email:jo\u{308}r*".to_owned(), 1),
        ("email:\"jorg@example.com\"".to_owned(), 0),
    ] {
        let query = url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>();
        let response = tenant.call(Method::GET, &format!("/api/v2/users?q={query}"), &token).await;
        assert_eq!(response.json().as_array().unwrap().len(), found, "{query}");
    }
    // The case counts, as at Auth0; the normal form does not.
    for (email, found) in [(WAYS[0], 1), (WAYS[1], 1), (WAYS[2], 0)] {
        let query = url::form_urlencoded::byte_serialize(email.as_bytes()).collect::<String>();
        let response =
            tenant.call(Method::GET, &format!("/api/v2/users-by-email?email={query}"), &token).await;
        assert_eq!(response.json().as_array().unwrap().len(), found, "{query}");
    }
}

// attack: guessing
#[tokio::test]
async fn guesses_are_counted_for_the_address_and_not_for_its_forms() {
    let tenant = seeded(FOLDED).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for guess in 0..5 {
        let typed = WAYS[guess % WAYS.len()];
        assert_eq!(browser.type_password(&login_state, typed, "wrong").await.status, 401);
    }
    for typed in WAYS {
        assert_eq!(browser.type_password(&login_state, typed, PASSWORD).await.status, 429, "{typed:?}");
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_an_address_in_another_form() {
    let tenant = seeded(WAYS[2]).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    browser.post("/u/forgot-password", &[("state", &login_state), ("email", WAYS[1])]).await;
    let [mail] = &tenant.take_mails().await[..] else { panic!("not one mail") };
    assert_eq!(mail.to, FOLDED);
}

// attack: accounts
#[tokio::test]
async fn nobody_signs_up_with_another_form_of_an_address_that_is_taken() {
    let tenant = seeded(FOLDED).await;
    for email in WAYS {
        let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": email,
            "password": "a new password" });
        let response = tenant.post_json("/dbconnections/signup", None, &body).await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (400, &json!("invalid_signup")));
    }
    assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 2);
}

#[tokio::test]
async fn a_password_chosen_in_one_form_signs_in_in_every_other() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let (composed, decomposed) = ("P\u{e4}ssw\u{f6}rd 1", "Pa\u{308}sswo\u{308}rd 1");
    for (chosen, place) in [(composed, 0), (decomposed, 1)] {
        let email = format!("new{place}@example.com");
        let new = json!({ "connection": DATABASE, "email": email, "password": chosen });
        assert_eq!(call(&tenant, Method::POST, "/api/v2/users", &new).await.0, 201);
        for typed in [composed, decomposed] {
            let mut browser = Browser::new(&tenant);
            let login_state = browser.start_login(&[]).await;
            let response = browser.type_password(&login_state, &email, typed).await;
            assert!(response.parameter("code").is_some(), "{chosen:?} {typed:?}");
        }
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        let wrong = browser.type_password(&login_state, &email, "Passwo\u{308}rd 1").await;
        assert_eq!(wrong.status, 401, "a letter without its mark is another letter");
    }
}

// attack: accounts
#[tokio::test]
async fn a_users_file_cannot_take_an_address_that_another_user_has() {
    let tenant = seeded(FOLDED).await;
    for email in WAYS {
        let mut seed = user(&["auth0|3"]);
        seed.user.profile = seed.user.profile.with("email", email);
        // Without a password it has no identifier that could be taken.
        seed.password = None;
        let refused = tenant.try_seed(vec![user(&["auth0|4"]), seed]).await;
        assert!(matches!(refused, Err(SeedError::Conflict(id)) if id == "auth0|3"), "{email:?}");
    }
    assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 2);
    // The same address at another provider is no conflict.
    let mut seed = user(&["github|3"]);
    seed.user.profile = seed.user.profile.with("email", WAYS[2]);
    tenant.seed(vec![seed]).await;
    assert_eq!(
        tenant.row("github|3").await.unwrap().profile.email(),
        Some(WAYS[2]),
        "as the provider sent it"
    );
}

#[tokio::test]
async fn the_time_of_the_last_password_in_a_users_file_is_replaced_by_a_new_password() {
    let mut seed = user(&["auth0|1"]);
    seed.user.profile = seed.user.profile.with("last_password_reset", "2024-01-01T00:00:00.000Z");
    let tenant = TestTenant::with_seeds(vec![seed]).await;
    let (_, read) = call(&tenant, Method::PATCH, "/api/v2/users/auth0%7C1", &json!({ "name": "Ada" })).await;
    assert_eq!(read["last_password_reset"], "2024-01-01T00:00:00.000Z");
    let new = json!({ "password": "a new password" });
    let (_, read) = call(&tenant, Method::PATCH, "/api/v2/users/auth0%7C1", &new).await;
    assert_ne!(read["last_password_reset"], "2024-01-01T00:00:00.000Z");
}

/// Two accounts that version 0.2 kept apart, because their addresses differ in the normal form only.
#[tokio::test]
async fn accounts_that_were_apart_before_stay_apart_and_open() {
    let tenant = seeded(FOLDED).await;
    let connection = model::ConnectionName::new(DATABASE);
    let write = tenant.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move {
            let row = unit.find_credential(&connection, "auth02@example.test").await?.unwrap();
            unit.rename_identifier(&row.key, &row.identifier, WAYS[1]).await
        })
    });
    assert!(write.await.unwrap());
    for (typed, account) in [(WAYS[0], "auth0|1"), (WAYS[1], "auth0|2")] {
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        let response = browser.type_password(&login_state, typed, PASSWORD).await;
        assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, account, "{typed:?}");
    }
}
