//! `oidcc-login-hint`: `login_hint` is no error.

use super::suite::{PERSON, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("login_hint", "buffy@suite.example.test")]).await;
    assert_eq!(tokens.claims["sub"], PERSON);
}
