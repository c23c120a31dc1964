//! What the inline script of the shell (`early-start.js`) began while the page was on its way: the settings and a silent
//! sign-in.
//!
//! The script leaves one object for the page, which [`EarlyStart::take`] takes away, so that no token stays where another
//! script could find it. Whatever is in it is unchecked: who takes a step over checks it as if it had come just now.

use js_sys::{Object, Promise, Reflect, Symbol};
use leptos::prelude::window;
use model::silent_sign_in::EARLY_START;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// What was begun; nothing where the script did not run, or has nothing to do at this address.
#[derive(Default)]
pub struct EarlyStart {
    /// The response to the request for the settings, with its body.
    pub settings: Option<Promise>,
    /// The silent sign-in; it resolves to `undefined` when none was sent.
    pub sign_in: Option<Promise>,
}

impl EarlyStart {
    /// Takes what was begun. A second call finds nothing.
    #[must_use]
    pub fn take() -> Self {
        let (window, key) = (window(), Symbol::for_(EARLY_START));
        let begun = Reflect::get(&window, &key).unwrap_or_default();
        if !begun.is_object() {
            return Self::default();
        }
        // Fails for no property that the script has defined.
        let _ = Reflect::delete_property(&window, &key);
        Self { settings: promise(&begun, "settings"), sign_in: promise(&begun, "signIn") }
    }
}

/// Returns the member `key` of an object that the script made, if it is a promise.
#[must_use]
pub fn promise(object: &JsValue, key: &str) -> Option<Promise> {
    member(object, key).dyn_into().ok()
}

/// Returns the member `key` of what may be an object, if it is text.
#[must_use]
pub fn text(object: &JsValue, key: &str) -> Option<String> {
    member(object, key).as_string()
}

/// Returns the member `key` of what may be an object, if it is a number, without its fraction.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
#[must_use]
pub fn number(object: &JsValue, key: &str) -> Option<i64> {
    member(object, key).as_f64().map(|number| number as i64)
}

/// Returns the member `key` of what may be an object.
#[must_use]
pub fn member(object: &JsValue, key: &str) -> JsValue {
    if object.is_object() {
        Reflect::get(object, &key.into()).unwrap_or_default()
    } else {
        JsValue::UNDEFINED
    }
}

/// Waits for a response that the script asked for, and returns it with its body, which the script has read.
///
/// # Errors
/// The browser's message when none came.
pub async fn response(begun: Promise) -> Result<(gloo_net::http::Response, String), gloo_net::Error> {
    let begun = JsFuture::from(begun).await.map_err(|reason| error_of(&reason))?;
    let response = member(&begun, "response").dyn_into::<Response>().map_err(|reason| error_of(&reason))?;
    Ok((response.into(), text(&begun, "body").unwrap_or_default()))
}

/// Returns the error of a request that was rejected for this reason.
#[must_use]
pub fn error_of(reason: &JsValue) -> gloo_net::Error {
    let text = reason.dyn_ref::<Object>().map(Object::to_string);
    gloo_net::Error::GlooError(text.map_or_else(String::new, String::from))
}
