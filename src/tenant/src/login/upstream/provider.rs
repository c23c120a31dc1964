//! The client of identity providers: discovery and keys, code exchange, verification of the ID token, `/userinfo`.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use chrono::{DateTime, Utc};
use model::ConnectionName;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreGrantType, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AdditionalProviderMetadata, AsyncHttpClient, AuthType, AuthorizationCode,
    ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, LoginHint, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse,
};
use reqwest::redirect;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::clock::Moment;
use crate::configuration::{ClientAuthentication, Configuration, Connection, Upstream};
use crate::oauth::request::{AuthorizationError, AuthorizationRequest, Prompt};
use crate::secret::Secret;

/// The reason why a provider did not sign a person in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamError {
    /// The person declined.
    Denied,
    /// The provider does not respond in time.
    Unreachable,
    /// The provider refuses.
    Rejected,
    /// The provider's response cannot be trusted.
    Untrusted,
    /// The sign-in at the provider is too old.
    Stale,
    /// The identity belongs to another connection.
    OtherConnection,
}

impl UpstreamError {
    /// Returns the sentence for the person.
    pub(crate) fn sentence(self, label: &str) -> String {
        match self {
            Self::Denied => format!("You did not finish signing in with {label}."),
            Self::Unreachable => format!("{label} does not answer at the moment. Try again in a while."),
            Self::Rejected => format!("{label} did not sign you in. Try again in a while."),
            Self::Untrusted => format!("What {label} answered cannot be trusted, so nobody was signed in."),
            Self::Stale => format!(
                "{label} did not ask you to sign in anew, which is needed here. Sign out there, then try again."
            ),
            Self::OtherConnection => format!("Your login at {label} belongs to another way to sign in here."),
        }
    }

    /// Returns the status of the page.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Denied => StatusCode::OK,
            Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Rejected | Self::Untrusted => StatusCode::BAD_GATEWAY,
            Self::Stale | Self::OtherConnection => StatusCode::FORBIDDEN,
        }
    }

    /// Returns the error for an application that requested this connection only (RFC 6749 section 4.1.2.1, contract
    /// [C1](model::contract#c1)).
    pub(super) fn authorization_error(self, label: &str) -> AuthorizationError {
        let error = match self {
            Self::Denied => {
                return AuthorizationError::new("access_denied", "User did not authorize the request");
            }
            Self::Stale | Self::OtherConnection => "access_denied",
            Self::Unreachable => "temporarily_unavailable",
            Self::Rejected | Self::Untrusted => "server_error",
        };
        AuthorizationError::new(error, self.sentence(label))
    }
}

/// The lifetime of a cached discovery document.
const KEPT: Duration = Duration::from_hours(1);

/// The minimum time between two attempts to read a discovery document, successful or not. A provider that is down, and
/// tokens with unknown keys, thus cost one attempt and not one for each person.
const PAUSE: Duration = Duration::from_secs(10);

/// The maximum size of a response, in bytes.
const LIMIT: usize = 1024 * 1024;

/// The permitted delay of a provider's clock when it says that a person has just signed in.
const LEEWAY: Duration = Duration::from_mins(1);

/// The accepted signature algorithms: those with a private key of the provider. `none` is excluded, and so are those
/// with the shared secret, because everybody who knows it could sign.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Metadata beyond OpenID Connect Discovery.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ExtraMetadata {
    /// Whether responses contain the issuer (RFC 9207 section 3).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for ExtraMetadata {}

type Description = ProviderMetadata<
    ExtraMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The tenant as the provider's client.
type OAuthClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// All providers of the tenant, and the HTTP client.
pub(crate) struct Providers {
    http: HttpClient,
    known: HashMap<ConnectionName, Mutex<Known>>,
}

/// The cached metadata of a provider.
#[derive(Default)]
struct Known {
    description: Option<(Arc<Description>, Moment)>,
    /// The time of the last request.
    asked: Option<Moment>,
}

/// A provider with its metadata.
pub(super) struct Provider<'t> {
    providers: &'t Providers,
    connection: &'t Connection,
    upstream: &'t Upstream,
    description: Arc<Description>,
    now: Moment,
}

/// The values that bind a response to its request.
pub(super) struct Binding {
    /// The state, which the response repeats.
    pub(super) state: String,
    /// The nonce, which the ID token repeats.
    pub(super) nonce: Secret,
    /// The PKCE verifier, without which nobody can exchange the code (RFC 7636).
    pub(super) verifier: Secret,
    /// The redirect URI.
    pub(super) redirect_uri: String,
}

