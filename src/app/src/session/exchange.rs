//! The exchange of a code for tokens, by the `oauth2` crate.

use oauth2::basic::BasicErrorResponse;
use oauth2::{AuthorizationCode, PkceCodeVerifier, RequestTokenError, TokenResponse};

use super::authorization_request::{client, settings_error};
use super::authorization_response::Code;
use super::credentials::Authentication;
use super::error::{SignInError, SignInErrorKind};
use super::http::{self, HttpError};
use super::tokens::{Tokens, authentication};
use super::transaction::Transaction;
use crate::settings::Tenant;

/// Exchanges `code` for tokens and checks the ID token. `now` returns the time of the page's clock.
///
/// # Errors
/// [`SignInErrorKind::Offline`], [`SignInErrorKind::Malformed`] or the tenant's error when there are no tokens, and those of
/// `authentication`.
pub async fn exchange_code(
    tenant: &Tenant,
    origin: &str,
    code: Code,
    transaction: Transaction,
    now: impl Fn() -> i64,
) -> Result<Authentication, SignInError> {
    let client = client(tenant, origin).map_err(settings_error)?;
    let response = client
        .exchange_code(AuthorizationCode::new(code.into_secret()))
        .set_pkce_verifier(PkceCodeVerifier::new(transaction.verifier.clone()))
        .request_async(&http::send)
        .await
        .map_err(exchange_error)?;
    let scope = response
        .scopes()
        .map(|granted| granted.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
    let tokens = Tokens {
        access_token: response.access_token().secret().clone(),
        id_token: response.extra_fields().id_token.clone().unwrap_or_default(),
        scope,
        lifetime: response.expires_in().and_then(|time| i64::try_from(time.as_secs()).ok()),
    };
    authentication(tenant, transaction, tokens, now())
}

fn exchange_error(error: RequestTokenError<HttpError, BasicErrorResponse>) -> SignInError {
    match error {
        RequestTokenError::Request(error) => SignInError::with(SignInErrorKind::Offline, error.to_string()),
        RequestTokenError::ServerResponse(refusal) => {
            SignInError::refused(refusal.error().as_ref(), refusal.error_description().map(ToOwned::to_owned))
        }
        // Without the body, which may contain tokens.
        RequestTokenError::Parse(error, _) => {
            SignInError::with(SignInErrorKind::Malformed, error.to_string())
        }
        RequestTokenError::Other(reason) => SignInError::with(SignInErrorKind::Malformed, reason),
    }
}
