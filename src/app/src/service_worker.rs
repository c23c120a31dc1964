//! Registers the service worker (`src/app/service-worker.js`), which keeps the files of the page.

use leptos::prelude::window;
use leptos::task::spawn_local;
use model::route;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Registers the service worker, and has the one that is there keep the files of the server's build. The page does without where the
/// browser has none (private windows of Firefox, sites without TLS), or the site.
pub fn register() {
    let container = window().navigator().service_worker();
    // A build for development has no worker.
    if cfg!(debug_assertions) || container.is_undefined() {
        return;
    }
    if let Some(worker) = container.controller() {
        // Fails only for a message that cannot be copied.
        let _ = worker.post_message(&JsValue::NULL);
    }
    spawn_local(async move { _ = JsFuture::from(container.register(route::SERVICE_WORKER)).await });
}
