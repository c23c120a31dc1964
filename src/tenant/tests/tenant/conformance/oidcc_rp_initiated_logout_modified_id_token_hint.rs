//! `oidcc-rp-initiated-logout-modified-id-token-hint`: with a hint whose signature was taken away nobody is returned.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::suite::{POST_LOGOUT, Suite};

rp_initiated_logout!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let tokens = suite.flow(&mut browser, &[]).await;
    let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"none"}"#);
    let unsigned = format!("{header}.{}.", tokens.id_token.split('.').nth(1).unwrap());
    let parameters =
        [("id_token_hint", &*unsigned), ("post_logout_redirect_uri", POST_LOGOUT), ("state", "st4te")];
    let response = suite.end_session(&mut browser, &parameters).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
    suite.flow(&mut browser, &[("prompt", "none")]).await;
}
