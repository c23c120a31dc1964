//! `oidcc-idtoken-signature`: without another algorithm the ID token is signed by RS256, and names its key.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[]).await;
    let header = jsonwebtoken::decode_header(&tokens.id_token).unwrap();
    assert_eq!(header.alg, jsonwebtoken::Algorithm::RS256);
    assert!(header.kid.is_some());
}
