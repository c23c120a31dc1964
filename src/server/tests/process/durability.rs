//! No acknowledged change is lost: the program is killed repeatedly under load.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::{MACHINE, MACHINE_SECRET, Server, WITH_MACHINE_SECRET, work_dir};

/// The number of kills.
const KILLS: usize = 12;
/// The number of users whose identities are changed concurrently.
pub(super) const USERS: usize = 16;
/// The number of secondary identities of each user.
pub(super) const IDENTITIES: usize = 3;

/// Where an identity is, as far as it was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Linked,
    Separate,
    /// The program was killed before it acknowledged the last change.
    Unknown,
}

/// The place of each secondary identity of a user, by number.
pub(super) type Places = BTreeMap<usize, Place>;

/// Returns the user id of a user.
pub(super) fn primary(person: usize) -> String {
    format!("auth0|person-{person}")
}

/// Returns the id of a secondary identity.
pub(super) fn identity_id(person: usize, number: usize) -> String {
    format!("{person}00{number}")
}

pub(super) fn path(user_id: &str) -> String {
    format!("/api/v2/users/{}", user_id.replace('|', "%7C"))
}

/// Returns the users file.
pub(super) fn users() -> Value {
    let database = "Username-Password-Authentication";
    let people = (0..USERS).map(|person| {
        let mut identities = vec![json!({ "connection": database, "provider": "auth0", "isSocial": false,
            "user_id": format!("person-{person}") })];
        identities.extend((0..IDENTITIES).map(|number| {
            json!({ "connection": "google-oauth2", "provider": "google-oauth2", "isSocial": true,
                "user_id": identity_id(person, number), "profileData": { "name": format!("Login {number}") } })
        }));
        let email = format!("person-{person}@example.test");
        json!({ "user_id": primary(person), "email": email, "identities": identities })
    });
    people.collect()
}

/// Returns an access token of the machine client of the demo tenant at `issuer`.
pub(super) async fn machine_token(server: &Server, issuer: &str) -> String {
    let body = json!({ "grant_type": "client_credentials", "client_id": MACHINE,
        "client_secret": MACHINE_SECRET, "audience": format!("{issuer}/api/v2/") });
    let request = server.client.post(format!("{}/oauth/token", server.base)).json(&body);
    let response: Value = request.send().await.unwrap().json().await.unwrap();
    response["access_token"].as_str().unwrap_or_else(|| panic!("no token: {response}")).to_owned()
}

/// Unlinks and links the identities of one user in turn until the program is killed. Returns what it
/// acknowledged, which must be found afterwards.
async fn change_until_killed(
    (client, base, token): (Client, String, String),
    person: usize,
    mut places: Places,
    acknowledged: Arc<AtomicUsize>,
) -> Places {
    let identities = format!("{base}{}/identities", path(&primary(person)));
    for number in (0..IDENTITIES).cycle() {
        let id = identity_id(person, number);
        let (change, done, expected) = if places[&number] == Place::Linked {
            (client.delete(format!("{identities}/google-oauth2/{id}")), Place::Separate, StatusCode::OK)
        } else {
            let body = json!({ "provider": "google-oauth2", "user_id": id });
            (client.post(&identities).json(&body), Place::Linked, StatusCode::CREATED)
        };
        places.insert(number, Place::Unknown);
        let Ok(response) = change.bearer_auth(&token).send().await else { break };
        // The status is sent once the change is on disk, so that it counts even if the body is cut off.
        assert_eq!(response.status(), expected, "{id}");
        places.insert(number, done);
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    places
}

/// Reads what is stored of one user. Asserts that every identity exists exactly once, linked or as an account
/// of its own.
pub(super) async fn stored(server: &Server, token: &str, person: usize) -> Places {
    let (status, user) = server.call_management_api(Method::GET, &path(&primary(person)), token).await;
    assert_eq!(status, StatusCode::OK);
    let linked: Vec<&str> = user["identities"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|identity| identity["user_id"].as_str())
        .collect();
    assert_eq!(linked.first().copied(), Some(&*format!("person-{person}")));
    let mut places = Places::new();
    for number in 0..IDENTITIES {
        let id = identity_id(person, number);
        let times = linked.iter().filter(|linked| **linked == id).count();
        let (status, account) =
            server.call_management_api(Method::GET, &path(&format!("google-oauth2|{id}")), token).await;
        let place = match (times, status) {
            (1, StatusCode::NOT_FOUND) => Place::Linked,
            (0, StatusCode::OK) => Place::Separate,
            found => panic!("identity {id} is lost or duplicated: {found:?}"),
        };
        if place == Place::Separate {
            assert_eq!(account["identities"].as_array().unwrap().len(), 1);
            assert_eq!(account["name"], format!("Login {number}"), "the profile is kept");
        }
        places.insert(number, place);
    }
    places
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_changes_survive_repeated_kills_under_load() {
    let work_dir = work_dir();
    fs::write(work_dir.path().join("users.json"), users().to_string()).unwrap();
    let arguments =
        [&["--users", "users.json", "--no-rate-limit", "--log", "error"], &WITH_MACHINE_SECRET[..]].concat();
    let start = (0..IDENTITIES).map(|number| (number, Place::Linked)).collect::<Places>();
    let mut expected = vec![start; USERS];
    let (mut changes, mut open) = (0, 0);

    for kill in 0..KILLS {
        let server = Server::start(work_dir.path(), &arguments);
        let token = machine_token(&server, &server.base).await;
        for (person, known) in expected.iter_mut().enumerate() {
            let found = stored(&server, &token, person).await;
            for (number, place) in known.iter_mut() {
                if *place == Place::Unknown {
                    open += 1;
                    *place = found[number];
                }
            }
            assert_eq!(found, *known, "person {person} after {kill} kills");
        }

        let acknowledged = Arc::new(AtomicUsize::new(0));
        let with = (server.client.clone(), server.base.clone(), token);
        let changing: Vec<_> = expected
            .iter()
            .enumerate()
            .map(|(person, places)| {
                tokio::spawn(change_until_killed(with.clone(), person, places.clone(), acknowledged.clone()))
            })
            .collect();
        // Kill at another point of the load each time.
        while acknowledged.load(Ordering::SeqCst) < 60 + kill * 17 {
            tokio::task::yield_now().await;
        }
        server.end_with("KILL");
        for (person, task) in changing.into_iter().enumerate() {
            expected[person] = task.await.unwrap();
        }
        changes += acknowledged.load(Ordering::SeqCst);
    }

    let server = Server::start(work_dir.path(), &arguments);
    let token = machine_token(&server, &server.base).await;
    for (person, known) in expected.iter().enumerate() {
        let found = stored(&server, &token, person).await;
        assert!(known.iter().all(|(number, place)| *place == Place::Unknown || *place == found[number]));
    }
    println!("{KILLS} kills, {changes} acknowledged changes, {open} open ones");
    assert!(open > 0, "no kill interrupted a change, so that nothing was tested");
}
