//! `oidcc-claims-locales`: `claims_locales` is no error.

use super::suite::{PERSON, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("claims_locales", "se")]).await;
    assert_eq!(tokens.claims["sub"], PERSON);
}
