//! One module per page, and [`outside`] for what several of them show when nobody is signed in.

pub mod callback;
pub mod confirm_primary;
pub mod home;
pub mod linked_accounts;
pub mod not_found;
pub mod outside;
pub mod sign_in;

pub use callback::Callback;
pub use home::Home;
pub use linked_accounts::LinkedAccounts;
pub use not_found::NotFound;
