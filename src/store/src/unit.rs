//! Access to rows: reading, and changing them as one unit of work.
//!
//! The statements are methods of [`Reader`] and [`Unit`] in the modules of the tables.

use std::ops::{Deref, DerefMut};

use sqlx::Any;
use sqlx::pool::PoolConnection;

use crate::damage::{Damage, Watched};

/// A connection for reading rows.
#[derive(Debug)]
pub struct Reader {
    connection: PoolConnection<Any>,
    damage: Damage,
}

impl Reader {
    pub(crate) fn new(connection: PoolConnection<Any>, damage: Damage) -> Self {
        Self { connection, damage }
    }

    pub(crate) fn connection(&mut self) -> Watched<'_> {
        Watched { connection: &mut self.connection, damage: &self.damage }
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
    pub(crate) fn new(connection: PoolConnection<Any>, damage: Damage) -> Self {
        Self { reader: Reader::new(connection, damage) }
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
