//! `oidcc-rp-initiated-logout-no-id-token-hint`: without a hint nobody is returned.

use super::suite::{POST_LOGOUT, Suite};

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    suite.flow(&mut browser, &[]).await;
    let parameters = [("post_logout_redirect_uri", POST_LOGOUT), ("state", "st4te")];
    let response = suite.end_session(&mut browser, &parameters).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
}
