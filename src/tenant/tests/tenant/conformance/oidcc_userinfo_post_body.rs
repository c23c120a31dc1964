//! `oidcc-userinfo-post-body`: the userinfo endpoint takes the token in the body of a POST.

use super::suite::{Suite, check_userinfo};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let tokens = suite.flow(&mut suite.browser(), &[]).await;
    let path = suite.path_of("userinfo_endpoint");
    let response = suite.tenant.post_form(path, &[("access_token", &tokens.access_token)]).await;
    check_userinfo(&response, &tokens);
}
