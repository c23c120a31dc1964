//! The hosted pages as HTML.
