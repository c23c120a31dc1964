//! `oidcc-ensure-request-with-valid-pkce-succeeds`: a request with a challenge of PKCE succeeds.

use tenant::secret::digest;

use super::suite::{Authentication, Suite};
use crate::test_tenant::VERIFIER;

basic_and_form_post!();

async fn run(suite: &Suite) {
    let challenge = digest(VERIFIER.as_bytes());
    let with = [("code_challenge", &*challenge), ("code_challenge_method", "S256")];
    let request = suite.request(&with);
    let callback = suite.authorize(&mut suite.browser(), &request).await;
    suite.complete_as(Authentication::Basic, &request, &callback, &[("code_verifier", VERIFIER)]).await;
}
