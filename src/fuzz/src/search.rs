//! Queries of `GET /api/v2/users`: an input is the value of `q`.

use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::fuzz_tenant::with_tenant;

/// How many there are: two, and one who was unlinked meanwhile by another target.
const PEOPLE: usize = 3;

/// A query finds people or is refused in words, and asking does not change anybody.
pub(crate) fn read(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // As many as a URL can hold.
    if text.len() > 16 * 1024 {
        return;
    }
    let path = format!("/api/v2/users?q={}", utf8_percent_encode(&text, NON_ALPHANUMERIC));
    with_tenant(|tenant| {
        let token = tenant.token("machine@clients", "read:users");
        let Some(response) = tenant.send("GET", &path, &token) else { return };
        let body = response.expect_json();
        match response.status {
            StatusCode::OK => assert!(body.as_array().is_some_and(|people| people.len() <= PEOPLE), "{body}"),
            StatusCode::BAD_REQUEST => {
                assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
            }
            status => panic!("{status} {body}"),
        }
    });
}
