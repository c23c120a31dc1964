//! How Auth0 behaves, fact by fact: the specification that this workspace implements. Documentation comments
//! cite its sections. The text is `src/docs/auth0-contract.md`.
#![doc = include_str!("../../docs/auth0-contract.md")]
#![expect(
    rustdoc::broken_intra_doc_links,
    reason = "sources stand in square brackets there, they are no items"
)]
