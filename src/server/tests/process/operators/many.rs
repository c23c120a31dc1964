//! Many users: a run that is killed again and again while everything around it fails, and lists of more users than Auth0
//! pages through.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::faulty_proxy::{Behaviour, FaultyProxy};
use super::operator_at;
use crate::{Server, WITH_MACHINE_SECRET, work_dir};

/// The number of identities of each user that are unlinked. Each user has a main login and one more besides.
const LINKED: usize = 10;

/// Starts a server with `users` users, all of the same time of creation, with so many GitHub logins each.
fn tenant_with(users: usize, linked: usize) -> (TempDir, Server) {
    let folder = work_dir();
    let identity = |provider: &str, id: String| json!({ "provider": provider, "connection": provider, "user_id": id, "isSocial": true, "profileData": {} });
    let user = |number: usize| {
        let mut identities = vec![json!({ "provider": "google-oauth2", "connection": "google-oauth2",
            "user_id": format!("{number:05}"), "isSocial": true })];
        identities.extend((0..linked).map(|place| identity("github", linked_id(number, place))));
        identities.push(identity("apple", format!("{number:05}")));
        json!({ "user_id": main_id(number), "identities": identities, "created_at": "2026-01-01T00:00:00.000Z" })
    };
    let list: Vec<Value> = (0..users).map(user).collect();
    fs::write(folder.path().join("users.json"), Value::from(list).to_string()).unwrap();
    let arguments =
        [&["--users", "users.json", "--no-rate-limit", "--log", "error"], &WITH_MACHINE_SECRET[..]].concat();
    let server = Server::start(folder.path(), &arguments);
    (folder, server)
}

fn main_id(user: usize) -> String {
    format!("google-oauth2|{user:05}")
}

fn linked_id(user: usize, place: usize) -> String {
    (1_000_000 + user * LINKED + place).to_string()
}

