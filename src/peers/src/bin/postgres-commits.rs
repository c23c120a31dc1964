//! Unlinks by PostgreSQL's plain driver: each is one transaction with one commit, and nothing is around it.
//! `postgres-commits ADDRESS CONNECTIONS SECONDS` prints the unlinks a second.
//!
//! The tables have the shape of the store's. Each unlink moves an identity, adds the account that it becomes, notes the change
//! of the account that it leaves, and reads the identities that remain.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls, Statement};

/// The people, and how many linked identities each has.
const PEOPLE: i64 = 2_000;
const LINKED: i64 = 40;

const TABLES: &str = "
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
CREATE TABLE peer.users (user_id TEXT PRIMARY KEY, updated_at BIGINT NOT NULL);
CREATE TABLE peer.identities (
    provider TEXT NOT NULL, id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES peer.users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    position BIGINT NOT NULL, profile TEXT NOT NULL, PRIMARY KEY (provider, id));
CREATE INDEX ON peer.identities (user_id, position);";

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "measures a rate; no rule depends on it")]
async fn main() -> Result<(), Failure> {
    let usage = "usage: postgres-commits ADDRESS CONNECTIONS SECONDS";
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, seconds] = &arguments[..] else { return Err(usage.into()) };
    let (connections, limit): (u32, _) = (connections.parse()?, Duration::from_secs(seconds.parse()?));
    let client = connect(address).await?;
    client.batch_execute(TABLES).await?;
    client.batch_execute(&people()).await?;
    let next = Arc::new(AtomicI64::new(0));
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::open(address).await?);
    }
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in opened {
        let next = Arc::clone(&next);
        tasks.spawn(async move {
            let mut unlinked = 0_u32;
            while begin.elapsed() < limit {
                connection.unlink(next.fetch_add(1, Ordering::Relaxed)).await?;
                unlinked += 1;
            }
            Ok::<_, Failure>(unlinked)
        });
    }
    let mut unlinked = 0;
    while let Some(task) = tasks.join_next().await {
        unlinked += task??;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let accounts: i64 = client.query_one("SELECT count(*) FROM peer.users", &[]).await?.get(0);
    if accounts != PEOPLE + i64::from(unlinked) {
        return Err("the accounts are not as many as the unlinks".into());
    }
    println!("{:.1}", f64::from(unlinked) / seconds);
    Ok(())
}

async fn connect(address: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Statements that insert all people.
fn people() -> String {
    format!(
        "INSERT INTO peer.users SELECT 'auth0|' || person, 0 FROM generate_series(0, {PEOPLE} - 1) person;
         INSERT INTO peer.identities SELECT 'github', (person * 100000 + place)::text, 'auth0|' || person, place + 1,
         '{{\"name\":\"User\",\"email\":\"user@example.com\"}}'
         FROM generate_series(0, {PEOPLE} - 1) person, generate_series(0, {LINKED} - 1) place;
         ANALYZE peer.users; ANALYZE peer.identities;"
    )
}

/// A connection with its prepared statements.
struct Connection {
    client: Client,
    move_identity: Statement,
    add_account: Statement,
    note_change: Statement,
    read_remaining: Statement,
}

impl Connection {
    async fn open(address: &str) -> Result<Self, Failure> {
        let client = connect(address).await?;
        let moved = "UPDATE peer.identities SET user_id = $3, position = 0 \
                     WHERE provider = 'github' AND id = $1 AND user_id = $2";
        let remaining =
            "SELECT provider, id, profile FROM peer.identities WHERE user_id = $1 ORDER BY position";
        Ok(Self {
            move_identity: client.prepare(moved).await?,
            add_account: client.prepare("INSERT INTO peer.users VALUES ($1, 1)").await?,
            note_change: client.prepare("UPDATE peer.users SET updated_at = 1 WHERE user_id = $1").await?,
            read_remaining: client.prepare(remaining).await?,
            client,
        })
    }

    /// Unlinks the identity at a place in the order of all: first one of each person.
    async fn unlink(&self, place: i64) -> Result<(), Failure> {
        if place >= PEOPLE * LINKED {
            return Err("there are too few identities to unlink".into());
        }
        let (person, id) = (place % PEOPLE, place % PEOPLE * 100_000 + place / PEOPLE);
        let (primary, id) = (format!("auth0|{person}"), id.to_string());
        let freed = format!("github|{id}");
        self.client.batch_execute("BEGIN").await?;
        if self.client.execute(&self.move_identity, &[&id, &primary, &freed]).await? != 1 {
            return Err("the identity was not linked".into());
        }
        self.client.execute(&self.add_account, &[&freed]).await?;
        self.client.execute(&self.note_change, &[&primary]).await?;
        self.client.query(&self.read_remaining, &[&primary]).await?;
        self.client.batch_execute("COMMIT").await?;
        Ok(())
    }
}
