//! `oidcc-response-type-missing`: a request without `response_type` is answered by an error, not by a code.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    suite.flow(&mut browser, &[]).await;
    let callback = suite.authorize(&mut browser, &suite.request(&[("response_type", "")])).await;
    assert!(
        ["invalid_request", "unsupported_response_type"].contains(&callback.error().unwrap()),
        "{callback:?}"
    );
}
