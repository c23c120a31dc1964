//! The parts of pages. Components send no requests: they show values and call the handlers that they are given.

pub mod avatar;
pub mod banner;
pub mod breakable;
pub mod changing;
pub mod dyn_view;
pub mod icon;
pub mod identity_list;
pub mod identity_row;
pub mod linking_place;
pub mod notice;
pub mod picture;
pub mod popup_notice;
pub mod provider_mark;
pub mod rows;
pub mod safety_line;
pub mod skeleton;
pub mod unlink_dialog;
pub mod words;

pub use avatar::Avatar;
pub use banner::Banner;
pub use breakable::breakable;
pub use changing::changing;
pub use dyn_view::dyn_view;
pub use icon::Icon;
pub use identity_list::IdentityList;
pub use identity_row::{IdentityRow, MainRow, PauseNotice};
pub use notice::{FailureNotice, Status, StatusNotice};
pub use picture::picture;
pub use popup_notice::PopupNotice;
pub use provider_mark::ProviderMark;
pub use rows::{ListActions, ListState, ReadOnlyReason, Step, Steps};
pub use safety_line::SafetyLine;
pub use skeleton::{Skeleton, SkeletonHtml};
pub use unlink_dialog::UnlinkDialog;
pub use words::{parts, words};
