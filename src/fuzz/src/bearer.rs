//! Access tokens. The first byte of an input chooses what the rest is: a whole token, changes to a good one, or a head
//! and claims (a line each) that the tenant's own key signs.

use serde_json::Value;

use crate::fuzz_tenant::{OTHER, OWN, claims, with_tenant};

const SCOPE: &str = "read:current_user update:current_user_identities";

/// Only a good token opens anything, and only its own subject's.
pub(crate) fn read(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else { return };
    with_tenant(|tenant| {
        let good = tenant.token(OWN, SCOPE);
        let token = match kind % 3 {
            0 => rest.to_vec(),
            1 => changed(&good, rest),
            _ => {
                let text = String::from_utf8_lossy(rest);
                let (head, claims) = text.split_once('\n').unwrap_or(("", &text));
                tenant.sign((!head.is_empty()).then_some(head), claims)
            }
        };
        let before = tenant.row(OTHER);
        for (method, path) in [
            ("GET", format!("/api/v2/users/{}", model::route::segment(OWN))),
            ("GET", format!("/api/v2/users/{}", model::route::segment(OTHER))),
            ("DELETE", format!("/api/v2/users/{}/identities/github/x", model::route::segment(OTHER))),
        ] {
            let Some(response) = tenant.send(method, &path, &token) else { return };
            let body = response.expect_json();
            if !response.status.is_success() {
                continue;
            }
            let is_good = if kind % 3 == 2 { allows(rest, &path) } else { token.trim_ascii() == good };
            assert!(is_good, "{method} {path} was answered with {body}");
        }
        assert_eq!(tenant.row(OTHER), before);
    });
}

/// Writes pairs of place and byte into a token.
fn changed(good: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut token = good.to_vec();
    for change in changes.chunks_exact(3) {
        let place = usize::from(change[0]) * 256 + usize::from(change[1]);
        let length = token.len();
        token[place % length] = change[2];
    }
    token
}

/// Whether claims that the tenant would have signed allow the call, judged as simply as can be.
fn allows(input: &[u8], path: &str) -> bool {
    let text = String::from_utf8_lossy(input);
    let signed: Value = match serde_json::from_str(text.split_once('\n').map_or(&text, |(_, claims)| claims))
    {
        Ok(signed) => signed,
        Err(_) => return false,
    };
    let good = claims(OWN, SCOPE);
    let is_ours =
        signed["iss"] == good["iss"] && signed["aud"].to_string().contains("http://localhost:3000/api/v2/");
    let lasts = signed["exp"].as_f64() > good["iat"].as_f64();
    let scope = signed["scope"].as_str().unwrap_or_default();
    let has_one = |wanted: &[&str]| scope.split_whitespace().any(|scope| wanted.contains(&scope));
    let subject = signed["sub"].as_str().unwrap_or_default();
    let is_own = path.ends_with(&format!("/users/{}", model::route::segment(subject)));
    is_ours
        && lasts
        && ((is_own && has_one(&["read:current_user"])) || has_one(&["read:users", "update:users"]))
}
