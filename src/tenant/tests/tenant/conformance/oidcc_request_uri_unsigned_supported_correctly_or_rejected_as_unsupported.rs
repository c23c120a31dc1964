//! `oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported`: a `request_uri` of the client is refused by its own error, and never fetched.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    assert_eq!(suite.metadata["request_uri_parameter_supported"], false);
    let mut browser = suite.browser();
    suite.flow(&mut browser, &[]).await;
    let request_uri = "https://suite.example.test/test/a/ours/requesturi/1#digest";
    let callback = suite.authorize(&mut browser, &suite.request(&[("request_uri", request_uri)])).await;
    assert_eq!(callback.error(), Some("request_uri_not_supported"));
}
