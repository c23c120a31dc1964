//! Stands in for the crate `wasm-streams` (the workspace's `[patch.crates-io]`), which Leptos brings along for server functions with
//! streamed bodies. The page has no server functions, but that crate exports functions to JavaScript, and exports are never left
//! out of the WASM: with what they call they weigh 4 kB with brotli in the first load. Whoever writes a server function takes the real
//! crate again: both directions panic here.

use futures_util::stream::{Empty, Stream};
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

    /// Would make a stream for the body of a request.
    ///
    /// # Panics
    /// Always.
    pub fn from_stream(_stream: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        unimplemented!("this page has no server functions")
    }

    /// Returns the wrapped stream.
    #[must_use]
    pub fn into_raw(self) -> web_sys::ReadableStream {
        self.0
    }

    /// Would read the body of a response.
    ///
    /// # Panics
    /// Always.
    pub fn into_stream(self) -> Empty<Result<JsValue, JsValue>> {
        unimplemented!("this page has no server functions")
    }
}
