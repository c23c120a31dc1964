//! `oidcc-ui-locales`: `ui_locales` is no error.

use super::suite::{PERSON, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("ui_locales", "se")]).await;
    assert_eq!(tokens.claims["sub"], PERSON);
}
