//! `POST /api/v2/users/{id}/identities` (contract A11).

use axum::http::Method;
use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tenant::configuration::{Options, VerifiedEmailToLink};

use crate::test_tenant::{Browser, ISSUER, PAGE, TestResponse, TestTenant, unproven_user, user};

const PATH: &str = "/api/v2/users/auth0%7C1/identities";

async fn two_users() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &["google-oauth2|9", "github|42"]]).await
}

async fn link(tenant: &TestTenant, body: &Value) -> TestResponse {
    let token = tenant.user_token("auth0|1").await;
    tenant.post_json(PATH, Some(&token), body).await
}

/// Checks that no identity has moved.
async fn assert_unlinked(tenant: &TestTenant) {
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
    assert_eq!(tenant.identities("google-oauth2|9").await, ["google-oauth2|9", "github|42"]);
}

#[tokio::test]
async fn all_identities_of_the_secondary_move_behind_the_primary() {
    let tenant = two_users().await;
    let id_token = tenant.id_token("google-oauth2|9", PAGE).await;
    let response = link(&tenant, &json!({ "link_with": id_token })).await;
    assert_snapshot!(response.status_and_text(), @r#"201 [{"profileData":{"email":"auth01@example.test","email_verified":true},"connection":"Username-Password-Authentication","user_id":"1","provider":"auth0","isSocial":false},{"profileData":{"email":"googleoauth29@example.test"},"connection":"google-oauth2","user_id":"9","provider":"google-oauth2","isSocial":true},{"profileData":{"email":"github42@example.test"},"connection":"github","user_id":"42","provider":"github","isSocial":true}]"#);
    let machine = tenant.machine_token("read:users").await;
    let gone = tenant.call(Method::GET, "/api/v2/users/google-oauth2%7C9", &machine).await;
    assert_eq!(gone.status, 404);
    let row = tenant.row("auth0|1").await.unwrap();
    assert_eq!(row.profile.email(), Some("auth01@example.test"));
}

#[tokio::test]
async fn a_form_body_links_too() {
    let tenant = two_users().await;
    let id_token = tenant.id_token("google-oauth2|9", PAGE).await;
    let token = tenant.user_token("auth0|1").await;
    let request = axum::http::Request::post(PATH)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(format!("link_with={id_token}")))
        .unwrap();
    assert_eq!(tenant.send(request).await.status, 201);
}

#[tokio::test]
async fn a_later_sign_in_with_the_secondary_opens_the_primary_account() {
    let tenant = two_users().await;
    let id_token = tenant.id_token("google-oauth2|9", PAGE).await;
    link(&tenant, &json!({ "link_with": id_token })).await;
    let response = Browser::new(&tenant).stand_in("google-oauth2", &[("choice", "9")]).await;
    assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, "auth0|1");
}

