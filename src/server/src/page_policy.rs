//! The content security policy of the page and of its service worker.
//!
//! `cargo xtask build` writes the policy once, as `csp.txt` at the root of the site, because only the build
//! knows the hashes of the inline scripts. This server, other static hosts and the browser tests all read that
//! file.

use http::{HeaderName, HeaderValue};

/// The path of the policy's file below the root of the site.
pub(crate) const POLICY_FILE: &str = "/csp.txt";

/// The source that stands for the tenant's origin in the file, with the space that separates it from the one
/// before.
const TENANT_SOURCE: &str = " https://TENANT";

/// `Cross-Origin-Opener-Policy`. Only the page has one: a hosted page of the tenant in a popup must keep its
/// opener, which may live on another origin.
pub(crate) const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The policy of the page's service worker, which fetches the files of the site and nothing else.
pub(crate) const WORKER_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; connect-src 'self'; frame-ancestors 'none'");

/// Why a site has no usable policy.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyError {
    /// The site has no `csp.txt`.
    #[error("it has no csp.txt, which holds the page's content security policy")]
    Missing,
    /// `csp.txt` is not one line of printable ASCII.
    #[error("its csp.txt is not a content security policy on one line of printable ASCII characters")]
    Malformed,
}

/// Returns the `Content-Security-Policy` of the page from the content of `csp.txt`.
///
/// `tenant` is the origin of a tenant elsewhere, which takes the place of the placeholder `https://TENANT` in every directive.
/// Without one, the tenant has the origin of the page, which `'self'` covers: the placeholder is removed.
///
/// # Errors
/// [`PolicyError`] when there is no content, or when it cannot be sent as a header.
pub(crate) fn page_policy(file: Option<&[u8]>, tenant: Option<&str>) -> Result<HeaderValue, PolicyError> {
    let text = std::str::from_utf8(file.ok_or(PolicyError::Missing)?).map_err(|_| PolicyError::Malformed)?;
    let source = tenant.map_or_else(String::new, |origin| format!(" {origin}"));
    let policy = text.trim().replace(TENANT_SOURCE, &source);
    let is_printable = !policy.is_empty() && policy.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    HeaderValue::from_str(&policy).ok().filter(|_| is_printable).ok_or(PolicyError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenants_origin_is_named_unless_self_covers_it() {
        let file =
            b"default-src 'none'; img-src 'self' data: https://TENANT; connect-src 'self' https://TENANT\n";
        let policy = page_policy(Some(file), None).unwrap();
        assert_eq!(policy, "default-src 'none'; img-src 'self' data:; connect-src 'self'");
        let policy = page_policy(Some(file), Some("https://example.eu.auth0.com")).unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; img-src 'self' data: https://example.eu.auth0.com; \
             connect-src 'self' https://example.eu.auth0.com"
        );
    }

    #[test]
    fn a_site_without_a_policy_is_refused() {
        assert_eq!(page_policy(None, None), Err(PolicyError::Missing));
    }

    #[test]
    fn a_policy_that_is_not_one_line_of_ascii_is_refused() {
        for content in
            ["", "\n", "default-src 'none'\nimg-src 'self'", "default-src 'none'; img-src ü", "a\0b"]
        {
            assert_eq!(
                page_policy(Some(content.as_bytes()), None),
                Err(PolicyError::Malformed),
                "{content:?}"
            );
        }
        assert_eq!(page_policy(Some(b"\xff"), None), Err(PolicyError::Malformed));
    }
}
