//! Takes over the silent sign-in that the inline script of the shell began (`early-start.js`), at the step that it is at.
//!
//! The script sends what [`transaction`](super::transaction) and [`api`](crate::api) would send, and checks nothing: here its
//! findings go through the same checks as those of the page's own requests. While the script is in a step the page waits for
//! it, so that there is one sign-in, and a code is spent once.

use std::cell::Cell;

use js_sys::Promise;
use model::UserId;
use wasm_bindgen_futures::JsFuture;

use super::authorization_response::AuthorizationResponse;
use super::transaction::Transaction;
use crate::clock::now;
use crate::early_start::{error_of, member, number, promise, text};
use crate::settings::Tenant;

/// How long after the tokens came the user that was read with them counts as current, in seconds.
const USER_TRUE_FOR: i64 = 10;

thread_local! {
    /// The silent sign-in that nobody took over yet.
    static SIGN_IN: Cell<Option<Promise>> = const { Cell::new(None) };
    /// The request for the user whose response the list did not take yet.
    static USER: Cell<Option<BegunUser>> = const { Cell::new(None) };
}

/// Keeps the silent sign-in that the script began until it is taken over.
pub(super) fn keep_sign_in(begun: Option<Promise>) {
    SIGN_IN.set(begun);
}

/// Takes the silent sign-in that the script began.
pub(super) fn take_sign_in() -> Option<Promise> {
    SIGN_IN.take()
}

/// Keeps the request for the user until the list takes its response.
pub(super) fn keep_user(user: Option<BegunUser>) {
    USER.set(user);
}

/// A silent sign-in that the script sent.
pub(super) struct BegunSignIn {
    /// What its response is checked against.
    pub(super) transaction: Transaction,
    /// The response; `None` when none came in time.
    pub(super) response: Option<AuthorizationResponse>,
    /// The exchange of its code, where the script began that.
    pub(super) exchange: Option<BegunExchange>,
}

/// What the token endpoint answered to the script.
pub(super) struct TokenAnswer {
    pub(super) status: u16,
    pub(super) body: String,
    /// When it came, by the page's clock.
    pub(super) at: i64,
}

/// A code exchange that the script sent.
pub(super) struct BegunExchange {
    tokens: Promise,
    user: Option<Promise>,
}

/// The request for the user that the script sent with the tokens that came at `since`, by the page's clock.
pub(super) struct BegunUser {
    request: Promise,
    since: i64,
}

/// Waits for the silent sign-in that the script began. Returns `None` when it sent none, or one for another tenant, client or
/// audience than those of the settings: then nothing of it counts.
pub(super) async fn sign_in(begun: Promise, tenant: &Tenant) -> Option<BegunSignIn> {
    let begun = JsFuture::from(begun).await.ok()?;
    let expected =
        [("origin", &tenant.origin), ("clientId", &tenant.client_id), ("audience", &tenant.audience)];
    if expected.iter().any(|(key, value)| text(&begun, key).as_ref() != Some(value)) {
        return None;
    }
    let secret = |key| text(&begun, key).filter(|secret| !secret.is_empty());
    let transaction = Transaction::silent(secret("state")?, secret("nonce")?, secret("verifier")?);
    let response = member(&begun, "response");
    let user = promise(&begun, "user");
    Some(BegunSignIn {
        transaction,
        response: AuthorizationResponse::read(|name| text(&response, name)),
        exchange: promise(&begun, "tokens").map(|tokens| BegunExchange { tokens, user }),
    })
}

impl BegunExchange {
    /// Waits for the answer of the token endpoint. Returns it, with the request for the user that follows it.
    ///
    /// # Errors
    /// The browser's message when no answer came.
    pub(super) async fn receive(self) -> (Result<TokenAnswer, gloo_net::Error>, Option<BegunUser>) {
        let answer = match JsFuture::from(self.tokens).await {
            Ok(answer) => answer,
            Err(reason) => return (Err(error_of(&reason)), None),
        };
        let at = number(&answer, "at").map_or_else(now, |milliseconds| milliseconds / 1000);
        let answer = TokenAnswer {
            status: number(&answer, "status").and_then(|it| it.try_into().ok()).unwrap_or_default(),
            body: text(&answer, "body").unwrap_or_default(),
            at,
        };
        (Ok(answer), self.user.map(|request| BegunUser { request, since: at }))
    }
}

/// Returns, once, the response that the script asked for as the first reading of the user `user_id`; `None` when it read
/// nobody, somebody else, or too long ago.
pub async fn take_user(user_id: &UserId) -> Option<Promise> {
    let BegunUser { request, since } = USER.take()?;
    if now().saturating_sub(since) > USER_TRUE_FOR {
        return None;
    }
    let begun = JsFuture::from(request).await.ok()?;
    if text(&begun, "sub").as_deref() != Some(user_id.as_str()) {
        return None;
    }
    promise(&begun, "answer")
}
