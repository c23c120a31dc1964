//! The statements around units of work.

/// A statement around units of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// Begins a transaction that nothing else can write beside.
    Begin,
    /// Begins a transaction that reads what the database has at this moment.
    BeginSnapshot,
    /// Begins a transaction that locks only the rows that it changes, and whose end does not wait for the disk.
    BeginBrief,
    /// Begins a unit of work in it.
    BeginUnit,
    /// Keeps the changes of a unit.
    KeepUnit,
    /// Undoes the changes of a unit.
    UndoUnit,
    /// Ends the transaction. Its changes are on disk afterwards.
    Commit,
    /// Ends the transaction without its changes.
    Rollback,
}
