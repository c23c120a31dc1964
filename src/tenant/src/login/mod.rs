//! The hosted pages: where a person signs in, or learns why not.

mod pages;
