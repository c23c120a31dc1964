//! What pages are made of. No requests in here: components show values and call the handlers they are given.

pub mod avatar;
pub mod banner;
pub mod icon;
pub mod identity_list;
pub mod identity_row;
pub mod notice;
pub mod provider_mark;
pub mod rows;
pub mod skeleton;
pub mod unlink_dialog;

pub use avatar::Avatar;
pub use banner::Banner;
pub use icon::Icon;
pub use identity_list::IdentityList;
pub use identity_row::{IdentityRow, MainRow, PauseNotice};
pub use notice::{FailureNotice, StatusNotice};
pub use provider_mark::ProviderMark;
pub use rows::{ReadOnlyReason, Rows, Step, Steps};
pub use skeleton::{Skeleton, SkeletonHtml};
pub use unlink_dialog::UnlinkDialog;

use leptos::prelude::{AnyView, IntoAny};

/// The id of the banner that says why nothing can be changed.
pub const READ_ONLY_ID: &str = "hold";

/// A part of the page that redraws itself when what `view` reads changes. Every such part has this one type:
/// given the closures' own types, the compiler would repeat the machinery for each, to 60 KB in sum.
pub fn dyn_view(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let view: Box<dyn Fn() -> AnyView + Send> = Box::new(view);
    (move || view()).into_any()
}
