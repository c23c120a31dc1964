//! How the browser entered the page.

use leptos::prelude::window;
use model::route;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use super::authorization_response::AuthorizationResponse;
use super::storage;
use super::transaction::is_popup_state;

/// How the page was opened, with what its address contained.
#[derive(Clone)]
pub enum PageEntry {
    /// An ordinary visit.
    Visit,
    /// The redirect from the tenant, with its response and the stored transaction as text, if any.
    Callback(Option<AuthorizationResponse>, Option<String>),
    /// The redirect from the tenant in a popup. The page that opened it waits for this response.
    Popup(Option<AuthorizationResponse>),
}

impl PageEntry {
    /// Reads the address and takes the stored transaction. Removes the parameters from the address, so that neither
    /// code nor state stay there or in the history.
    #[must_use]
    pub fn take() -> Self {
        let location = window().location();
        if location.pathname().as_deref() != Ok(route::CALLBACK) {
            return Self::Visit;
        }
        let search = location.search().unwrap_or_default();
        let parameters = UrlSearchParams::new_with_str(&search).ok();
        if let Ok(history) = window().history() {
            // Fails only for another origin.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(route::CALLBACK));
        }
        let get = |name: &str| parameters.as_ref().and_then(|all| all.get(name));
        let response = AuthorizationResponse::read(get);
        if get("state").is_some_and(|state| is_popup_state(&state)) {
            return Self::Popup(response);
        }
        Self::Callback(response, storage::take_transaction())
    }
}
