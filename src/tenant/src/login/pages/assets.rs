//! The static files that every hosted page refers to.

use crate::secret::digest;

/// The stylesheet of the hosted pages: the product's tokens and elements, then the rules of these pages.
pub(crate) const STYLESHEET: &str = concat!(
    include_str!("../../../../../style/tokens.css"),
    include_str!("../../../../../style/base.css"),
    include_str!("../../../../../style/hosted.css")
);

/// The provider marks: an SVG sprite with one symbol per mark.
pub(crate) const MARKS: &str = include_str!("../../../../../public/providers.svg");

/// The product's icon. For a page without an icon, browsers request `/favicon.ico`.
pub(crate) const ICON: &str = include_str!("../../../../../public/icon.svg");

/// The paths of the files that every page refers to.
#[derive(Clone, Debug)]
pub(crate) struct Assets {
    /// The path of [`STYLESHEET`].
    pub(crate) style: String,
    /// The path of [`MARKS`].
    pub(crate) marks: String,
    /// The path of [`ICON`].
    pub(crate) icon: String,
}

impl Assets {
    /// Returns the paths. Each contains a digest of its file, so that caches can keep the file forever.
    pub(crate) fn new() -> Self {
        let name = |content: &str| digest(content.as_bytes())[..16].to_owned();
        Self {
            style: format!("/u/style-{}.css", name(STYLESHEET)),
            marks: format!("/u/marks-{}.svg", name(MARKS)),
            icon: format!("/u/icon-{}.svg", name(ICON)),
        }
    }
}
