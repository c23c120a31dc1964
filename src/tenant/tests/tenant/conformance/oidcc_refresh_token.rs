//! `oidcc-refresh-token`: a refresh token gives new tokens about the same person, and only to the client that it was issued to.

use axum::http::Method;
use serde_json::Value;

use super::suite::{Authentication, CLIENT, CLIENT2, Suite, check_invalid_grant};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let with = [("scope", "openid offline_access"), ("prompt", "consent")];
    assert!(suite.metadata["grant_types_supported"].as_array().unwrap().contains(&"refresh_token".into()));
    for (client, other) in [(CLIENT, CLIENT2), (CLIENT2, CLIENT)] {
        let request = suite.request_of(client, &with);
        let callback = suite.authorize(&mut browser, &request).await;
        let first = suite.complete(&request, &callback).await;
        suite.wait(1);
        let refresh = |token: &Value| {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
            form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
        };
        let form = refresh(&first.body["refresh_token"]);
        check_invalid_grant(&suite.token(Authentication::Basic, other, &form).await);
        let response = suite.token(Authentication::Basic, client, &form).await;
        let mut again = request.clone();
        // A refreshed ID token answers no request (OpenID Connect Core 12.2).
        again.set("nonce", "");
        let second = suite.check_tokens(&again, &response, form);
        assert_ne!(first.access_token, second.access_token);
        for name in ["iss", "sub", "aud", "sid", "auth_time"] {
            assert_eq!(first.claims.get(name), second.claims.get(name), "{name}");
        }
        assert!(second.claims["iat"].as_i64() > first.claims["iat"].as_i64());
        suite.userinfo(Method::GET, &second).await;
        let rotated = refresh(&second.body["refresh_token"]);
        check_invalid_grant(&suite.token(Authentication::Basic, other, &rotated).await);
    }
}
