//! Signing in in a popup, which leaves the page and its session as they are. State, nonce and PKCE verifier stay in
//! the page; the popup returns to the page's callback, which posts the response of its address.
//!
//! A page of a provider may cut the popup off from the page that opened it (Cross-Origin-Opener-Policy). Such a window
//! reports itself as closed while it is open, so that "closed" proves nothing: the page listens on, and the person says
//! whether they go on there, open it again, or cancel.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Function, Promise};
use leptos::prelude::{GetUntracked, RwSignal, Set, set_interval_with_handle, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent, Window};

use super::authorization_request::{self, AuthorizationRequest};
use super::authorization_response::AuthorizationResponse;
use super::credentials::Authentication;
use super::error::{SignInError, SignInErrorKind};
use super::exchange::exchange_code;
use super::transaction::CallbackOutcome;
use crate::clock::{now, within};
use crate::json;
use crate::location::own_origin;
use crate::settings::Tenant;

const CHANNEL: &str = "linked-accounts.popup";
const FEATURES: &str = "popup,width=480,height=720";
/// The media query of screens that a popup would cover. `style/layout.css` has the same width, in letters of the
/// page.
const NARROW: &str = "(max-width: 36rem)";
/// How often the popup is polled for being in sight, for which there is no event.
const POLL: Duration = Duration::from_millis(300);
/// How long a person may take in the popup, in milliseconds.
const VISIT_TIMEOUT_MS: u32 = 30 * 60 * 1000;

/// What the page sees of a popup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PopupState {
    /// There is none.
    #[default]
    None,
    /// It is open.
    Open,
    /// It is closed, or cut off from this page.
    OutOfSight,
}

/// The request that a popup is open for.
struct Visit {
    window: Rc<RefCell<Window>>,
    url: String,
    /// Ends the wait for the response.
    settle: Function,
}

thread_local! {
    /// Whether the next popup closes at once.
    static CLOSE_NEXT: Cell<bool> = const { Cell::new(false) };
    /// The page has one popup at a time.
    static VISIT: RefCell<Option<Visit>> = const { RefCell::new(None) };
}

/// A popup. Dropping it closes the window, as far as the browser lets this page.
pub struct Popup {
    window: Rc<RefCell<Window>>,
    state: RwSignal<PopupState>,
}

/// Why a popup returned no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopupError {
    /// The person closed the window before it left this page.
    Closed,
    /// The person cancelled on this page.
    Cancelled,
    /// No response came in time.
    Timeout,
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
        let _ = self.window.borrow().close();
        self.state.set(PopupState::None);
    }
}

impl Popup {
    /// Opens an empty popup, in place of any other, and shows it in `state`. Browsers allow that only inside a click.
    /// Returns `None` when it is blocked, and on small screens.
    #[must_use]
    pub fn open(state: RwSignal<PopupState>) -> Option<Self> {
        let window = window();
        let is_narrow = window.match_media(NARROW).ok().flatten().is_some_and(|query| query.matches());
        if is_narrow {
            return None;
        }
        cancel();
        let opened = window.open_with_url_and_target_and_features("", CHANNEL, FEATURES).ok().flatten()?;
        if CLOSE_NEXT.take() {
            let _ = opened.close();
        }
        state.set(PopupState::Open);
        Some(Self { window: Rc::new(RefCell::new(opened)), state })
    }

    /// Makes the next popup close as soon as it is open, as a person might. For the demo switch.
    pub fn close_next() {
        CLOSE_NEXT.set(true);
    }

    /// Sends `request` in this popup and returns the tokens. The popup can be used again for another request.
    ///
    /// # Errors
    /// [`PopupError`], with which nothing is known about the person.
    pub async fn authenticate(
        &self,
        tenant: &Tenant,
        request: AuthorizationRequest,
    ) -> Result<Authentication, PopupError> {
        let (url, transaction) = authorization_request::authorize_url(tenant, &own_origin(), request, now())?;
        let response = self.visit(url, &transaction.state).await?;
        match transaction.accept(response)? {
            CallbackOutcome::Exchange(code) => {
                Ok(exchange_code(tenant, &own_origin(), code, transaction, now).await?)
            }
            CallbackOutcome::NoSession => Err(SignInError::from(SignInErrorKind::Stale).into()),
        }
    }

