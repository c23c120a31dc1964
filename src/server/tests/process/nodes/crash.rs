//! Servers and the database that end under load, and what is there afterwards.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::{ISSUER, start_node};
use crate::Server;
use crate::durability::{
    IDENTITIES, Place, Places, USERS, identity_id, machine_token, path, primary, stored,
};

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
    acknowledged: AtomicUsize,
    is_over: AtomicBool,
}

impl Load {
    fn node(&self, number: usize) -> String {
        let nodes = self.nodes.lock().unwrap();
        nodes[number % nodes.len()].clone()
    }

    /// Links or unlinks one login at one node. Returns where it is, if that was acknowledged.
    async fn change(&self, number: usize, person: usize, login: usize, before: Place) -> Option<Place> {
        let identities = format!("{}{}/identities", self.node(number), path(&primary(person)));
        let id = identity_id(person, login);
        let (request, after) = if before == Place::Linked {
            (self.client.delete(format!("{identities}/google-oauth2/{id}")), Place::Separate)
        } else {
            let body = json!({ "provider": "google-oauth2", "user_id": id });
            (self.client.post(&identities).json(&body), Place::Linked)
        };
        let response = request.bearer_auth(&self.token).send().await.ok()?;
        let status = response.status();
        assert!(status.is_success() || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
        assert!(status.is_success() || response.headers().contains_key("retry-after"));
        self.acknowledged.fetch_add(usize::from(status.is_success()), Ordering::SeqCst);
        status.is_success().then_some(after)
    }

    /// Asks one node where a login is, after a change that nobody acknowledged.
    async fn look(&self, number: usize, person: usize, login: usize) -> Option<Place> {
        let address = format!("{}{}", self.node(number), path(&primary(person)));
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
        for number in person.. {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let login = number % IDENTITIES;
            let known = match places[&login] {
                Place::Unknown => self.look(number, person, login).await,
                known => self.change(number, person, login, known).await,
            };
            places.insert(login, known.unwrap_or(Place::Unknown));
        }
        places
    }

    /// Waits until so many more changes were acknowledged.
    async fn wait_for(&self, more: usize) {
        let wanted = self.acknowledged.load(Ordering::SeqCst) + more;
        while self.acknowledged.load(Ordering::SeqCst) < wanted {
            tokio::task::yield_now().await;
        }
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
        acknowledged: AtomicUsize::new(0),
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
