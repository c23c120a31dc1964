//! Content security policies, as far as the page depends on them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::Url;

/// A policy: its directives with their sources, in lower case but for hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContentPolicy(Vec<(String, Vec<String>)>);

impl ContentPolicy {
    pub(crate) fn parse(text: &str) -> Self {
        let directives = text.split(';').filter_map(|directive| {
            let mut words = directive.split_ascii_whitespace().map(str::to_owned);
            Some((words.next()?.to_ascii_lowercase(), words.collect()))
        });
        Self(directives.collect())
    }

    /// Returns the sources of a directive, or of the one that stands in for it; `None` if neither is there, which allows all.
    pub(crate) fn sources(&self, directive: &str) -> Option<&[String]> {
        let find =
            |name: &str| self.0.iter().find(|(key, _)| key == name).map(|(_, sources)| sources.as_slice());
        find(directive).or_else(|| find("default-src"))
    }

    /// Whether `directive` lets a page of the origin `page` reach the origin `wanted`.
    pub(crate) fn allows_origin(&self, directive: &str, page: &str, wanted: &str) -> bool {
        self.sources(directive).is_none_or(|sources| {
            sources.iter().any(|source| match source.to_ascii_lowercase().as_str() {
                "'self'" => page == wanted,
                source => matches(source, page, wanted),
            })
        })
    }

    /// Whether the inline script runs.
    pub(crate) fn allows_script(&self, script: &str) -> bool {
        self.sources("script-src").is_none_or(|sources| {
            let has_hash = sources.iter().any(|source| source.starts_with("'sha256-"));
            let is_listed = sources.iter().any(|source| *source == hash(script));
            is_listed
                || (!has_hash && sources.iter().any(|source| source.eq_ignore_ascii_case("'unsafe-inline'")))
        })
    }

    /// Whether WASM may be compiled.
    pub(crate) fn allows_wasm(&self) -> bool {
        self.sources("script-src").is_none_or(|sources| {
            let has = |name: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(name));
            has("'wasm-unsafe-eval'") || has("'unsafe-eval'")
        })
    }

    /// Returns what makes the policy worthless against injected scripts.
    pub(crate) fn hole(&self) -> Option<&'static str> {
        let Some(sources) = self.sources("script-src") else {
            return Some("it does not bound scripts (script-src)");
        };
        let has = |name: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(name));
        let has_hash = sources.iter().any(|source| source.starts_with("'sha256-"));
        if has("'unsafe-inline'") && !has_hash {
            Some("it allows inline scripts ('unsafe-inline')")
        } else if has("*") || has("https:") || has("data:") {
            Some("it allows scripts of any host")
        } else if !self.0.iter().any(|(name, _)| name == "frame-ancestors") {
            Some("it lets other sites frame the page (no frame-ancestors)")
        } else {
            None
        }
    }
}

/// Returns the source for an inline script.
pub(crate) fn hash(script: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)))
}

/// Returns the inline scripts of a page.
pub(crate) fn inline_scripts(page: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = page;
    while let Some((_, tail)) = rest.split_once("<script") {
        let Some((attributes, tail)) = tail.split_once('>') else { break };
        let Some((script, tail)) = tail.split_once("</script>") else { break };
        let is_data = attributes.contains("application/json") || attributes.contains("application/ld+json");
        if !attributes.contains(" src=") && !is_data {
            scripts.push(script);
        }
        rest = tail;
    }
    scripts
}

/// Whether a source with a host or a scheme allows the origin (Content Security Policy Level 3, section 6.7.2.8).
fn matches(source: &str, page: &str, wanted: &str) -> bool {
    let Ok(wanted) = Url::parse(wanted) else { return false };
    if source == "*" {
        return true;
    }
    if let Some(scheme) = source.strip_suffix(':') {
        return scheme == wanted.scheme() || (scheme == "http" && wanted.scheme() == "https");
    }
    let (scheme, rest) = match source.split_once("://") {
        Some((scheme, rest)) => (scheme.to_owned(), rest),
        None => (page.split_once("://").map_or("https", |(scheme, _)| scheme).to_owned(), source),
    };
    if scheme != wanted.scheme() && !(scheme == "http" && wanted.scheme() == "https") {
        return false;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let name = wanted.host_str().unwrap_or_default();
    let fits_host = match host.strip_prefix("*.") {
        Some(parent) => name.strip_suffix(parent).is_some_and(|left| left.ends_with('.')),
        None => host == name,
    };
    let fits_port = match port {
        Some("*") => true,
        Some(port) => wanted.port_or_known_default().is_some_and(|wanted| wanted.to_string() == port),
        None => wanted.port().is_none(),
    };
    fits_host && fits_port
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "https://example.eu.auth0.com";

    #[test]
    fn sources_are_compared_by_scheme_host_and_port() {
        for (policy, wanted, expected) in [
            ("connect-src 'self'", TENANT, false),
            ("connect-src 'self' https://example.eu.auth0.com", TENANT, true),
            ("connect-src https://Example.eu.auth0.com/", TENANT, true),
            ("connect-src *.auth0.com", TENANT, true),
            ("connect-src *.eu.auth0.com:443", TENANT, true),
            ("connect-src https:", TENANT, true),
            ("connect-src https://other.eu.auth0.com", TENANT, false),
            ("connect-src https://example.eu.auth0.com:8443", TENANT, false),
            ("default-src 'none'", TENANT, false),
            ("img-src 'self'", TENANT, true),
            ("connect-src http://localhost:3000", "http://localhost:3000", true),
            ("connect-src http://localhost", "http://localhost:3000", false),
            ("connect-src 'self'", "https://page.example", true),
        ] {
            let allowed =
                ContentPolicy::parse(policy).allows_origin("connect-src", "https://page.example", wanted);
            assert_eq!(allowed, expected, "{policy}");
        }
    }

    #[test]
    fn an_inline_script_needs_its_hash() {
        // The hash of "abc" is in FIPS 180-2, appendix B.1.
        let listed = "script-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='";
        for (policy, expected) in [
            (listed, true),
            ("script-src 'self'", false),
            ("script-src 'unsafe-inline'", true),
            ("script-src 'unsafe-inline' 'sha256-x='", false),
            ("img-src 'self'", true),
        ] {
            assert_eq!(ContentPolicy::parse(policy).allows_script("abc"), expected, "{policy}");
        }
        let page = "<script src=\"/a.js\"></script><script type=\"module\">abc</script><script type=\"application/json\">{}</script>";
        assert_eq!(inline_scripts(page), ["abc"]);
    }
}
