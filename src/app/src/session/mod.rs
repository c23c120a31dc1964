//! The session of the page: who is signed in, signing in and out, and the access token.
//!
//! [`state`] is a pure state machine; [`Session`] is the handle that pages use. The first load takes over what the early start
//! found; [`requests`] has everything else, and is in the later chunk: [`authorization_request`] builds a request, [`exchange`]
//! exchanges the code that answers it, [`silent`] and [`popup`] send one without leaving the page.

pub mod authorization_request;
pub mod authorization_response;
pub mod credentials;
pub mod early_start;
pub mod entry;
pub mod error;
pub mod exchange;
pub mod http;
pub mod id_token;
pub mod intent;
pub mod popup;
pub mod requests;
pub mod silent;
pub mod state;
pub mod step_up;
pub mod storage;
pub mod tabs;
pub mod transaction;

mod authorization;
mod events;
mod handle;
mod later;
mod phase;
mod renewal;
mod tokens;

pub use credentials::{Authentication, Credentials, CurrentIdentity, LastUser, Person};
pub use entry::PageEntry;
pub use error::{SignInError, SignInErrorKind};
pub use handle::Session;
pub use intent::{Declared, Intent, LinkTarget, PendingAction, RememberedUser, SecondaryAccount};
pub use phase::Phase;
pub use step_up::ReauthenticationError;