// attack: linking
#[tokio::test]
async fn linking_a_linked_identity_is_a_conflict_and_changes_nothing() {
    let tenant = two_users().await;
    let id_token = tenant.id_token("google-oauth2|9", PAGE).await;
    let body = json!({ "link_with": id_token });
    link(&tenant, &body).await;
    let again = link(&tenant, &body).await;
    assert_snapshot!(again.status_and_text(), @r#"409 {"statusCode":409,"error":"Conflict","message":"Specified identity already exists.","errorCode":"identity_already_exists"}"#);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "google-oauth2|9", "github|42"]);
}

// attack: linking
#[tokio::test]
async fn a_text_that_is_no_token_links_nothing() {
    let tenant = two_users().await;
    for (text, message) in [
        ("x", "Invalid token (link_with)."),
        ("", "Invalid token (link_with)."),
        ("not.a.token", "Invalid token (link_with)."),
        ("..", "Invalid token (link_with)."),
        ("W10.e30.", "Invalid token (link_with)."),
        ("e30.e30.", "JWT (link_with) must have an alg of RS256."),
    ] {
        let response = link(&tenant, &json!({ "link_with": text })).await;
        assert_eq!((response.status.as_u16(), &response.json()["message"]), (400, &json!(message)), "{text}");
        assert_unlinked(&tenant).await;
    }
}

// attack: linking
#[tokio::test]
async fn a_token_of_another_client_issuer_time_or_kind_links_nothing() {
    let tenant = two_users().await;
    let (kid, key) = tenant.key().await;
    let now = tenant.clock.now().seconds();
    let good = json!({ "iss": ISSUER, "sub": "google-oauth2|9", "aud": PAGE, "iat": now, "exp": now + 60 });
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    let sign = |header: &Header, claims: &Value, key: &EncodingKey| {
        jsonwebtoken::encode(header, claims, key).unwrap()
    };
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(kid.clone());
    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.kid = Some(kid);
    let public = tenant.call(Method::GET, "/.well-known/jwks.json", "").await.text;
    let mut foreign_key = header.clone();
    foreign_key.jku = Some("http://evil.test/keys".to_owned());
    let other_keys = tenant.store.read().await.unwrap().list_signing_keys().await.unwrap();
    let other_key = EncodingKey::from_rsa_pem(other_keys[1].pem.as_bytes()).unwrap();
    let none = format!("eyJhbGciOiJub25lIn0.{}.", sign(&header, &good, &key).split('.').nth(1).unwrap());
    let mut unknown_key = header.clone();
    unknown_key.kid = Some("unknown".to_owned());
    let cases = [
        (
            "HS256",
            sign(&hs256, &good, &EncodingKey::from_secret(b"public")),
            "JWT (link_with) must have an alg of RS256.",
        ),
        (
            "the public key as a secret",
            sign(&hs256, &good, &EncodingKey::from_secret(public.as_bytes())),
            "JWT (link_with) must have an alg of RS256.",
        ),
        ("no algorithm", none, "JWT (link_with) must have an alg of RS256."),
        ("another key, from elsewhere", sign(&foreign_key, &good, &other_key), "Invalid token (link_with)."),
        ("not yet", sign(&header, &with("nbf", json!(now + 60)), &key), "Invalid token (link_with)."),
        ("unknown key", sign(&unknown_key, &good, &key), "Invalid token (link_with)."),
        ("expired", sign(&header, &with("exp", json!(now)), &key), "Invalid token (link_with)."),
        (
            "issuer",
            sign(&header, &with("iss", json!("http://evil.test/")), &key),
            "JWT (link_with) must have the same issuer as the calling user.",
        ),
        (
            "client",
            sign(&header, &with("aud", json!("other")), &key),
            "JWT (link_with) contains an invalid aud claim",
        ),
        (
            "access token",
            tenant.user_token("google-oauth2|9").await,
            "JWT (link_with) contains an invalid aud claim",
        ),
        // Signed with the tenant's key, to test the order of the checks.
        (
            "no subject",
            sign(&header, &with("sub", Value::Null), &key),
            "JWT (link_with) must contains sub claim.",
        ),
        (
            "empty subject",
            sign(&header, &with("sub", json!("")), &key),
            "JWT (link_with) must contains sub claim.",
        ),
        (
            "a machine",
            sign(&header, &with("sub", json!("machine@clients")), &key),
            "JWT (link_with) contains an invalid sub claim.",
        ),
        (
            "no issuer and no subject",
            sign(&header, &json!({ "aud": PAGE, "exp": now + 60 }), &key),
            "JWT (link_with) must have the same issuer as the calling user.",
        ),
        (
            "no audience",
            sign(&header, &with("aud", Value::Null), &key),
            "JWT (link_with) contains an invalid aud claim",
        ),
        (
            "another client and self",
            tenant.id_token("auth0|1", "other").await,
            "JWT (link_with) contains an invalid aud claim",
        ),
        ("self", tenant.id_token("auth0|1", PAGE).await, "Main identity and the new one are the same."),
        (
            "nobody",
            tenant.id_token("auth0|99", PAGE).await,
            "Linking to an inexistent identity is not allowed.",
        ),
    ];
    for (case, token, message) in cases {
        let response = link(&tenant, &json!({ "link_with": token })).await;
        assert_eq!(response.status, 400, "{case}: {}", response.text);
        assert_eq!(response.json()["message"], message, "{case}");
        assert_unlinked(&tenant).await;
    }
}

#[tokio::test]
async fn a_body_that_violates_the_schema_has_a_documented_error() {
    let tenant = two_users().await;
    let machine = tenant.machine_token("update:users").await;
    for (body, message) in [
        (json!({}), "Too few properties defined (0), minimum 1"),
        (json!({ "foo": 1 }), "Additional properties not allowed: foo"),
        (json!({ "provider": "github" }), "Missing required property: user_id"),
        (json!({ "user_id": "42" }), "Missing required property: provider"),
        (json!({ "provider": "gogle", "user_id": "42" }), "No enum match for: gogle"),
        (json!({ "provider": "github", "user_id": 1.5 }), "Invalid type: expected string or integer"),
        (json!([]), "Invalid type: expected object"),
    ] {
        let response = tenant.post_json(PATH, Some(&machine), &body).await;
        let expected = format!("Payload validation error: '{message}'.");
        assert_eq!(
            (response.status.as_u16(), response.json()["message"].as_str().unwrap()),
            (400, &*expected)
        );
        assert_eq!(response.json()["errorCode"], "invalid_body");
    }
    assert_unlinked(&tenant).await;
}

// attack: linking
#[tokio::test]
async fn linking_by_id_requires_a_machine() {
    let tenant = two_users().await;
    let body = json!({ "provider": "google-oauth2", "user_id": "google-oauth2|9" });
    let response = link(&tenant, &body).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: update:users","errorCode":"insufficient_scope"}"#);
    assert_unlinked(&tenant).await;
    let machine = tenant.machine_token("update:users").await;
    assert_eq!(tenant.post_json(PATH, Some(&machine), &body).await.status, 201);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "google-oauth2|9", "github|42"]);
}

