//! Header fields that hold a comma-separated list (RFC 9110 section 5.6.1).

use http::{HeaderMap, HeaderName};

/// Returns the items of all fields called `name`, in lower case and without surrounding white space.
///
/// A field that is not visible ASCII is left out. Quoted commas are not supported; none of the fields read
/// here has them.
pub(crate) fn items(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let fields: Vec<_> = headers.get_all(name).iter().filter_map(|field| field.to_str().ok()).collect();
    fields.join(",").split(',').map(|item| item.trim().to_ascii_lowercase()).collect::<Vec<_>>().into_iter()
}
