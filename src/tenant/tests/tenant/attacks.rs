//! Attacks that involve several endpoints: races, planted cookies, open redirects.

use std::sync::Arc;

use axum::http::Method;
use serde_json::json;

use crate::test_tenant::{Browser, PAGE, TestTenant, authorize_path, email};

// attack: linking
#[tokio::test]
async fn one_of_fifty_concurrent_links_of_an_identity_succeeds() {
    let ids: Vec<String> = (1..=50).map(|number| format!("auth0|{number}")).collect();
    let users: Vec<Vec<&str>> =
        ids.iter().map(|id| vec![id.as_str()]).chain([vec!["google-oauth2|9", "github|42"]]).collect();
    let users: Vec<&[&str]> = users.iter().map(Vec::as_slice).collect();
    let tenant = Arc::new(TestTenant::with_users(&users).await);
    let body = json!({ "link_with": tenant.id_token("google-oauth2|9", PAGE).await });
    let mut calls = Vec::new();
    for id in &ids {
        let token = tenant.user_token(id).await;
        let path = format!("/api/v2/users/{}/identities", id.replace('|', "%7C"));
        let (tenant, body) = (Arc::clone(&tenant), body.clone());
        calls.push(tokio::spawn(async move { tenant.post_json(&path, Some(&token), &body).await.status }));
    }
    let mut linked = 0;
    for call in calls {
        let status = call.await.unwrap().as_u16();
        assert!([201, 400, 409].contains(&status), "{status}");
        linked += u32::from(status == 201);
    }
    assert_eq!(linked, 1);
    let mut owners = Vec::new();
    for id in &ids {
        let identities = tenant.identities(id).await;
        match identities.len() {
            1 => assert_eq!(identities, [id.as_str()]),
            _ => owners.push(identities[1..].to_vec()),
        }
    }
    assert_eq!(owners, [["google-oauth2|9", "github|42"]]);
    assert_eq!(tenant.row("google-oauth2|9").await, None);
}

// attack: linking
#[tokio::test]
async fn fifty_concurrent_links_and_unlinks_leave_every_identity_in_one_account() {
    let tenant = Arc::new(TestTenant::with_users(&[&["auth0|1", "google-oauth2|9"], &["auth0|2"]]).await);
    let link = json!({ "provider": "google-oauth2", "user_id": "9" });
    let machine = tenant.machine_token("update:users").await;
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let (tenant, machine, link) = (Arc::clone(&tenant), machine.clone(), link.clone());
            tokio::spawn(async move {
                let user = format!("/api/v2/users/auth0%7C{}/identities", 1 + number / 2 % 2);
                if number % 2 == 0 {
                    let path = format!("{user}/google-oauth2/9");
                    tenant.call(Method::DELETE, &path, &machine).await.status.as_u16()
                } else {
                    tenant.post_json(&user, Some(&machine), &link).await.status.as_u16()
                }
            })
        })
        .collect();
    for call in calls {
        let status = call.await.unwrap();
        assert!([200, 201, 400, 409].contains(&status), "{status}");
    }
    let mut places = Vec::new();
    for id in ["auth0|1", "auth0|2", "google-oauth2|9"] {
        if tenant.row(id).await.is_some() {
            places.extend(tenant.identities(id).await);
        }
    }
    places.sort();
    assert_eq!(places, ["auth0|1", "auth0|2", "google-oauth2|9"]);
}

// attack: sessions
#[tokio::test]
async fn a_planted_session_cookie_is_never_adopted() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await;
    let mut attacker = Browser::new(&tenant);
    attacker.sign_in("auth0|1", &[]).await;
    let own = attacker.cookies.clone();
    let name = own.keys().find(|name| name.contains("session")).unwrap().clone();
    for planted in [own[&name].clone(), "chosen-by-the-attacker".to_owned(), String::new()] {
        let mut victim = Browser::new(&tenant);
        victim.cookies.insert(name.clone(), planted.clone());
        victim.sign_in("auth0|2", &[("prompt", "login")]).await;
        assert_ne!(victim.cookies[&name], planted);
        let mut knower = Browser::new(&tenant);
        knower.cookies.insert(name.clone(), planted);
        let silent = knower.get(&authorize_path(&[("prompt", "none")])).await;
        assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    }
}

// attack: sessions
#[tokio::test]
async fn a_planted_login_page_signs_nobody_in_from_another_browser() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await;
    let mut attacker = Browser::new(&tenant);
    let login_state = attacker.start_login(&[]).await;
    // The victim's browser sends the attacker's form, with the attacker's origin and with a null origin.
    for origin in ["http://evil.test", "null"] {
        let mut victim = Browser::new(&tenant);
        victim.origin = origin;
        victim.cookies.clone_from(&attacker.cookies);
        let response =
            victim.type_password(&login_state, &email("auth0|1"), crate::test_tenant::PASSWORD).await;
        assert_eq!((response.status.as_u16(), response.parameter("code")), (403, None), "{origin}");
        assert!(!victim.cookies.keys().any(|name| name.contains("session")));
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
}

// attack: authorization
#[tokio::test]
async fn a_redirect_uri_that_only_resembles_an_allowed_one_is_never_followed() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    for wanted in [
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\evil.test",
        "\\\\evil.test",
        "http:evil.test",
        "http:///evil.test",
        "http://localhost:3000.evil.test/",
        "http://localhost:3000@evil.test/",
        "http://localhost:3000\\@evil.test/",
        "http://localhost:3000%2F@evil.test/",
        "http://localhost%2Eevil.test:3000/",
        "http://localhost:3000\t.evil.test/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "javascript://localhost:3000/%0Aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://localhost:3000/",
        "http://localhost:3000/../../evil",
        "http://localhost:3001/",
    ] {
        let query = |name: &str| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("client_id", PAGE).append_pair(name, wanted).finish()
        };
        for path in [
            format!("/v2/logout?{}", query("returnTo")),
            format!("/oidc/logout?{}", query("post_logout_redirect_uri")),
        ] {
            let response = browser.get(&path).await;
            assert_eq!((response.status.as_u16(), response.location()), (400, ""), "{path}");
        }
        let response = browser.get(&authorize_path(&[("redirect_uri", wanted)])).await;
        assert_eq!((response.status.as_u16(), response.location()), (403, ""), "{wanted}");
    }
    assert!(browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").is_some());
}
