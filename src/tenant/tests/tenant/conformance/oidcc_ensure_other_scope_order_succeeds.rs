//! `oidcc-ensure-other-scope-order-succeeds`: the order of scopes makes no difference. Older versions of the suite have this name for the first half of
//! `oidcc-alternate-happy-flow`.

use axum::http::Method;
use serde_json::json;

use super::suite::{PERSON, Suite};
use crate::test_tenant::email;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("scope", "email openid")]).await;
    let claims = suite.userinfo(Method::GET, &tokens).await;
    assert_eq!((&claims["email"], claims.get("name")), (&json!(email(PERSON)), None));
}
