//! The HTTP client for providers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::configuration::Upstream;

/// The maximum size of a response, in bytes.
const LIMIT: usize = 1024 * 1024;

/// The HTTP client for providers: with a timeout and a maximum size, without redirects.
pub(super) struct HttpClient(reqwest::Client);

/// The reason why a request to a provider fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// Secrets must not be sent to the address.
    #[error("the address is neither https nor on this machine")]
    Unsafe,
    /// The response is larger than [`LIMIT`].
    #[error("the answer is too large")]
    TooLarge,
    /// The request or the connection failed, or took too long.
    #[error("the request failed")]
    Failed(#[from] reqwest::Error),
    /// The response cannot be read.
    #[error("the answer cannot be read")]
    Unreadable(#[from] axum::http::Error),
}

impl HttpClient {
    pub(super) fn new(
        authorities: &[Vec<u8>],
        timeout: Duration,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut roots = RootCertStore::empty();
        // Systems contain certificates of every age. Unreadable ones are skipped.
        let certificates = authorities.iter().map(|der| CertificateDer::from(der.as_slice()));
        let (_, unreadable) = roots.add_parsable_certificates(certificates);
        if unreadable > 0 {
            tracing::debug!(unreadable, "certificates of authorities are left out");
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .use_preconfigured_tls(tls)
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .no_proxy()
            .build()?;
        Ok(Self(client))
    }

    pub(super) async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if !Upstream::is_safe(&request.uri().to_string()) {
            return Err(HttpError::Unsafe);
        }
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LIMIT {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        // Without the headers: whether the body is JSON is seen when it is read, whatever its content type says.
        Ok(axum::http::Response::builder().status(response.status()).body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}
