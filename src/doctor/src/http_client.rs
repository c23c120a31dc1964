//! The HTTP client of the probe: it follows no redirect, waits ten seconds at most, and reads a mebibyte at most.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, redirect};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::answer::{Answer, Failure, Observed};

/// The longest time for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest body that is read, in bytes.
const LIMIT: usize = 1024 * 1024;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[error("no connections can be made: {0}")]
pub struct NoClient(String);

/// The HTTP client.
#[derive(Clone, Debug)]
pub struct HttpClient(reqwest::Client);

impl HttpClient {
    /// Returns a client that trusts these certificate authorities (DER). Proxies of the environment are used.
    ///
    /// # Errors
    /// [`NoClient`] when TLS cannot be set up.
    pub fn new(authorities: &[Vec<u8>]) -> Result<Self, NoClient> {
        let mut roots = RootCertStore::empty();
        // Systems contain certificates of every age. Unreadable ones are skipped.
        roots.add_parsable_certificates(authorities.iter().map(|der| CertificateDer::from(der.as_slice())));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| NoClient(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        reqwest::Client::builder()
            .use_preconfigured_tls(tls)
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .user_agent("linked-accounts-doctor")
            .build()
            .map(Self)
            .map_err(|error| NoClient(error.to_string()))
    }

    pub(crate) fn get(&self, url: &str) -> RequestBuilder {
        self.0.get(url)
    }

    pub(crate) fn head(&self, url: &str) -> RequestBuilder {
        self.0.head(url)
    }

    pub(crate) fn options(&self, url: &str) -> RequestBuilder {
        self.0.request(reqwest::Method::OPTIONS, url)
    }

    pub(crate) fn post(&self, url: &str) -> RequestBuilder {
        self.0.post(url)
    }
}

/// Sends a request and reads what comes back.
pub(crate) async fn observe(request: RequestBuilder) -> Observed {
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        body.extend_from_slice(&chunk[..chunk.len().min(LIMIT - body.len())]);
        if body.len() == LIMIT {
            break;
        }
    }
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn failure(error: &reqwest::Error) -> Failure {
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    // The last cause says what happened; the first says where, which the finding says as well.
    let last = causes.last().cloned().unwrap_or_default();
    if causes.iter().any(|cause| cause.contains("certificate")) {
        Failure::Certificate(last)
    } else if error.is_timeout() {
        Failure::Unreachable(format!("no answer within {} seconds", TIMEOUT.as_secs()))
    } else {
        Failure::Unreachable(last)
    }
}
