//! `oidcc-display-page`: `display=page` is no error.

use super::suite::{PERSON, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("display", "page")]).await;
    assert_eq!(tokens.claims["sub"], PERSON);
}
