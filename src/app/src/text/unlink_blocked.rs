//! Why a login cannot be unlinked, in words.

use super::list::main_stays;
use super::messages::messages;
use model::unlink_policy::UnlinkBlocked;

messages! { unlink_blocked:
    /// Reason why a login cannot be unlinked.
    pinned() = "Only your administrator can unlink this.";
    /// Reason why a login cannot be unlinked.
    last_way_in_stays() = "Nothing else would open this account. Link another login first.";
    /// Reason why a login cannot be unlinked.
    unreadable() = "The sign-in service does not say enough about this login to unlink it here.";
    /// Badge of a login that a company manages.
    managed() = "Managed by your company";
    /// Badge of the last login that opens the account.
    last_way_in_badge() = "Last way in";
}

/// Explains why a login cannot be unlinked, and what the person can do.
#[must_use]
pub fn sentence(reason: UnlinkBlocked) -> &'static str {
    match reason {
        UnlinkBlocked::Primary => main_stays(),
        UnlinkBlocked::Pinned => pinned(),
        UnlinkBlocked::LastWayIn => last_way_in_stays(),
        UnlinkBlocked::Unreadable => unreadable(),
    }
}

/// Badge beside the login's name, where there is one.
#[must_use]
pub fn badge(reason: UnlinkBlocked) -> Option<&'static str> {
    match reason {
        UnlinkBlocked::Primary | UnlinkBlocked::Unreadable => None,
        UnlinkBlocked::Pinned => Some(managed()),
        UnlinkBlocked::LastWayIn => Some(last_way_in_badge()),
    }
}
