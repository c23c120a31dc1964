//! What became of an identity that was to be unlinked.

use model::UnlinkBlocked;
use serde::{Deserialize, Serialize};

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The identity is unlinked. It is the main identity of a user of its own now.
    Unlinked,
    /// The identity is unlinked, and the user that it became is deleted.
    Deleted,
    /// The user has no such identity. Nothing was done.
    NotLinked,
    /// There is no such user. Nothing was done.
    UnknownUser,
    /// The rules of unlinking keep the identity. Nothing was done.
    Refused {
        /// The rule.
        reason: Blocked,
    },
    /// The identity is unlinked, but the user that it became is not deleted.
    NotDeleted {
        /// Why it is kept.
        reason: Kept,
    },
    /// The tenant failed or refused. The next run tries again.
    Failed {
        /// What the tenant said.
        reason: String,
    },
}

/// A rule of unlinking that keeps an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// It is the main identity, which holds the account.
    MainLogin,
    /// An organisation manages its connection.
    Pinned,
    /// Nothing else would open the account.
    LastWayIn,
}

/// Why a user is not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// It does not exist: somebody else deleted it or linked it.
    NotFound,
    /// It has other identities as well.
    OtherIdentities,
    /// Somebody signed in to it since.
    SignedIn,
}

impl From<UnlinkBlocked> for Blocked {
    fn from(blocked: UnlinkBlocked) -> Self {
        match blocked {
            // The commands find an identity by its id, so that one without an id is never asked about.
            UnlinkBlocked::Primary | UnlinkBlocked::Unreadable => Self::MainLogin,
            UnlinkBlocked::Pinned => Self::Pinned,
            UnlinkBlocked::LastWayIn => Self::LastWayIn,
        }
    }
}

impl Outcome {
    /// Returns whether what was asked for is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Unlinked | Self::Deleted)
    }

    /// Returns whether another run could do more.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Failed { .. } | Self::UnknownUser | Self::NotLinked)
    }
}
