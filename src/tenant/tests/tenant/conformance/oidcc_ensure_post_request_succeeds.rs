//! `oidcc-ensure-post-request-succeeds`: an authorization request may be posted.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    browser.origin = "https://suite.example.test";
    let request = suite.request(&[]);
    let response = suite.post_to_login(&mut browser, &request).await;
    browser.origin = "https://op.example.test";
    let callback = suite.sign_in(&mut browser, &request, response).await;
    suite.complete(&request, &callback).await;
}
