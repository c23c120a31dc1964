//! Limits how many connections are open at once.
//!
//! When all slots are taken, a new connection evicts the one that has kept the server waiting longest, so
//! that a crowd of idle connections cannot shut others out. A semaphore would make the new connection wait
//! instead. A connection that waits for its response is never evicted.

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use hyper::body::{Bytes, Incoming};
use tokio::sync::Notify;

/// What happens on a connection. Phases that are evicted first come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ConnectionPhase {
    /// The server waits for a request: the connection is idle, or the client sends the head of a request.
    AwaitingRequest,
    /// The server waits for the rest of the request.
    ReadingBody,
    /// The client waits for the response.
    Responding,
}

/// The slots for all connections of the server. Clones share them.
#[derive(Clone)]
pub(crate) struct ConnectionSlots(Arc<Shared>);

struct Shared {
    capacity: usize,
    occupancy: Mutex<Occupancy>,
    freed: Notify,
    /// Done once the log says that all slots are taken.
    advice: Once,
}

#[derive(Default)]
struct Occupancy {
    /// Counts every change of a phase, so that an earlier change has a lower number.
    sequence: u64,
    slots: HashMap<u64, SlotState>,
    /// The slots that can be evicted, by phase, by the number of the change to it, and by their own number: the first one
    /// goes first.
    waited_for: BTreeSet<(ConnectionPhase, u64, u64)>,
    /// How many slots were evicted and are not free yet.
    evicted: usize,
}

/// The state of a taken slot.
struct SlotState {
    phase: ConnectionPhase,
    /// The number of the change to this phase.
    since: u64,
    is_evicted: bool,
    eviction: Arc<Notify>,
}

/// The slot of one connection. It is freed on drop.
pub(crate) struct ConnectionSlot {
    shared: Arc<Shared>,
    number: u64,
    eviction: Arc<Notify>,
}

impl ConnectionSlots {
    /// Makes `capacity` slots.
    pub(crate) fn new(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            capacity,
            occupancy: Mutex::default(),
            freed: Notify::new(),
            advice: Once::new(),
        }))
    }

    /// Returns a slot for a new connection; waits until one is free, for which it evicts a connection as soon as one can be.
    /// Only one caller may wait at a time.
    pub(crate) async fn acquire(&self) -> Arc<ConnectionSlot> {
        loop {
            if let Some(slot) = self.try_acquire() {
                return slot;
            }
            self.0.freed.notified().await;
        }
    }

    fn try_acquire(&self) -> Option<Arc<ConnectionSlot>> {
        let mut occupancy = self.0.occupancy();
        if occupancy.slots.len() >= self.0.capacity {
            self.0.advice.call_once(|| {
                tracing::warn!(
                    "all {} connections are taken: each further one closes the idlest or waits (--max-connections)",
                    self.0.capacity
                );
            });
            // One that was evicted has its files until it is dropped.
            if occupancy.slots.len() - occupancy.evicted >= self.0.capacity {
                occupancy.evict();
            }
            return None;
        }
        let (number, eviction) = (occupancy.next_number(), Arc::new(Notify::new()));
        let phase = ConnectionPhase::AwaitingRequest;
        let state = SlotState { phase, since: number, is_evicted: false, eviction };
        let eviction = Arc::clone(&state.eviction);
        occupancy.waited_for.insert((state.phase, number, number));
        occupancy.slots.insert(number, state);
        Some(Arc::new(ConnectionSlot { shared: Arc::clone(&self.0), number, eviction }))
    }
}

impl Occupancy {
    fn next_number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Changes the phase of a slot, if it is taken.
    fn enter(&mut self, number: u64, phase: ConnectionPhase) {
        let since = self.next_number();
        let Some(state) = self.slots.get_mut(&number) else { return };
        self.waited_for.remove(&(state.phase, state.since, number));
        (state.phase, state.since) = (phase, since);
        if phase != ConnectionPhase::Responding && !state.is_evicted {
            self.waited_for.insert((phase, since, number));
        }
    }

    /// Evicts the connection that has kept the server waiting longest, if there is one.
    fn evict(&mut self) {
        let Some((_, _, number)) = self.waited_for.pop_first() else { return };
        if let Some(state) = self.slots.get_mut(&number) {
            state.is_evicted = true;
            state.eviction.notify_one();
            self.evicted += 1;
        }
    }

