//! `oidcc-userinfo-post-header`: the userinfo endpoint takes the token in the header of a POST.

use axum::http::Method;

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[]).await;
    suite.userinfo(Method::POST, &tokens).await;
}
