//! Ids in paths, in every encoding: an input is what stands behind `/api/v2/users/`.

use percent_encoding::percent_decode_str;

use crate::bench::{OTHER, OWN, with_bench};

/// A person reaches nobody but themselves, by no spelling.
pub(crate) fn read(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let path = format!("/api/v2/users/{text}");
    with_bench(|bench| {
        let token = bench.token(OWN, "read:current_user");
        // The client's own parser refuses what no server ever sees.
        let Some(answer) = bench.ask("GET", &path, &token) else { return };
        let told = answer.keeps_its_form();
        let segment = text.split(['?', '#']).next().unwrap_or_default();
        let decoded = percent_decode_str(segment).decode_utf8();
        let is_own = !segment.contains('/') && decoded.is_ok_and(|id| id == OWN);
        assert_eq!(answer.status.is_success(), is_own, "{path} was answered with {told}");

        let before = bench.row(OTHER);
        let token = bench.token(OWN, "update:current_user_identities");
        if let Some(answer) = bench.ask("DELETE", &path, &token) {
            let told = answer.keeps_its_form();
            let whose = path.trim_start_matches("/api/v2/users/").split('/').next().unwrap_or_default();
            let is_own = percent_decode_str(whose).decode_utf8().is_ok_and(|id| id == OWN);
            assert!(!answer.status.is_success() || is_own, "{path} was answered with {told}");
        }
        assert_eq!(bench.row(OTHER), before);
    });
}
