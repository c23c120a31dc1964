//! What the tabs of one browser tell each other: that a list changed, that somebody signed out, that a token was
//! renewed. The channel reaches pages of our own origin only and keeps nothing. Browsers without it, or without locks,
//! lose the convenience and nothing else.

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
/// The lock under which one tab at a time renews the token.
const RENEWAL_LOCK: &str = "linked-accounts.renewal";

/// What happened in another tab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum TabMessage {
    /// The logins of this account are others now.
    Changed(UserId),
    /// Somebody signed out.
    SignedOut,
    /// There is a new token.
    Renewed(Renewal),
}

/// A token that another tab renewed. Its Debug prints no token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Renewal {
    user_id: UserId,
    #[serde(with = "plain")]
    bearer: BearerToken,
    expires_at: Option<i64>,
}

/// A token on its way to another tab: the one place where it becomes plain text outside a request.
mod plain {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::BearerToken;

    pub(super) fn serialize<S: Serializer>(bearer: &BearerToken, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(bearer.secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BearerToken, D::Error> {
        String::deserialize(from).map(BearerToken::new)
    }
}

impl Renewal {
    /// What the other tabs need of `account`.
    #[must_use]
    pub fn of(account: &Credentials) -> Self {
        Self {
            user_id: account.person.user_id.clone(),
            bearer: account.bearer.clone(),
            expires_at: account.expires_at,
        }
    }

    /// `account` with the renewed token; `None` when it is somebody else's.
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
    /// The one end of the channel that this page has: what is sent from it reaches all others, but not itself.
    static OPEN: Option<BroadcastChannel> = open();
}

/// Tells the other tabs.
pub fn broadcast(news: &TabMessage) {
    if let Ok(text) = serde_json::to_string(news) {
        // Fails only for a closed channel.
        OPEN.with(|channel| channel.as_ref().map(|channel| channel.post_message(&text.into())));
    }
}

/// Calls `on_news` for what other tabs tell, as long as the page lives.
pub fn on_message(on_news: impl Fn(TabMessage) + 'static) {
    let heard = move |event: MessageEvent| {
        if let Some(news) = event.data().as_string().and_then(|text| json::read(&text).ok()) {
            on_news(news);
        }
    };
    let heard = Closure::<dyn Fn(MessageEvent)>::new(heard);
    OPEN.with(|channel| {
        if let Some(channel) = channel {
            channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        }
    });
    heard.forget();
}

fn open() -> Option<BroadcastChannel> {
    Reflect::has(&window(), &"BroadcastChannel".into()).ok().filter(|has| *has)?;
    BroadcastChannel::new(CHANNEL).ok()
}

/// How long news may be on their way after the lock that another tab held, in milliseconds: the two travel apart.
const MESSAGE_DELAY: u32 = 300;

/// Holds the renewal lock until it is dropped.
pub struct RenewalLock(Option<Function>);

impl Drop for RenewalLock {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            // Settling a promise does not fail.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits until no other tab renews, and until what one of them told in the meantime is here. A browser without locks
/// lets everybody have a turn.
pub async fn acquire_renewal_lock() -> RenewalLock {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).unwrap_or_default();
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    let Some(request) = request else { return RenewalLock(None) };
    if let Some(turn) = hold(&locks, &request, true).await {
        return turn;
    }
    let turn = hold(&locks, &request, false).await.unwrap_or(RenewalLock(None));
    TimeoutFuture::new(MESSAGE_DELAY).await;
    turn
}

/// Asks for the lock; `None` when it is to be had `at_once` or not at all, and another tab holds it.
async fn hold(locks: &JsValue, request: &Function, at_once: bool) -> Option<RenewalLock> {
    let (over, release) = promise();
    let (answered, answer) = promise();
    let given = Closure::once_into_js(move |lock: JsValue| {
        let _ = answer.map(|answer| answer.call1(&JsValue::UNDEFINED, &lock));
        if lock.is_null() { JsValue::UNDEFINED } else { over.into() }
    });
    let options = Object::new();
    // Fails only for a frozen object.
    let _ = Reflect::set(&options, &"ifAvailable".into(), &at_once.into());
    request.call3(locks, &RENEWAL_LOCK.into(), &options, &given).ok()?;
    // Never rejected: its resolver is all that settles it.
    let lock = JsFuture::from(answered).await.ok()?;
    (!lock.is_null()).then_some(RenewalLock(release))
}

fn promise() -> (Promise, Option<Function>) {
    let mut resolve = None;
    let promise = Promise::new(&mut |settle, _| resolve = Some(settle));
    (promise, resolve)
}

#[cfg(test)]
mod tests {
    use model::Profile;

    use super::*;
    use crate::session::credentials::Person;

    fn account(id: &str, bearer: &str) -> Credentials {
        Credentials {
            person: Person { user_id: UserId::new(id), profile: Profile::default() },
            bearer: BearerToken::new(bearer.to_owned()),
            expires_at: Some(100),
            auth_time: None,
            current_identity: None,
        }
    }

    #[test]
    fn a_renewed_token_is_adopted_by_the_same_person_only() {
        let told =
            serde_json::to_string(&TabMessage::Renewed(Renewal::of(&account("auth0|1", "newer")))).unwrap();
        let TabMessage::Renewed(renewal) = serde_json::from_str(&told).unwrap() else { panic!("{told}") };
        let adopted = renewal.clone().adopted_by(&account("auth0|1", "older")).unwrap();
        assert_eq!(adopted.bearer.secret(), "newer");
        assert_eq!(renewal.adopted_by(&account("auth0|2", "older")), None);
    }

    #[test]
    fn a_token_on_its_way_is_never_printed() {
        let news = TabMessage::Renewed(Renewal::of(&account("auth0|1", "s3cret")));
        assert!(!format!("{news:?}").contains("s3cret"));
    }
}
