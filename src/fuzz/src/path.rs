//! Ids in paths, in every encoding. An input is the part of the path after `/api/v2/users/`.

use percent_encoding::percent_decode_str;

use crate::fuzz_tenant::{OTHER, OWN, with_tenant};

/// Checks that a user-bound token reaches its own user only, in any encoding of the id.
pub(crate) fn read(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let path = format!("/api/v2/users/{text}");
    with_tenant(|tenant| {
        let token = tenant.token(OWN, "read:current_user");
        // The parser of the HTTP client refuses inputs that never reach a server.
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
            let id = path.trim_start_matches("/api/v2/users/").split('/').next().unwrap_or_default();
            let is_own = percent_decode_str(id).decode_utf8().is_ok_and(|id| id == OWN);
            assert!(!response.status.is_success() || is_own, "{path} was answered with {body}");
        }
        assert_eq!(tenant.row(OTHER), before);
    });
}
