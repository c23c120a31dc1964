//! `oidcc-ensure-request-object-with-redirect-uri`: the `redirect_uri` in a request object counts, not the one beside it. The suite signs by `none`, which is not
//! supported: here the client signs.

use std::collections::BTreeMap;

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::suite::{SIGNING, Suite};
use crate::test_tenant::ClientKeyPair;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let request = suite.request_of(SIGNING, &[]);
    let claims = json!(request.sent().into_iter().collect::<BTreeMap<_, _>>());
    let object = ClientKeyPair::rsa(0).sign(Algorithm::RS256, &claims);
    let beside =
        [("request", &*object), ("redirect_uri", "https://suite.example.test/invalid"), ("state", "")];
    let mut sent = suite.request_of(SIGNING, &beside);
    for name in ["state", "nonce"] {
        sent.set(name, "");
    }
    let response = suite.send_to_login(&mut browser, &sent).await;
    let callback = suite.sign_in(&mut browser, &request, response).await;
    suite.complete(&request, &callback).await;
}