/// A person whom a provider has authenticated.
pub(super) struct UpstreamPerson {
    /// The person's id at the provider.
    pub(super) subject: String,
    /// The claims, with the names of OpenID Connect.
    pub(super) claims: Map<String, Value>,
    /// The time of the sign-in at the provider; now, if the provider does not say.
    pub(super) authenticated_at: Moment,
}

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

    /// Returns the provider of a connection. One request reads the metadata, concurrent ones wait for it.
    pub(super) async fn find<'t>(
        &'t self,
        connection: &'t Connection,
        upstream: &'t Upstream,
        now: Moment,
    ) -> Result<Provider<'t>, UpstreamError> {
        let description = self.describe(connection, upstream, now, KEPT).await?;
        Ok(Provider { providers: self, connection, upstream, description, now })
    }

    /// Returns metadata that is younger than `age`, as far as [`PAUSE`] permits.
    async fn describe(
        &self,
        connection: &Connection,
        upstream: &Upstream,
        now: Moment,
        age: Duration,
    ) -> Result<Arc<Description>, UpstreamError> {
        let mut known = self.known.get(&connection.name).ok_or(UpstreamError::Unreachable)?.lock().await;
        let is_early = known.asked.is_some_and(|asked| now < asked.after(PAUSE));
        if let Some((description, read)) = &known.description
            && (is_early || now < read.after(age))
        {
            return Ok(Arc::clone(description));
        }
        if is_early {
            return Err(UpstreamError::Unreachable);
        }
        known.asked = Some(now);
        let issuer = IssuerUrl::new(upstream.issuer.clone()).map_err(|_| UpstreamError::Unreachable)?;
        match Description::discover_async(issuer, &self.http).await {
            Ok(description) => {
                let description = Arc::new(description);
                known.description = Some((Arc::clone(&description), now));
                Ok(description)
            }
            Err(error) => {
                tracing::warn!(connection = %connection.name, error = ?error.to_string(),
                    cause = ?std::error::Error::source(&error).map(ToString::to_string),
                    "a provider's description cannot be read");
                Err(UpstreamError::Unreachable)
            }
        }
    }
}

