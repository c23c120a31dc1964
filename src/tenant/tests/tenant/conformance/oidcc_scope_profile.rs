//! `oidcc-scope-profile`: the scope `profile` gives the claims of the profile.

use axum::http::Method;

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[("scope", "openid profile")]).await;
    let claims = suite.userinfo(Method::GET, &tokens).await;
    for name in ["name", "given_name", "family_name", "nickname", "picture"] {
        assert!(claims[name].is_string(), "{name}: {claims}");
    }
    assert_eq!(claims.get("email"), None);
    // As at Auth0. The suite expects seconds (OpenID Connect Core 5.1).
    assert_eq!(claims["updated_at"], "2026-01-01T00:00:00.000Z");
}
