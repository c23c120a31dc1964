//! `oidcc-backchannel-logout-discovery-endpoint-verification`: discovery says that applications are told of ends of sessions,
//! with the id of the session, and every endpoint has https.

use super::suite::Suite;
use crate::test_tenant::LogoutReceiver;

back_channel_logout!();

async fn run(suite: &Suite, receiver: &mut LogoutReceiver) {
    for (name, url) in suite.metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(url.as_str().unwrap().starts_with("https://"), "{name}: {url}");
        }
    }
    assert_eq!(suite.metadata["backchannel_logout_supported"], true);
    assert_eq!(suite.metadata["backchannel_logout_session_supported"], true);
    assert_eq!(suite.end_session(&mut suite.browser(), &[]).await.status, 200);
    assert!(receiver.is_empty());
}