    /// Frees a slot.
    fn remove(&mut self, number: u64) {
        let Some(state) = self.slots.remove(&number) else { return };
        self.waited_for.remove(&(state.phase, state.since, number));
        self.evicted -= usize::from(state.is_evicted);
    }
}

impl Shared {
    fn occupancy(&self) -> MutexGuard<'_, Occupancy> {
        self.occupancy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionSlot {
    /// Completes when the connection is evicted and must be closed.
    pub(crate) async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// Marks that the head of a request was read. Returns the body, wrapped so that the phase changes once it
    /// is fully read.
    pub(crate) fn start_request(self: &Arc<Self>, body: Incoming) -> TrackedBody {
        self.enter(if body.is_end_stream() {
            ConnectionPhase::Responding
        } else {
            ConnectionPhase::ReadingBody
        });
        TrackedBody { body, slot: Arc::clone(self) }
    }

    /// Marks that the response was made.
    pub(crate) fn finish_response(&self) {
        self.enter(ConnectionPhase::AwaitingRequest);
    }

    /// Completes when the body of a request is still being read after `limit`. Never completes for a request whose body was
    /// read before.
    pub(crate) async fn body_timeout(&self, limit: Duration) {
        if self.is_reading_body() {
            tokio::time::sleep(limit).await;
        }
        if !self.is_reading_body() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether a part of the request is still to be read.
    fn is_reading_body(&self) -> bool {
        self.shared
            .occupancy()
            .slots
            .get(&self.number)
            .is_some_and(|state| state.phase == ConnectionPhase::ReadingBody)
    }

    fn enter(&self, phase: ConnectionPhase) {
        self.shared.occupancy().enter(self.number, phase);
        // `acquire` may be waiting for a connection that can be evicted.
        if phase != ConnectionPhase::Responding {
            self.shared.freed.notify_one();
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.shared.occupancy().remove(self.number);
        self.shared.freed.notify_one();
    }
}

/// Wraps a request body and marks its slot as responding once the body is fully read.
pub(crate) struct TrackedBody {
    body: Incoming,
    slot: Arc<ConnectionSlot>,
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_))))
            || (polled.is_ready() && self.body.is_end_stream())
        {
            self.slot.enter(ConnectionPhase::Responding);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase_of(slot: &ConnectionSlot) -> Option<ConnectionPhase> {
        slot.shared.occupancy().slots.get(&slot.number).map(|state| state.phase)
    }

    fn is_evicted(slot: &ConnectionSlot) -> bool {
        slot.shared.occupancy().slots[&slot.number].is_evicted
    }

    #[tokio::test]
    async fn the_connection_that_kept_the_server_waiting_longest_is_evicted() {
        let slots = ConnectionSlots::new(3);
        let (first, second, third) = (slots.acquire().await, slots.acquire().await, slots.acquire().await);
        first.finish_response();
        assert!(slots.try_acquire().is_none());
        second.evicted().await;
        assert!(is_evicted(&second) && !is_evicted(&first) && !is_evicted(&third));
    }

    #[tokio::test]
    async fn an_evicted_connection_has_its_slot_until_it_is_closed_and_no_other_is_evicted_meanwhile() {
        let slots = ConnectionSlots::new(2);
        let (first, second) = (slots.acquire().await, slots.acquire().await);
        for _ in 0..3 {
            assert!(slots.try_acquire().is_none());
        }
        assert!(is_evicted(&first) && !is_evicted(&second));
        first.finish_response();
        assert!(slots.try_acquire().is_none());
        drop(first);
        let _third = slots.try_acquire().unwrap();
        assert!(slots.try_acquire().is_none());
        assert!(is_evicted(&second));
    }

    #[tokio::test]
    async fn idle_connections_are_evicted_before_those_that_send_a_body() {
        let slots = ConnectionSlots::new(2);
        let (sending, idle) = (slots.acquire().await, slots.acquire().await);
        sending.enter(ConnectionPhase::ReadingBody);
        assert!(slots.try_acquire().is_none());
        idle.evicted().await;
        assert!(sending.is_reading_body());
    }

    #[tokio::test]
    async fn a_connection_that_waits_for_its_response_is_not_evicted() {
        let slots = ConnectionSlots::new(1);
        let busy = slots.acquire().await;
        busy.enter(ConnectionPhase::Responding);
        assert!(slots.try_acquire().is_none());
        let (next, ()) = tokio::join!(slots.acquire(), async { drop(busy) });
        assert_eq!(phase_of(&next), Some(ConnectionPhase::AwaitingRequest));
    }
}
