//! Servers and the database that end under load, and what is there afterwards.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{ISSUER, start_node};
use crate::Server;
use crate::durability::{
    IDENTITIES, Place, Places, USERS, identity_id, machine_token, path, primary, stored,
};

/// The longest time that the clients may take for what is waited for: a hundred changes and a start of the database.
const LIMIT: Duration = Duration::from_mins(1);

/// A PostgreSQL of this test alone, which it may stop.
struct Postgres {
    folder: PathBuf,
    process: Child,
    /// Is kept, so that the process has somewhere to write to.
    _output: BufReader<ChildStdout>,
    address: String,
}

impl Postgres {
    /// Starts a new server on `folder`, or the one that is there.
    fn start(folder: &Path, more: &[&str]) -> Self {
        let xtask = std::env::var_os("LINKED_ACCOUNTS_XTASK").expect("set by cargo xtask test");
        let mut command = Command::new(xtask);
        command.args(["postgres", "--folder"]).arg(folder).args(more).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the server does not start");
            if let Some((_, address)) = line.split_once("POSTGRES='") {
                break address.trim_end().trim_end_matches('\'').to_owned();
            }
        };
        Self { folder: folder.to_owned(), process, _output: output, address }
    }

    /// Ends all of its processes at once, as a crash does: what is not on disk is lost.
    fn crash(mut self) -> PathBuf {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let pid = file.lines().next().unwrap();
        assert!(Command::new("kill").args(["-s", "QUIT", pid]).status().unwrap().success());
        self.process.wait().unwrap();
        self.folder.clone()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What all clients know.
struct Load {
    client: Client,
    /// The addresses of the servers, as a balancer knows them.
    nodes: Mutex<Vec<String>>,
    token: String,
    acknowledged: watch::Sender<usize>,
    is_over: AtomicBool,
}

/// How one client knows where a login is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// By the answer to its last change.
    Acknowledged,
    /// By reading the user after a change without an answer, which may still be made.
    Seen,
}

impl Load {
    /// Returns the server that a request reaches. There is no order in them: a client that reads a user and changes it in turn
    /// reaches any server with both.
    fn node(&self, person: usize, number: usize) -> String {
        let nodes = self.nodes.lock().unwrap();
        let mut hasher = DefaultHasher::new();
        (person, number).hash(&mut hasher);
        let place = usize::try_from(hasher.finish() >> 32).unwrap() % nodes.len();
        nodes[place].clone()
    }

    /// Links or unlinks one login at one node. Returns where it is, if that was acknowledged.
    async fn change(
        &self,
        node: &str,
        (person, login): (usize, usize),
        (before, source): (Place, Source),
    ) -> Option<Place> {
        let identities = format!("{node}{}/identities", path(&primary(person)));
        let id = identity_id(person, login);
        let (request, after) = if before == Place::Linked {
            (self.client.delete(format!("{identities}/google-oauth2/{id}")), Place::Separate)
        } else {
            let body = json!({ "provider": "google-oauth2", "user_id": id });
            (self.client.post(&identities).json(&body), Place::Linked)
        };
        let response = request.bearer_auth(&self.token).send().await.ok()?;
        let status = response.status();
        if source == Source::Seen && status.is_client_error() {
            return None;
        }
        assert!(status.is_success() || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
        assert!(status.is_success() || response.headers().contains_key("retry-after"));
        if status.is_success() {
            self.acknowledged.send_modify(|count| *count += 1);
        }
        status.is_success().then_some(after)
    }

    /// Asks one node where a login is, after a change that nobody acknowledged.
    async fn look(&self, node: &str, person: usize, login: usize) -> Option<Place> {
        let address = format!("{node}{}", path(&primary(person)));
        let response = self.client.get(address).bearer_auth(&self.token).send().await.ok()?;
        if response.status() != StatusCode::OK {
            return None;
        }
        let user: Value = response.json().await.ok()?;
        let id = identity_id(person, login);
        let is_linked =
            user["identities"].as_array()?.iter().any(|identity| identity["user_id"] == id.as_str());
        Some(if is_linked { Place::Linked } else { Place::Separate })
    }

    async fn change_until_over(self: Arc<Self>, person: usize) -> Places {
        let mut places: Places = (0..IDENTITIES).map(|number| (number, Place::Linked)).collect();
        for number in 0.. {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let login = number % IDENTITIES;
            let node = self.node(person, number);
            let before = match places[&login] {
                Place::Unknown => self.look(&node, person, login).await.map(|seen| (seen, Source::Seen)),
                known => Some((known, Source::Acknowledged)),
            };
            let after = match before {
                Some(before) => self.change(&node, (person, login), before).await,
                None => None,
            };
            places.insert(login, after.unwrap_or(Place::Unknown));
        }
        places
    }

    /// Waits until so many more changes were acknowledged.
    async fn wait_for(&self, more: usize) {
        let wanted = *self.acknowledged.borrow() + more;
        let mut acknowledged = self.acknowledged.subscribe();
        let reached = timeout(LIMIT, acknowledged.wait_for(|&count| count >= wanted)).await;
        assert!(reached.is_ok(), "{more} more changes are not acknowledged in {LIMIT:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn acknowledged_changes_survive_a_killed_node_and_a_database_that_is_stopped_hard() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let postgres = Postgres::start(&folder.path().join("postgres"), &[]);
    let address = postgres.address.clone();
    let options = ["--no-rate-limit"];
    let (one, _folder) = start_node(&address, &options);
    let (other, _folder_of_other) = start_node(&address, &options);
    let load = Arc::new(Load {
        client: one.client.clone(),
        nodes: Mutex::new(vec![one.base.clone(), other.base.clone()]),
        token: machine_token(&one, ISSUER).await,
        acknowledged: watch::Sender::new(0),
        is_over: AtomicBool::new(false),
    });
    let clients: Vec<_> =
        (0..USERS).map(|person| tokio::spawn(Arc::clone(&load).change_until_over(person))).collect();

    load.wait_for(100).await;
    other.end_with("KILL");
    // The balancer takes a moment to notice.
    load.wait_for(20).await;
    *load.nodes.lock().unwrap() = vec![one.base.clone()];
    load.wait_for(60).await;
    let (other, _folder_of_other) = start_node(&address, &options);
    *load.nodes.lock().unwrap() = vec![one.base.clone(), other.base.clone()];
    load.wait_for(100).await;

    let stopped = postgres.crash();
    assert_unavailable(&one, &load.token).await;
    assert_unavailable(&other, &load.token).await;
    let _postgres = Postgres::start(&stopped, &["--keep"]);
    load.wait_for(100).await;
    load.is_over.store(true, Ordering::SeqCst);

    for (person, client) in clients.into_iter().enumerate() {
        let known = client.await.unwrap();
        for node in [&one, &other] {
            let found = stored(node, &load.token, person).await;
            let differs =
                known.iter().find(|(number, place)| **place != Place::Unknown && found[number] != **place);
            assert_eq!(differs, None, "person {person}: {known:?} {found:?}");
        }
    }
}

/// Asserts that a node says that it will be back, and that it is not ready.
async fn assert_unavailable(node: &Server, token: &str) {
    let user = format!("{}{}", node.base, path(&primary(0)));
    for request in [
        node.client.get(&user),
        node.client.request(Method::DELETE, format!("{user}/identities/google-oauth2/1")),
    ] {
        let response = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("retry-after"));
    }
    let page =
        node.client.get(format!("{}/authorize?client_id=linked-accounts", node.base)).send().await.unwrap();
    assert!(!page.status().is_success());
}
