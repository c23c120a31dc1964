//! The access token of a machine for the Management API (RFC 6749 section 4.4, contract [C3](model::contract#c3)).

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use model::route;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RequestTokenError, TokenResponse, TokenUrl,
};
use tokio::time::{Instant, sleep};

use crate::answer::{Answer, backoff};
use crate::error::Error;
use crate::tenant_address::TenantAddress;

/// How long before its end a token is renewed, at most.
const RESERVE: Duration = Duration::from_mins(1);

/// How long a token without `expires_in` is used.
const UNKNOWN_LIFETIME: Duration = Duration::from_mins(5);

/// How often a token is asked for, when no answer comes.
const ATTEMPTS: u32 = 6;

/// A token, kept until shortly before it ends.
pub(crate) struct MachineToken {
    http: reqwest::Client,
    address: TenantAddress,
    client_id: ClientId,
    secret: ClientSecret,
    current: tokio::sync::Mutex<Option<Current>>,
}

/// A token that is good for now.
#[derive(Clone)]
pub(crate) struct Current {
    /// The token.
    pub(crate) secret: String,
    /// The scopes that came with it; `None` when the answer did not say.
    pub(crate) scopes: Option<Vec<String>>,
    until: Instant,
}

/// What is known of the last answer of the token endpoint besides its text.
#[derive(Default)]
struct LastAnswer {
    status: u16,
    retry_after: Option<Duration>,
}

impl MachineToken {
    pub(crate) fn new(
        http: reqwest::Client,
        address: TenantAddress,
        client_id: String,
        secret: String,
    ) -> Self {
        let (client_id, secret) = (ClientId::new(client_id), ClientSecret::new(secret));
        Self { http, address, client_id, secret, current: tokio::sync::Mutex::new(None) }
    }

    /// Returns the token, a new one if there is none or it ends soon.
    ///
    /// # Errors
    /// [`Error::NoToken`], or when no answer comes.
    pub(crate) async fn get(&self) -> Result<Current, Error> {
        let mut current = self.current.lock().await;
        if let Some(good) = current.as_ref().filter(|token| token.until > Instant::now()) {
            return Ok(good.clone());
        }
        let mut attempt = 0;
        loop {
            let (error, retry_after) = match self.request().await {
                Ok(token) => return Ok(current.insert(token).clone()),
                Err((error, retry_after)) => (error, retry_after),
            };
            attempt += 1;
            let may_pass = error.is_uncertain() || error == Error::RateLimited;
            if !may_pass || attempt == ATTEMPTS {
                return Err(error);
            }
            sleep(retry_after.unwrap_or_else(|| backoff(attempt))).await;
        }
    }

    /// Forgets a token that the tenant refused, unless another one came since.
    pub(crate) async fn forget(&self, refused: &Current) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|token| token.secret == refused.secret) {
            *current = None;
        }
    }

    async fn request(&self) -> Result<Current, (Error, Option<Duration>)> {
        let url = TokenUrl::new(format!("{}{}", self.address.origin(), route::TOKEN))
            .map_err(|error| (Error::Unreadable(error.to_string()), None))?;
        let client = BasicClient::new(self.client_id.clone())
            .set_client_secret(self.secret.clone())
            .set_token_uri(url)
            .set_auth_type(AuthType::RequestBody);
        let last = Mutex::new(LastAnswer::default());
        let carry = |request: HttpRequest| self.carry(request, &last);
        let exchange =
            client.exchange_client_credentials().add_extra_param("audience", self.address.audience());
        let answer = exchange.request_async(&carry).await;
        let LastAnswer { status, retry_after } = last.into_inner().unwrap_or_else(PoisonError::into_inner);
        let token = answer.map_err(|error| {
            let error = match error {
                RequestTokenError::Request(error) => error,
                _ if status >= 500 => Error::Unavailable { status },
                _ if status == 429 => Error::RateLimited,
                RequestTokenError::ServerResponse(response) => refusal(
                    response.error().as_ref(),
                    response.error_description().map_or("", String::as_str),
                ),
                _ => Error::Unreadable("the token endpoint's answer is no token".to_owned()),
            };
            (error, retry_after)
        })?;
        let lifetime = token.expires_in().unwrap_or(UNKNOWN_LIFETIME);
        let scopes = token.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect());
        Ok(Current {
            secret: token.access_token().secret().clone(),
            scopes,
            until: Instant::now() + lifetime.saturating_sub(RESERVE.min(lifetime / 10)),
        })
    }

    /// Sends the request of the `oauth2` crate.
    async fn carry(&self, request: HttpRequest, last: &Mutex<LastAnswer>) -> Result<HttpResponse, Error> {
        let request =
            request.try_into().map_err(|error: reqwest::Error| Error::Unreadable(error.to_string()))?;
        let answer = Answer::of(self.http.execute(request).await).await?;
        *last.lock().unwrap_or_else(PoisonError::into_inner) =
            LastAnswer { status: answer.status, retry_after: answer.retry_after };
        let response =
            http::Response::builder().status(answer.status).header("content-type", "application/json");
        response.body(answer.body).map_err(|error| Error::Unreadable(error.to_string()))
    }
}

/// Explains why the token endpoint refuses.
fn refusal(code: &str, description: &str) -> Error {
    let reason = if description.is_empty() { code.to_owned() } else { format!("{description} ({code})") };
    let hint = match code {
        "access_denied" if description == "Unauthorized" => Some(
            "the client id or the secret is wrong, or the application's authentication method is not a secret in the body",
        ),
        "invalid_client" => Some("the client id or the secret is wrong"),
        "access_denied" if description.starts_with("Service not found") => {
            Some("--audience is the identifier of the tenant's Management API, also behind a custom domain")
        }
        "access_denied" => Some(
            "authorize the application for the Management API (in Auth0: Applications, the application, APIs)",
        ),
        "unauthorized_client" => Some("the application needs the grant client_credentials"),
        _ => None,
    };
    Error::NoToken { reason, hint }
}
