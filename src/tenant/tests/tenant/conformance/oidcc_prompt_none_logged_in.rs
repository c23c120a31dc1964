//! `oidcc-prompt-none-logged-in`: `prompt=none` with a session succeeds without a page, for the same person and sign-in.

use super::suite::{Suite, check_same_sign_in};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let first = suite.flow(&mut browser, &[]).await;
    suite.wait(1);
    let request = suite.request(&[("prompt", "none")]);
    let callback = suite.authorize(&mut browser, &request).await;
    assert!(!callback.asked);
    check_same_sign_in(&first, &suite.complete(&request, &callback).await);
}
