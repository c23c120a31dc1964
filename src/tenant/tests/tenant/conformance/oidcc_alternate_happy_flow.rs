//! `oidcc-alternate-happy-flow`: neither the order of scopes nor that of parameters makes a difference.

use axum::http::Method;
use serde_json::json;

use super::suite::{PERSON, Suite};
use crate::test_tenant::email;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut request = suite.request(&[("scope", "email openid")]);
    request.parameters.reverse();
    let callback = suite.authorize(&mut suite.browser(), &request).await;
    let tokens = suite.complete(&request, &callback).await;
    let claims = suite.userinfo(Method::GET, &tokens).await;
    assert_eq!((&claims["email"], claims.get("name")), (&json!(email(PERSON)), None));
}
