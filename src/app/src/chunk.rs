//! The later chunk: the part of the page's code that the first screen does without. `cargo xtask build` cuts it off at the
//! function that `lib.rs` marks with `wasm_split`: what only that function leads to is in it.
//!
//! That function enters the tables of the modules that have something in the chunk ([`Table`]). Whoever needs a function
//! of a table finds it there once the chunk is here, and calls it at once, so that a popup can be opened inside a click.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::thread::LocalKey;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

/// How far the later chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Nothing has asked for it yet.
    Unasked,
    /// It is on its way.
    Loading,
    /// Its tables are filled.
    Here,
    /// It did not come. Asking again fetches it again.
    Missing,
}

/// The later chunk did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingChunk;

/// Fetches the chunk, has it fill the tables, and returns whether it came.
pub type Source = fn() -> Pin<Box<dyn Future<Output = bool>>>;

/// A table of functions in the later chunk.
pub type Table<T> = Cell<Option<&'static T>>;

/// How long a browser that does not say when it is idle is given to draw the list.
const IDLE: Duration = Duration::from_millis(200);

thread_local! {
    static SOURCE: Cell<Option<Source>> = const { Cell::new(None) };
    static STATE: ArcRwSignal<Chunk> = ArcRwSignal::new(Chunk::Unasked);
    /// What waits for the chunk.
    static WAITING: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

/// Sets where the chunk comes from.
pub fn set_source(source: Source) {
    SOURCE.set(Some(source));
}

/// Returns how far the chunk is, and tracks it.
#[must_use]
pub fn state() -> Chunk {
    STATE.with(Get::get)
}

/// Returns `table`, and tracks that it is filled, until it is: it is never emptied, and a subscription would outlive its reader.
#[must_use]
pub fn table<T>(table: &'static LocalKey<Table<T>>) -> Option<&'static T> {
    let filled = table.get();
    if filled.is_none() {
        STATE.with(Track::track);
    }
    filled
}

/// Fetches the chunk, if it is not here. Calls at the same time share one request.
///
/// # Errors
/// [`MissingChunk`] when it did not come.
pub async fn load() -> Result<(), MissingChunk> {
    let state = STATE.with(Clone::clone);
    if state.get_untracked() == Chunk::Here {
        return Ok(());
    }
    let source = SOURCE.get().ok_or(MissingChunk)?;
    let set = |next: Chunk| {
        // Another call may have been faster, and nothing leads back from here.
        if ![next, Chunk::Here].contains(&state.get_untracked()) {
            state.set(next);
        }
    };
    set(Chunk::Loading);
    let is_here = source().await;
    set(if is_here { Chunk::Here } else { Chunk::Missing });
    if !is_here {
        return Err(MissingChunk);
    }
    for waiting in WAITING.take() {
        waiting();
    }
    Ok(())
}

/// Calls `then` once the chunk is here: at once, or when it comes. Does not fetch it.
pub fn when_here(then: impl FnOnce() + 'static) {
    if STATE.with(GetUntracked::get_untracked) == Chunk::Here {
        then();
    } else {
        WAITING.with_borrow_mut(|waiting| waiting.push(Box::new(then)));
    }
}

/// Whether the chunk did not come; tracked.
#[must_use]
pub fn is_missing() -> Memo<bool> {
    Memo::new(|_| state() == Chunk::Missing)
}

/// Begins to fetch the chunk, if it is not here. [`state`] says how that goes.
pub fn fetch() {
    spawn_local(async { _ = load().await });
}

/// Fetches the chunk as soon as the browser is idle.
pub fn fetch_when_idle() {
    if request_idle_callback_with_handle(fetch).is_err() {
        set_timeout(fetch, IDLE);
    }
}
