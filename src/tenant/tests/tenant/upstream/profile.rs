//! Profiles from the claims of a provider.

use serde_json::json;

use super::{Attempt, assert_nobody_signed_in, with_fake_provider};

#[tokio::test]
async fn the_profile_is_updated_from_the_provider_at_each_sign_in() {
    let (tenant, provider) = with_fake_provider().await;
    let id = "oidc|elsewhere|ann";
    for (sent, email, verified) in [
        (
            json!({ "email": "ann@example.test", "email_verified": true, "name": "Ann" }),
            "ann@example.test",
            true,
        ),
        (json!({ "email": "ann@new.test" }), "ann@new.test", false),
        (json!({ "email": "ann@new.test", "email_verified": "true" }), "ann@new.test", true),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims.as_object_mut().unwrap().extend(sent.as_object().unwrap().clone());
        provider.respond_with(&tenant.sign(&claims).await);
        assert!(attempt.call_back("&code=c").await.parameter("code").is_some());
        let profile = tenant.row(id).await.unwrap().profile;
        assert_eq!((profile.email(), profile.email_verified()), (Some(email), Some(verified)), "{sent}");
        assert_eq!(profile.name(), Some("Ann"), "an absent claim is kept");
    }
}

#[tokio::test]
async fn userinfo_of_the_same_subject_completes_an_id_token_without_an_address() {
    let (tenant, provider) = with_fake_provider().await;
    for (subject, taken) in [("bob", false), ("ann", true)] {
        provider.script().userinfo =
            Some(json!({ "sub": subject, "email": "ann@example.test", "email_verified": true }));
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims.as_object_mut().unwrap().remove("email");
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("code").is_some(), taken, "{}", response.status_and_text());
        if !taken {
            assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        }
    }
    let profile = tenant.row("oidc|elsewhere|ann").await.unwrap().profile;
    assert_eq!((profile.email(), profile.email_verified()), (Some("ann@example.test"), Some(true)));
}

#[tokio::test]
async fn a_claim_is_read_where_its_meaning_is_clear_and_left_out_where_it_is_not() {
    let (tenant, provider) = with_fake_provider().await;
    for (place, (claim, value, expected)) in [
        ("name", json!(1815), json!("1815")),
        ("name", json!(["Ann"]), json!("Ann")),
        ("name", json!(["Ann", "Bob"]), json!(null)),
        ("name", json!({ "given": "Ann" }), json!(null)),
        ("name", json!(true), json!(null)),
        ("name", json!(" "), json!(null)),
        ("locale", json!({ "language": "en", "country": "GB" }), json!(null)),
        ("zoneinfo", json!(1), json!("1")),
        ("phone_number", json!(15_550_100), json!("15550100")),
        ("email", json!("ann"), json!(null)),
        ("email", json!({ "value": "ann@example.test" }), json!(null)),
        ("email", json!(["ann@example.test"]), json!("ann@example.test")),
        ("picture", json!(["https://a.test/1", "https://a.test/2"]), json!(null)),
        ("updated_at", json!("yesterday"), json!(null)),
        ("birthdate", json!({ "year": 1815 }), json!(null)),
        ("address", json!("text"), json!(null)),
        ("website", json!(5), json!(null)),
        ("groups", json!("admins"), json!(null)),
        ("amr", json!("pwd"), json!(null)),
        ("acr", json!(1), json!(null)),
        ("profile", json!([]), json!(null)),
        ("name#de", json!(5), json!(null)),
    ]
    .into_iter()
    .enumerate()
    {
        let attempt = Attempt::start(&tenant, &[]).await;
        let change = json!({ "sub": place.to_string(), claim: value });
        let (_, response) = attempt.sign_in(&provider, &change).await;
        assert!(response.parameter("code").is_some(), "{claim} {value} {}", response.status_and_text());
        let profile = tenant.row(&format!("oidc|elsewhere|{place}")).await.unwrap().profile;
        assert_eq!(profile.0.get(claim).cloned().unwrap_or_default(), expected, "{claim} {value}");
    }
}

#[tokio::test]
async fn an_address_is_verified_if_the_provider_says_so_in_any_type() {
    let (tenant, provider) = with_fake_provider().await;
    for (value, expected) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("True"), true),
        (json!("TRUE"), true),
        (json!(1), true),
        (json!("1"), true),
        (json!(false), false),
        (json!("False"), false),
        (json!(0), false),
        (json!(2), false),
        (json!("yes"), false),
        (json!({ "verified": true }), false),
        (json!([]), false),
        (json!(null), false),
    ] {
        let attempt = Attempt::start(&tenant, &[]).await;
        let (_, response) = attempt.sign_in(&provider, &json!({ "email_verified": value })).await;
        assert!(response.parameter("code").is_some(), "{value} {}", response.status_and_text());
        let profile = tenant.row("oidc|elsewhere|ann").await.unwrap().profile;
        assert_eq!(profile.0["email_verified"], json!(expected), "{value}");
    }
}

// attack: providers
#[tokio::test]
async fn an_address_of_userinfo_is_not_verified_by_the_id_token() {
    let (tenant, provider) = with_fake_provider().await;
    provider.script().userinfo = Some(json!({ "sub": "ann", "email": "ann@example.test" }));
    let attempt = Attempt::start(&tenant, &[]).await;
    let change = json!({ "email": null, "email_verified": true });
    let (_, response) = attempt.sign_in(&provider, &change).await;
    assert!(response.parameter("code").is_some(), "{}", response.status_and_text());
    let profile = tenant.row("oidc|elsewhere|ann").await.unwrap().profile;
    assert_eq!((profile.email(), profile.email_verified()), (Some("ann@example.test"), Some(false)));
}
