//! Access to rows: reading, and changing them as one unit of work.
//!
//! The statements are methods of [`Reader`] and [`Unit`] in the modules of the tables.

use std::ops::{Deref, DerefMut};

use tokio::sync::OwnedSemaphorePermit;

use crate::damage::Damage;
use crate::engine::Connection;

/// A connection for reading rows.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    /// What is given back when a reader through many rows is dropped.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Reader {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, _permit: None }
    }

    pub(crate) fn for_scans(connection: Connection, permit: OwnedSemaphorePermit) -> Self {
        Self { connection, _permit: Some(permit) }
    }

    pub(crate) fn damage(&self) -> &Damage {
        self.connection.damage()
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A unit of work: changes rows, all or none.
///
/// A unit dereferences to a [`Reader`], so it has every read method, and reads its own changes.
#[derive(Debug)]
pub struct Unit {
    reader: Reader,
}

impl Unit {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { reader: Reader::new(connection) }
    }
}

impl Deref for Unit {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl DerefMut for Unit {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}
