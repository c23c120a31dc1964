//! Linking another login: from the click to the new row.

pub mod connections;
pub mod deletion_dialog;
pub mod flow;
pub mod judgement;
pub mod metadata;
pub mod other_account;
pub mod section;

pub use flow::LinkFlow;
pub use section::LinkSection;
