//! `oidcc-rp-initiated-logout-no-params`: without parameters the person is signed out, once they confirmed it, and stays.

use super::suite::Suite;

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    suite.flow(&mut browser, &[]).await;
    let response = suite.end_session(&mut browser, &[]).await;
    assert_eq!((response.status.as_u16(), response.location()), (200, ""));
    assert!(response.text.contains("You are signed out"), "{}", response.text);
    suite.check_signed_out(&mut browser).await;
}
