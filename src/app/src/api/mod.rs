//! The client of the Management API: the only code that builds its requests.

pub mod error;
pub mod faults;
pub mod identities;

use std::fmt;

use model::UserId;
use oauth2::http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::clock::now;
use crate::token::BearerToken;
use crate::{fetch, json};
pub use error::{ApiError, Details, ErrorKind};

/// A client that acts for one user, with a token that had not expired when the client was created.
#[derive(Clone)]
pub struct Client {
    origin: String,
    user_id: UserId,
    bearer: BearerToken,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.user_id, self.origin)
    }
}

impl Client {
    /// Creates a client for the tenant at `origin` that acts for `user_id`.
    #[must_use]
    pub fn new(origin: String, user_id: UserId, bearer: BearerToken) -> Self {
        Self { origin, user_id, bearer }
    }

    /// Sends one request and decodes its response. It never retries: callers decide that.
    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, ApiError> {
        self.send_with(method, path, None).await
    }

    /// Sends one request as [`Client::send`], with a JSON body.
    async fn send_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, ApiError> {
        let request = fetch::request(method, &format!("{}{path}", self.origin))
            .header("authorization", &format!("Bearer {}", self.bearer.secret()));
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request.build(),
        };
        let sent = match request {
            Ok(request) => request.send().await,
            Err(error) => Err(error),
        };
        let answer = sent.map_err(|error| ApiError::offline(&error))?;
        let status = answer.status();
        let header = |name: &str| answer.headers().get(name);
        // Every response has a reset time; it says when to retry only in a 429.
        let reset = header("x-ratelimit-reset").filter(|_| status == 429);
        let wait = error::wait(reset.as_deref(), header("retry-after").as_deref(), now());
        let body = answer.text().await.map_err(|error| ApiError::offline(&error))?;
        if !answer.ok() {
            return Err(ApiError::from_answer(status, wait, &body));
        }
        json::read(&body).map_err(|error| ApiError::malformed(status, &error))
    }
}
