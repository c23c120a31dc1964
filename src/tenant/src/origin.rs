//! Origins of URLs.

use url::Url;

/// Returns the serialized origin of an http(s) URL, as a browser writes it. `None` for any other text.
pub(crate) fn origin_of(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}
