//! Attacks by a page of another site that embeds an address which changes something when it is opened.
//!
//! attacks: sessions

use axum::body::Body;
use axum::http::{Request, header};

use crate::test_tenant::{Browser, PAGE, TestTenant, authorize_path};

/// The headers of a request that a page of another site makes without showing it: in an image, a script, a `fetch`, and in an
/// image of a browser that sends no Fetch Metadata.
const PARTS: [&[(&str, &str)]; 5] = [
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "image"),
        ("accept", "text/html"),
    ],
    &[("accept", "image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5")],
];

/// The headers of a frame on a page of another site, and of a page that a browser loads in advance.
const FRAME: &[(&str, &str)] =
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
const PREFETCH: &[(&str, &str)] = &[
    ("sec-purpose", "prefetch;prerender"),
    ("sec-fetch-site", "same-site"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];

/// The headers of a page: from a link of another site, in the same site, typed, and without Fetch Metadata.
const PAGES: [&[(&str, &str)]; 4] = [
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    &[("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")],
];

async fn tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|9"]]).await
}

async fn sessions(tenant: &TestTenant) -> Vec<store::SessionRow> {
    let mut reader = tenant.store.read().await.unwrap();
    reader.list_sessions(&model::UserId::new("auth0|1")).await.unwrap()
}

#[tokio::test]
async fn an_image_a_frame_or_a_prefetch_signs_nobody_out() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    let (before, cookies) = (sessions(&tenant).await, browser.cookies.clone());
    assert_eq!(before.len(), 1);
    for headers in PARTS.into_iter().chain([FRAME, PREFETCH]) {
        browser.headers = headers.to_vec();
        for path in ["/v2/logout", "/v2/logout?federated", &format!("/v2/logout?client_id={PAGE}")] {
            let response = browser.get(path).await;
            assert_eq!((response.status.as_u16(), response.location()), (403, ""), "{path} {headers:?}");
            assert_eq!(response.header("cache-control"), "no-store");
        }
        let asked = browser.get(&format!("/oidc/logout?client_id={PAGE}&confirm=true&federated=")).await;
        assert!(asked.text.contains("Do you want to sign out?"), "{headers:?}");
        assert_eq!(browser.cookies, cookies, "{headers:?}");
        assert_eq!(sessions(&tenant).await, before, "{headers:?}");
    }
    // Without a session there is nothing to confirm, and the stand-in still knows the browser.
    browser.cookies.retain(|name, _| name.contains("stand-in"));
    let remembered = browser.cookies.clone();
    for headers in PARTS.into_iter().chain([FRAME]) {
        browser.headers = headers.to_vec();
        let response = browser.get(&format!("/oidc/logout?client_id={PAGE}&federated=")).await;
        assert_eq!((response.status.as_u16(), &browser.cookies), (403, &remembered), "{headers:?}");
    }
}

#[tokio::test]
async fn a_page_of_any_site_signs_out_and_so_does_a_frame_with_the_applications_own_hint() {
    let tenant = tenant().await;
    for headers in PAGES {
        let mut browser = Browser::new(&tenant);
        browser.sign_in("auth0|1", &[]).await;
        browser.headers = headers.to_vec();
        assert_eq!(browser.get(&format!("/v2/logout?client_id={PAGE}")).await.status, 302, "{headers:?}");
        assert_eq!(sessions(&tenant).await, [], "{headers:?}");
    }
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    browser.headers = FRAME.to_vec();
    let path = format!(
        "/oidc/logout?id_token_hint={}&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A3000%2F",
        tokens["id_token"].as_str().unwrap()
    );
    assert_eq!(browser.get(&path).await.status, 302);
    assert_eq!(sessions(&tenant).await, []);
    assert_eq!(browser.get(&path).await.status, 302, "once more, after the session has ended");
}

#[tokio::test]
async fn an_image_gets_no_code_and_does_not_prolong_the_session() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let (before, cookies) = (sessions(&tenant).await, browser.cookies.clone());
    tenant.clock.advance(std::time::Duration::from_mins(1));
    let silent = authorize_path(&[("prompt", "none")]);
    let asking = authorize_path(&[("prompt", "login")]);
    for headers in PARTS {
        browser.headers = headers.to_vec();
        for path in [&silent, &asking] {
            let response = browser.get(path).await;
            assert_eq!((response.status.as_u16(), response.location()), (403, ""), "{path} {headers:?}");
        }
        let body = silent.split_once('?').unwrap().1.to_owned();
        let mut request = Request::post("/authorize")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(
                header::COOKIE,
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; "),
            );
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let posted = tenant.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!((posted.status.as_u16(), posted.location()), (403, ""), "{headers:?}");
    }
    assert_eq!((sessions(&tenant).await, &browser.cookies), (before, &cookies));
    for headers in PAGES.into_iter().chain([FRAME]) {
        browser.headers = headers.to_vec();
        assert!(browser.get(&silent).await.parameter("code").is_some(), "{headers:?}");
    }
}
