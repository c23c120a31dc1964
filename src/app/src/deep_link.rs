//! Deep links: `/link/{connection}`, `/unlink/{provider}/{id}`, and `?return_to=` with the address that the person came
//! from. A deep link decides nothing: the person confirms, and only listed addresses are returned to.

use model::{ConnectionName, IdentityId, IdentityKey, Provider};

/// The action of a deep link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeepLink {
    /// Link an identity of this connection.
    Link(ConnectionName),
    /// Unlink this identity.
    Unlink(IdentityKey),
}

/// Parses a path. Returns `None` when it is not a deep link. `decode` decodes the percent-encoding of one segment.
pub fn parse(path: &str, decode: impl Fn(&str) -> Option<String>) -> Option<DeepLink> {
    let mut segments = path.strip_prefix('/')?.split('/');
    let verb = segments.next()?;
    let mut next = || segments.next().and_then(&decode).filter(|segment| !segment.is_empty());
    let link = match verb {
        "link" => DeepLink::Link(ConnectionName::new(next()?)),
        "unlink" => {
            let provider = Provider::new(next()?);
            DeepLink::Unlink(IdentityKey { provider, user_id: IdentityId::text(next()?) })
        }
        _ => return None,
    };
    segments.next().is_none().then_some(link)
}

/// Returns whether `address` is one of `places`, or below one that ends in a slash. The comparison is of text from the
/// beginning, so that neither user information, nor another host, nor `..` can pass.
#[must_use]
pub fn is_listed(address: &str, places: &[String]) -> bool {
    let (path, _) = address.split_once(['?', '#']).unwrap_or((address, ""));
    let is_plain = !address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        && !path.contains("/.")
        && !path.to_ascii_lowercase().contains("%2e");
    let fits = |place: &String| path == place || (place.ends_with('/') && path.starts_with(place.as_str()));
    is_plain && places.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Option<DeepLink> {
        parse(path, |segment| Some(segment.replace("%7C", "|").replace("%2F", "/")))
    }

    #[test]
    fn an_address_names_a_connection_or_a_login() {
        assert_eq!(read("/link/github"), Some(DeepLink::Link(ConnectionName::new("github"))));
        let key =
            IdentityKey { provider: Provider::new("samlp"), user_id: IdentityId::text("acme|team/ada") };
        assert_eq!(read("/unlink/samlp/acme%7Cteam%2Fada"), Some(DeepLink::Unlink(key)));
    }

    #[test]
    fn any_other_address_asks_for_nothing() {
        for path in
            ["/", "/linked-accounts", "/link", "/link/", "/link/a/b", "/unlink/github", "/unlink/github/1/2"]
        {
            assert_eq!(read(path), None, "{path}");
        }
    }

    #[test]
    fn only_listed_places_are_returned_to() {
        let places = ["https://app.example.com/".to_owned(), "https://other.example.com/done".to_owned()];
        for address in [
            "https://app.example.com/",
            "https://app.example.com/settings?tab=1#x",
            "https://other.example.com/done",
            "https://other.example.com/done?ok",
        ] {
            assert!(is_listed(address, &places), "{address}");
        }
        for address in [
            "",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://evil.example/?https://app.example.com/",
            "http://app.example.com/",
            "//app.example.com/",
            "javascript:alert(1)",
            "https://app.example.com/a/../b",
            "https://app.example.com/%2e%2e/b",
            "https://app.example.com/\\evil",
            "https://app.example.com/\nx",
            "https://other.example.com/done/more",
            "https://other.example.com/donee",
        ] {
            assert!(!is_listed(address, &places), "{address}");
        }
    }
}
