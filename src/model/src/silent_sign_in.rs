//! The silent sign-in of the page: what is sent for it, and what of the browser's storage decides whether it is tried.
//!
//! The page sends it, and so does the inline script of the shell, which begins while the page is on its way. Both have it
//! from here: the page as constants, the script by `cargo xtask build`, which writes them into it.

use crate::scope::Scope;

/// The requested scopes: who the user is, and to read and change their own identities (contract
/// [A15](crate::contract#a15)).
pub const SCOPES: [Scope; 6] = [
    Scope::OPENID,
    Scope::PROFILE,
    Scope::EMAIL,
    Scope::READ_CURRENT_USER,
    Scope::UPDATE_CURRENT_USER_IDENTITIES,
    Scope::UPDATE_CURRENT_USER_METADATA,
];

/// The `max_age` of a sign-in of any age, in seconds. No session lasts longer than a year, and a request with
/// `max_age` makes the tenant send `auth_time` (OpenID Connect Core 2).
pub const ANY_AGE: &str = "31536000";

/// The `prompt` of a request that shows no page (OpenID Connect Core 3.1.2.1).
pub const PROMPT: &str = "none";

/// The `response_mode` of an answer by message from a frame (contract [C2](crate::contract#c2)).
pub const RESPONSE_MODE: &str = "web_message";

/// The `type` of the message with the answer.
pub const MESSAGE_TYPE: &str = "authorization_response";

/// How long the frame may take to answer, in milliseconds. The tenant responds at once or not at all.
pub const FRAME_TIMEOUT_MS: u32 = 10_000;

/// The time limit of a request, in milliseconds.
pub const REQUEST_TIMEOUT_MS: u32 = 30_000;

/// The local-storage key of the user who was signed in last, as JSON with their `user_id`. Without it nobody was, and no silent
/// sign-in is tried.
pub const REMEMBERED_USER: &str = "linked-accounts.signed-in";

/// The local-storage key of the settings that the page read last, as they came, while a user is remembered. The next early start
/// begins with them, and so does the page; what they began counts if they still hold, or if none come.
pub const REMEMBERED_SETTINGS: &str = "linked-accounts.settings";

/// The key of the symbol under which the script leaves what it began for the page.
pub const EARLY_START: &str = "linked-accounts.early-start";

/// Returns the parameters of the authorization request whose values are always the same. Those with values of their own are
/// `client_id`, `redirect_uri`, `audience`, `state`, `nonce` and `code_challenge`.
#[must_use]
pub fn fixed_parameters() -> [(&'static str, String); 6] {
    [
        ("response_type", "code".to_owned()),
        ("scope", SCOPES.each_ref().map(Scope::as_str).join(" ")),
        ("code_challenge_method", "S256".to_owned()),
        ("max_age", ANY_AGE.to_owned()),
        ("prompt", PROMPT.to_owned()),
        ("response_mode", RESPONSE_MODE.to_owned()),
    ]
}
