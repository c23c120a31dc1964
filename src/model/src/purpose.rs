//! What an authorization request is for, in the words that a page may say to the hosted login page (contract
//! [G100](crate::contract#g100)).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The parameter of an authorization request that names a [`Purpose`]. Auth0 lets parameters with the prefix `ext-` through to
/// the template of its login page.
pub const PURPOSE_PARAMETER: &str = "ext-purpose";

/// The parameter that names the connection of the login that a [`Purpose`] is about.
pub const CONNECTION_PARAMETER: &str = "ext-connection";

/// What a sign-in is for. The vocabulary is closed, so that no website puts words of its own on the hosted pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A fresh sign-in to one's own account, before a login is unlinked.
    ConfirmUnlink,
    /// A fresh sign-in to one's own account, before a login is linked.
    ConfirmLink,
    /// A fresh sign-in to one's own account, before a login is linked that was unlinked.
    ConfirmUndo,
    /// A fresh sign-in to one's own account, before any other change of its logins.
    Confirm,
    /// The proof of a login to link it.
    Link,
    /// The proof of a login to link it again.
    Undo,
}

impl Purpose {
    const ALL: [Self; 6] =
        [Self::ConfirmUnlink, Self::ConfirmLink, Self::ConfirmUndo, Self::Confirm, Self::Link, Self::Undo];

    /// Returns the value of [`PURPOSE_PARAMETER`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmUnlink => "confirm-unlink",
            Self::ConfirmLink => "confirm-link",
            Self::ConfirmUndo => "confirm-undo",
            Self::Confirm => "confirm",
            Self::Link => "link",
            Self::Undo => "undo",
        }
    }

    /// Returns the purpose with this value; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }

    /// Returns whether the sign-in proves a login to be linked. It signs nobody in.
    #[must_use]
    pub const fn is_proof(self) -> bool {
        matches!(self, Self::Link | Self::Undo)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_of_the_vocabulary_are_purposes() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.as_str()), Some(purpose));
            assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.as_str());
        }
        for text in ["", "Link", "link ", "call this number"] {
            assert_eq!(Purpose::parse(text), None);
        }
    }
}
