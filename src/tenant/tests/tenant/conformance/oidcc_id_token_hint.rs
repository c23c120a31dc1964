//! `oidcc-id-token-hint`: `prompt=none` with the ID token of the first sign-in as a hint succeeds for the same person.

use super::suite::{Suite, check_same_sign_in};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let first = suite.flow(&mut browser, &[]).await;
    suite.wait(1);
    let request = suite.request(&[("prompt", "none"), ("id_token_hint", &first.id_token)]);
    let callback = suite.authorize(&mut browser, &request).await;
    assert!(!callback.asked);
    check_same_sign_in(&first, &suite.complete(&request, &callback).await);
}
