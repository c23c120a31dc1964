//! `oidcc-rp-initiated-logout`: signs the person out and returns to `post_logout_redirect_uri` with `state`.

use super::suite::{POST_LOGOUT, Suite};

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let tokens = suite.flow(&mut browser, &[]).await;
    let parameters =
        [("id_token_hint", &*tokens.id_token), ("post_logout_redirect_uri", POST_LOGOUT), ("state", "st4te")];
    let response = suite.end_session(&mut browser, &parameters).await;
    assert_eq!(response.location(), format!("{POST_LOGOUT}?state=st4te"));
    suite.check_signed_out(&mut browser).await;
}
