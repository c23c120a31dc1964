//! The client of the Management API: one method for each request that the commands send.

use jiff::Timestamp;
use model::id::is_dot_segment;
use model::{ConnectionName, Identity, IdentityKey, Provider, User, UserId, route};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::sleep;
use url::Url;

use crate::answer::{Answer, backoff};
use crate::error::Error;
use crate::machine_token::MachineToken;
use crate::pace::Pace;
use crate::tenant_address::TenantAddress;

/// How often a request is sent while the tenant answers 429.
const RATE_LIMITED_ATTEMPTS: u32 = 20;

/// How often a reading request is sent while no answer comes.
const READ_ATTEMPTS: u32 = 7;

/// A client of the Management API of one tenant, with the token of a machine.
///
/// Requests keep to the tenant's rate limit and to the pauses that it asks for, over all tasks that share the client.
/// Reading requests are repeated when no answer comes; changes are not: [`Error::is_uncertain`] says that the caller
/// has to look.
pub struct ManagementClient {
    http: reqwest::Client,
    address: TenantAddress,
    token: MachineToken,
    pace: Pace,
}

/// A connection of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Connection {
    /// The name.
    pub name: ConnectionName,
    /// The strategy, which is the provider of its identities.
    pub strategy: Provider,
    /// The applications that may use it; `None` when the tenant does not say.
    #[serde(default)]
    pub enabled_clients: Option<Vec<String>>,
}

/// A user at a point in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The user.
    pub user: User,
    /// When the tenant answered, by its own clock.
    pub at: Option<Timestamp>,
}

