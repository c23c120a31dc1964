//! Comparison of URLs with those that a client registered (contract [C1](model::contract#c1),
//! [C4](model::contract#c4)).
//!
//! A registered http(s) URL may have one `*` in the left-most label of its host, as at Auth0: it stands for letters, digits
//! and hyphens of that one label. `https://*.com` matches nothing.

use url::Url;

/// Takes the place of the wildcard while a URL is parsed.
const ANY: &str = "zz--any--zz";

/// The placeholder for the name of an organization in a registered URL.
pub(super) const ORGANIZATION: &str = "{organization_name}";

/// The parameters of authorization responses. An application must not get one of them twice.
const OF_RESPONSES: [&str; 12] = [
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "id_token",
    "iss",
    "response",
    "scope",
    "state",
    "token_type",
];

/// Returns whether a redirect URI is the registered one.
///
/// They are compared as strings, because different spellings of a URL are different (RFC 9700 section 4.1.3), with two
/// exceptions that Auth0 has: the wildcard, and a query that the application added to a URL that is registered without
/// one. An added query has no parameter of a response, which it would pass off as the tenant's.
pub(crate) fn is_callback(registered: &str, requested: &str) -> bool {
    let (base, query) = match requested.split_once('?') {
        Some((base, query)) if !registered.contains('?') => (base, Some(query)),
        _ => (requested, None),
    };
    let is_base = match registered.split_once('*').filter(|_| is_wildcard(registered)) {
        Some((before, after)) => stands_for(before, after, base),
        None => base == registered,
    };
    is_base && query.is_none_or(is_of_application)
}

/// Returns whether an added query has no parameter of a response, nor one that a framework could read as such: without
/// regard to case, or as a list.
fn is_of_application(query: &str) -> bool {
    let is_of_response = |name: &str| {
        let name = name.split('[').next().unwrap_or_default().trim();
        OF_RESPONSES.iter().any(|of_response| name.eq_ignore_ascii_case(of_response))
    };
    !query.contains('#') && form_urlencoded::parse(query.as_bytes()).all(|(name, _)| !is_of_response(&name))
}

/// Returns whether a URL to return to after logout is the registered one. Query and fragment are ignored, the host is
/// case-insensitive, the path is not.
pub(crate) fn is_logout_url(registered: &str, requested: &str) -> bool {
    let (Some(allowed), Ok(wanted)) = (parse(registered), Url::parse(requested)) else { return false };
    let (Some(host), Some(wanted_host)) = (allowed.host_str(), wanted.host_str()) else { return false };
    matches!(wanted.scheme(), "http" | "https")
        && allowed.scheme() == wanted.scheme()
        && is_host(host, wanted_host)
        && allowed.port_or_known_default() == wanted.port_or_known_default()
        && allowed.path() == wanted.path()
        && wanted.username().is_empty()
        && wanted.password().is_none()
}

/// Returns whether a `post_logout_redirect_uri` is the registered one: the same text (RP-Initiated Logout 1.0, section 2),
/// except for the wildcard.
pub(crate) fn is_post_logout_redirect_uri(registered: &str, requested: &str) -> bool {
    match registered.split_once('*').filter(|_| is_wildcard(registered)) {
        Some((before, after)) => stands_for(before, after, requested),
        None => registered == requested && is_logout_url(registered, requested),
    }
}

/// Returns whether a serialized origin is that of a registered URL.
pub(crate) fn is_origin(registered: &str, origin: &str) -> bool {
    let Some(allowed) = parse(registered).filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return false;
    };
    is_host(&allowed.origin().ascii_serialization(), origin)
}

/// Returns whether any request can match a registered URL: it has no wildcard, or one in the permitted place, and no
/// placeholder of Auth0's organizations, which this tenant does not have.
#[must_use]
pub fn can_match(registered: &str) -> bool {
    (!registered.contains('*') || is_wildcard(registered)) && !registered.contains(ORGANIZATION)
}

/// The schemes of URLs that a browser runs or shows in place of opening an application.
const SCRIPT_SCHEMES: [&str; 8] =
    ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"];

