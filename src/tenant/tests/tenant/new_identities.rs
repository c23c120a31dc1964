//! What every way into the database refuses or leaves out: ids that no request can name, and attributes that are too long.

use axum::http::Method;
use model::{ConnectionName, Identity, IdentityId, Profile, Provider, UserId};
use serde_json::{Value, json};
use store::UserRow;
use tenant::Configuration;
use tenant::configuration::{Connection, Options, Parts};
use tenant::seed::{SeedError, SeedUser};

use crate::test_tenant::{Browser, DATABASE, PAGE, TestTenant, authorize_path, claims_in, user};

/// Ids that clients resolve as a segment of a path, also as they stand in a URL.
const UNNAMEABLE: [&str; 8] = [".", "..", "%2e", "%2E%2e", ".%2E", "%252e", "auth0|..", "acme|."];

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|115"]]).await
}

/// Returns a user of the file whose secondary identity has this id.
fn seed_user(id: &str) -> SeedUser {
    let mut seed = user(&["auth0|2", "github|42"]);
    seed.user.identities[1].user_id = IdentityId::text(id);
    seed
}

/// Adds a user with the id, as a version without this rule could have stored it.
async fn insert_unchecked(tenant: &TestTenant, id: &str) {
    let identity = Identity {
        profile_data: None,
        connection: ConnectionName::new(DATABASE),
        user_id: IdentityId::text(id),
        provider: Provider::new("auth0"),
        is_social: false,
    };
    let user_id = UserId::new(format!("auth0|{id}"));
    let row = UserRow::new(user_id, Profile::default(), vec![identity], 0);
    let inserted = tenant
        .store
        .write::<_, store::Error, _>(move |unit| Box::pin(async move { unit.insert_user(&row).await }));
    inserted.await.unwrap();
}

async fn count(tenant: &TestTenant) -> u64 {
    tenant.store.read().await.unwrap().count_users().await.unwrap()
}

// attack: accounts
#[tokio::test]
async fn the_api_creates_and_links_no_identity_with_an_id_that_no_request_can_name() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("create:users update:users").await;
    for id in UNNAMEABLE {
        let body = json!({ "connection": DATABASE, "email": "eve@example.test", "password": "correct horse battery",
            "user_id": id });
        let created = tenant.post_json("/api/v2/users", Some(&machine), &body).await;
        let message = format!(
            "Payload validation error: 'String does not match pattern ^(?!\\.{{1,2}}$): {id}' on property user_id \
             (The external user's id provided by the identity provider)."
        );
        assert_eq!(created.json()["message"], message);
        assert_eq!(created.status, 400, "{id}");

        let body = json!({ "provider": "auth0", "user_id": id });
        let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&machine), &body).await;
        assert_eq!(linked.status, 400, "{id} {}", linked.text);
        assert!(linked.text.contains("String does not match pattern"), "{id} {}", linked.text);
    }
    assert_eq!(count(&tenant).await, 1);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "google-oauth2|115"]);
}

#[tokio::test]
async fn an_older_user_with_an_id_of_dots_is_reached_but_not_linked() {
    let tenant = open_tenant().await;
    insert_unchecked(&tenant, "..").await;
    let machine = tenant.machine_token("read:users update:users").await;
    let path = "/api/v2/users/auth0%7C..";
    assert_eq!(tenant.call(Method::GET, path, &machine).await.json()["user_id"], "auth0|..");
    let body = json!({ "link_with": tenant.id_token("auth0|..", PAGE).await });
    let token = tenant.user_token("auth0|1").await;
    let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&token), &body).await;
    assert_eq!(linked.json()["message"], "JWT (link_with) contains an invalid sub claim.");
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "google-oauth2|115"]);
    assert_eq!(tenant.identities("auth0|..").await, ["auth0|.."]);
}

#[tokio::test]
async fn an_older_identity_with_an_id_of_dots_is_unlinked_by_its_connection_and_id() {
    let tenant = open_tenant().await;
    insert_unchecked(&tenant, "..").await;
    let linked = tenant.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move { unit.link_user(&UserId::new("auth0|1"), &UserId::new("auth0|.."), 0).await })
    });
    assert!(linked.await.unwrap());
    let machine = tenant.machine_token("update:users").await;
    let path = format!("/api/v2/users/auth0%7C1/identities/auth0/{DATABASE}%7C..");
    assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 200);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "google-oauth2|115"]);
    assert_eq!(tenant.identities("auth0|..").await, ["auth0|.."]);
}

// attack: accounts
#[tokio::test]
async fn a_file_with_an_id_that_no_request_can_name_adds_nobody() {
    let tenant = open_tenant().await;
    let too_long = "a".repeat(513);
    for id in UNNAMEABLE.into_iter().chain(["", too_long.as_str()]) {
        let error = tenant.try_seed(vec![user(&["auth0|3"]), seed_user(id)]).await.unwrap_err();
        assert!(matches!(&error, SeedError::Id { user, .. } if user == "auth0|2"), "{id} {error}");
        assert_eq!(count(&tenant).await, 1, "{id}");
    }
    let error = tenant.try_seed(vec![seed_user("..")]).await.unwrap_err().to_string();
    let expected =
        "user \"auth0|2\" cannot be added: the id is \".\" or \"..\", which cannot be a segment of a path";
    assert_eq!(error, expected);
}

// attack: accounts
#[tokio::test]
async fn a_stand_in_gives_nobody_an_id_that_no_request_can_name() {
    let options = Options { stand_ins: true, ..Options::default() };
    let tenant = TestTenant::with_connections(vec![], options, vec![Connection::new("adfs", "adfs")]).await;
    let typed = [("choice", ""), ("email", "..|@example.test")];
    let response = Browser::new(&tenant).stand_in("adfs", &typed).await;
    assert_eq!(response.status, 422, "{}", response.status_and_text());
    assert_eq!(count(&tenant).await, 0);
}

