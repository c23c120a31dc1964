//! `oidcc-prompt-none-not-logged-in`: `prompt=none` without a session is an error that says why; a long `state` comes back whole.

use super::suite::{Suite, check_needs_a_person};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let state = "s".repeat(128);
    let callback =
        suite.authorize(&mut suite.browser(), &suite.request(&[("prompt", "none"), ("state", &state)])).await;
    assert!(!callback.asked);
    check_needs_a_person(&callback);
}
