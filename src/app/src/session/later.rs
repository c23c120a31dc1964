//! What of the session is in the [later chunk](crate::chunk): every request that the page itself makes of the tenant's
//! authorization and token endpoints. The first load decides who is signed in by what the early start found.

use std::pin::Pin;

use super::authorization_response::{AuthorizationResponse, Code};
use super::credentials::Credentials;
use super::handle::Session;
use super::transaction::Transaction;
use crate::chunk::{self, Table};

/// A future of the later chunk.
pub(super) type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// The functions of the chunk.
pub(super) struct Requests {
    /// Handles the response in the callback's address, with the stored transaction as text.
    pub(super) receive: fn(Session, Option<AuthorizationResponse>, Option<String>),
    /// Exchanges the code that answers a transaction.
    pub(super) exchange: fn(Session, Code, Transaction),
    /// Signs in silently in a hidden frame.
    pub(super) sign_in_silently: fn(Session),
    /// Signs in silently by a redirect.
    pub(super) leave_silently: fn(Session),
    /// Leaves for the tenant's login page.
    pub(super) sign_in: fn(Session),
    /// Replaces the token of these credentials.
    pub(super) renew: fn(Session, Option<Credentials>) -> Later<bool>,
    /// Has the person sign in again, at most so many seconds ago.
    pub(super) answer_challenge: fn(Session, u32) -> Later<bool>,
    /// Listens to the other tabs for as long as the page lives.
    pub(super) listen_to_tabs: fn(Session),
    /// Tells the other tabs that the person signed out.
    pub(super) broadcast_sign_out: fn(),
}

thread_local! {
    /// The functions, once the chunk is here.
    pub(super) static REQUESTS: Table<Requests> = const { Table::new(None) };
}

impl Session {
    /// Calls `then` with the functions of the chunk, which is fetched if it is not here. While it does not come, the page says
    /// so and offers to try again.
    pub(super) fn request(self, then: impl FnOnce(&'static Requests, Self) + 'static) {
        chunk::when_here(move || {
            if let Some(requests) = REQUESTS.get() {
                then(requests, self);
            }
        });
        chunk::fetch();
    }

    /// Listens to the other tabs once the chunk is here, for as long as the page lives.
    pub(super) fn listen_to_tabs(self) {
        chunk::when_here(move || {
            if let Some(requests) = REQUESTS.get() {
                (requests.listen_to_tabs)(self);
            }
        });
    }

    /// Tells the other tabs that the person signed out. Without the chunk they notice that the user is forgotten.
    pub(super) fn broadcast_sign_out() {
        if let Some(requests) = REQUESTS.get() {
            (requests.broadcast_sign_out)();
        }
    }

    /// Replaces the token of `spent` silently. Returns whether there is a new one.
    pub(super) async fn renew(self, spent: Option<Credentials>) -> bool {
        match requests().await {
            Some(requests) => (requests.renew)(self, spent).await,
            None => false,
        }
    }

    /// Answers a challenge of the tenant (RFC 9470) by a fresh sign-in in a popup, if the browser lets the page open one.
    /// Returns whether the same person signed in.
    pub(super) async fn answer_challenge(self, max_age: u32) -> bool {
        match requests().await {
            Some(requests) => (requests.answer_challenge)(self, max_age).await,
            None => false,
        }
    }
}

async fn requests() -> Option<&'static Requests> {
    chunk::load().await.ok()?;
    REQUESTS.get()
}