#[tokio::test]
async fn an_oversized_body_is_refused() {
    let tenant = two_users().await;
    let response = link(&tenant, &json!({ "link_with": "x".repeat(1024 * 1024) })).await;
    assert_eq!(response.status, 413);
    assert_unlinked(&tenant).await;
}

/// Returns the id of a connection in the API.
async fn connection_id(tenant: &TestTenant, name: &str) -> String {
    let machine = tenant.machine_token("read:connections").await;
    let path = format!("/api/v2/connections?name={name}");
    let response = tenant.call(Method::GET, &path, &machine).await;
    response.json()[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn linking_by_id_can_name_the_connection_of_the_identity() {
    let tenant = two_users().await;
    let machine = tenant.machine_token("update:users").await;
    let (google, github) =
        (connection_id(&tenant, "google-oauth2").await, connection_id(&tenant, "github").await);
    for (provider, user_id, connection_id, message) in [
        ("google-oauth2", "9", github.as_str(), "The provider/connection is not configured."),
        ("google-oauth2", "9", "con_0123456789abcdef", "The provider/connection is not configured."),
        ("twitter", "9", "", "The provider/connection is not configured."),
        ("google-oauth2", "99", google.as_str(), "Linking to an inexistent identity is not allowed."),
        ("google-oauth2", "99", "", "Linking to an inexistent identity is not allowed."),
        (
            "google-oauth2",
            "9",
            "con_1",
            "Payload validation error: 'String does not match pattern ^con_[A-Za-z0-9]{16}$: con_1'.",
        ),
    ] {
        let mut body = json!({ "provider": provider, "user_id": user_id });
        if !connection_id.is_empty() {
            body["connection_id"] = json!(connection_id);
        }
        let response = tenant.post_json(PATH, Some(&machine), &body).await;
        assert_eq!((response.status.as_u16(), response.json()["message"].as_str().unwrap()), (400, message));
        assert_unlinked(&tenant).await;
    }
    let body = json!({ "provider": "google-oauth2", "user_id": "google-oauth2|9", "connection_id": google });
    assert_eq!(tenant.post_json(PATH, Some(&machine), &body).await.status, 201);
}

/// Links accounts in a tenant that requires verified addresses.
async fn linked_with_emails(
    primary: &[(&str, Value)],
    secondary: &[(&str, Value)],
) -> (TestTenant, TestResponse) {
    let mut seeds = vec![user(&["auth0|1"]), user(&["google-oauth2|9", "github|42"])];
    for (seed, attributes) in seeds.iter_mut().zip([primary, secondary]) {
        for (name, value) in attributes {
            seed.user.profile.0.insert((*name).to_owned(), value.clone());
        }
    }
    let options = Options {
        stand_ins: true,
        verified_email_to_link: VerifiedEmailToLink::Everybody,
        ..Options::default()
    };
    let tenant = TestTenant::with_options(seeds, options).await;
    let id_token = tenant.id_token("google-oauth2|9", PAGE).await;
    let response = link(&tenant, &json!({ "link_with": id_token })).await;
    (tenant, response)
}

#[tokio::test]
async fn with_the_option_accounts_with_an_unverified_address_are_not_linked() {
    let verified = [("email_verified", json!(true))];
    for doubtful in [json!(false), json!("no"), json!(1), Value::Null] {
        let unverified = [("email_verified", doubtful)];
        let (tenant, response) = linked_with_emails(&verified, &unverified).await;
        let refusal = r#"403 {"statusCode":403,"error":"Forbidden","message":"The secondary account has no verified e-mail address, which linking requires.","errorCode":"unverified_email"}"#;
        assert_eq!(response.status_and_text(), refusal, "{unverified:?}");
        assert_unlinked(&tenant).await;
        // The same by id, with a machine's token.
        let machine = tenant.machine_token("update:users").await;
        let body = json!({ "provider": "google-oauth2", "user_id": "9" });
        assert_eq!(tenant.post_json(PATH, Some(&machine), &body).await.status_and_text(), refusal);
        assert_unlinked(&tenant).await;
        let (tenant, response) = linked_with_emails(&unverified, &verified).await;
        assert_eq!(response.status_and_text(), refusal.replace("secondary", "primary"));
        assert_unlinked(&tenant).await;
    }
}

#[tokio::test]
async fn a_verified_flag_without_an_address_does_not_count() {
    let verified = [("email_verified", json!(true))];
    let (tenant, response) =
        linked_with_emails(&verified, &[("email", Value::Null), ("email_verified", json!(true))]).await;
    assert_eq!((response.status.as_u16(), &response.json()["errorCode"]), (403, &json!("unverified_email")));
    assert_unlinked(&tenant).await;
    let (_, response) = linked_with_emails(&verified, &verified).await;
    assert_eq!(response.status, 201);
}

#[tokio::test]
async fn logins_of_providers_are_linked_whatever_their_address() {
    let seeds = vec![user(&["auth0|1"]), unproven_user(&["google-oauth2|9"])];
    let tenant = TestTenant::with_seeds(seeds).await;
    let id_token = tenant.id_token("google-oauth2|9", PAGE).await;
    assert_eq!(link(&tenant, &json!({ "link_with": id_token })).await.status, 201);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "google-oauth2|9"]);
}

#[tokio::test]
async fn a_machine_links_an_unproven_account_by_default_and_a_person_where_the_rule_is_off() {
    for (rule, by_machine, by_person) in [
        (VerifiedEmailToLink::Databases, 201, 403),
        (VerifiedEmailToLink::Everybody, 403, 403),
        (VerifiedEmailToLink::Nobody, 201, 201),
    ] {
        for (machine, status) in [(true, by_machine), (false, by_person)] {
            let options = Options { verified_email_to_link: rule, ..Options::default() };
            let seeds = vec![unproven_user(&["auth0|1"]), user(&["google-oauth2|9"])];
            let tenant = TestTenant::with_options(seeds, options).await;
            let response = if machine {
                let body = json!({ "provider": "google-oauth2", "user_id": "9" });
                tenant.post_json(PATH, Some(&tenant.machine_token("update:users").await), &body).await
            } else {
                let id_token = tenant.id_token("google-oauth2|9", PAGE).await;
                link(&tenant, &json!({ "link_with": id_token })).await
            };
            assert_eq!(response.status, status, "{rule:?} {machine}");
        }
    }
}
