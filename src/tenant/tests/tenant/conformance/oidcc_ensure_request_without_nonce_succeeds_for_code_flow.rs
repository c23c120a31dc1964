//! `oidcc-ensure-request-without-nonce-succeeds-for-code-flow`: a code flow needs no nonce.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let request = suite.request(&[("nonce", "")]);
    let callback = suite.authorize(&mut suite.browser(), &request).await;
    let tokens = suite.complete(&request, &callback).await;
    assert_eq!(tokens.claims.get("nonce"), None);
}
