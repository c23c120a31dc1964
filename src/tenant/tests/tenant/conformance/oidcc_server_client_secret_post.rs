//! `oidcc-server-client-secret-post`: the token endpoint takes the secret in the body.

use super::suite::{Authentication, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let request = suite.request(&[]);
    let callback = suite.authorize(&mut suite.browser(), &request).await;
    suite.complete_as(Authentication::Post, &request, &callback, &[]).await;
}
