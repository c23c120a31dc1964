//! `oidcc-ensure-registered-redirect-uri`: nobody is redirected to an address that is not registered.

use super::suite::{CALLBACK, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let mut browser = suite.browser();
    suite.flow(&mut browser, &[]).await;
    let elsewhere = format!("{CALLBACK}/not-registered");
    for redirect_uri in [&*elsewhere, "https://suite.example.test/", ""] {
        let request = suite.request(&[("redirect_uri", redirect_uri)]);
        assert_eq!(suite.authorize_to_page(&mut browser, &request).await, 403);
    }
}
