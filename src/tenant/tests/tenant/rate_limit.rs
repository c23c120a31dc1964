//! The rate limit of the Management API (contract A14).

use std::time::Duration;

use axum::http::Method;
use insta::assert_snapshot;
use tenant::configuration::{Options, RateLimit};

use crate::test_tenant::{START, TestTenant};

const PATH: &str = "/api/v2/users/auth0%7C1";

async fn open_tenant() -> TestTenant {
    let limit = RateLimit { burst: 3.try_into().unwrap(), per_second: 2.try_into().unwrap() };
    let options = Options { rate_limit: Some(limit), ..Options::default() };
    TestTenant::with_options(vec![crate::test_tenant::user(&["auth0|1", "github|42"])], options).await
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_until_the_bucket_refills() {
    let tenant = open_tenant().await;
    let token = tenant.machine_token("read:users update:users").await;
    for remaining in ["2", "1", "0"] {
        let response = tenant.call(Method::GET, PATH, &token).await;
        assert_eq!((response.status.as_u16(), response.header("x-ratelimit-remaining")), (200, remaining));
        assert_eq!(response.header("x-ratelimit-limit"), "3");
    }
    let refused = tenant.call(Method::DELETE, &format!("{PATH}/identities/github/42"), &token).await;
    assert_snapshot!(refused.status_and_text(), @r#"429 {"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}"#);
    assert_eq!((refused.header("x-ratelimit-remaining"), refused.header("retry-after")), ("0", "1"));
    assert_eq!(refused.header("x-ratelimit-reset"), (START / 1000 + 2).to_string());
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
    tenant.clock.advance(Duration::from_millis(500));
    assert_eq!(tenant.call(Method::GET, PATH, &token).await.status, 200);
    assert_eq!(tenant.call(Method::GET, PATH, &token).await.status, 429);
}

#[tokio::test]
async fn a_403_has_rate_limit_headers_and_a_401_has_none_and_does_not_count() {
    let tenant = open_tenant().await;
    for token in ["", "a.b.c", "opaque"] {
        let response = tenant.call(Method::GET, PATH, token).await;
        assert_eq!(response.header("x-ratelimit-limit"), "", "{}", response.status_and_text());
    }
    let forbidden = tenant.call(Method::DELETE, PATH, &tenant.machine_token("read:users").await).await;
    assert_eq!((forbidden.status.as_u16(), forbidden.header("x-ratelimit-remaining")), (403, "2"));
}

#[tokio::test]
async fn cors_exposes_the_rate_limit_headers_of_an_error() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    let call = async || {
        let request = axum::http::Request::get(PATH)
            .header("authorization", format!("Bearer {token}"))
            .header("origin", "http://localhost:3000");
        tenant.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    for _ in 0..3 {
        call().await;
    }
    let refused = call().await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("access-control-allow-origin")),
        (429, "http://localhost:3000")
    );
    assert!(refused.header("access-control-expose-headers").contains("retry-after"));
}

#[tokio::test]
async fn without_a_limit_there_are_no_headers() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let response = tenant.call(Method::GET, PATH, &tenant.user_token("auth0|1").await).await;
    assert_eq!(response.header("x-ratelimit-limit"), "");
}

// attack: floods
#[tokio::test]
async fn the_calls_of_one_person_never_use_up_the_limit_for_all() {
    let tenant = TestTenant::with_options(
        vec![crate::test_tenant::user(&["auth0|1"]), crate::test_tenant::user(&["auth0|2"])],
        Options { rate_limit: Some(RateLimit::default()), ..Options::default() },
    )
    .await;
    let (one, other) = (tenant.user_token("auth0|1").await, tenant.user_token("auth0|2").await);
    let machine = tenant.machine_token("read:users").await;
    let mut statuses = Vec::new();
    for _ in 0..100 {
        statuses.push(tenant.call(Method::GET, PATH, &one).await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 25);
    let refused = tenant.call(Method::GET, PATH, &one).await;
    assert_eq!((refused.header("x-ratelimit-limit"), refused.header("retry-after")), ("25", "1"));
    let response = tenant.call(Method::GET, "/api/v2/users/auth0%7C2", &other).await;
    assert_eq!((response.status.as_u16(), response.header("x-ratelimit-remaining")), (200, "24"));
    let response = tenant.call(Method::GET, PATH, &machine).await;
    assert_eq!((response.status.as_u16(), response.header("x-ratelimit-remaining")), (200, "23"));
    tenant.clock.advance(Duration::from_millis(100));
    assert_eq!(tenant.call(Method::GET, PATH, &one).await.status, 200);
}

// attack: network
#[tokio::test]
async fn what_is_known_of_people_never_stays_in_a_cache() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let response = tenant.call(Method::GET, PATH, &tenant.user_token("auth0|1").await).await;
    assert_eq!((response.status.as_u16(), response.header("cache-control")), (200, "no-cache, no-store"));
}
