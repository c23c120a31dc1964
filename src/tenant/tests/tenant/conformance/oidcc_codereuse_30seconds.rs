//! `oidcc-codereuse-30seconds`: a code is good once, also half a minute later; its access token ends.

use axum::http::Method;

use super::suite::{Authentication, CLIENT, Suite, check_invalid_grant};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[]).await;
    suite.wait(30);
    check_invalid_grant(&suite.token(Authentication::Basic, CLIENT, &tokens.form).await);
    let path = suite.path_of("userinfo_endpoint");
    let response = suite.tenant.call(Method::GET, path, &tokens.access_token).await;
    assert_eq!(response.status, 401);
    assert!(response.header("www-authenticate").contains("error=\"invalid_token\""));
}
