//! Messages between the tabs of one browser: the identities changed, the user signed out, the token was renewed. The
//! channel reaches pages of the same origin only and stores nothing. Browsers without it, or without locks, work
//! without the convenience.

use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;
use model::UserId;
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

use super::credentials::Credentials;
use crate::clock::within;
use crate::json;
use crate::token::BearerToken;

const CHANNEL: &str = "linked-accounts";
/// The name of the lock under which one tab at a time renews the token.
const RENEWAL_LOCK: &str = "linked-accounts.renewal";
/// The name of the lock under which one tab at a time changes the user's metadata, after reading it.
const METADATA_LOCK: &str = "linked-accounts.metadata";

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
    /// The seconds that it has left: another tab has a clock of its own.
    expires_in: Option<i64>,
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
    /// Returns what the other tabs need of `account` at `now`, by the page's clock.
    #[must_use]
    pub fn of(account: &Credentials, now: i64) -> Self {
        Self {
            user_id: account.person.user_id.clone(),
            bearer: account.bearer.clone(),
            expires_in: account.expires_at.and_then(|end| end.checked_sub(now)),
        }
    }

    /// Returns `account` with the renewed token, received at `now` by the page's clock; `None` when the token belongs to
    /// another user.
    #[must_use]
    pub fn adopted_by(self, account: &Credentials, now: i64) -> Option<Credentials> {
        (self.user_id == account.person.user_id).then(|| Credentials {
            bearer: self.bearer,
            expires_at: self.expires_in.and_then(|left| now.checked_add(left)),
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

/// A guard that holds a lock until it is dropped.
pub struct TabLock(Option<Function>);

impl Drop for TabLock {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            // Resolving a promise does not fail.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// The longest wait for a lock, in milliseconds. The system may have suspended the tab that holds it. Two renewals at
/// once do no harm: the lock only saves one of them. Of two changes of metadata at once, the later one may win.
const LOCK_TIMEOUT_MS: u32 = 10_000;

/// Waits until no other tab holds the lock, and then until the message of that tab has arrived. In a browser without
/// locks it returns at once, and after `LOCK_TIMEOUT_MS` without the lock.
pub async fn acquire_renewal_lock() -> TabLock {
    if let Some(lock) = request_lock(RENEWAL_LOCK, true).await {
        return lock;
    }
    let lock = request_lock(RENEWAL_LOCK, false).await.unwrap_or(TabLock(None));
    TimeoutFuture::new(MESSAGE_DELAY_MS).await;
    lock
}

/// Waits until no other tab changes the user's metadata, as [`acquire_renewal_lock`] does.
pub async fn acquire_metadata_lock() -> TabLock {
    request_lock(METADATA_LOCK, false).await.unwrap_or(TabLock(None))
}

/// Requests the lock `name` by `navigator.locks.request`. With `if_available` it does not wait: it returns `None` while
/// another tab holds the lock. It also returns `None` when the browser refuses the lock or does not give it in time. In a
/// browser without locks it returns a guard at once.
async fn request_lock(name: &str, if_available: bool) -> Option<TabLock> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).unwrap_or_default();
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    let Some(request) = request else { return Some(TabLock(None)) };
    let (released, release) = promise();
    let (decided, decide) = promise();
    let lock = TabLock(release);
    let refuse = decide.clone();
    let callback = Closure::once_into_js(move |lock: JsValue| {
        let _ = decide.map(|decide| decide.call1(&JsValue::UNDEFINED, &lock));
        if lock.is_null() { JsValue::UNDEFINED } else { released.into() }
    });
    let options = Object::new();
    // Fails only for a frozen object.
    let _ = Reflect::set(&options, &"ifAvailable".into(), &if_available.into());
    let requested = request.call3(&locks, &name.into(), &options, &callback).ok()?;
    spawn_local(async move {
        if JsFuture::from(Promise::resolve(&requested)).await.is_err() {
            let _ = refuse.map(|refuse| refuse.call1(&JsValue::UNDEFINED, &JsValue::NULL));
        }
    });
    // Dropping `lock` gives it back: at once, should it come later.
    let decided = within(LOCK_TIMEOUT_MS, JsFuture::from(decided)).await?.ok()?;
    (!decided.is_null()).then_some(lock)
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
    fn a_renewed_token_is_adopted_by_the_same_user_only_and_lives_as_long_by_another_clock() {
        let renewed = Credentials::for_test("auth0|1", "newer");
        let text = serde_json::to_string(&TabMessage::Renewed(Renewal::of(&renewed, 40))).unwrap();
        let TabMessage::Renewed(renewal) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
        let adopted = renewal.clone().adopted_by(&Credentials::for_test("auth0|1", "older"), 5000).unwrap();
        assert_eq!((adopted.bearer.secret(), adopted.expires_at), ("newer", Some(5060)));
        assert_eq!(renewal.adopted_by(&Credentials::for_test("auth0|2", "older"), 5000), None);
    }

    #[test]
    fn a_renewed_token_is_never_printed() {
        let message = TabMessage::Renewed(Renewal::of(&Credentials::for_test("auth0|1", "s3cret"), 0));
        assert!(!format!("{message:?}").contains("s3cret"));
    }
}
