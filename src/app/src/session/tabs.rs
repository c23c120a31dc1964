//! Messages between the tabs of one browser: the identities changed, the user signed out, the token was renewed. The
//! channel reaches pages of the same origin only and stores nothing. Browsers without it, or without locks, work
//! without the convenience.

use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use model::UserId;
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

use super::credentials::Credentials;
use crate::json;
use crate::token::BearerToken;

const CHANNEL: &str = "linked-accounts";
/// The name of the lock under which one tab at a time renews the token.
const RENEWAL_LOCK: &str = "linked-accounts.renewal";

/// An event in another tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum TabMessage {
    /// The identities of this user changed.
    Changed(UserId),
    /// The user signed out.
    SignedOut,
    /// The token was renewed.
    Renewed(Renewal),
}

/// A renewed token. Its Debug does not print it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Renewal {
    user_id: UserId,
    #[serde(with = "plain")]
    bearer: BearerToken,
    expires_at: Option<i64>,
}

/// Serializes a token for another tab: the only place outside a request where it becomes plain text.
mod plain {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::token::BearerToken;

    pub(super) fn serialize<S: Serializer>(bearer: &BearerToken, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(bearer.secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BearerToken, D::Error> {
        String::deserialize(from).map(BearerToken::new)
    }
}

impl Renewal {
    /// Returns what the other tabs need of `account`.
    #[must_use]
    pub fn of(account: &Credentials) -> Self {
        Self {
            user_id: account.person.user_id.clone(),
            bearer: account.bearer.clone(),
            expires_at: account.expires_at,
        }
    }

    /// Returns `account` with the renewed token; `None` when the token belongs to another user.
    #[must_use]
    pub fn adopted_by(self, account: &Credentials) -> Option<Credentials> {
        (self.user_id == account.person.user_id).then(|| Credentials {
            bearer: self.bearer,
            expires_at: self.expires_at,
            ..account.clone()
        })
    }
}

thread_local! {
    /// The page's only channel. A message reaches all other tabs, but not the page that sends it.
    static OPEN: Option<BroadcastChannel> = open();
}

/// Sends `message` to the other tabs.
pub fn broadcast(message: &TabMessage) {
    if let Ok(text) = serde_json::to_string(message) {
        // Fails only for a closed channel.
        OPEN.with(|channel| channel.as_ref().map(|channel| channel.post_message(&text.into())));
    }
}

/// Calls `handler` for each message of another tab, for as long as the page lives.
pub fn on_message(handler: impl Fn(TabMessage) + 'static) {
    let listener = move |event: MessageEvent| {
        if let Some(message) = event.data().as_string().and_then(|text| json::read(&text).ok()) {
            handler(message);
        }
    };
    let listener = Closure::<dyn Fn(MessageEvent)>::new(listener);
    OPEN.with(|channel| {
        if let Some(channel) = channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
    });
    listener.forget();
}

fn open() -> Option<BroadcastChannel> {
    Reflect::has(&window(), &"BroadcastChannel".into()).ok().filter(|has| *has)?;
    BroadcastChannel::new(CHANNEL).ok()
}

/// The longest delay of a message after its sender has released the lock, in milliseconds: the two travel separately.
const MESSAGE_DELAY_MS: u32 = 300;

/// A guard that holds the renewal lock until it is dropped.
pub struct RenewalLock(Option<Function>);

impl Drop for RenewalLock {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            // Resolving a promise does not fail.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits until no other tab holds the lock, and then until the message of that tab has arrived. In a browser without
/// locks it returns at once.
pub async fn acquire_renewal_lock() -> RenewalLock {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).unwrap_or_default();
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    let Some(request) = request else { return RenewalLock(None) };
    if let Some(lock) = request_lock(&locks, &request, true).await {
        return lock;
    }
    let lock = request_lock(&locks, &request, false).await.unwrap_or(RenewalLock(None));
    TimeoutFuture::new(MESSAGE_DELAY_MS).await;
    lock
}

/// Requests the lock by `navigator.locks.request`. With `if_available` it does not wait: it returns `None` while
/// another tab holds the lock.
async fn request_lock(locks: &JsValue, request: &Function, if_available: bool) -> Option<RenewalLock> {
    let (released, release) = promise();
    let (decided, decide) = promise();
    let callback = Closure::once_into_js(move |lock: JsValue| {
        let _ = decide.map(|decide| decide.call1(&JsValue::UNDEFINED, &lock));
        if lock.is_null() { JsValue::UNDEFINED } else { released.into() }
    });
    let options = Object::new();
    // Fails only for a frozen object.
    let _ = Reflect::set(&options, &"ifAvailable".into(), &if_available.into());
    request.call3(locks, &RENEWAL_LOCK.into(), &options, &callback).ok()?;
    // Never rejected: only `decide` settles it.
    let lock = JsFuture::from(decided).await.ok()?;
    (!lock.is_null()).then_some(RenewalLock(release))
}

/// Returns a promise and the function that resolves it.
fn promise() -> (Promise, Option<Function>) {
    let mut resolve = None;
    let promise = Promise::new(&mut |settle, _| resolve = Some(settle));
    (promise, resolve)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewed_token_is_adopted_by_the_same_user_only() {
        let text = serde_json::to_string(&TabMessage::Renewed(Renewal::of(&Credentials::for_test(
            "auth0|1", "newer",
        ))))
        .unwrap();
        let TabMessage::Renewed(renewal) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
        let adopted = renewal.clone().adopted_by(&Credentials::for_test("auth0|1", "older")).unwrap();
        assert_eq!(adopted.bearer.secret(), "newer");
        assert_eq!(renewal.adopted_by(&Credentials::for_test("auth0|2", "older")), None);
    }

    #[test]
    fn a_renewed_token_is_never_printed() {
        let message = TabMessage::Renewed(Renewal::of(&Credentials::for_test("auth0|1", "s3cret")));
        assert!(!format!("{message:?}").contains("s3cret"));
    }
}
