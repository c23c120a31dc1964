//! Opening a database, and handing out readers and units of work.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deadpool::{Runtime, managed, unmanaged};
use model::UserId;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::damage::Damage;
use crate::database_file::{self, DatabaseFile};
use crate::engine::postgres::{Manager, Postgres, Server};
use crate::engine::sqlite::{self, Sqlite};
use crate::engine::{Connection, Engine};
use crate::error::Error;
use crate::migrations::{self, Dialect};
use crate::unit::{Reader, Unit};
use crate::writer::{Closure, Command, Guard, Work, write_units};

/// The number of connections for reading. The writer has a connection of its own.
const READERS: usize = 8;

/// The number of readers that search through all users at once. The others are left to those who ask for one row.
const SCANS: usize = 2;

/// The number of units of work that can wait. Further callers of [`Store::write`] wait for a free place.
const WAITING_UNITS: usize = 1024;

/// How long a caller waits for a reader, or for a place among the units that wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open database. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    readers: Readers,
    scans: Arc<Semaphore>,
    units: mpsc::Sender<Command>,
    /// Is closed once the writer has ended.
    writer: Arc<Mutex<Option<oneshot::Receiver<()>>>>,
    file: Option<Arc<DatabaseFile>>,
    damage: Damage,
}

#[derive(Clone)]
enum Readers {
    Sqlite(unmanaged::Pool<rusqlite::Connection>),
    Postgres(managed::Pool<Manager>),
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// By a program that does not serve a tenant, which may run beside a server.
    Shared,
    /// By a server: it is the only one.
    Alone,
}

impl Store {
    /// Opens the database at `address`, creating and migrating it as needed.
    ///
    /// `sqlite:PATH` is a file; a relative path starts at the working directory. The file is in WAL mode with
    /// full synchronisation: acknowledged changes survive a killed process and a power failure. Only its owner
    /// can read it. `postgres://USER:PASSWORD@HOST/DATABASE` is a database of a `PostgreSQL` server, with the parameters of libpq.
    ///
    /// # Errors
    /// [`Error::Address`] for any other address, [`Error::Database`] if the file cannot be opened, created
    /// or migrated, [`Error::Unavailable`] if the server cannot be reached, [`Error::File`] if the file is read-only or belongs to
    /// another user, [`Error::Foreign`] if it is another program's, [`Error::Corrupt`] if it is damaged, [`Error::Newer`] if a
    /// newer version has changed it; then nothing is written to it.
    pub async fn open(address: &str) -> Result<Self, Error> {
        Self::open_as(address, Opening::Shared).await
    }

    /// Opens the database for a server, like [`Store::open`]. A file is served by one server at a time, because counters of
    /// attempts and calls are in its memory.
    ///
    /// # Errors
    /// Also [`Error::InUse`] if another server has the file open.
    pub async fn open_for_server(address: &str) -> Result<Self, Error> {
        Self::open_as(address, Opening::Alone).await
    }

    async fn open_as(address: &str, opening: Opening) -> Result<Self, Error> {
        match Box::pin(open_unit(address, opening)).await? {
            (unit, Opened::File(mut file)) => {
                // All readers are open from the start: one that is opened later would look for a file that may be gone by then.
                let readers = unmanaged::Pool::new(READERS);
                for _ in 0..READERS {
                    readers.try_add(sqlite::open_existing(file.path())?).map_err(|_| Error::Closed)?;
                }
                file.remember();
                Self::over_file(readers, unit, Arc::new(file))
            }
            (unit, Opened::Server(server)) => {
                // The writer connects again, from its own thread.
                drop(unit);
                Self::over_server(*server)
            }
        }
    }

    fn over_file(
        readers: unmanaged::Pool<rusqlite::Connection>,
        unit: Unit,
        file: Arc<DatabaseFile>,
    ) -> Result<Self, Error> {
        let damage = unit.damage().clone();
        let guard = Guard { file: Some(Arc::clone(&file)), damage: damage.clone() };
        let runtime = tokio::runtime::Handle::current();
        let (units, writer) = spawn_writer(unit, guard, move |work| runtime.block_on(work))?;
        Ok(Self::new(Readers::Sqlite(readers), units, writer, Some(file), damage))
    }

