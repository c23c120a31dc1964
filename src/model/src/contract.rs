//! How Auth0 behaves, fact by fact: the specification that this workspace implements.
//!
//! Documentation comments cite its sections. The text is `src/docs/auth0-contract.md`.
#![doc = include_str!("../../docs/auth0-contract.md")]
#![expect(rustdoc::broken_intra_doc_links, reason = "square brackets in the text name sources, not items")]
#![expect(clippy::doc_markdown, reason = "the text is prose for people, not Rust documentation")]
