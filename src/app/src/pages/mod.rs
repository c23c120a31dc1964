//! One module per page, [`waiting`] for what several of them show when nobody is signed in, and [`rare`] for what seldom happens.

pub mod callback;
pub mod confirm_primary;
pub mod home;
pub mod later;
pub mod linked_accounts;
pub mod not_found;
pub mod outside;
pub mod rare;
pub mod sign_in;
pub mod waiting;

pub use callback::Callback;
pub use home::Home;
pub use linked_accounts::LinkedAccounts;