impl ManagementClient {
    /// Makes a client that sends at most `max_rate` requests a second, or as many as the tenant allows. `http` must
    /// follow no redirects, which would carry the token elsewhere.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        address: TenantAddress,
        client_id: String,
        secret: String,
        max_rate: Option<u32>,
    ) -> Self {
        let token = MachineToken::new(http.clone(), address.clone(), client_id, secret);
        Self { http, address, token, pace: Pace::new(max_rate) }
    }

    /// Returns the address of the tenant.
    #[must_use]
    pub fn address(&self) -> &TenantAddress {
        &self.address
    }

    /// Returns for how long the tenant asked to send nothing.
    #[must_use]
    pub fn paused_for(&self) -> Option<std::time::Duration> {
        self.pace.paused_for()
    }

    /// Returns the scopes of the token; `None` when the tenant does not say.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn scopes(&self) -> Result<Option<Vec<String>>, Error> {
        Ok(self.token.get().await?.scopes)
    }

    /// Reads a user; `None` if there is none with this id.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn user(&self, id: &UserId) -> Result<Option<Reading>, Error> {
        check_segments([id.as_str()])?;
        match self.read(&route::user(id), &[]).await {
            Ok(answer) => Ok(Some(Reading { user: decode(&answer.body)?, at: answer.date })),
            Err(Error::Refused(refusal)) if refusal.status_code == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a user as the tenant shows it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn user_as_shown(&self, id: &UserId) -> Result<Option<Value>, Error> {
        check_segments([id.as_str()])?;
        match self.read(&route::user(id), &[]).await {
            Ok(answer) => decode(&answer.body).map(Some),
            Err(Error::Refused(refusal)) if refusal.status_code == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the users whose own profile has the address, compared with its case.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn users_by_email(&self, email: &str) -> Result<Vec<User>, Error> {
        decode(&self.read(route::USERS_BY_EMAIL, &[("email", email)]).await?.body)
    }

    /// Reads users by a query of the list of users.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn list_users(&self, query: &[(&str, &str)]) -> Result<Value, Error> {
        decode(&self.read(route::USERS, query).await?.body)
    }

    /// Reads every connection of the tenant.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn connections(&self) -> Result<Vec<Connection>, Error> {
        let mut connections = Vec::new();
        for page in 0_u32.. {
            let page = page.to_string();
            let query = [("page", page.as_str()), ("per_page", "100")];
            let part: Vec<Connection> = decode(&self.read(route::CONNECTIONS, &query).await?.body)?;
            let is_last = part.len() < 100;
            connections.extend(part);
            if is_last {
                break;
            }
        }
        Ok(connections)
    }

    /// Unlinks an identity and returns those that remain, also if none was unlinked (contract
    /// [A12](model::contract#a12)).
    ///
    /// # Errors
    /// [`Error`]. One that is uncertain leaves open whether the identity was unlinked.
    pub async fn unlink(&self, user: &UserId, key: &IdentityKey) -> Result<Vec<Identity>, Error> {
        check_segments([user.as_str(), key.provider.as_str(), key.user_id.as_str()])?;
        decode(&self.send(Method::DELETE, &route::identity(user, key), &[], None).await?.body)
    }

    /// Links the account whose main identity is `key`, and returns all identities of `primary` (contract
    /// [A11](model::contract#a11)).
    ///
    /// # Errors
    /// [`Error`]. One that is uncertain leaves open whether the account was linked.
    pub async fn link(&self, primary: &UserId, key: &IdentityKey) -> Result<Vec<Identity>, Error> {
        check_segments([primary.as_str(), key.user_id.as_str()])?;
        let body = json!({ "provider": key.provider, "user_id": key.user_id.as_str() });
        decode(&self.send(Method::POST, &route::identities(primary), &[], Some(&body)).await?.body)
    }

    /// Deletes a user. It is no error if there is none.
    ///
    /// # Errors
    /// [`Error`]. One that is uncertain leaves open whether the user was deleted.
    pub async fn delete_user(&self, id: &UserId) -> Result<(), Error> {
        check_segments([id.as_str()])?;
        self.send(Method::DELETE, &route::user(id), &[], None).await.map(drop)
    }

    /// Sends a GET request, again when no answer comes.
    async fn read(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Error> {
        let mut failures = 0;
        loop {
            match self.send(Method::GET, path, query, None).await {
                Err(error) if error.is_uncertain() && failures + 1 < READ_ATTEMPTS => {
                    failures += 1;
                    sleep(backoff(failures)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Sends a request once; again when the tenant certainly did nothing: it answered 429, or refused a token that can be
    /// renewed.
    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let url = self.url(path, query)?;
        let (mut renewed, mut limited) = (false, 0);
        loop {
            let token = self.token.get().await?;
            let mut request = self.http.request(method.clone(), url.clone()).bearer_auth(&token.secret);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            let turn = self.pace.turn().await;
            let answer = Answer::of(request.send().await).await?;
            turn.answered(answer.rate_limit, (200..300).contains(&answer.status));
            match answer.status {
                200..300 => return Ok(answer),
                429 if limited < RATE_LIMITED_ATTEMPTS => {
                    limited += 1;
                    let reset_in = answer.rate_limit.map(|limit| limit.reset_in);
                    self.pace.pause(answer.retry_after.or(reset_in).unwrap_or_else(|| backoff(limited)));
                }
                429 => return Err(Error::RateLimited),
                401 if renewed => return Err(Error::TokenRefused(message(&answer.body))),
                401 => {
                    renewed = true;
                    self.token.forget(&token).await;
                }
                status => {
                    if let Some(pause) = answer.retry_after.filter(|_| status == 503) {
                        self.pace.pause(pause);
                    }
                    return Err(Error::refusal(status, &answer.body));
                }
            }
        }
    }

    /// Returns the address of a request.
    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Error> {
        let unnameable = || Error::UnnameableId(path.to_owned());
        let mut url = Url::parse(&format!("{}{path}", self.address.origin())).map_err(|_| unnameable())?;
        // What a client resolves as a part of the path would be another request.
        if url.path() != path {
            return Err(unnameable());
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

/// Checks that each text can be one segment of a path: clients resolve `.` and `..`, and an empty one is another path.
fn check_segments<'s>(segments: impl IntoIterator<Item = &'s str>) -> Result<(), Error> {
    match segments.into_iter().find(|segment| segment.is_empty() || is_dot_segment(segment)) {
        Some(segment) => Err(Error::UnnameableId(segment.to_owned())),
        None => Ok(()),
    }
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Unreadable(error.to_string()))
}

fn message(body: &[u8]) -> String {
    let message = serde_json::from_slice::<Value>(body).ok();
    let message = message.as_ref().and_then(|body| body["message"].as_str());
    message.unwrap_or("401 Unauthorized").to_owned()
}
