//! The metadata of providers (OpenID Connect Discovery) and their keys, and how long both are cached.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use model::ConnectionName;
use oauth2::url::ParseError;
use oauth2::{AuthUrl, TokenUrl};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::error::UpstreamError;
use super::http_client::{HttpClient, HttpError};
use super::keys::Keys;
use super::values;
use crate::clock::Moment;
use crate::configuration::{Configuration, Connection, Upstream};

/// The lifetime of cached metadata.
const KEPT: Duration = Duration::from_hours(1);

/// The minimum time between two attempts to read metadata, successful or not. A provider that is down thus costs one
/// attempt and not one for each person.
const PAUSE: Duration = Duration::from_secs(10);

/// The minimum time between two renewals because of a signature by an unknown key. Any number of forged tokens thus
/// costs the provider one request in this time.
const RENEWAL_PAUSE: Duration = Duration::from_mins(1);

/// All providers of the tenant, and the HTTP client.
pub(crate) struct Providers {
    pub(super) http: HttpClient,
    known: HashMap<ConnectionName, Mutex<Known>>,
}

/// The cached metadata of a provider.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, Moment)>,
    /// The time of the last attempt.
    asked: Option<Moment>,
    /// The time of the last renewal because of a signature.
    renewed: Option<Moment>,
}

/// What the tenant reads of a provider's metadata; all other properties can have any value.
pub(super) struct Metadata {
    pub(super) authorization_endpoint: AuthUrl,
    pub(super) token_endpoint: TokenUrl,
    pub(super) userinfo_endpoint: Option<String>,
    /// Whether the provider takes the client secret only in the body.
    pub(super) secret_by_body: bool,
    /// Whether authorization responses contain the issuer (RFC 9207 section 3).
    pub(super) sends_issuer: bool,
    pub(super) keys: Keys,
}

/// The reason why metadata cannot be read.
#[derive(Debug, thiserror::Error)]
enum MetadataError {
    #[error("the request failed")]
    Http(#[from] HttpError),
    #[error("the request cannot be made")]
    Request(#[from] axum::http::Error),
    #[error("the status of the answer is {0}")]
    Status(StatusCode),
    #[error("the answer is not a JSON object")]
    Json(#[source] serde_json::Error),
    #[error("the document is of another issuer")]
    Issuer,
    #[error("the document has no {0}")]
    Missing(&'static str),
    #[error("an endpoint is not a URL")]
    Endpoint(#[from] ParseError),
}

/// The TLS client for requests to providers cannot be set up.
#[derive(Debug)]
pub(crate) struct TlsError;

impl Providers {
    /// Creates the client without any request, so that a tenant opens even if a provider is down.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, TlsError> {
        let asked = configuration.connections().iter().filter(|connection| connection.upstream.is_some());
        let options = configuration.options();
        Ok(Self {
            http: HttpClient::new(&options.provider_authorities, options.provider_timeout)
                .map_err(|_| TlsError)?,
            known: asked.map(|connection| (connection.name.clone(), Mutex::default())).collect(),
        })
    }

    /// Returns the metadata of a connection's provider. One request reads it, concurrent ones wait for it.
    pub(super) async fn metadata(
        &self,
        connection: &Connection,
        upstream: &Upstream,
        now: Moment,
    ) -> Result<Arc<Metadata>, UpstreamError> {
        let mut known = self.known.get(&connection.name).ok_or(UpstreamError::Unreachable)?.lock().await;
        let is_early = known.asked.is_some_and(|asked| now.is_within(PAUSE, asked));
        if let Some((metadata, read)) = &known.metadata
            && (is_early || now.is_within(KEPT, *read))
        {
            return Ok(Arc::clone(metadata));
        }
        if is_early {
            return Err(UpstreamError::Unreachable);
        }
        self.read(&mut known, connection, upstream, now).await
    }

    /// Returns newer metadata than `old`, whose keys did not make a signature. Returns `None` if it was renewed for
    /// that reason less than [`RENEWAL_PAUSE`] ago.
    pub(super) async fn renew(
        &self,
        connection: &Connection,
        upstream: &Upstream,
        old: &Arc<Metadata>,
        now: Moment,
    ) -> Result<Option<Arc<Metadata>>, UpstreamError> {
        let mut known = self.known.get(&connection.name).ok_or(UpstreamError::Unreachable)?.lock().await;
        if let Some((metadata, _)) = &known.metadata
            && !Arc::ptr_eq(metadata, old)
        {
            return Ok(Some(Arc::clone(metadata)));
        }
        if known.renewed.is_some_and(|renewed| now.is_within(RENEWAL_PAUSE, renewed)) {
            return Ok(None);
        }
        known.renewed = Some(now);
        self.read(&mut known, connection, upstream, now).await.map(Some)
    }

    async fn read(
        &self,
        known: &mut Known,
        connection: &Connection,
        upstream: &Upstream,
        now: Moment,
    ) -> Result<Arc<Metadata>, UpstreamError> {
        known.asked = Some(now);
        match self.fetch(&upstream.issuer).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                known.metadata = Some((Arc::clone(&metadata), now));
                Ok(metadata)
            }
            Err(error) => {
                tracing::warn!(connection = %connection.name, error = ?error.to_string(),
                    cause = ?std::error::Error::source(&error).map(ToString::to_string),
                    "a provider's description cannot be read");
                Err(UpstreamError::Unreachable)
            }
        }
    }

    /// Reads the discovery document of an issuer, then its keys.
    async fn fetch(&self, issuer: &str) -> Result<Metadata, MetadataError> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document = self.get(&url).await?;
        let text = |name: &'static str| {
            document.get(name).and_then(Value::as_str).ok_or(MetadataError::Missing(name))
        };
        if text("issuer")? != issuer {
            return Err(MetadataError::Issuer);
        }
        let keys = Keys::read(&self.get(text("jwks_uri")?).await?).ok_or(MetadataError::Missing("keys"))?;
        let methods =
            document.get("token_endpoint_auth_methods_supported").map(values::texts).unwrap_or_default();
        let sends_issuer = document.get("authorization_response_iss_parameter_supported");
        Ok(Metadata {
            authorization_endpoint: AuthUrl::new(text("authorization_endpoint")?.to_owned())?,
            token_endpoint: TokenUrl::new(text("token_endpoint")?.to_owned())?,
            userinfo_endpoint: text("userinfo_endpoint").ok().map(str::to_owned),
            // The header is the default (OpenID Connect Discovery section 3).
            secret_by_body: methods.contains(&"client_secret_post")
                && !methods.contains(&"client_secret_basic"),
            sends_issuer: sends_issuer.and_then(values::boolean).unwrap_or(false),
            keys,
        })
    }

    async fn get(&self, url: &str) -> Result<Map<String, Value>, MetadataError> {
        let request =
            axum::http::Request::get(url).header(header::ACCEPT, "application/json").body(Vec::new())?;
        let response = self.http.fetch(request).await?;
        if response.status() != StatusCode::OK {
            return Err(MetadataError::Status(response.status()));
        }
        serde_json::from_slice(response.body()).map_err(MetadataError::Json)
    }
}