    fn over_server(server: Server) -> Result<Self, Error> {
        let damage = Damage::default();
        let readers = managed::Pool::builder(Manager(server.clone()))
            .max_size(READERS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| Error::Unavailable(Arc::new(error)))?;
        let guard = Guard { file: None, damage: damage.clone() };
        // The writer waits for the connection in its own thread: no other has to be woken for an answer.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Unavailable(Arc::new(error)))?;
        let unit =
            Unit::new(Connection::new(Engine::Postgres(Box::new(Postgres::own(server))), damage.clone()));
        let (units, writer) = spawn_writer(unit, guard, move |work| runtime.block_on(work))?;
        Ok(Self::new(Readers::Postgres(readers), units, writer, None, damage))
    }

    fn new(
        readers: Readers,
        units: mpsc::Sender<Command>,
        writer: oneshot::Receiver<()>,
        file: Option<Arc<DatabaseFile>>,
        damage: Damage,
    ) -> Self {
        let (scans, writer) = (Arc::new(Semaphore::new(SCANS)), Arc::new(Mutex::new(Some(writer))));
        Self { readers, scans, units, writer, file, damage }
    }

    /// Returns a connection for reading single rows and short lists.
    ///
    /// # Errors
    /// [`Error::Busy`] if no connection becomes free in time, [`Error::Unavailable`] if the server cannot be reached,
    /// [`Error::Closed`] if the store is closed.
    pub async fn read(&self) -> Result<Reader, Error> {
        let engine = match &self.readers {
            Readers::Sqlite(_) => Engine::Sqlite(Sqlite::new(self.take_reader().await?)),
            Readers::Postgres(pool) => {
                Engine::Postgres(Box::new(Postgres::pooled(Box::pin(take_session(pool)).await?)))
            }
        };
        Ok(Reader::new(Connection::new(engine, self.damage.clone())))
    }

    /// Returns a connection for what reads through many rows. There are few of them, so that however many ask, those who ask
    /// for single rows do not wait.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn scan(&self) -> Result<Reader, Error> {
        let permit = timeout(PATIENCE, Arc::clone(&self.scans).acquire_owned()).await;
        let permit = permit.map_err(|_| Error::Busy)?.map_err(|_| Error::Closed)?;
        let engine = match &self.readers {
            Readers::Sqlite(_) => Engine::Sqlite(Sqlite::for_scans(self.take_reader().await?)),
            Readers::Postgres(pool) => {
                Engine::Postgres(Box::new(Postgres::pooled(Box::pin(take_session(pool)).await?)))
            }
        };
        Ok(Reader::for_scans(Connection::new(engine, self.damage.clone()), permit))
    }

    /// Returns whether other servers can have the database open, so that what they have to know together has to be in it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.readers, Readers::Postgres(_))
    }

    async fn take_reader(&self) -> Result<sqlite::Held, Error> {
        let Readers::Sqlite(pool) = &self.readers else { return Err(Error::Closed) };
        let taken = timeout(PATIENCE, pool.get()).await.map_err(|_| Error::Busy)?;
        Ok(Box::new(taken.map_err(|_| Error::Closed)?))
    }

    /// Runs `work` as one unit of work.
    ///
    /// All of its changes are on disk when this returns `Ok`, and none of them when it returns `Err`. Units
    /// run one after the other, also those of other servers on the same database. Units that wait at the same time share a
    /// commit, so that many of them cost little more than one. A unit whose caller is dropped before it begins is not run.
    ///
    /// `work` is cloned, and runs again if another server or another unit of its commit was in the way.
    ///
    /// # Errors
    /// The error of `work`; [`Error::Database`], [`Error::Unavailable`] or [`Error::NoSpace`] if the commit fails;
    /// [`Error::Busy`] if too many units wait; [`Error::Corrupt`] once a statement has found the database
    /// damaged; [`Error::Closed`] if the store is closed or `work` panics.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(None, work).await
    }

    /// Runs `work` as [`Store::write`] does. It begins with [`Reader::find_user`] or [`Reader::find_user_texts`] of this user,
    /// which is read together with those of other units that wait, where an answer of the database takes a round trip.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_user<T, E, F>(&self, user_id: UserId, work: F) -> Result<T, E>
    where
        F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(Some(user_id), work).await
    }

    async fn run<T, E, F>(&self, reads: Option<UserId>, work: F) -> Result<T, E>
    where
        F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (caller, outcome) = oneshot::channel();
        let job = Command::Run(Box::new(Closure::new(reads, work, caller)));
        let place = timeout(PATIENCE, self.units.reserve()).await.map_err(|_| Error::Busy)?;
        place.map_err(|_| Error::Closed)?.send(job);
        outcome.await.map_err(|_| self.damage.check().err().unwrap_or(Error::Closed))?
    }

    /// Checks that changes can be made: that no statement found the database damaged, that the writer commits, that the files of
    /// the database are the ones that were opened, and that there is space.
    ///
    /// # Errors
    /// What [`write`](Self::write) would fail with; [`Error::Full`] before it does.
    pub async fn check(&self) -> Result<(), Error> {
        self.damage.check()?;
        if let Some(file) = &self.file {
            file.check_space()?;
        }
        self.write(|unit| Box::pin(async move { migrations::check(unit.connection()).await })).await
    }

    /// Finishes the waiting units and closes the database. Later calls fail with [`Error::Closed`]. Closing twice is harmless.
    pub async fn close(&self) {
        let Some(writer) = self.writer.lock().await.take() else { return };
        // Both fail only if the writer has stopped already.
        let _ = self.units.send(Command::Stop).await;
        let _ = writer.await;
        match &self.readers {
            Readers::Sqlite(pool) => pool.close(),
            Readers::Postgres(pool) => pool.close(),
        }
    }
}

