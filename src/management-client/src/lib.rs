//! A client of Auth0's Management API for operators, and what their commands do with it.
//!
//! It knows nothing of the tenant but what Auth0 documents, so that it works with every tenant.

mod answer;
mod client;
mod error;
mod impact;
mod journal;
mod link;
mod machine_token;
mod outcome;
mod pace;
mod run;
mod same_address;
mod tenant_address;
mod unlink;
mod unlink_list;
mod user_listing;

pub use client::{Connection, ManagementClient, Reading};
pub use error::Error;
pub use impact::Impact;
pub use journal::{Journal, JournalError, Subject};
pub use link::{Link, LinkError};
pub use outcome::{Blocked, Kept, Outcome};
pub use run::{Report, run};
pub use same_address::SameAddress;
pub use tenant_address::{InvalidDomain, TenantAddress};
pub use unlink::{Stopped, Unlinking};
pub use unlink_list::{Format, InvalidList, Row, UnlinkList};
pub use user_listing::UserListing;