#[test]
fn a_connection_that_no_address_can_name_is_refused() {
    for name in ["", ".", "..", "%2e%2E"] {
        let parts = Parts { connections: vec![Connection::new(name, "oidc")], ..Parts::default() };
        let error = Configuration::new(parts).unwrap_err().to_string();
        assert_eq!(error, format!("no address can name the connection \"{name}\""));
    }
}

/// Attributes that are one character too long, and a picture as data.
fn oversized() -> [(&'static str, String); 6] {
    [
        ("name", "n".repeat(301)),
        ("nickname", "n".repeat(301)),
        ("given_name", "n".repeat(151)),
        ("family_name", "n".repeat(151)),
        ("picture", format!("https://example.test/{}", "p".repeat(2048))),
        ("picture", format!("data:image/png;base64,{}", "A".repeat(50_000))),
    ]
}

#[tokio::test]
async fn an_attribute_that_is_too_long_is_refused_by_the_api_and_at_sign_up() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("create:users update:users").await;
    let before = tenant.row("auth0|1").await;
    for (name, value) in oversized() {
        let new = json!({ "connection": DATABASE, "email": "eve@example.test", "password": "correct horse battery",
            name: value });
        let sign_up = json!({ "client_id": PAGE, "connection": DATABASE, "email": "eve@example.test",
            "password": "correct horse battery", name: value });
        for response in [
            tenant.post_json("/api/v2/users", Some(&machine), &new).await,
            tenant
                .send_json(Method::PATCH, "/api/v2/users/auth0%7C1", Some(&machine), &json!({ name: value }))
                .await,
            tenant.post_json("/dbconnections/signup", None, &sign_up).await,
        ] {
            assert_eq!(response.status, 400, "{name} {}", response.text);
            assert!(response.text.contains(name), "{name} {}", response.text);
        }
    }
    assert_eq!(tenant.row("auth0|1").await, before);
    assert_eq!(count(&tenant).await, 1);
}

#[tokio::test]
async fn the_longest_attributes_are_accepted_and_their_id_token_fits_into_a_query() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "name": "ü".repeat(300), "nickname": "ü".repeat(300), "given_name": "ü".repeat(150),
        "family_name": "ü".repeat(150),
        "picture": format!("https://example.test/{}", "p".repeat(2048 - "https://example.test/".len())) });
    let changed = tenant.send_json(Method::PATCH, "/api/v2/users/auth0%7C1", Some(&machine), &body).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let mut browser = Browser::new(&tenant);
    let code = browser.sign_in("auth0|1", &[]).await;
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(claims_in(id_token)["picture"], body["picture"]);
    assert!(id_token.len() < 16 * 1024, "{}", id_token.len());
}

#[tokio::test]
async fn attributes_of_a_file_that_are_too_long_are_left_out_and_a_user_that_is_too_large_is_refused() {
    let tenant = open_tenant().await;
    let mut seed = seed_user("42");
    for (name, value) in oversized() {
        seed.user.profile = seed.user.profile.with(name, value.clone());
        let profile = seed.user.identities[1].profile_data.take().unwrap_or_default();
        seed.user.identities[1].profile_data = Some(profile.with(name, value).with("locale", "en"));
    }
    seed.user.profile =
        seed.user.profile.with("groups", json!({ "of": ["a", "file"] })).with("tagline", "t".repeat(5000));
    tenant.seed(vec![seed]).await;
    let row = tenant.row("auth0|2").await.unwrap();
    assert_eq!(
        Value::Object(row.profile.0),
        json!({ "email": "auth02@example.test", "email_verified": true, "groups": { "of": ["a", "file"] } })
    );
    let secondary = row.identities[1].profile_data.clone().unwrap();
    assert_eq!(Value::Object(secondary.0), json!({ "email": "github42@example.test", "locale": "en" }));

    let mut large = user(&["auth0|3"]);
    large.user.app_metadata = json!({ "text": "t".repeat(70_000) }).as_object().cloned();
    let error = tenant.try_seed(vec![large]).await.unwrap_err();
    assert!(matches!(&error, SeedError::TooLarge { user, size: 70_000.. } if user == "auth0|3"), "{error}");
    assert_eq!(count(&tenant).await, 2);
}

#[tokio::test]
async fn a_stand_in_says_that_a_name_is_too_long() {
    let tenant = open_tenant().await;
    let name = "n".repeat(301);
    let response = Browser::new(&tenant).stand_in("github", &[("choice", ""), ("name", &name)]).await;
    assert_eq!(response.status, 422);
    assert!(response.text.contains("is too long"), "{}", response.text);
    assert_eq!(count(&tenant).await, 1);
}

#[tokio::test]
async fn a_nonce_and_a_state_that_are_too_long_are_refused() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let long = "n".repeat(2049);
    let response = browser.get(&authorize_path(&[("nonce", &long)])).await;
    assert_eq!(response.parameter("error").as_deref(), Some("invalid_request"));
    assert_eq!(
        response.parameter("error_description").as_deref(),
        Some("The nonce is too long, maximum 2048")
    );
    let code = browser.sign_in("auth0|1", &[("nonce", &long[1..]), ("state", &"s".repeat(2048))]).await;
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    assert_eq!(claims_in(tokens["id_token"].as_str().unwrap())["nonce"], long[1..]);
    let response = browser.get(&authorize_path(&[("state", &"s".repeat(2049))])).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
    assert!(response.text.contains("The state is too long"), "{}", response.text);
}
