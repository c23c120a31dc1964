//! Access tokens.
//!
//! The first byte of an input selects what the rest is: a whole token, changes to a valid token, or a header
//! and claims (one line each) that the tenant's key signs.

use serde_json::Value;

use crate::fuzz_tenant::{OTHER, OWN, claims, with_tenant};

const SCOPE: &str = "read:current_user update:current_user_identities";

/// Checks that only a valid token is accepted, and for its own subject only.
pub(crate) fn read(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else { return };
    with_tenant(|tenant| {
        let valid = tenant.token(OWN, SCOPE);
        let token = match kind % 3 {
            0 => rest.to_vec(),
            1 => change(&valid, rest),
            _ => {
                let text = String::from_utf8_lossy(rest);
                let (header, claims) = text.split_once('\n').unwrap_or(("", &text));
                tenant.sign((!header.is_empty()).then_some(header), claims)
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
            let is_permitted = if kind % 3 == 2 { allows(rest, &path) } else { token.trim_ascii() == valid };
            assert!(is_permitted, "{method} {path} was answered with {body}");
        }
        assert_eq!(tenant.row(OTHER), before);
    });
}

/// Overwrites bytes of a token. A change is three bytes: the position (big-endian) and the new value.
fn change(valid: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut token = valid.to_vec();
    for change in changes.chunks_exact(3) {
        let place = usize::from(change[0]) * 256 + usize::from(change[1]);
        let length = token.len();
        token[place % length] = change[2];
    }
    token
}

/// Returns whether signed claims permit the request: the simplest possible implementation of the rules.
fn allows(input: &[u8], path: &str) -> bool {
    let text = String::from_utf8_lossy(input);
    let signed: Value = match serde_json::from_str(text.split_once('\n').map_or(&text, |(_, claims)| claims))
    {
        Ok(signed) => signed,
        Err(_) => return false,
    };
    let valid = claims(OWN, SCOPE);
    let is_ours =
        signed["iss"] == valid["iss"] && signed["aud"].to_string().contains("http://localhost:3000/api/v2/");
    let lasts = signed["exp"].as_f64() > valid["iat"].as_f64();
    let scope = signed["scope"].as_str().unwrap_or_default();
    let has_one = |wanted: &[&str]| scope.split_whitespace().any(|scope| wanted.contains(&scope));
    let subject = signed["sub"].as_str().unwrap_or_default();
    let is_own = path.ends_with(&format!("/users/{}", model::route::segment(subject)));
    is_ours
        && lasts
        && ((is_own && has_one(&["read:current_user"])) || has_one(&["read:users", "update:users"]))
}
