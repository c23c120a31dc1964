//! `oidcc-ensure-request-with-unknown-parameter-succeeds`: a parameter that nobody knows is ignored.

use super::suite::{PERSON, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("extra", "foobar")]).await;
    assert_eq!(tokens.claims["sub"], PERSON);
}
