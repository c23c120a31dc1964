//! `oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri`: nobody is returned to the registered address with a query added to it.

use super::suite::{POST_LOGOUT, Suite};

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let tokens = suite.flow(&mut browser, &[]).await;
    let added = format!("{POST_LOGOUT}?foo=bar");
    let parameters =
        [("id_token_hint", &*tokens.id_token), ("post_logout_redirect_uri", &*added), ("state", "st4te")];
    let response = suite.end_session(&mut browser, &parameters).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
}
