//! `oidcc-rp-initiated-logout-bad-post-logout-redirect-uri`: nobody is returned to an address that is not registered.

use super::suite::{POST_LOGOUT, Suite};

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let tokens = suite.flow(&mut browser, &[]).await;
    let bad = format!("{POST_LOGOUT}/not-registered");
    let parameters =
        [("id_token_hint", &*tokens.id_token), ("post_logout_redirect_uri", &*bad), ("state", "st4te")];
    let response = suite.end_session(&mut browser, &parameters).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
}
