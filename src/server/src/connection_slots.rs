//! Limits how many connections are open at once.
//!
//! When all slots are taken, a new connection evicts the one that has kept the server waiting longest, so
//! that a crowd of idle connections cannot shut others out. A semaphore would make the new connection wait
//! instead. A connection that waits for its response is never evicted.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

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
}

#[derive(Default)]
struct Occupancy {
    /// Counts every change of a phase, so that an earlier change has a lower number.
    sequence: u64,
    slots: HashMap<u64, SlotState>,
}

/// The state of a taken slot.
struct SlotState {
    phase: ConnectionPhase,
    /// The number of the change to this phase.
    since: u64,
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
        Self(Arc::new(Shared { capacity, occupancy: Mutex::default(), freed: Notify::new() }))
    }

    /// Returns a slot for a new connection; waits while no connection can be evicted. Only one caller may
    /// wait at a time.
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
            let waited_for =
                occupancy.slots.iter().filter(|(_, state)| state.phase != ConnectionPhase::Responding);
            let (number, _) = waited_for.min_by_key(|(_, state)| (state.phase, state.since))?;
            let number = *number;
            occupancy.slots.remove(&number).inspect(|state| state.eviction.notify_one());
        }
        occupancy.sequence += 1;
        let (number, eviction) = (occupancy.sequence, Arc::new(Notify::new()));
        occupancy.slots.insert(
            number,
            SlotState {
                phase: ConnectionPhase::AwaitingRequest,
                since: number,
                eviction: Arc::clone(&eviction),
            },
        );
        Some(Arc::new(ConnectionSlot { shared: Arc::clone(&self.0), number, eviction }))
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

    /// Whether a part of the request is still to be read.
    pub(crate) fn is_reading_body(&self) -> bool {
        self.shared
            .occupancy()
            .slots
            .get(&self.number)
            .is_some_and(|state| state.phase == ConnectionPhase::ReadingBody)
    }

    fn enter(&self, phase: ConnectionPhase) {
        let mut occupancy = self.shared.occupancy();
        occupancy.sequence += 1;
        let since = occupancy.sequence;
        if let Some(state) = occupancy.slots.get_mut(&self.number) {
            (state.phase, state.since) = (phase, since);
        }
        // `acquire` may be waiting for a connection that can be evicted.
        if phase != ConnectionPhase::Responding {
            self.shared.freed.notify_one();
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.shared.occupancy().slots.remove(&self.number);
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

    #[tokio::test]
    async fn the_connection_that_kept_the_server_waiting_longest_is_evicted() {
        let slots = ConnectionSlots::new(3);
        let (first, second, third) = (slots.acquire().await, slots.acquire().await, slots.acquire().await);
        first.finish_response();
        let _fourth = slots.acquire().await;
        second.evicted().await;
        assert_eq!(
            (phase_of(&first), phase_of(&second), phase_of(&third)),
            (Some(ConnectionPhase::AwaitingRequest), None, Some(ConnectionPhase::AwaitingRequest))
        );
    }

    #[tokio::test]
    async fn idle_connections_are_evicted_before_those_that_send_a_body() {
        let slots = ConnectionSlots::new(2);
        let (sending, idle) = (slots.acquire().await, slots.acquire().await);
        sending.enter(ConnectionPhase::ReadingBody);
        let _third = slots.acquire().await;
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
