//! The end of a memo's subscriptions.

use leptos::prelude::*;
use leptos::reactive::graph::{Subscriber, ToAnySubscriber};

/// Returns `memo`, and has it unsubscribe from its sources when the reactive owner of the caller is cleaned up.
///
/// `reactive_graph` leaves the subscription of a memo that is gone in each source until that changes. For a row that comes and
/// goes while what all rows read stays the same, that would be memory for ever.
pub fn unsubscribed_on_cleanup<T: Send + Sync + 'static>(memo: Memo<T>) -> Memo<T> {
    let subscriber = ArcMemo::from(memo).to_any_subscriber();
    on_cleanup(move || subscriber.clear_sources(&subscriber));
    memo
}
