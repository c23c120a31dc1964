//! Profiles from the claims of a provider.

use model::{ConnectionName, Profile};

use super::provider::{UpstreamPerson, values};
use crate::mail::is_address;

/// The claims that become profile attributes. All others are discarded.
const CLAIMS: [&str; 12] = [
    "name",
    "given_name",
    "middle_name",
    "family_name",
    "nickname",
    "preferred_username",
    "picture",
    "email",
    "phone_number",
    "gender",
    "locale",
    "zoneinfo",
];

/// Converts claims to a profile. A claim whose meaning is not clear and one that is too long is left out: no profile
/// attribute is worth a failed sign-in. An address is unverified unless the provider says otherwise.
pub(super) fn profile(connection: &ConnectionName, person: &UpstreamPerson) -> Profile {
    let claim = |name: &str| person.claims.get(name);
    let mut profile = Profile::default();
    for name in CLAIMS {
        if let Some(text) = claim(name).and_then(values::text) {
            profile = profile.with(name, text);
        }
    }
    // Before the next step: whether a stored address is verified is not for another address to say.
    let oversized = profile.remove_oversized();
    if !oversized.is_empty() {
        tracing::warn!(%connection, attributes = ?oversized, "attributes of a person are too long and are left out");
    }
    if profile.email().is_some_and(|email| !is_address(email)) {
        profile.0.remove("email");
    }
    for (address, verified, name) in [
        ("email", "email_verified", "email_verified"),
        ("phone_number", "phone_number_verified", "phone_verified"),
    ] {
        if profile.0.contains_key(address) {
            profile = profile.with(name, claim(verified).and_then(values::boolean).unwrap_or(false));
        }
    }
    profile
}
