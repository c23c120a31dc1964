//! `oidcc-claims-essential`: a request for an essential claim is no error. The suite warns, because the claim is not there: discovery says that
//! `claims` is not supported.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    assert_eq!(suite.metadata["claims_parameter_supported"], false);
    let claims = r#"{"userinfo":{"name":{"essential":true}}}"#;
    let tokens = suite.flow(&mut suite.browser(), &[("claims", claims)]).await;
    assert_eq!(tokens.claims.get("name"), None);
}
