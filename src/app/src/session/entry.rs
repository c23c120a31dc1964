//! How the browser came to the page.

use leptos::prelude::window;
use model::route;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use super::authorization_response::AuthorizationResponse;
use super::storage;
use super::transaction::{Transaction, is_popup_state};

/// What the browser brought along when the page was opened.
#[derive(Clone)]
pub enum PageEntry {
    /// An ordinary visit.
    Visit,
    /// The way back from the tenant, with the login that was under way, if any.
    Callback(Option<AuthorizationResponse>, Option<Box<Transaction>>),
    /// The way back from the tenant in a popup: the page that opened it waits for this.
    Popup(Option<AuthorizationResponse>),
}

impl PageEntry {
    /// Reads the address once, takes the login under way, and cleans the address, so that neither code nor
    /// state stay in it or in the history whatever happens next.
    #[must_use]
    pub fn take() -> Self {
        let location = window().location();
        if location.pathname().as_deref() != Ok(route::CALLBACK) {
            return Self::Visit;
        }
        let search = location.search().unwrap_or_default();
        let parameters = UrlSearchParams::new_with_str(&search).ok();
        if let Ok(history) = window().history() {
            // Refused only for another origin, which this path is not.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(route::CALLBACK));
        }
        let get = |name: &str| parameters.as_ref().and_then(|all| all.get(name));
        let response = AuthorizationResponse::read(get);
        if get("state").is_some_and(|state| is_popup_state(&state)) {
            return Self::Popup(response);
        }
        Self::Callback(response, storage::take_transaction().map(Box::new))
    }
}
