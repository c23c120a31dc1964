//! `oidcc-rp-initiated-logout-discovery-endpoint-verification`: discovery names an `end_session_endpoint`, and every endpoint by https.

use super::suite::Suite;

rp_initiated_logout!();

async fn run(suite: &Suite) {
    for (name, url) in suite.metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(url.as_str().unwrap().starts_with("https://"), "{name}: {url}");
        }
    }
    let page = suite.end_session(&mut suite.browser(), &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(suite.endpoint("end_session_endpoint"), "https://op.example.test/oidc/logout");
}
