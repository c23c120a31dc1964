//! The picture of a profile that the page may show.

use leptos::prelude::*;
use model::Profile;

use crate::location::own_origin;
use crate::session::Session;
use crate::text;

/// Returns the picture of a profile when it may be shown: from this origin or the tenant's.
#[must_use]
pub fn picture(profile: &Profile) -> Option<String> {
    let tenant = use_context::<Session>()?.tenant();
    text::picture(profile, &[own_origin(), tenant.origin]).map(ToOwned::to_owned)
}
