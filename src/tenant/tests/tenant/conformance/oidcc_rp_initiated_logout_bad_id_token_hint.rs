//! `oidcc-rp-initiated-logout-bad-id-token-hint`: with a hint that the tenant did not issue nobody is returned.

use jsonwebtoken::Algorithm;

use super::suite::{POST_LOGOUT, Suite};
use crate::test_tenant::ClientKeyPair;

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let tokens = suite.flow(&mut browser, &[]).await;
    let fake = ClientKeyPair::rsa(0).sign(Algorithm::RS256, &tokens.claims);
    let parameters =
        [("id_token_hint", &*fake), ("post_logout_redirect_uri", POST_LOGOUT), ("state", "st4te")];
    let response = suite.end_session(&mut browser, &parameters).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
    suite.flow(&mut browser, &[("prompt", "none")]).await;
}
