//! Users that a tenant starts with.

use model::User;

use crate::secret::Secret;

/// One user to start with, and how to sign in if through a password.
#[derive(Clone, Debug)]
pub struct SeedUser {
    /// The user as `GET /api/v2/users/{id}` would show it: the primary identity first, `profileData` on
    /// the others.
    pub user: User,
    /// The password of the user's database identity.
    pub password: Option<SeedPassword>,
}

/// A password as a seed file gives it.
#[derive(Clone, Debug)]
pub enum SeedPassword {
    /// In clear; it is hashed before it is stored.
    Clear(Secret),
    /// Already hashed with bcrypt, as Auth0's bulk import has it.
    Bcrypt(String),
}

/// What seeding did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Users that were added.
    pub added: usize,
    /// Users that were there already, and were left as they are.
    pub kept: usize,
}