/// Returns whether a browser would run or show a registered URL in place of opening an application, for example
/// `javascript:`. That is never an address to return to.
#[must_use]
pub fn is_script(registered: &str) -> bool {
    // Browsers remove these characters, also from the scheme.
    let text = registered.replace(['\t', '\n', '\r'], "");
    let text = text.trim_start_matches(|c: char| c <= ' ').to_ascii_lowercase();
    text.split_once(':').is_some_and(|(scheme, _)| SCRIPT_SCHEMES.contains(&scheme))
}

/// Parses a registered URL, with [`ANY`] in place of a wildcard. Returns `None` for one whose wildcard is misplaced.
fn parse(registered: &str) -> Option<Url> {
    if registered.contains('*') && !is_wildcard(registered) || registered.contains(ANY) {
        return None;
    }
    Url::parse(&registered.replacen('*', ANY, 1)).ok()
}

fn is_host(allowed: &str, wanted: &str) -> bool {
    match allowed.split_once(ANY) {
        Some((before, after)) => stands_for(before, after, wanted),
        None => allowed == wanted,
    }
}

/// Returns whether `text` is `before`, a part of one label, and `after`.
fn stands_for(before: &str, after: &str, text: &str) -> bool {
    text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// Returns whether a registered URL has one wildcard, in the left-most label of a host with a domain below its own top
/// level. Any name below `localhost` is this machine.
fn is_wildcard(registered: &str) -> bool {
    let Some((scheme, rest)) = registered.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    let Some((label, domain)) = host.split_once('.') else { return false };
    matches!(scheme, "http" | "https")
        && registered.matches('*').count() == 1
        && label.contains('*')
        && !authority.contains('@')
        && (domain.trim_matches('.').contains('.') || domain == "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_a_browser_runs_is_told_from_that_of_an_application() {
        for script in [
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "java\tscript:alert(1)",
            "javascript://example.test/%0aalert(1)",
            "data:text/html,<script>",
            "vbscript:x",
            "blob:https://example.test/1",
            "file:///etc/passwd",
            "about:blank",
        ] {
            assert!(is_script(script), "{script}");
        }
        for other in
            ["https://example.test/cb", "com.example.app://cb", "http://localhost/javascript:", "java"]
        {
            assert!(!is_script(other), "{other}");
        }
    }

    const HOSTILE_HOSTS: [&str; 17] = [
        "https://example.test/cb",
        "https://.example.test/cb",
        "https://a.b.example.test/cb",
        "https://evilexample.test/cb",
        "https://evil.test/.example.test/cb",
        "https://evil.test#.example.test/cb",
        "https://evil.test?.example.test/cb",
        "https://evil.test\\.example.test/cb",
        "https://evil.test:443.example.test/cb",
        "https://evil.test@a.example.test/cb",
        "https://a@b.example.test/cb",
        "https://a%2eb.example.test/cb",
        "https://a\u{ff0e}b.example.test/cb",
        "https://a.example.test.evil.test/cb",
        "https://A.example.test/cb",
        "https://*.example.test/cb",
        "http://a.example.test/cb",
    ];

    #[test]
    fn a_star_stands_for_a_part_of_one_label() {
        for (registered, requested) in [
            ("https://*.example.test/cb", "https://a.example.test/cb"),
            ("https://*.example.test/cb", "https://pr-12.example.test/cb"),
            ("https://*.example.test/cb", "https://a.example.test/cb?redirect_state=1"),
            ("https://pre-*-suf.example.test/cb", "https://pre-1-suf.example.test/cb"),
            ("http://*.localhost:3000/cb", "http://shop.localhost:3000/cb"),
        ] {
            assert!(is_callback(registered, requested), "{registered} {requested}");
            let base = requested.split('?').next().unwrap();
            assert!(is_logout_url(registered, base), "{registered} {requested}");
            let origin = base.trim_end_matches("/cb");
            assert!(is_origin(registered, origin), "{registered} {origin}");
        }
        for requested in HOSTILE_HOSTS {
            assert!(!is_callback("https://*.example.test/cb", requested), "{requested}");
            assert!(!is_origin("https://*.example.test", requested.trim_end_matches("/cb")), "{requested}");
            if requested != "https://A.example.test/cb" {
                assert!(!is_logout_url("https://*.example.test/cb", requested), "{requested}");
            }
        }
        assert!(!is_callback("https://pre-*-suf.example.test/cb", "https://pre-suf.example.test/cb"));
        assert!(!is_callback("https://pre-*.example.test/cb", "https://a.example.test/cb"));
    }

    #[test]
    fn a_misplaced_star_matches_nothing() {
        for (registered, requested) in [
            ("https://*.com/cb", "https://evil.com/cb"),
            ("https://*./cb", "https://evil./cb"),
            ("https://*/cb", "https://evil/cb"),
            ("https://*.*.example.test/cb", "https://a.b.example.test/cb"),
            ("https://a.*.example.test/cb", "https://a.b.example.test/cb"),
            ("https://example.test/*", "https://example.test/cb"),
            ("https://example.test:*/cb", "https://example.test:1/cb"),
            ("https://*@a.example.test/cb", "https://a@a.example.test/cb"),
            ("com.example.app://*.example.test/cb", "com.example.app://a.example.test/cb"),
            ("*", "https://evil.test/cb"),
        ] {
            assert!(!is_callback(registered, requested), "{registered}");
            assert!(!is_logout_url(registered, requested), "{registered}");
            assert!(!is_origin(registered, requested.trim_end_matches("/cb")), "{registered}");
        }
    }

    #[test]
    fn an_added_query_is_not_compared_and_nothing_else_differs() {
        let registered = "https://app.example.test/cb";
        for requested in [
            "https://app.example.test/cb",
            "https://app.example.test/cb?",
            "https://app.example.test/cb?redirect_state=abc",
            "https://app.example.test/cb?a=/../b&c=http://evil.test/?d",
        ] {
            assert!(is_callback(registered, requested), "{requested}");
        }
        for requested in [
            "https://app.example.test/cb#x",
            "https://app.example.test/cb?a#x",
            "https://app.example.test/cb/?a",
            "https://app.example.test/CB?a",
            "https://app.example.test/x/../cb?a",
            "https://app.example.test/%63b?a",
            "https://APP.example.test/cb?a",
            "https://app.example.test:443/cb?a",
            "https://user@app.example.test/cb?a",
            "http://app.example.test/cb?a",
            "https://app.example.test?/cb",
            "https://app.example.test/cb?code=stolen",
            "https://app.example.test/cb?a=b&%73tate=fixed",
            "https://app.example.test/cb?iss=x",
            "https://app.example.test/cb?Code[]=stolen",
            "https://app.example.test/cb?+error=x",
        ] {
            assert!(!is_callback(registered, requested), "{requested}");
        }
        let with_query = "https://app.example.test/cb?tenant=1";
        assert!(is_callback(with_query, with_query));
        for requested in
            [registered, "https://app.example.test/cb?tenant=2", "https://app.example.test/cb?tenant=1&a"]
        {
            assert!(!is_callback(with_query, requested), "{requested}");
        }
    }

    #[test]
    fn a_logout_url_is_compared_without_query_and_fragment() {
        let allowed = "https://app.example.test/bye";
        for wanted in ["https://app.example.test/bye", "https://APP.example.test/bye?a=b#c"] {
            assert!(is_logout_url(allowed, wanted), "{wanted}");
        }
        for wanted in [
            "https://app.example.test/Bye",
            "https://app.example.test/",
            "http://app.example.test/bye",
            "https://app.example.test:8443/bye",
            "https://evil@app.example.test/bye",
            "https://app.example.test.evil.test/bye",
            "//app.example.test/bye",
            "\\\\evil.test",
            "javascript:alert(1)",
        ] {
            assert!(!is_logout_url(allowed, wanted), "{wanted}");
        }
    }
}
