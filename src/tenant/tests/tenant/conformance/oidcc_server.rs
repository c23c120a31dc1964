//! `oidcc-server`: a code flow gives a valid code, tokens and ID token, and the access token opens the userinfo endpoint.

use super::suite::{PERSON, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let request = suite.request(&[]);
    let callback = suite.authorize(&mut browser, &request).await;
    assert!(callback.asked);
    let tokens = suite.complete(&request, &callback).await;
    assert_eq!(tokens.claims["sub"], PERSON);
}
