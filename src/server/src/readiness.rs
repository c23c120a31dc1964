//! `/health/ready`: whether the server can do its work, and if not, why.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use store::{Error, Store};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The path of the readiness check.
pub(crate) const READY: &str = "/health/ready";
/// Its path on the address of the metrics.
const READY_OF_METRICS: &str = "/ready";

/// How long an answer is given again, so that nobody can keep the writer busy with questions.
const ANSWER_LIFETIME: Duration = Duration::from_secs(1);
/// The longest time for the writer to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The last answer and its time.
#[derive(Clone, Default)]
struct LastAnswer(Arc<Mutex<Option<(Instant, Answer)>>>);

/// What the check found: nothing, or the reason why changes cannot be made.
type Answer = Result<(), String>;

/// The readiness check. Clones share its last answer.
#[derive(Clone)]
pub(crate) struct Readiness {
    store: Store,
    last: LastAnswer,
}

impl Readiness {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, last: LastAnswer::default() }
    }

    /// Returns the route of the check: 200 while changes can be made, else 503 with the reasons in words.
    pub(crate) fn router(self) -> Router {
        self.at(READY)
    }

    /// Returns the same for the address of the metrics.
    pub(crate) fn router_of_metrics(self) -> Router {
        self.at(READY_OF_METRICS)
    }

    fn at(self, path: &str) -> Router {
        Router::new().route(path, get(async move || answer(&self.last.ask(&self.store).await)))
    }
}

impl LastAnswer {
    /// Asks the store, unless it was asked just now.
    async fn ask(&self, store: &Store) -> Answer {
        let mut last = self.0.lock().await;
        if let Some((_, answer)) = last.as_ref().filter(|(at, _)| at.elapsed() < ANSWER_LIFETIME) {
            return answer.clone();
        }
        let answer = match tokio::time::timeout(TIMEOUT, store.check()).await {
            Ok(checked) => checked.map_err(|error| reason(&error)),
            Err(_) => Err(format!("the database did not answer within {} seconds", TIMEOUT.as_secs())),
        };
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

/// Says why the store cannot be changed. Strangers can read it, so that it names no path.
fn reason(error: &Error) -> String {
    match error {
        Error::Lost(_) => "a file of the database was deleted or replaced".to_owned(),
        Error::Full { free, .. } => format!("the disk of the database has {free} bytes of free space left"),
        Error::Database(source) => format!("the database failed: {source}"),
        Error::Corrupt => {
            "the file of the database is damaged, so that changes are refused: it needs a backup".to_owned()
        }
        Error::Damaged(_) => "the database is damaged".to_owned(),
        Error::Busy | Error::Serialization => "the database is busy".to_owned(),
        Error::Unavailable(_) | Error::Untrusted(_) => "the database cannot be reached".to_owned(),
        Error::NoSpace => "there is no space left for the database".to_owned(),
        Error::Closed => "the server is stopping".to_owned(),
        Error::Conflict
        | Error::Address(_)
        | Error::File(..)
        | Error::Foreign(_)
        | Error::InUse(_)
        | Error::Newer(_) => "the database failed".to_owned(),
    }
}

fn answer(checked: &Answer) -> Response {
    let headers = [(CACHE_CONTROL, "no-store")];
    match checked {
        Ok(()) => (headers, Json(serde_json::json!({ "status": "ok" }))).into_response(),
        Err(reason) => {
            let body = Json(serde_json::json!({ "status": "unavailable", "reason": reason }));
            (StatusCode::SERVICE_UNAVAILABLE, headers, body).into_response()
        }
    }
}
