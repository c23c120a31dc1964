//! What changes the account: unlinking, linking, undo and names, and the parts of the page that belong to them. They are in the
//! [later chunk](crate::chunk).

use leptos::prelude::*;
use model::Identity;

use super::account::AccountState;
use super::link::LinkFlow;
use super::undo::Undo;
use crate::chunk::Table;
use crate::components::ListState;
use crate::session::Session;

/// Everything that changes the account. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub struct Changes {
    pub(super) list: ListState,
    pub(super) undo: Undo,
    pub(super) flow: LinkFlow,
    /// Whether a run of unlinking is under way.
    pub(super) running: Signal<bool>,
    /// Whether linking cannot be started now.
    pub(super) locked: Signal<bool>,
    /// Links a login again. Called inside a click.
    pub(super) on_restore: Callback<Identity>,
}

/// What the later chunk has for the page of the list.
pub struct Parts {
    /// Makes everything that changes the account, once for a list.
    pub(super) begin: fn(Session, AccountState, ListState) -> Changes,
    /// The prompt of a deep link.
    pub(super) prompt: fn(Changes) -> AnyView,
    /// What was just unlinked or linked, and what was unlinked lately.
    pub(super) outcome: fn(Changes) -> AnyView,
    /// The section that links another login, below its heading.
    pub(super) linking: fn(Changes) -> AnyView,
    /// The demo switch.
    pub(super) demo: fn(Changes) -> AnyView,
}

thread_local! {
    /// The parts, once the chunk is here.
    pub static PARTS: Table<Parts> = const { Table::new(None) };
}
