//! `oidcc-max-age-10000`: `max_age=10000` is served by the session; `auth_time` is there and that of the first sign-in.

use super::suite::{Suite, check_same_sign_in};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let first = suite.flow(&mut browser, &[("max_age", "15000")]).await;
    suite.wait(2);
    let request = suite.request(&[("max_age", "10000")]);
    let callback = suite.authorize(&mut browser, &request).await;
    assert!(!callback.asked);
    let second = suite.complete(&request, &callback).await;
    assert!(first.claims["auth_time"].is_i64());
    assert_eq!(first.claims["auth_time"], second.claims["auth_time"]);
    check_same_sign_in(&first, &second);
}
