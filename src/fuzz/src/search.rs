//! Queries of `GET /api/v2/users`. An input is the value of `q`.

use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::fuzz_tenant::with_tenant;

/// The maximum number of users: two, and one that another target may have unlinked.
const PEOPLE: usize = 3;

/// Checks that a query returns users or is refused with a message.
pub(crate) fn read(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // Longer queries do not fit into a URL.
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
