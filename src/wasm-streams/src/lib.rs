//! Stands in for the crate `wasm-streams` (the workspace's `[patch.crates-io]`), which Leptos brings along for server functions with
//! streamed bodies. The page has no server functions, but that crate exports functions to JavaScript, and exports are never left
//! out of the WASM: with what they call they weigh 5 kB with brotli in the first load.

use futures_util::stream::{Stream, empty};
use wasm_bindgen::JsValue;

/// A stream of JavaScript.
#[derive(Debug)]
pub struct ReadableStream(web_sys::ReadableStream);

impl ReadableStream {
    /// Wraps a stream.
    #[must_use]
    pub fn from_raw(raw: web_sys::ReadableStream) -> Self {
        Self(raw)
    }

    /// Returns a stream without any content of `stream`.
    ///
    /// # Panics
    /// Where there are no streams.
    pub fn from_stream(_stream: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        unimplemented!("this page has no server functions")
    }

    /// Returns the wrapped stream.
    #[must_use]
    pub fn into_raw(self) -> web_sys::ReadableStream {
        self.0
    }

    /// Returns an empty stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<JsValue, JsValue>> {
        empty()
    }
}
