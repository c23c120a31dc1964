//! How many connections are open at once, and which of them makes room when all seats are taken: the one that has kept
//! the server waiting longest. Whoever waits for the server is never sent away.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use hyper::body::{Bytes, Incoming};
use tokio::sync::Notify;

/// Who waits for whom on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// The client's, to ask at all: it is idle, or sends the head of a request.
    Asking,
    /// The client's, to send the rest of its request.
    Sending,
    /// Ours.
    Answering,
}

/// All seats. Clones share them.
#[derive(Clone)]
pub(crate) struct Seats(Arc<Shared>);

struct Shared {
    most: usize,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    /// Counts every change, so that what came earlier has a lower number.
    moment: u64,
    seats: HashMap<u64, Held>,
}

/// What is known about a connection.
struct Held {
    turn: Turn,
    since: u64,
    leave: Arc<Notify>,
}

/// The seat of one connection, free again when it is dropped.
pub(crate) struct Seat {
    shared: Arc<Shared>,
    number: u64,
    leave: Arc<Notify>,
}

impl Seats {
    /// As many seats.
    pub(crate) fn of(most: usize) -> Self {
        Self(Arc::new(Shared { most, taken: Mutex::default(), freed: Notify::new() }))
    }

    /// A seat for a new connection, as soon as there is one. Only one may wait at a time.
    pub(crate) async fn take(&self) -> Arc<Seat> {
        loop {
            if let Some(seat) = self.try_take() {
                return seat;
            }
            self.0.freed.notified().await;
        }
    }

    fn try_take(&self) -> Option<Arc<Seat>> {
        let mut taken = self.0.taken();
        if taken.seats.len() >= self.0.most {
            let waited_for = taken.seats.iter().filter(|(_, held)| held.turn != Turn::Answering);
            let (number, _) = waited_for.min_by_key(|(_, held)| (held.turn, held.since))?;
            let number = *number;
            taken.seats.remove(&number).inspect(|held| held.leave.notify_one());
        }
        taken.moment += 1;
        let (number, leave) = (taken.moment, Arc::new(Notify::new()));
        taken.seats.insert(number, Held { turn: Turn::Asking, since: number, leave: Arc::clone(&leave) });
        Some(Arc::new(Seat { shared: Arc::clone(&self.0), number, leave }))
    }
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Is done when the connection must make room.
    pub(crate) async fn lost(&self) {
        self.leave.notified().await;
    }

    /// The head of a request has come: its body, which tells when it is whole.
    pub(crate) fn asked(self: &Arc<Self>, body: Incoming) -> Watched {
        self.turn(if body.is_end_stream() { Turn::Answering } else { Turn::Sending });
        Watched { body, seat: Arc::clone(self) }
    }

    /// The answer is made.
    pub(crate) fn answered(&self) {
        self.turn(Turn::Asking);
    }

    /// Whether the client still has to send a part of its request.
    pub(crate) fn is_sending(&self) -> bool {
        self.shared.taken().seats.get(&self.number).is_some_and(|held| held.turn == Turn::Sending)
    }

    fn turn(&self, turn: Turn) {
        let mut taken = self.shared.taken();
        taken.moment += 1;
        let since = taken.moment;
        if let Some(held) = taken.seats.get_mut(&self.number) {
            (held.turn, held.since) = (turn, since);
        }
        // Somebody may wait for a connection that can be sent away.
        if turn != Turn::Answering {
            self.shared.freed.notify_one();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.taken().seats.remove(&self.number);
        self.shared.freed.notify_one();
    }
}

/// A body that tells its seat when it is whole.
pub(crate) struct Watched {
    body: Incoming,
    seat: Arc<Seat>,
}

impl Body for Watched {
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
            self.seat.turn(Turn::Answering);
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

    fn turns(seat: &Seat) -> Option<Turn> {
        seat.shared.taken().seats.get(&seat.number).map(|held| held.turn)
    }

    #[tokio::test]
    async fn the_one_that_kept_the_server_waiting_longest_makes_room() {
        let seats = Seats::of(3);
        let (first, second, third) = (seats.take().await, seats.take().await, seats.take().await);
        first.answered();
        let _fourth = seats.take().await;
        second.lost().await;
        assert_eq!(
            (turns(&first), turns(&second), turns(&third)),
            (Some(Turn::Asking), None, Some(Turn::Asking))
        );
    }

    #[tokio::test]
    async fn whoever_sends_makes_room_only_after_all_who_do_not_even_ask() {
        let seats = Seats::of(2);
        let (sending, asking) = (seats.take().await, seats.take().await);
        sending.turn(Turn::Sending);
        let _third = seats.take().await;
        asking.lost().await;
        assert!(sending.is_sending());
    }

    #[tokio::test]
    async fn whoever_waits_for_an_answer_keeps_the_seat_and_a_newcomer_waits() {
        let seats = Seats::of(1);
        let busy = seats.take().await;
        busy.turn(Turn::Answering);
        assert!(seats.try_take().is_none());
        let (next, ()) = tokio::join!(seats.take(), async { drop(busy) });
        assert_eq!(turns(&next), Some(Turn::Asking));
    }
}