impl Provider<'_> {
    /// Returns the provider's authorization URL with PKCE, nonce, state and the parameters that the application requested.
    pub(super) fn authorization_url(
        &self,
        binding: &Binding,
        request: &AuthorizationRequest,
    ) -> Result<String, UpstreamError> {
        let verifier = PkceCodeVerifier::new(binding.verifier.expose().to_owned());
        let (state, nonce) = (binding.state.clone(), binding.nonce.expose().to_owned());
        let client = self.oauth_client(binding)?;
        let mut url = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_scopes(self.upstream.scopes.iter().cloned().map(Scope::new));
        if let Some(hint) = &request.login_hint {
            url = url.set_login_hint(LoginHint::new(hint.clone()));
        }
        if let Some(seconds) = request.max_age {
            url = url.set_max_age(Duration::from_secs(seconds));
        }
        if request.prompt == Some(Prompt::Login) {
            url = url.add_prompt(CoreAuthPrompt::Login);
        }
        let (url, _, _) = url.url();
        // The URL comes from the provider's metadata and must not leave https.
        if Upstream::is_safe(url.as_str()) { Ok(url.into()) } else { Err(UpstreamError::Untrusted) }
    }

    /// Returns whether the issuer of a response is this provider, or may be missing (RFC 9207 section 2.4).
    pub(super) fn accepts_issuer(&self, issuer: Option<&str>) -> bool {
        match issuer {
            Some(issuer) => issuer == self.upstream.issuer,
            None => !self.description.additional_metadata().authorization_response_iss_parameter_supported,
        }
    }

    /// Exchanges a code and verifies the ID token of the response.
    pub(super) async fn exchange_code(
        &mut self,
        binding: &Binding,
        code: &str,
        request: &AuthorizationRequest,
    ) -> Result<UpstreamPerson, UpstreamError> {
        let tokens = self.request_tokens(binding, code).await?;
        let token = tokens.id_token().ok_or_else(|| self.untrusted("the answer holds no ID token"))?;
        let claims = self.verify_id_token(binding, token).await?;
        let authenticated_at = self.authenticated_at(&claims, request)?;
        let mut profile = to_map(&claims);
        // Some providers return profile claims only from `/userinfo`.
        if !profile.contains_key("email")
            && let Some(more) = self.user_info(binding, tokens.access_token(), &claims).await?
        {
            more.into_iter().for_each(|(name, value)| {
                profile.entry(name).or_insert(value);
            });
        }
        Ok(UpstreamPerson { subject: claims.subject().to_string(), claims: profile, authenticated_at })
    }

    fn oauth_client(&self, binding: &Binding) -> Result<OAuthClient, UpstreamError> {
        let secret = self.upstream.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let redirect_uri =
            RedirectUrl::new(binding.redirect_uri.clone()).map_err(|_| UpstreamError::Unreachable)?;
        let methods = self.description.token_endpoint_auth_methods_supported();
        // The header is the default (OpenID Connect Discovery section 3).
        let by_body = match self.upstream.authentication {
            Some(ClientAuthentication::SecretPost) => true,
            // No connection signs a text for its provider; the tenant file offers the other three only.
            Some(
                ClientAuthentication::SecretBasic
                | ClientAuthentication::None
                | ClientAuthentication::PrivateKeyJwt,
            ) => false,
            None => methods.is_some_and(|methods| {
                !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                    && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            }),
        };
        let client = CoreClient::from_provider_metadata(
            self.description.as_ref().clone(),
            ClientId::new(self.upstream.client_id.clone()),
            secret,
        );
        let authentication = if by_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        Ok(client.set_redirect_uri(redirect_uri).set_auth_type(authentication))
    }

    async fn request_tokens(
        &self,
        binding: &Binding,
        code: &str,
    ) -> Result<CoreTokenResponse, UpstreamError> {
        let client = self.oauth_client(binding)?;
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| self.untrusted("the description names no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(binding.verifier.expose().to_owned()));
        request.request_async(&self.providers.http).await.map_err(|error| {
            // The causes are not logged: they quote the response, which may contain tokens.
            tracing::warn!(connection = %self.connection.name, error = ?error.to_string(), "a code was not traded");
            match error {
                RequestTokenError::ServerResponse(_) => UpstreamError::Rejected,
                RequestTokenError::Request(HttpError::Failed(_)) => UpstreamError::Unreachable,
                _ => UpstreamError::Untrusted,
            }
        })
    }

    /// Verifies signature, issuer, audience, time and nonce. An unknown key may be new, so the metadata is read again.
    async fn verify_id_token(
        &mut self,
        binding: &Binding,
        token: &CoreIdToken,
    ) -> Result<CoreIdTokenClaims, UpstreamError> {
        let nonce = Nonce::new(binding.nonce.expose().to_owned());
        let first = self.verified_claims(binding, token, &nonce)?;
        let claims = match first {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                self.description =
                    self.providers.describe(self.connection, self.upstream, self.now, Duration::ZERO).await?;
                self.verified_claims(binding, token, &nonce)?
            }
            first => first,
        };
        claims.map_err(|error| self.untrusted(&error.to_string()))
    }

    fn verified_claims(
        &self,
        binding: &Binding,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<Result<CoreIdTokenClaims, ClaimsVerificationError>, UpstreamError> {
        let now = DateTime::<Utc>::from_timestamp_millis(self.now.millis()).unwrap_or_default();
        let client = self.oauth_client(binding)?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || now);
        Ok(token.claims(&verifier, nonce).cloned())
    }

    /// Returns the time of the sign-in at the provider; the current time if the provider does not say.
    ///
    /// # Errors
    /// [`UpstreamError::Stale`] if a fresh sign-in was requested and the provider's time is too old.
    fn authenticated_at(
        &self,
        claims: &CoreIdTokenClaims,
        request: &AuthorizationRequest,
    ) -> Result<Moment, UpstreamError> {
        let Some(auth_time) = claims.auth_time() else { return Ok(self.now) };
        let auth_time = Moment::from_millis(auth_time.timestamp_millis()).min(self.now);
        let fresh = |seconds: u64| auth_time.after(Duration::from_secs(seconds)).after(LEEWAY) >= self.now;
        let is_fresh = request.max_age.is_none_or(fresh);
        if is_fresh { Ok(auth_time) } else { Err(UpstreamError::Stale) }
    }

    /// Returns the claims of the provider's `/userinfo` about the same person; none if there is no such endpoint or it fails.
    async fn user_info(
        &self,
        binding: &Binding,
        token: &AccessToken,
        claims: &CoreIdTokenClaims,
    ) -> Result<Option<Map<String, Value>>, UpstreamError> {
        let client = self.oauth_client(binding)?;
        // The library assumes that every token is a valid header value.
        let fits = HeaderValue::from_str(token.secret()).is_ok();
        let Ok(request) = client.user_info(token.clone(), Some(claims.subject().clone())) else {
            return Ok(None);
        };
        if !fits {
            return Err(self.untrusted("the access token is not printable"));
        }
        let response: Result<CoreUserInfoClaims, _> = request.request_async(&self.providers.http).await;
        match response {
            Ok(claims) => Ok(Some(to_map(&claims))),
            Err(openidconnect::UserInfoError::ClaimsVerification(error)) => {
                Err(self.untrusted(&error.to_string()))
            }
            Err(error) => {
                tracing::warn!(connection = %self.connection.name, error = ?error.to_string(),
                    "a provider does not say more about somebody");
                Ok(None)
            }
        }
    }

    fn untrusted(&self, reason: &str) -> UpstreamError {
        tracing::warn!(connection = %self.connection.name, ?reason, "a provider's answer is not claims");
        UpstreamError::Untrusted
    }
}

/// Converts claims to JSON.
fn to_map(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    }
}

/// The HTTP client for providers: with a timeout and a maximum size, without redirects.
struct HttpClient(reqwest::Client);

/// The reason why a request to a provider fails.
#[derive(Debug, thiserror::Error)]
enum HttpError {
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
    fn new(authorities: &[Vec<u8>], timeout: Duration) -> Result<Self, Box<dyn std::error::Error>> {
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

    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
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
        let mut answer = axum::http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

/// The TLS client for requests to providers cannot be set up.
#[derive(Debug)]
pub(crate) struct TlsError;
