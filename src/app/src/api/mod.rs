//! The client of the Management API: the only code that builds its requests.

pub mod error;
pub mod faults;
pub mod identities;

use std::fmt;

use gloo_net::http::Response;
use model::UserId;
use oauth2::http::Method;
use serde_json::Value;

use crate::token::BearerToken;
use crate::{clock, fetch};
pub use error::{ApiError, Details, ErrorKind};

/// A client that acts for one user, with a token that had not expired when the client was created.
#[derive(Clone)]
pub struct Client {
    origin: String,
    user_id: UserId,
    bearer: BearerToken,
    /// What to add to the page's clock to get the tenant's, in seconds.
    tenant_ahead: i64,
}

/// A successful response.
struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// Returns what `read` makes of the body.
    fn read<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Result<T, ApiError> {
        read(&self.body).map_err(|reason| ApiError::malformed(self.status, reason))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.user_id, self.origin)
    }
}

impl Client {
    /// Creates a client for the tenant at `origin` that acts for `user_id`. `tenant_ahead` is what to add to the
    /// page's clock to get the tenant's, in seconds.
    #[must_use]
    pub fn new(origin: String, user_id: UserId, bearer: BearerToken, tenant_ahead: i64) -> Self {
        Self { origin, user_id, bearer, tenant_ahead }
    }

    /// Returns the user that it acts for.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Sends one request, with a JSON body or without, and returns the body of its successful response. It never
    /// retries: callers decide that.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, ApiError> {
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
        self.receive(fetch::with_body(sent).await)
    }

    /// Returns the body of a successful response.
    fn receive(&self, sent: Result<(Response, String), gloo_net::Error>) -> Result<Answer, ApiError> {
        let (answer, body) = sent.map_err(|error| ApiError::offline(&error))?;
        let status = answer.status();
        let header = |name: &str| answer.headers().get(name);
        // Every response has a reset time; it says when to retry only in a 429.
        let reset = header("x-ratelimit-reset").filter(|_| status == 429);
        // A page on another origin than the tenant cannot read its date.
        let tenant_now = header("date").and_then(|date| clock::parse(&date));
        let tenant_now = tenant_now.unwrap_or_else(|| clock::now().saturating_add(self.tenant_ahead));
        let wait = error::wait(header("retry-after").as_deref(), reset.as_deref(), tenant_now, clock::parse);
        let challenge = header("www-authenticate").unwrap_or_default();
        if answer.ok() {
            Ok(Answer { status, body })
        } else {
            Err(ApiError::from_answer(status, wait, &body).challenged(&challenge))
        }
    }
}