/// Exports every user, and returns the providers of each.
fn export(folder: &Path, domain: &str) -> HashMap<String, Vec<String>> {
    let output = operator_at(folder, domain, "export", &[]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut users = HashMap::new();
    for line in text.lines() {
        let user: Value = serde_json::from_str(line).unwrap();
        let providers = user["identities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["provider"].as_str().unwrap().to_owned());
        let before = users.insert(user["user_id"].as_str().unwrap().to_owned(), providers.collect());
        assert_eq!(before, None, "{} is there twice", user["user_id"]);
    }
    users
}

/// Unlinks every identity that is linked for it, killing the command at three points, and looks at everything afterwards.
async fn unlink_through_kills(users: usize, delete: bool, behaviour: Behaviour, kills: [u64; 3]) {
    let (folder, server) = tenant_with(users, LINKED);
    let proxy = FaultyProxy::start(&server.base, behaviour).await;
    let mut list = "user_id,provider,identity_id\n".to_owned();
    for user in 0..users {
        for place in 0..LINKED {
            writeln!(list, "{},github,{}", main_id(user), linked_id(user, place)).unwrap();
        }
    }
    fs::write(folder.path().join("list.csv"), &list).unwrap();
    let audience = format!("{}/api/v2/", server.base);
    let mut arguments = vec!["--from", "list.csv", "--concurrency", "16", "--audience", &audience];
    arguments.extend(delete.then_some("--delete"));
    for killed_after in kills {
        let mut run = operator_at(folder.path(), &proxy.base, "unlink", &arguments).spawn().unwrap();
        proxy.until_changes(killed_after).await;
        run.kill().unwrap();
        assert!(!run.wait().unwrap().success(), "it was killed in the middle");
        proxy.settled().await;
    }
    let mut final_run = operator_at(folder.path(), &proxy.base, "unlink", &arguments);
    let output = tokio::task::spawn_blocking(move || final_run.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    let (all, what) = (users * LINKED, if delete { "unlinked and deleted" } else { "unlinked" });
    assert_eq!(stdout, format!("{all} identities: {all} {what}\nResults: list.csv.results.jsonl\n"));

    proxy.seen(|seen| {
        assert_eq!(seen.overruns, 0, "the limit is never overrun");
        assert!(seen.faults > 200 && seen.pauses > 2, "{} faults, {} pauses", seen.faults, seen.pauses);
        let twice: Vec<_> = seen.changes.iter().filter(|(_, times)| **times > 1).collect();
        assert_eq!(twice, [], "nothing is done twice");
        assert_eq!(seen.changes.len(), if delete { 2 * all } else { all }, "nothing is left out");
    });
    let outcome = if delete { "\"outcome\":\"deleted\"}" } else { "\"outcome\":\"unlinked\"}" };
    let results = fs::read_to_string(folder.path().join("list.csv.results.jsonl")).unwrap();
    assert_eq!(results.lines().filter(|line| line.ends_with(outcome)).count(), all);
    let found = export(folder.path(), &server.base);
    let of_main = found.iter().filter(|(_, providers)| **providers == ["google-oauth2", "apple"]).count();
    assert_eq!(of_main, users, "each has its main login and the one that the list does not name");
    assert_eq!(found.len(), if delete { users } else { users + all }, "nobody else is deleted or lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_identities_are_unlinked_once_each_through_faults_and_three_kills() {
    let behaviour =
        Behaviour { limit: 1500, fault_every: 101, rate_limited_every: 60, without_checkpoints: false };
    unlink_through_kills(2000, false, behaviour, [4_000, 9_001, 15_002]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_identities_become_is_deleted_once_each_through_faults_and_three_kills() {
    let behaviour =
        Behaviour { limit: 300, fault_every: 13, rate_limited_every: 60, without_checkpoints: false };
    unlink_through_kills(150, true, behaviour, [700, 1_401, 2_202]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_complete_beyond_a_thousand_users_with_and_without_checkpoints() {
    let (folder, server) = tenant_with(1300, 0);
    let behaviour =
        Behaviour { limit: 1500, fault_every: 0, rate_limited_every: 1, without_checkpoints: true };
    let proxy = FaultyProxy::start(&server.base, behaviour).await;
    let with = export(folder.path(), &server.base);
    assert_eq!(with.len(), 1300);
    let (path, base) = (folder.path().to_owned(), proxy.base.clone());
    let without = tokio::task::spawn_blocking(move || {
        let mut command = operator_at(&path, &base, "export", &[]);
        command.env("LINKED_ACCOUNTS_MANAGEMENT_AUDIENCE", format!("{}/api/v2/", server.base));
        let output = command.output().unwrap();
        drop(server);
        String::from_utf8(output.stdout).unwrap()
    });
    let without = without.await.unwrap();
    assert_eq!(without.lines().count(), 1300);
    assert!(with.keys().all(|id| without.contains(&format!("\"user_id\":\"{id}\""))));
}

/// Prints how many identities a second `unlink` unlinks at a limit of 50 requests a second, with and without faults.
#[ignore = "a measurement"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rate_of_unlinking() {
    const USERS: usize = 60;
    let list = |user: usize| {
        (0..LINKED).map(move |place| {
            let id = linked_id(user, place);
            json!({ "user_id": main_id(user), "provider": "github", "identity_id": id }).to_string() + "\n"
        })
    };
    let list: String = (0..USERS).flat_map(list).collect();
    for fault_every in [0, 20] {
        let (folder, server) = tenant_with(USERS, LINKED);
        fs::write(folder.path().join("list.jsonl"), &list).unwrap();
        let behaviour =
            Behaviour { limit: 50, fault_every, rate_limited_every: 6, without_checkpoints: false };
        let proxy = FaultyProxy::start(&server.base, behaviour).await;
        let audience = format!("{}/api/v2/", server.base);
        let arguments = ["--from", "list.jsonl", "--audience", &audience];
        let mut command = operator_at(folder.path(), &proxy.base, "unlink", &arguments);
        let started = tokio::time::Instant::now();
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let seconds = started.elapsed().as_secs_f64();
        assert_eq!(output.status.code(), Some(0));
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let rate = (USERS * LINKED) as f64 / seconds;
        eprintln!("a fault every {fault_every} requests: {rate:.1} identities a second");
    }
}