    /// Opens `url` in the popup and returns the response with this `state` that its callback posts.
    async fn visit(&self, url: String, state: &str) -> Result<AuthorizationResponse, PopupError> {
        // It shows nothing of another origin yet, which alone could have cut it off.
        if is_out_of_sight(&self.window) {
            return Err(PopupError::Closed);
        }
        let channel =
            BroadcastChannel::new(CHANNEL).map_err(|_| SignInError::from(SignInErrorKind::Storage))?;
        let mut settle: Option<Function> = None;
        let answer = Promise::new(&mut |resolve, _| settle = Some(resolve));
        let settle = settle.ok_or(PopupError::Closed)?;
        let on_message = {
            let (settle, state) = (settle.clone(), state.to_owned());
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let is_ours =
                    read(&event.data()).is_some_and(|response| response.state.as_deref() == Some(&state));
                if is_ours {
                    // Fails only if the page has replaced its promises.
                    let _ = settle.call1(&JsValue::UNDEFINED, &event.data());
                }
            })
        };
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        // Fails only for an address that does not parse.
        let _ = self.window.borrow().location().replace(&url);
        VISIT.set(Some(Visit { window: self.window.clone(), url, settle }));
        let shown = self.state;
        let poll = move || {
            let is_out_of_sight =
                VISIT.with_borrow(|visit| visit.as_ref().is_some_and(|visit| is_out_of_sight(&visit.window)));
            let seen = if is_out_of_sight { PopupState::OutOfSight } else { PopupState::Open };
            if shown.get_untracked() != seen {
                shown.set(seen);
            }
        };
        let poll = set_interval_with_handle(poll, POLL);
        let answer = within(VISIT_TIMEOUT_MS, JsFuture::from(answer)).await;
        if let Ok(poll) = poll {
            poll.clear();
        }
        VISIT.set(None);
        channel.close();
        let answer = answer.ok_or(PopupError::Timeout)?.unwrap_or_default();
        read(&answer).ok_or(PopupError::Cancelled)
    }
}

fn is_out_of_sight(window: &RefCell<Window>) -> bool {
    window.borrow().closed().unwrap_or(true)
}

/// Brings the popup to the front, or opens it again for the same request when it is out of sight. Only inside a click.
pub fn bring_to_front() {
    VISIT.with_borrow(|visit| {
        let Some(Visit { window: popup, url, .. }) = visit else { return };
        if is_out_of_sight(popup) {
            let opened = window().open_with_url_and_target_and_features(url, CHANNEL, FEATURES);
            if let Some(opened) = opened.ok().flatten() {
                popup.replace(opened);
            }
        } else {
            // A browser may leave it where it is.
            let _ = popup.borrow().focus();
        }
    });
}

/// Ends the wait for the popup's response.
pub fn cancel() {
    if let Some(visit) = VISIT.take() {
        // Fails only if the page has replaced its promises.
        let _ = visit.settle.call0(&JsValue::UNDEFINED);
    }
}

/// Posts the response of a popup's callback to the page that waits for it: by a channel, which reaches it although the
/// popup may have lost its opener. A code is worthless without the PKCE verifier, which only that page has.
pub fn post_to_opener(response: &AuthorizationResponse) {
    if let Ok(channel) = BroadcastChannel::new(CHANNEL)
        && let Ok(text) = serde_json::to_string(response)
    {
        // Fails only for a closed channel.
        let _ = channel.post_message(&text.into());
        channel.close();
    }
    // The page closes a popup that it sees. One that lost its opener tries itself; not every browser lets it.
    if window().opener().is_ok_and(|opener| opener.is_null()) {
        let _ = window().close();
    }
}

fn read(message: &JsValue) -> Option<AuthorizationResponse> {
    json::read(&message.as_string()?).ok()
}
