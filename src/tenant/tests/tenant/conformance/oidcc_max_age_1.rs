//! `oidcc-max-age-1`: after two seconds `max_age=1` asks the person to sign in; `auth_time` is there, recent and later.

use super::suite::Suite;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    suite.flow(&mut browser, &[]).await;
    suite.wait(2);
    let request = suite.request(&[("max_age", "1")]);
    let callback = suite.authorize(&mut browser, &request).await;
    assert!(callback.asked);
    let second = suite.complete(&request, &callback).await;
    assert_eq!(second.claims["auth_time"], suite.tenant.clock.now().seconds());
}
