//! How a browser came to make a request (Fetch Metadata Request Headers, section 2).
//!
//! The session's cookie goes along with what a page of another site embeds, because silent sign-in runs in a frame. What an
//! image does by itself is not what the person wants.

use axum::http::{HeaderMap, header};

/// Returns whether the request is for a part of a page of another site, as an image, a script or a `fetch`, and not for a page.
pub(crate) fn is_subresource_of_another_site(headers: &HeaderMap) -> bool {
    match (text(headers, "sec-fetch-mode"), text(headers, "sec-fetch-site")) {
        (Some(mode), Some("cross-site")) => mode != "navigate",
        (Some(_), _) => false,
        (None, _) => wants_media(headers),
    }
}

/// Returns whether another site makes the request without showing it as a page of its own: as [a part of a
/// page](is_subresource_of_another_site) or in a frame; or whether a browser loads the page in advance.
pub(crate) fn is_hidden(headers: &HeaderMap) -> bool {
    let is_prefetch = [text(headers, "sec-purpose"), text(headers, "purpose")]
        .into_iter()
        .flatten()
        .any(|purpose| purpose.contains("prefetch"));
    let is_framed = text(headers, "sec-fetch-site") == Some("cross-site")
        && text(headers, "sec-fetch-dest").is_some_and(|destination| destination != "document");
    is_prefetch || is_framed || is_subresource_of_another_site(headers)
}

/// Returns whether a browser without these headers (Safari before 16.4) asks for media or a style sheet. For a page it asks
/// for HTML first, and other programs for anything.
fn wants_media(headers: &HeaderMap) -> bool {
    let first = text(headers, header::ACCEPT.as_str()).and_then(|accept| accept.split([',', ';']).next());
    first.is_some_and(|first| {
        let first = first.trim();
        first == "text/css"
            || ["image/", "audio/", "video/", "font/"].iter().any(|kind| first.starts_with(kind))
    })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether a request is a part of a page of another site, and whether it is hidden.
    fn kinds(site: &str, mode: &str, destination: &str) -> (bool, bool) {
        let fields = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", destination)];
        let headers =
            fields.map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap()));
        let headers = HeaderMap::from_iter(headers);
        (is_subresource_of_another_site(&headers), is_hidden(&headers))
    }

    #[test]
    fn a_page_of_its_own_is_told_from_a_frame_and_from_a_part() {
        for site in ["cross-site", "same-site", "same-origin", "none"] {
            assert_eq!(kinds(site, "navigate", "document"), (false, false), "{site}");
        }
        for frame in ["iframe", "frame", "object", "embed", "fencedframe"] {
            assert_eq!(kinds("cross-site", "navigate", frame), (false, true), "{frame}");
            assert_eq!(kinds("same-site", "navigate", frame), (false, false), "{frame}");
        }
        for (mode, destination) in [
            ("no-cors", "image"),
            ("no-cors", "script"),
            ("cors", "empty"),
            ("no-cors", "empty"),
            ("x", "new"),
        ] {
            assert_eq!(kinds("cross-site", mode, destination), (true, true), "{mode} {destination}");
            assert_eq!(kinds("same-origin", mode, destination), (false, false), "{mode} {destination}");
        }
    }

    #[test]
    fn without_the_headers_only_what_asks_for_media_first_is_a_part() {
        let accepting = |accept: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            is_hidden(&headers)
        };
        for page in
            [None, Some("*/*"), Some("text/html,application/xhtml+xml,image/webp"), Some("application/json")]
        {
            assert!(!accepting(page), "{page:?}");
        }
        for part in ["image/webp,image/png,*/*;q=0.8", "video/*;q=0.8", "text/css,*/*;q=0.1", "image/*"] {
            assert!(accepting(Some(part)), "{part}");
        }
    }
}
