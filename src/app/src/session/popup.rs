//! Signing in in a popup, which leaves the page and its session as they are. State, nonce and PKCE verifier stay in
//! the page; the popup returns to the page's callback, which posts the response of its address.

use std::cell::Cell;
use std::time::Duration;

use js_sys::{Function, Promise};
use leptos::prelude::{set_interval_with_handle, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent, Window};

use super::authorization_response::AuthorizationResponse;
use super::credentials::Authentication;
use super::error::{SignInError, SignInErrorKind};
use super::transaction::{self, AuthorizationRequest, CallbackOutcome};
use crate::clock::now;
use crate::json;
use crate::location::own_origin;
use crate::settings::Tenant;

const CHANNEL: &str = "linked-accounts.popup";
const FEATURES: &str = "popup,width=480,height=720";
/// The media query of screens that a popup would cover. `style/layout.css` has the same width.
const NARROW: &str = "(max-width: 36rem)";
/// How often the popup is polled for having been closed, for which there is no event.
const CLOSED_POLL: Duration = Duration::from_millis(300);

thread_local! {
    /// Whether the next popup closes at once.
    static CLOSE_NEXT: Cell<bool> = const { Cell::new(false) };
}

/// A popup. Dropping it closes the window.
pub struct Popup(Window);

/// Why a popup returned no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopupError {
    /// The person closed the window.
    Closed,
    /// Signing in failed.
    SignIn(SignInError),
}

impl From<SignInError> for PopupError {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error)
    }
}

impl Drop for Popup {
    fn drop(&mut self) {
        // Closing a closed window does nothing.
        let _ = self.0.close();
    }
}

impl Popup {
    /// Opens an empty popup. Browsers allow that only inside a click. Returns `None` when it is blocked, and on small
    /// screens.
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

    /// Makes the next popup close as soon as it is open, as a person might. For the demo switch.
    pub fn close_next() {
        CLOSE_NEXT.set(true);
    }

    /// Sends `request` in this popup and returns the tokens. The popup can be used again for another request.
    ///
    /// # Errors
    /// [`PopupError::Closed`] when the person closes the popup, [`PopupError::SignIn`] when signing in fails.
    pub async fn authenticate(
        &self,
        tenant: &Tenant,
        request: AuthorizationRequest,
    ) -> Result<Authentication, PopupError> {
        let (url, transaction) = transaction::authorize_url(tenant, &own_origin(), request, now())?;
        let response = self.visit(&url, &transaction.state).await?;
        match transaction.accept(response)? {
            CallbackOutcome::Exchange(code) => {
                Ok(transaction::exchange_code(tenant, &own_origin(), code, transaction, now).await?)
            }
            CallbackOutcome::NoSession => Err(SignInError::from(SignInErrorKind::Stale).into()),
        }
    }

    /// Opens `url` in the popup and returns the response with this `state` that its callback posts.
    async fn visit(&self, url: &str, state: &str) -> Result<AuthorizationResponse, PopupError> {
        let channel =
            BroadcastChannel::new(CHANNEL).map_err(|_| SignInError::from(SignInErrorKind::Storage))?;
        let mut resolve: Option<Function> = None;
        let answer = Promise::new(&mut |settle, _| resolve = Some(settle));
        let resolve = resolve.ok_or(PopupError::Closed)?;
        let on_message = {
            let (resolve, state) = (resolve.clone(), state.to_owned());
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let is_ours =
                    read(&event.data()).is_some_and(|response| response.state.as_deref() == Some(&state));
                if is_ours {
                    // Fails only if the page has replaced its promises.
                    let _ = resolve.call1(&JsValue::UNDEFINED, &event.data());
                }
            })
        };
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let popup = self.0.clone();
        let poll = set_interval_with_handle(
            move || {
                if popup.closed().unwrap_or(true) {
                    let _ = resolve.call0(&JsValue::UNDEFINED);
                }
            },
            CLOSED_POLL,
        );
        // Fails only for an address that does not parse.
        let _ = self.0.location().replace(url);
        let answer = JsFuture::from(answer).await.unwrap_or_default();
        if let Ok(poll) = poll {
            poll.clear();
        }
        channel.close();
        read(&answer).ok_or(PopupError::Closed)
    }
}

/// Posts the response of a popup's callback to the page that waits for it. A code is worthless without the PKCE
/// verifier, which only that page has.
pub fn post_to_opener(response: &AuthorizationResponse) {
    if let Ok(channel) = BroadcastChannel::new(CHANNEL)
        && let Ok(text) = serde_json::to_string(response)
    {
        // Fails only for a closed channel.
        let _ = channel.post_message(&text.into());
        channel.close();
    }
}

fn read(message: &JsValue) -> Option<AuthorizationResponse> {
    json::read(&message.as_string()?).ok()
}
