//! `oidcc-backchannel-rp-initiated-logout`: signing out sends a valid logout token to the application, and returns to
//! `post_logout_redirect_uri`.

use super::suite::{CLIENT, POST_LOGOUT, Suite};
use crate::test_tenant::LogoutReceiver;

back_channel_logout!();

async fn run(suite: &Suite, receiver: &mut LogoutReceiver) {
    let mut browser = suite.browser();
    let tokens = suite.flow(&mut browser, &[]).await;
    let parameters =
        [("id_token_hint", &*tokens.id_token), ("post_logout_redirect_uri", POST_LOGOUT), ("state", "st4te")];
    let response = suite.end_session(&mut browser, &parameters).await;
    assert_eq!(response.location(), format!("{POST_LOGOUT}?state=st4te"));

    let token = receiver.token().await;
    let claims = suite.verify(&token);
    assert_eq!((&claims["iss"], &claims["aud"]), (&suite.metadata["issuer"], &CLIENT.id.into()));
    let now = suite.tenant.clock.now().seconds();
    assert!(claims["iat"].as_i64().unwrap() <= now && claims["exp"].as_i64().unwrap() > now, "{claims}");
    assert!(claims["jti"].as_str().is_some_and(|jti| !jti.is_empty()));
    let event = &claims["events"]["http://schemas.openid.net/event/backchannel-logout"];
    assert!(event.as_object().is_some_and(serde_json::Map::is_empty), "{claims}");
    assert_eq!((&claims["sub"], &claims["sid"]), (&tokens.claims["sub"], &tokens.claims["sid"]));
    assert_eq!(claims.get("nonce"), None);
    assert!(receiver.is_empty(), "once");
    suite.check_signed_out(&mut browser).await;
}
