//! `oidcc-scope-email`: the scope `email` gives the address, and nothing of the profile.

use axum::http::Method;
use serde_json::json;

use super::suite::{PERSON, Suite};
use crate::test_tenant::email;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("scope", "openid email")]).await;
    let claims = suite.userinfo(Method::GET, &tokens).await;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(email(PERSON)), &json!(true)));
    assert_eq!((claims.get("name"), tokens.claims.get("name")), (None, None));
    // As at Auth0. The suite warns: where there is an access token, the userinfo endpoint has the claims.
    assert_eq!(tokens.claims["email"], claims["email"]);
}
