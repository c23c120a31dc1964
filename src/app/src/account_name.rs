//! The name by which the page calls an account.

use model::Profile;

/// Returns the e-mail address, else the name, the username or the telephone number; `None` when the profile has none
/// of them.
#[must_use]
pub fn account_name(profile: &Profile) -> Option<&str> {
    profile
        .email()
        .or_else(|| profile.name())
        .or_else(|| profile.username())
        .or_else(|| profile.phone_number())
}
