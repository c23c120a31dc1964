//! PostgreSQL, and what speaks its protocol and understands the same statements.
//!
//! Statements that a unit of work does not wait for are sent ahead ([`Postgres::send`], [`Postgres::control`]) and their
//! answers are read with that of the next one, because a way to the database and back takes longer than a statement.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use futures_util::future::{join, join_all, try_join_all};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Statement};

use super::control::Control;
use super::postgres_tls::{self, TlsConnector};
use crate::error::Error;
use crate::query::Query;
use crate::row::{Row, Rows};
use crate::value::Value;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a statement may take. The server ends it a little earlier by itself, see [`SETTINGS`].
const ANSWER_TIMEOUT: Duration = Duration::from_secs(25);

/// How long a connection may stay silent before the system asks whether the other side is there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// What every connection sets. A transaction whose server is gone must not hold its locks, and a commit is on disk when it is
/// acknowledged, whatever the default of the database is.
const SETTINGS: &str = "SET statement_timeout = '20s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '20s'; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// How to connect to the database.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tls: TlsConnector,
}

impl Server {
    /// Reads an address, `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…&sslrootcert=…`.
    ///
    /// # Errors
    /// [`Error::Address`], or [`Error::File`] for the certificates.
    pub(crate) fn parse(address: &str) -> Result<Self, Error> {
        let names_ssl_mode = address.split_once('?').is_some_and(|(_, options)| options.contains("sslmode="));
        let (address, tls) = postgres_tls::connector(address)?;
        let mut config: Config = address.parse().map_err(|_| Error::Address(shown(&address)))?;
        // What stays on this machine needs no TLS, and the certificate that PostgreSQL has at first is of no authority.
        if !names_ssl_mode && is_on_this_machine(&config) {
            config.ssl_mode(SslMode::Disable);
        }
        config
            .application_name("linked-accounts")
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(ANSWER_TIMEOUT)
            .keepalives_idle(KEEPALIVE);
        Ok(Self { config, tls })
    }

    async fn connect(&self) -> Result<Client, Error> {
        let connect = timeout(CONNECT_TIMEOUT, self.config.connect(self.tls.clone())).await;
        let (client, connection) = connect.map_err(|elapsed| Error::Unavailable(Arc::new(elapsed)))??;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a connection to the database was lost"
                );
            }
        });
        client.batch_execute(SETTINGS).await?;
        Ok(client)
    }
}

fn is_on_this_machine(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

/// Returns an address of a database as it may be shown: without the password.
#[must_use]
pub fn shown(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, place)) => format!("{scheme}://{}@{place}", user.split(':').next().unwrap_or_default()),
        None => address.to_owned(),
    }
}

/// Makes the connections of the pool.
pub(crate) struct Manager(pub(crate) Server);

impl managed::Manager for Manager {
    type Type = Session;
    type Error = Error;