async fn take_session(pool: &managed::Pool<Manager>) -> Result<managed::Object<Manager>, Error> {
    pool.get().await.map_err(|error| match error {
        managed::PoolError::Backend(error) => error,
        managed::PoolError::Closed => Error::Closed,
        managed::PoolError::Timeout(managed::TimeoutType::Wait) => Error::Busy,
        other => Error::Unavailable(Arc::new(other)),
    })
}

/// Starts the thread of the writer.
fn spawn_writer(
    unit: Unit,
    guard: Guard,
    run: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) + Send + 'static,
) -> Result<(mpsc::Sender<Command>, oneshot::Receiver<()>), Error> {
    let (units, waiting) = mpsc::channel(WAITING_UNITS);
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || {
            run(Box::pin(write_units(unit, waiting, guard)));
            drop(ended);
        })
        .map_err(|error| Error::Database(Arc::new(error)))?;
    Ok((units, end))
}

/// Returns the absolute path of the database at `address`, if it is a file.
#[must_use]
pub fn file_of(address: &str) -> Option<PathBuf> {
    let path = address.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.is_empty()).then(|| std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path)))
}

/// What was opened, beside the connection of the writer.
pub(crate) enum Opened {
    File(DatabaseFile),
    Server(Box<Server>),
}

/// Opens a database for one unit of work after the other, and migrates it.
///
/// # Errors
/// As [`Store::open`] and [`Store::open_for_server`].
pub(crate) async fn open_unit(address: &str, opening: Opening) -> Result<(Unit, Opened), Error> {
    let damage = Damage::default();
    if let Some(path) = file_of(address) {
        sqlite::refuse_foreign(&path)?;
        let mut file = database_file::prepare(&path)?;
        if opening == Opening::Alone {
            file.lock()?;
        }
        let sqlite = Sqlite::new(Box::new(Box::new(sqlite::open(&path)?)));
        let mut unit = Unit::new(Connection::new(Engine::Sqlite(sqlite), damage));
        unit.migrate(Dialect::Sqlite).await?;
        if opening == Opening::Alone {
            unit.connection().rewrite_old_file(&file);
        }
        return Ok((unit, Opened::File(file)));
    }
    if !["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme)) {
        return Err(Error::Address(address.to_owned()));
    }
    let server = Box::new(Server::parse(address)?);
    let mut unit =
        Unit::new(Connection::new(Engine::Postgres(Box::new(Postgres::own((*server).clone()))), damage));
    unit.connection().restore().await?;
    unit.migrate(Dialect::Postgres).await?;
    Ok((unit, Opened::Server(server)))
}
