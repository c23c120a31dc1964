//! `oidcc-rp-initiated-logout-no-post-logout-redirect-uri`: without `post_logout_redirect_uri` the person is signed out and stays.

use super::suite::Suite;

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let tokens = suite.flow(&mut browser, &[]).await;
    let response =
        suite.end_session(&mut browser, &[("id_token_hint", &tokens.id_token), ("state", "st4te")]).await;
    assert_eq!((response.status.as_u16(), response.location()), (200, ""));
    assert!(response.text.contains("You are signed out"), "{}", response.text);
    suite.check_signed_out(&mut browser).await;
}