    async fn create(&self) -> Result<Session, Error> {
        Ok(Session { client: Arc::new(self.0.connect().await?), statements: HashMap::new() })
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Error> {
        if session.client.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

/// A connection with its prepared statements.
pub(crate) struct Session {
    client: Arc<Client>,
    statements: HashMap<String, Statement>,
}

impl Session {
    async fn prepare(&mut self, query: &Query<'_>) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(&*query.sql) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = query.values.iter().map(Value::postgres_type).collect();
        let statement = self.client.prepare_typed(&query.sql, &types).await?;
        self.statements.insert(query.sql.clone().into_owned(), statement.clone());
        Ok(statement)
    }
}

type Sent = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

enum Held {
    /// `None` is never seen from outside: it is left by the end of its life.
    Pooled(Option<managed::Object<Manager>>),
    Own(Box<Server>, Option<Session>),
}

/// A connection to the database.
pub(crate) struct Postgres {
    held: Held,
    /// Statements around units of work that are not sent yet.
    controls: String,
    /// What was sent and is not answered yet.
    sent: Vec<Sent>,
    conflict: bool,
    /// Whether the statements are those of a unit that is undone by itself.
    is_in_savepoint: bool,
    /// Whether a transaction is open, or nobody knows what the other side does.
    is_unfinished: bool,
}

impl Postgres {
    pub(crate) fn pooled(session: managed::Object<Manager>) -> Self {
        Self::new(Held::Pooled(Some(session)))
    }

    /// A connection of its own, for units of work. It connects at the first [`Postgres::restore`].
    pub(crate) fn own(server: Server) -> Self {
        Self::new(Held::Own(Box::new(server), None))
    }

    fn new(held: Held) -> Self {
        Self {
            held,
            controls: String::new(),
            sent: Vec::new(),
            conflict: false,
            is_in_savepoint: false,
            is_unfinished: false,
        }
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        match &mut self.held {
            Held::Pooled(Some(session)) => Ok(session),
            Held::Own(_, Some(session)) => Ok(session),
            Held::Pooled(None) | Held::Own(_, None) => Err(Error::Closed),
        }
    }

    pub(super) fn take_conflict(&mut self) -> bool {
        std::mem::take(&mut self.conflict)
    }

    pub(super) async fn restore(&mut self) -> Result<(), Error> {
        if let Held::Own(server, session) = &mut self.held
            && session.as_ref().is_none_or(|session| session.client.is_closed())
        {
            self.controls.clear();
            self.sent.clear();
            *session = None;
            let client = Arc::new(server.connect().await?);
            *session = Some(Session { client, statements: HashMap::new() });
        }
        Ok(())
    }

    pub(super) async fn fetch(&mut self, query: &Query<'_>) -> Result<Vec<Row>, Error> {
        let statement = self.prepare(query).await?;
        let client = Arc::clone(&self.session()?.client);
        let rows = self.answer(client.query(&statement, &query.parameters())).await?;
        rows_of(&statement, &rows)
    }

    /// Sends all statements, and then waits for their answers.
    pub(super) async fn fetch_each(&mut self, queries: &[Query<'_>]) -> Result<Vec<Vec<Row>>, Error> {
        let mut prepared = Vec::with_capacity(queries.len());
        for query in queries {
            prepared.push((self.prepare(query).await?, query.parameters()));
        }
        let client = Arc::clone(&self.session()?.client);
        let sent = prepared.iter().map(|(statement, parameters)| client.query(statement, parameters));
        let answers = self.answer(try_join_all(sent)).await?;
        prepared.iter().zip(answers).map(|((statement, _), rows)| rows_of(statement, &rows)).collect()
    }

    pub(super) async fn execute(&mut self, query: &Query<'_>) -> Result<u64, Error> {
        let statement = self.prepare(query).await?;
        let client = Arc::clone(&self.session()?.client);
        self.answer(client.execute(&statement, &query.parameters())).await
    }

    pub(super) async fn send(&mut self, query: Query<'static>) -> Result<(), Error> {
        let statement = self.prepare(&query).await?;
        self.flush().await?;
        let client = Arc::clone(&self.session()?.client);
        let work = async move { Ok(client.execute(&statement, &query.parameters()).await.map(|_| ())?) };
        self.send_ahead(Box::pin(work)).await;
        Ok(())
    }

    pub(super) async fn batch(&mut self, sql: &str) -> Result<(), Error> {
        let client = Arc::clone(&self.session()?.client);
        self.answer(client.batch_execute(sql)).await
    }

    pub(super) async fn control(&mut self, control: Control) -> Result<(), Error> {
        match control {
            // One unit of work after the other, over all servers: the row is locked until the commit. What a unit reads is
            // what the one before it has left, so the isolation must not be that of the beginning.
            Control::Begin => self.begin("SELECT holder FROM unit_lock FOR UPDATE; "),
            Control::BeginBrief => self.begin("SET LOCAL synchronous_commit = off; "),
            Control::BeginSnapshot => {
                self.is_unfinished = true;
                self.controls.push_str("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ");
            }
            Control::BeginUnit => {
                self.is_in_savepoint = true;
                self.controls.push_str("SAVEPOINT unit; ");
            }
            Control::KeepUnit => {
                self.answers().await?;
                self.is_in_savepoint = false;
                self.controls.push_str("RELEASE unit; ");
            }
            Control::UndoUnit => {
                // What failed here failed for the unit already.
                let _ = self.answers().await;
                self.is_in_savepoint = false;
                self.controls.push_str("ROLLBACK TO unit; RELEASE unit; ");
            }
            Control::Commit => {
                self.controls.push_str("COMMIT");
                return self.end().await;
            }
            Control::Rollback => {
                self.controls.clear();
                let _ = self.answers().await;
                self.controls.push_str("ROLLBACK");
                return self.end().await;
            }
        }
        Ok(())
    }

    fn begin(&mut self, lock: &str) {
        self.is_unfinished = true;
        self.is_in_savepoint = false;
        self.controls.push_str("BEGIN ISOLATION LEVEL READ COMMITTED; ");
        self.controls.push_str(lock);
    }

    async fn end(&mut self) -> Result<(), Error> {
        self.answers().await?;
        self.is_unfinished = false;
        Ok(())
    }

    async fn prepare(&mut self, query: &Query<'_>) -> Result<Statement, Error> {
        let prepared = self.session()?.prepare(query).await;
        prepared.inspect_err(|error| self.note(error))
    }

    /// Sends the statements around units of work that are waiting to be sent, as one message.
    async fn flush(&mut self) -> Result<(), Error> {
        if !self.controls.is_empty() {
            let (client, sql) = (Arc::clone(&self.session()?.client), std::mem::take(&mut self.controls));
            self.send_ahead(Box::pin(async move { Ok(client.batch_execute(&sql).await?) })).await;
        }
        Ok(())
    }

    /// The first poll sends the message.
    async fn send_ahead(&mut self, mut work: Sent) {
        let answered = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        self.sent.push(match answered {
            Poll::Pending => work,
            Poll::Ready(result) => Box::pin(std::future::ready(result)),
        });
    }

    /// Waits for the answers to all that was sent.
    async fn answers(&mut self) -> Result<(), Error> {
        if self.controls.is_empty() && self.sent.is_empty() {
            return Ok(());
        }
        self.answer(std::future::ready(Ok(()))).await
    }

    /// Sends a statement behind those that were sent already, and waits for all answers. The first error counts.
    async fn answer<T>(
        &mut self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        self.flush().await?;
        let sent = join_all(std::mem::take(&mut self.sent));
        let answered = timeout(ANSWER_TIMEOUT, join(sent, work)).await;
        let result = match answered {
            Ok((sent, result)) => sent.into_iter().collect::<Result<(), Error>>().and_then(|()| Ok(result?)),
            Err(elapsed) => {
                // Nobody knows what the other side does. A connection that is not used again ends its transaction.
                self.is_unfinished = true;
                if let Held::Own(_, session) = &mut self.held {
                    *session = None;
                }
                Err(Error::Unavailable(Arc::new(elapsed)))
            }
        };
        result.inspect_err(|error| self.note(error))
    }

    /// A statement that fails ends the transaction around it, up to the last savepoint.
    fn note(&mut self, error: &Error) {
        self.conflict |= match error {
            Error::Serialization => true,
            Error::Unavailable(_) | Error::Closed => false,
            _ => !self.is_in_savepoint,
        };
    }
}

impl Drop for Postgres {
    /// Takes a connection out of the pool that nobody else may use: one with an open transaction, whose caller has gone.
    fn drop(&mut self) {
        if self.is_unfinished
            && let Held::Pooled(session) = &mut self.held
        {
            session.take().map(managed::Object::take);
        }
    }
}

fn rows_of(statement: &Statement, rows: &[tokio_postgres::Row]) -> Result<Vec<Row>, Error> {
    let mut found = Rows::new(statement.columns().iter().map(tokio_postgres::Column::name));
    rows.iter().try_for_each(|row| read(row, &mut found))?;
    Ok(found.finish())
}

fn read(values: &tokio_postgres::Row, found: &mut Rows) -> Result<(), Error> {
    for (place, column) in values.columns().iter().enumerate() {
        match *column.type_() {
            Type::INT8 => match values.try_get::<_, Option<i64>>(place)? {
                Some(number) => found.push_integer(number),
                None => found.push_null(),
            },
            // Numbers that the statement itself contains.
            Type::INT4 => match values.try_get::<_, Option<i32>>(place)? {
                Some(number) => found.push_integer(number.into()),
                None => found.push_null(),
            },
            Type::TEXT => match values.try_get::<_, Option<&str>>(place)? {
                Some(text) => found.push_text(&from_stored(text)),
                None => found.push_null(),
            },
            _ => return Err(Error::Damaged("type of a column")),
        }
    }
    Ok(())
}

impl Query<'_> {
    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
    }
}

impl Value<'_> {
    fn postgres_type(&self) -> Type {
        match self {
            Self::Text(_) => Type::TEXT,
            Self::Integer(_) => Type::INT8,
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        buffer: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Text(Some(text)) => to_stored(text).as_ref().to_sql(kind, buffer),
            Self::Integer(Some(number)) => number.to_sql(kind, buffer),
            Self::Text(None) | Self::Integer(None) => Ok(IsNull::Yes),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::TEXT | Type::INT8)
    }

    to_sql_checked!();
}

/// What begins the replacement of a character. It is no character that a text is made for (Unicode Standard, section 23.7).
const ESCAPE: char = '\u{10fffe}';

/// Returns a text as PostgreSQL can store it, which has no place for U+0000 in a text.
fn to_stored(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(ESCAPE, "\u{10fffe}1").replace('\0', "\u{10fffe}0"))
}

fn from_stored(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\u{10fffe}0", "\0").replace("\u{10fffe}1", "\u{10fffe}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was_stored() {
        for text in ["", "a", "\0", "a\0b", "\u{10fffe}", "\u{10fffe}0", "\0\u{10fffe}1\0", "0\u{10fffe}\0"] {
            let stored = to_stored(text);
            assert!(!stored.contains('\0'));
            assert_eq!(from_stored(&stored), text, "{text:?}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (address, expected) in [
            ("postgres://ada:secret@host/x", "postgres://ada@host/x"),
            ("postgres://ada:p@ss@host/x", "postgres://ada@host/x"),
            ("postgres://host/x", "postgres://host/x"),
        ] {
            assert_eq!(super::shown(address), expected);
        }
    }
}
