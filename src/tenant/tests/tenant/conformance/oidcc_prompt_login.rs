//! `oidcc-prompt-login`: `prompt=login` asks the person to sign in although there is a session; `auth_time` is later.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    let first = suite.flow(&mut browser, &[("prompt", "login")]).await;
    suite.wait(1);
    let request = suite.request(&[("prompt", "login")]);
    let callback = suite.authorize(&mut browser, &request).await;
    assert!(callback.asked);
    let second = suite.complete(&request, &callback).await;
    assert_eq!(second.claims["sub"], first.claims["sub"]);
    assert!(second.claims["auth_time"].as_i64() > first.claims["auth_time"].as_i64());
}
