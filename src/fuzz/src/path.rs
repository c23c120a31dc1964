//! Ids in paths, in every encoding: an input is what stands behind `/api/v2/users/`.

use percent_encoding::percent_decode_str;

use crate::fuzz_tenant::{OTHER, OWN, with_tenant};

/// A person reaches nobody but themselves, by no spelling.
pub(crate) fn read(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let path = format!("/api/v2/users/{text}");
    with_tenant(|tenant| {
        let token = tenant.token(OWN, "read:current_user");
        // The client's own parser refuses what no server ever sees.
        let Some(response) = tenant.send("GET", &path, &token) else { return };
        let body = response.expect_json();
        let segment = text.split(['?', '#']).next().unwrap_or_default();
        let decoded = percent_decode_str(segment).decode_utf8();
        let is_own = !segment.contains('/') && decoded.is_ok_and(|id| id == OWN);
        assert_eq!(response.status.is_success(), is_own, "{path} was answered with {body}");

        let before = tenant.row(OTHER);
        let token = tenant.token(OWN, "update:current_user_identities");
        if let Some(response) = tenant.send("DELETE", &path, &token) {
            let body = response.expect_json();
            let whose = path.trim_start_matches("/api/v2/users/").split('/').next().unwrap_or_default();
            let is_own = percent_decode_str(whose).decode_utf8().is_ok_and(|id| id == OWN);
            assert!(!response.status.is_success() || is_own, "{path} was answered with {body}");
        }
        assert_eq!(tenant.row(OTHER), before);
    });
}
