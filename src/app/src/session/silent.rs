//! Silent authorization in a hidden frame, by `response_mode=web_message` (contract [C2](model::contract#c2)).

use std::time::Duration;

use js_sys::{Function, Object, Promise};
use leptos::prelude::{document, set_timeout_with_handle, window_event_listener_untyped};
use model::silent_sign_in::{FRAME_TIMEOUT_MS, MESSAGE_TYPE};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlIFrameElement, MessageEvent};

use super::authorization_response::AuthorizationResponse;
use super::error::{SignInError, SignInErrorKind};
use crate::early_start::{member, text};

/// Opens `url` in a hidden frame and returns the response that it posts. Messages from another origin than
/// `tenant_origin`, or from another window than the frame, are ignored.
///
/// # Errors
/// [`SignInErrorKind::Timeout`] when no message comes in time; a lost connection looks the same from here.
pub async fn authorize(url: &str, tenant_origin: &str) -> Result<AuthorizationResponse, SignInError> {
    let frame: HtmlIFrameElement = document()
        .create_element("iframe")
        .ok()
        .and_then(|element| element.dyn_into().ok())
        .ok_or(SignInErrorKind::Timeout)?;
    frame.set_hidden(true);
    frame.set_src(url);

    let mut resolve: Option<Function> = None;
    let answer = Promise::new(&mut |settle, _| resolve = Some(settle));
    let resolve = resolve.ok_or(SignInErrorKind::Timeout)?;

    let listener = window_event_listener_untyped("message", {
        let (frame, origin, resolve) = (frame.clone(), tenant_origin.to_owned(), resolve.clone());
        move |event| {
            if let Some(event) = event.dyn_ref::<MessageEvent>()
                && event.origin() == origin
                && is_from(event, &frame)
                && text(&event.data(), "type").as_deref() == Some(MESSAGE_TYPE)
            {
                let response = member(&event.data(), "response");
                // Fails only if the page has replaced its promises.
                let _ = resolve.call1(&JsValue::UNDEFINED, &response);
            }
        }
    });
    let timer = set_timeout_with_handle(
        move || _ = resolve.call0(&JsValue::UNDEFINED),
        Duration::from_millis(FRAME_TIMEOUT_MS.into()),
    );
    let attached = document().body().is_some_and(|body| body.append_child(&frame).is_ok());
    let answer = if attached { JsFuture::from(answer).await.unwrap_or_default() } else { JsValue::UNDEFINED };

    listener.remove();
    if let Ok(timer) = timer {
        timer.clear();
    }
    frame.remove();
    AuthorizationResponse::read(|name| text(&answer, name)).ok_or_else(|| SignInErrorKind::Timeout.into())
}

fn is_from(event: &MessageEvent, frame: &HtmlIFrameElement) -> bool {
    match (event.source(), frame.content_window()) {
        (Some(source), Some(window)) => Object::is(&source, &window),
        _ => false,
    }
}
