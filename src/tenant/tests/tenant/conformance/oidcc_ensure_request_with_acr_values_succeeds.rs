//! `oidcc-ensure-request-with-acr-values-succeeds`: `acr_values` is no error. The suite warns, because no ID token has an `acr`: no such classes exist here.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    assert_eq!(suite.metadata.get("acr_values_supported"), None);
    let tokens = suite.flow(&mut suite.browser(), &[("acr_values", "1 2")]).await;
    assert_eq!(tokens.claims.get("acr"), None, "it would promise what nobody checked");
}
