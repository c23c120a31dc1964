//! The title of the document, which tells windows, tabs and the history apart.

use leptos::prelude::*;

use crate::session::Session;
use crate::text;

/// Titles the document by what it shows, and the name of the page after it. Needs the session in the context for a name
/// that the settings give.
pub fn set_document_title(shown: &str) {
    let name = use_context::<Session>().and_then(|session| session.tenant().name);
    document().set_title(&text::document_title(shown, name.as_deref().unwrap_or(text::page_name())));
}
