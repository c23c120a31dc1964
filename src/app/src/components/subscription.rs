//! The end of a memo's subscriptions.

use leptos::prelude::*;
use leptos::reactive::graph::{Subscriber, ToAnySubscriber};

/// Returns `memo`, and has it unsubscribe from its sources when the reactive owner of the caller is cleaned up.
///
/// `reactive_graph` leaves the subscription of a memo that is gone in its sources, with the memory of the memo. For a row that
/// comes and goes beside what lasts as long as the page, that would be for ever.
pub fn unsubscribed_on_cleanup<T: Send + Sync + 'static>(memo: Memo<T>) -> Memo<T> {
    let subscriber = ArcMemo::from(memo).to_any_subscriber();
    on_cleanup(move || subscriber.clear_sources(&subscriber));
    memo
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_memo_hears_of_nothing_once_its_owner_is_cleaned_up() {
        let (owner, source) = (Owner::new(), ArcRwSignal::new(1));
        let runs = Arc::new(AtomicU32::new(0));
        let memo = owner.with(|| {
            let (runs, source) = (Arc::clone(&runs), source.clone());
            let memo = Memo::new(move |_| {
                runs.fetch_add(1, Ordering::Relaxed);
                source.get()
            });
            // Lives on, so that it would run again.
            ArcMemo::from(unsubscribed_on_cleanup(memo))
        });
        assert_eq!(memo.get_untracked(), 1);
        source.set(2);
        assert_eq!((memo.get_untracked(), runs.load(Ordering::Relaxed)), (2, 2));
        owner.cleanup();
        source.set(3);
        assert_eq!((memo.get_untracked(), runs.load(Ordering::Relaxed)), (2, 2));
    }
}
