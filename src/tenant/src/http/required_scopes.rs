//! The scopes that an operation of the Management API requires (contract [A4](model::contract#a4)).

use std::fmt;

use model::{Scope, Scopes};

/// The required scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequiredScopes {
    /// One of these.
    AnyOf(&'static [Scope]),
    /// All of these.
    AllOf(&'static [Scope]),
}

impl RequiredScopes {
    /// Returns whether `scopes` are enough.
    pub(crate) fn are_in(self, scopes: &Scopes) -> bool {
        match self {
            Self::AnyOf(any) => scopes.contains_any(any),
            Self::AllOf(all) => all.iter().all(|scope| scopes.contains(scope)),
        }
    }

    /// Returns the alternatives, each a list of scopes of which all are required.
    pub(crate) fn alternatives(self) -> Vec<&'static [Scope]> {
        match self {
            Self::AnyOf(any) => any.iter().map(std::slice::from_ref).collect(),
            Self::AllOf(all) => vec![all],
        }
    }
}

impl fmt::Display for RequiredScopes {
    /// Writes the requirement as in an error message: `any of: read:users,read:current_user`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (quantity, scopes) = match self {
            Self::AnyOf(scopes) => ("any", scopes),
            Self::AllOf(scopes) => ("all", scopes),
        };
        write!(f, "{quantity} of: {}", scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(","))
    }
}
