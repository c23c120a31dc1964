//! `oidcc-codereuse`: a code is good once.

use super::suite::{Authentication, CLIENT, Suite, check_invalid_grant};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[]).await;
    check_invalid_grant(&suite.token(Authentication::Basic, CLIENT, &tokens.form).await);
}
