//! Checks of paths of the page.

use model::route;

/// Returns `wanted` when it is a path on this origin, else the path of the list. Browsers read `//host` and `/\host` as
/// other hosts, and the callback itself is never returned to.
#[must_use]
pub fn safe_return(wanted: &str) -> &str {
    let bytes = wanted.as_bytes();
    let is_path = bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && !wanted.chars().any(char::is_control);
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    if is_path && path != route::CALLBACK { wanted } else { route::LIST }
}

/// Whether `path` is that of a [deep link](crate::deep_link), or meant as one.
#[must_use]
pub fn is_deep_link(path: &str) -> bool {
    route::DEEP_LINKS.iter().any(|start| path.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_on_this_origin_is_returned_to() {
        assert_eq!(safe_return("/linked-accounts?a=b#c"), "/linked-accounts?a=b#c");
        for other in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/\t/evil.example"] {
            assert_eq!(safe_return(other), "/linked-accounts", "{other}");
        }
    }

    #[test]
    fn the_callback_is_never_returned_to() {
        assert_eq!(safe_return("/callback?code=1"), "/linked-accounts");
    }
}
