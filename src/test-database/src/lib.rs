//! A database of its own for each test, on the engine that the run of the tests is for.
//!
//! Without more it is a file of `SQLite`. Where `LINKED_ACCOUNTS_TEST_DATABASE` is `postgres`, it is a schema on the server
//! that `LINKED_ACCOUNTS_TEST_POSTGRES` names; `cargo xtask test` sets both.

#![expect(clippy::expect_used, reason = "a test that has no database fails")]

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The variable that chooses the engine.
const ENGINE: &str = "LINKED_ACCOUNTS_TEST_DATABASE";

/// The name of a file, with characters that an address could give a meaning.
const FILE: &str = "tenant db?#%41.sqlite";

/// The variable with the address of the server.
const SERVER: &str = "LINKED_ACCOUNTS_TEST_POSTGRES";

/// How many schemas rest before one is used again: what a test left running has ended by then.
const RESTING: usize = 6;

/// Deletes the rows of all tables but what the store needs to know that it has made them.
const DELETE_ALL: &str = "DO $$ DECLARE name TEXT; BEGIN \
     FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() \
     AND tablename NOT IN ('schema_migrations', 'unit_lock') \
     LOOP EXECUTE format('DELETE FROM %I', name); END LOOP; END $$";

/// A database that nothing else uses.
#[derive(Debug)]
pub struct TestDatabase {
    address: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(TempDir),
    Schema(String),
}

impl TestDatabase {
    /// Returns an empty database on the engine that this run is for.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn new() -> Self {
        if is_postgres() { Self::on_postgres() } else { Self::in_file() }
    }

    /// Returns an empty schema on PostgreSQL. It has the tables of the store already if another test used it before: to make
    /// them takes longer than most tests.
    ///
    /// # Panics
    /// When there is no server.
    #[must_use]
    pub fn on_postgres() -> Self {
        let schema = schemas().take();
        let server = server();
        let mark = if server.contains('?') { '&' } else { '?' };
        let address = format!("{server}{mark}options=-csearch_path%3D{schema}");
        Self { address, place: Place::Schema(schema) }
    }

    /// Returns a file that is not there yet, whatever engine the run is for.
    ///
    /// # Panics
    /// When there is no place for it.
    #[must_use]
    pub fn in_file() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let address = format!("sqlite:{}", folder.path().join(FILE).display());
        Self { address, place: Place::Folder(folder) }
    }

    /// Returns the address, as the store reads it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the file, if the database is one.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path().join(FILE)),
            Place::Schema(_) => None,
        }
    }

    /// Returns whether a text is anywhere in the database.
    ///
    /// # Panics
    /// When the database cannot be read.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        match &self.place {
            Place::Folder(folder) => {
                std::fs::read_dir(folder.path()).expect("the folder is there").any(|file| {
                    let bytes = file.and_then(|file| std::fs::read(file.path())).expect("it can be read");
                    bytes.windows(text.len()).any(|window| window == text.as_bytes())
                })
            }
            Place::Schema(schema) => {
                let tables = format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'");
                let text = text.replace('\'', "''");
                query(tables).into_iter().any(|table| {
                    let rows = format!(
                        "SELECT 1 FROM {schema}.{table} AS one WHERE POSITION('{text}' IN one::TEXT) > 0"
                    );
                    !query(rows).is_empty()
                })
            }
        }
    }

    /// Executes statements behind the back of the store, and returns the first column of what they return.
    ///
    /// # Panics
    /// When the database is a file, or refuses them.
    #[must_use]
    pub fn query(&self, statements: &str) -> Vec<String> {
        let Place::Schema(schema) = &self.place else { panic!("not on PostgreSQL") };
        query(format!("SET search_path = {schema}; {statements}"))
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Schema(schema) = &self.place {
            schemas().idle.push_back(schema.clone());
        }
    }
}

/// The schemas of this process. They stay on the server, and the next process empties them: each holds a lock on the names that
/// it uses.
#[derive(Default)]
struct Schemas {
    /// Those that no test uses, the longest unused one first.
    idle: VecDeque<String>,
    /// How many names were tried.
    tried: u32,
}

impl Schemas {
    fn take(&mut self) -> String {
        if self.idle.len() > RESTING
            && let Some(schema) = self.idle.pop_front()
        {
            query(format!("SET search_path = {schema}; {DELETE_ALL}"));
            return schema;
        }
        loop {
            let schema = format!("linked_accounts_test_{}", self.tried);
            self.tried += 1;
            if query(format!("SELECT pg_try_advisory_lock(hashtext('{schema}'))")) == ["t"] {
                query(format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"));
                return schema;
            }
        }
    }
}

fn schemas() -> MutexGuard<'static, Schemas> {
    static SCHEMAS: OnceLock<Mutex<Schemas>> = OnceLock::new();
    SCHEMAS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether this run of the tests is for PostgreSQL.
#[must_use]
pub fn is_postgres() -> bool {
    std::env::var_os(ENGINE).is_some_and(|engine| engine == "postgres")
}

fn server() -> String {
    let server = std::env::var_os(SERVER).and_then(|server| server.into_string().ok());
    server.expect("LINKED_ACCOUNTS_TEST_POSTGRES names a server; `cargo xtask postgres` starts one")
}

/// Statements, and the way back for the first column of what they return.
type Task = (String, Sender<Result<Vec<String>, String>>);

/// Executes statements on the one connection for that, and waits.
fn query(statements: String) -> Vec<String> {
    static TASKS: OnceLock<Mutex<Sender<Task>>> = OnceLock::new();
    let tasks = TASKS
        .get_or_init(|| Mutex::new(start_worker()))
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let (done, outcome) = channel();
    tasks.send((statements, done)).expect("the connection is open");
    // A panic while another one unwinds would end all tests.
    let outcome = outcome.recv().unwrap_or_else(|_| Err("the connection was lost".to_owned()));
    match outcome {
        Ok(values) => values,
        Err(error) if !std::thread::panicking() => panic!("PostgreSQL: {error}"),
        Err(_) => Vec::new(),
    }
}

/// Starts the thread with the connection: tests have runtimes of their own, which end with them.
fn start_worker() -> Sender<Task> {
    let (tasks, waiting) = channel::<Task>();
    let server = server();
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let connect = tokio_postgres::connect(&server, NoTls);
        let (client, connection) = runtime.block_on(connect).expect("the server answers");
        runtime.spawn(connection);
        for (statements, done) in waiting {
            let executed = runtime.block_on(client.simple_query(&statements));
            let told = executed.map_err(|error| match error.as_db_error() {
                Some(refusal) => format!("{}: {statements}", refusal.message()),
                None => error.to_string(),
            });
            let values = |messages: Vec<SimpleQueryMessage>| {
                let rows = messages.into_iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
                    _ => None,
                });
                rows.collect()
            };
            let told = told.map(values);
            // Whoever asked may be gone.
            let _ = done.send(told);
        }
    });
    tasks
}
