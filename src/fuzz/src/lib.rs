//! Fuzz targets: each reads one input and panics if the product violates a guarantee.
//!
//! The targets run in two ways, see the README: under libFuzzer, and with a fixed seed on any machine
//! (`main.rs`).

mod bearer;
mod fuzz_tenant;
mod path;
mod search;
mod seed;

/// A fuzz target.
pub struct Target {
    /// The name of the target and of its corpus.
    pub name: &'static str,
    /// Reads one input, and panics if a guarantee is violated.
    pub read: fn(&[u8]),
    /// The number of inputs in a run with the fixed seed.
    pub inputs: u32,
    /// Words of the input language, for mutations.
    pub words: &'static [&'static str],
}

/// Runs the target with this name on one input.
///
/// # Panics
/// If a guarantee is violated, or there is no such target.
pub fn read(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.unwrap_or_else(|| panic!("there is no target {name}")).read)(input);
}

/// Every target.
pub const TARGETS: [Target; 5] = [
    Target {
        name: "bearer",
        read: bearer::read,
        inputs: 4_000,
        words: &[
            "\"alg\":\"none\"",
            "\"alg\":\"HS256\"",
            "\"kid\":",
            "\"jku\":\"http://evil.test/\"",
            "\"exp\":",
            "null",
            "1e999",
            "-1",
            "{",
            "}",
            "[",
            "]",
            "\n",
            ".",
            "\"aud\":[",
            "\"scope\":\"update:users\"",
            "\\u0000",
        ],
    },
    Target {
        name: "path",
        read: path::read,
        inputs: 6_000,
        words: &[
            "%7C",
            "%7c",
            "|",
            "%257C",
            "%2F",
            "%2e%2e",
            "/",
            "//",
            "%00",
            "%FF",
            "+",
            "auth0",
            "%61",
            "identities",
        ],
    },
    Target {
        name: "search",
        read: search::read,
        inputs: 6_000,
        words: &[
            " AND ",
            " OR ",
            "NOT ",
            "-",
            "(",
            ")",
            "\"",
            "\\",
            "*",
            ":",
            "[",
            "]",
            "{",
            "}",
            " TO ",
            "_exists_:",
            "email:",
            "user_id:",
            "identities.profileData.email:",
            "user_metadata.",
            "~",
            "^",
            "&&",
            "||",
        ],
    },
    Target {
        name: "tenant_file",
        read: seed::read_tenant,
        inputs: 8_000,
        words: &[
            "clients:",
            "connections:",
            "- ",
            "  ",
            "\n",
            ": ",
            "{",
            "}",
            "[",
            "]",
            "&a ",
            "*a",
            "<<: *a",
            "!!binary ",
            "##",
            "@@",
            "##LINKED_ACCOUNTS_ISSUER##",
            "null",
            "1e400",
            "\"",
            "'",
            "|",
            ">",
            "name: x",
            "strategy: oidc",
            "session_lifetime: ",
            "-1",
            ".inf",
            ".nan",
            "hunter2",
        ],
    },
    Target {
        name: "users_file",
        read: seed::read_users,
        inputs: 40_000,
        words: &[
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "\"user_id\"",
            "\"identities\"",
            "\"password\"",
            "\"password_hash\"",
            "null",
            "1e400",
            "\"auth0|1\"",
            "\\u0000",
            "\\ud800",
            "-0",
            "\"connection\"",
            "\"hunter2\"",
            "\"provider\"",
        ],
    },
];
