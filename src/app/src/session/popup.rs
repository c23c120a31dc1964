//! Signing in in a window of its own, which leaves the page and its session as they are. State, nonce and PKCE
//! secret stay here; the window comes back to the page's callback and hands over what stands in its address.

use std::cell::Cell;
use std::time::Duration;

use js_sys::{Function, Promise};
use leptos::prelude::{set_interval_with_handle, window};
use oauth2::CsrfToken;
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent, Window};

use super::authorization_response::{AuthorizationResponse, CallbackOutcome};
use super::transaction::{self, Authentication, AuthorizationRequest};
use super::{LoginError, LoginErrorKind, Session, now, silent};
use crate::json;

/// What the state of a popup's login begins with: by it the callback knows that somebody waits for the answer.
const STATE_PREFIX: &str = "popup.";
const CHANNEL: &str = "linked-accounts.popup";
const FEATURES: &str = "popup,width=480,height=720";
/// Below this width a window of its own would cover the page anyway: `style/layout.css`.
const NARROW: &str = "(max-width: 36rem)";
/// How often to look whether the window was closed: no event tells it.
const CLOSED_POLL: Duration = Duration::from_millis(300);

thread_local! {
    /// Whether the next window shall close at once.
    static CLOSE_NEXT: Cell<bool> = const { Cell::new(false) };
}

/// Marks the state of a popup's login.
pub(super) fn popup_state(state: CsrfToken) -> CsrfToken {
    CsrfToken::new(format!("{STATE_PREFIX}{}", state.into_secret()))
}

/// Whether a state is that of a popup's login.
#[must_use]
pub fn is_popup_state(state: &str) -> bool {
    state.starts_with(STATE_PREFIX)
}

/// A window of its own. Dropping it closes it.
pub struct Popup(Window);

/// Why a popup proved nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopupError {
    /// The person closed the window.
    Closed,
    /// Signing in did not work.
    Login(LoginError),
}

impl From<LoginError> for PopupError {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

impl Drop for Popup {
    fn drop(&mut self) {
        // A window that is closed already stays so.
        let _ = self.0.close();
    }
}

impl Popup {
    /// Opens an empty window; only inside a click. `None` where the browser blocks it, and on small screens.
    #[must_use]
    pub fn open() -> Option<Self> {
        let window = window();
        let is_narrow = window.match_media(NARROW).ok().flatten().is_some_and(|query| query.matches());
        if is_narrow {
            return None;
        }
        let opened =
            window.open_with_url_and_target_and_features("", CHANNEL, FEATURES).ok().flatten().map(Self)?;
        if CLOSE_NEXT.take() {
            let _ = opened.0.close();
        }
        Some(opened)
    }

    /// Closes the next window as soon as it is open, as a person might: for demos.
    pub fn close_next() {
        CLOSE_NEXT.set(true);
    }

    /// Asks the tenant in this window and waits for the proof. Can be called again for another.
    ///
    /// # Errors
    /// [`PopupError`].
    pub async fn ask(
        &self,
        session: Session,
        ask: AuthorizationRequest,
    ) -> Result<Authentication, PopupError> {
        let tenant = session.tenant();
        let (url, transaction) = transaction::authorize_url(&tenant, &silent::own_origin(), ask, now())?;
        let response = self.visit(&url, &transaction.state).await?;
        match response.judge(Some(&transaction))? {
            CallbackOutcome::Exchange(code) => {
                Ok(transaction::exchange_code(&tenant, &silent::own_origin(), code, transaction, now).await?)
            }
            CallbackOutcome::NoSession => Err(LoginError::from(LoginErrorKind::Stale).into()),
        }
    }

    async fn visit(&self, url: &str, state: &str) -> Result<AuthorizationResponse, PopupError> {
        let channel =
            BroadcastChannel::new(CHANNEL).map_err(|_| LoginError::from(LoginErrorKind::Storage))?;
        let mut resolve: Option<Function> = None;
        let answer = Promise::new(&mut |settle, _| resolve = Some(settle));
        let resolve = resolve.ok_or(PopupError::Closed)?;
        let heard = {
            let (resolve, state) = (resolve.clone(), state.to_owned());
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let is_ours = read(&event.data()).is_some_and(|handed| handed.state == state);
                if is_ours {
                    // The only way to fail is a page that replaced its own promises.
                    let _ = resolve.call1(&JsValue::UNDEFINED, &event.data());
                }
            })
        };
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let watched = self.0.clone();
        let glance = set_interval_with_handle(
            move || {
                if watched.closed().unwrap_or(true) {
                    let _ = resolve.call0(&JsValue::UNDEFINED);
                }
            },
            CLOSED_POLL,
        );
        // Fails only for an address that does not parse.
        let _ = self.0.location().replace(url);
        let answer = JsFuture::from(answer).await.unwrap_or_default();
        if let Ok(glance) = glance {
            glance.clear();
        }
        channel.close();
        read(&answer).and_then(Handed::into_response).ok_or(PopupError::Closed)
    }
}

/// What a popup's callback found in its address.
#[derive(Clone, Serialize, Deserialize)]
pub struct Handed {
    state: String,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Handed {
    /// Reads a popup's answer through `get`, which looks one parameter up; `None` when it is none.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let state = get("state").filter(|state| is_popup_state(state))?;
        let (code, error) = (get("code"), get("error"));
        Some(Self { state, code, error, error_description: get("error_description") })
    }

    /// Hands the answer over to whoever waits for it. A code is worth nothing without the secret of the page that
    /// began the login.
    pub fn over(&self) {
        if let Ok(channel) = BroadcastChannel::new(CHANNEL)
            && let Ok(text) = serde_json::to_string(self)
        {
            // Fails only for a closed channel.
            let _ = channel.post_message(&text.into());
            channel.close();
        }
    }

    fn into_response(self) -> Option<AuthorizationResponse> {
        let Self { state, code, error, error_description } = self;
        AuthorizationResponse::read(|name| match name {
            "state" => Some(state.clone()),
            "code" => code.clone(),
            "error" => error.clone(),
            "error_description" => error_description.clone(),
            _ => None,
        })
    }
}

fn read(message: &JsValue) -> Option<Handed> {
    json::read(&message.as_string()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(parameters: &[(&str, &str)]) -> Option<Handed> {
        Handed::read(|name| {
            parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn only_the_answer_to_a_popup_is_handed_over() {
        assert!(handed(&[("state", "popup.x"), ("code", "c")]).is_some());
        assert!(handed(&[("state", "x"), ("code", "c")]).is_none());
        assert!(handed(&[("code", "c")]).is_none());
    }

    #[test]
    fn what_is_handed_over_is_judged_like_any_response() {
        let response = handed(&[("state", "popup.x"), ("error", "access_denied")]).unwrap().into_response();
        let error =
            response.unwrap().judge(Some(&transaction::Transaction::for_test("popup.x", false))).unwrap_err();
        assert_eq!(error.kind, LoginErrorKind::Denied);
    }
}
