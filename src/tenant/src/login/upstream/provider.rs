//! What the tenant knows about each provider, and the conversation with it: description and keys, a code for a
//! token, and what the token says.

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

/// Why a provider did not sign somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamError {
    /// The person did not want to.
    Denied,
    /// It does not answer, or not in time.
    Unreachable,
    /// It says no.
    Rejected,
    /// It says what cannot be believed.
    Untrusted,
    /// The person signed in there too long ago.
    Stale,
    /// The person is known by another connection.
    OtherConnection,
}

impl UpstreamError {
    /// What a person reads about it.
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

    /// What the page about it is answered with.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Denied => StatusCode::OK,
            Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Rejected | Self::Untrusted => StatusCode::BAD_GATEWAY,
            Self::Stale | Self::OtherConnection => StatusCode::FORBIDDEN,
        }
    }

    /// The same for an application that asked for this provider alone (RFC 6749 section 4.1.2.1, contract [C1](model::contract#c1)).
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

/// How long a provider's description is good.
const KEPT: Duration = Duration::from_hours(1);

/// How long after an attempt to read a description, good or bad, the next one waits at least: a provider that is
/// down, and tokens with made-up keys, cost one attempt and not one for every person.
const PAUSE: Duration = Duration::from_secs(10);

/// How many bytes an answer may have.
const LIMIT: usize = 1024 * 1024;

/// How far a provider's clock may be behind ours when it says that somebody signed in just now.
const LEEWAY: Duration = Duration::from_mins(1);

/// Signatures that are made with a key of the provider's own. Not among them: none at all, and those made with
/// our shared secret, which anybody who knows it could make.
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

/// What a description says beyond OpenID Connect Discovery.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ExtraMetadata {
    /// Whether its answers name their issuer (RFC 9207 section 3).
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

/// Every provider that the tenant asks, and the way to them.
pub(crate) struct Providers {
    http: HttpClient,
    known: HashMap<ConnectionName, Mutex<Known>>,
}

/// What is known about one provider.
#[derive(Default)]
struct Known {
    description: Option<(Arc<Description>, Moment)>,
    /// When it was asked last.
    asked: Option<Moment>,
}

/// One provider, described.
pub(super) struct Provider<'t> {
    providers: &'t Providers,
    connection: &'t Connection,
    upstream: &'t Upstream,
    description: Arc<Description>,
    now: Moment,
}

/// What must be the same in the request and in its answer.
pub(super) struct Binding {
    /// What comes back with the answer.
    pub(super) state: String,
    /// What comes back in the token.
    pub(super) nonce: Secret,
    /// What only the tenant can trade the code with (RFC 7636).
    pub(super) verifier: Secret,
    /// Where the answer goes.
    pub(super) redirect_uri: String,
}

/// What a provider says about somebody, believed.
pub(super) struct UpstreamPerson {
    /// Their id there.
    pub(super) subject: String,
    /// All that it says about them, in OpenID Connect's names.
    pub(super) claims: Map<String, Value>,
    /// When they signed in there; now, if it does not say.
    pub(super) authenticated_at: Moment,
}

impl Providers {
    /// Knows nothing yet: a provider that is down does not keep a tenant from opening.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, TlsError> {
        let asked = configuration.connections().iter().filter(|connection| connection.upstream.is_some());
        let options = configuration.options();
        Ok(Self {
            http: HttpClient::new(&options.provider_authorities, options.provider_timeout)
                .map_err(|_| TlsError)?,
            known: asked.map(|connection| (connection.name.clone(), Mutex::default())).collect(),
        })
    }

    /// The provider of a connection. One request reads its description, the others wait for it.
    pub(super) async fn find<'t>(
        &'t self,
        connection: &'t Connection,
        upstream: &'t Upstream,
        now: Moment,
    ) -> Result<Provider<'t>, UpstreamError> {
        let description = self.describe(connection, upstream, now, KEPT).await?;
        Ok(Provider { providers: self, connection, upstream, description, now })
    }

    /// A description that is younger than `age`, as far as [`PAUSE`] allows.
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
    /// Where the person is sent to sign in: with PKCE, nonce and state, and with what the application asked.
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
        // The description comes from the provider: it must not lead people astray from https.
        if Upstream::is_safe(url.as_str()) { Ok(url.into()) } else { Err(UpstreamError::Untrusted) }
    }

    /// Whether an answer says that it comes from this provider, or need not say it (RFC 9207 section 2.4).
    pub(super) fn accepts_issuer(&self, issuer: Option<&str>) -> bool {
        match issuer {
            Some(issuer) => issuer == self.upstream.issuer,
            None => !self.description.additional_metadata().authorization_response_iss_parameter_supported,
        }
    }

    /// Trades a code, and believes the token that comes for it.
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
        let mut told = to_map(&claims);
        // Some providers keep what they know about people for their own endpoint.
        if !told.contains_key("email")
            && let Some(more) = self.user_info(binding, tokens.access_token(), &claims).await?
        {
            more.into_iter().for_each(|(name, value)| {
                told.entry(name).or_insert(value);
            });
        }
        Ok(UpstreamPerson { subject: claims.subject().to_string(), claims: told, authenticated_at })
    }

    fn oauth_client(&self, binding: &Binding) -> Result<OAuthClient, UpstreamError> {
        let secret = self.upstream.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let redirect_uri =
            RedirectUrl::new(binding.redirect_uri.clone()).map_err(|_| UpstreamError::Unreachable)?;
        let methods = self.description.token_endpoint_auth_methods_supported();
        // By header unless somebody says otherwise (OpenID Connect Discovery section 3).
        let by_body = match self.upstream.authentication {
            Some(ClientAuthentication::SecretPost) => true,
            Some(ClientAuthentication::SecretBasic | ClientAuthentication::None) => false,
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
            // The causes stay out: they quote the answer, which may hold tokens.
            tracing::warn!(connection = %self.connection.name, error = ?error.to_string(), "a code was not traded");
            match error {
                RequestTokenError::ServerResponse(_) => UpstreamError::Rejected,
                RequestTokenError::Request(HttpError::Failed(_)) => UpstreamError::Unreachable,
                _ => UpstreamError::Untrusted,
            }
        })
    }

    /// Signature, issuer, audience, time and nonce. A key that is not known may be new: the description is read
    /// again for it.
    async fn verify_id_token(
        &mut self,
        binding: &Binding,
        token: &CoreIdToken,
    ) -> Result<CoreIdTokenClaims, UpstreamError> {
        let nonce = Nonce::new(binding.nonce.expose().to_owned());
        let first = self.verified_claims(binding, token, &nonce)?;
        let believed = match first {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                self.description =
                    self.providers.describe(self.connection, self.upstream, self.now, Duration::ZERO).await?;
                self.verified_claims(binding, token, &nonce)?
            }
            first => first,
        };
        believed.map_err(|error| self.untrusted(&error.to_string()))
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

    /// When the person signed in there. A provider that was asked for a fresh sign-in and says that it was not is
    /// not enough; one that says nothing was asked just now, and is taken at that.
    fn authenticated_at(
        &self,
        claims: &CoreIdTokenClaims,
        request: &AuthorizationRequest,
    ) -> Result<Moment, UpstreamError> {
        let Some(told) = claims.auth_time() else { return Ok(self.now) };
        let told = Moment::from_millis(told.timestamp_millis()).min(self.now);
        let fresh = |seconds: u64| told.after(Duration::from_secs(seconds)).after(LEEWAY) >= self.now;
        let is_fresh = request.max_age.is_none_or(fresh);
        if is_fresh { Ok(told) } else { Err(UpstreamError::Stale) }
    }

    /// What the provider's own endpoint says about the same person; nothing when there is none or it fails.
    async fn user_info(
        &self,
        binding: &Binding,
        token: &AccessToken,
        claims: &CoreIdTokenClaims,
    ) -> Result<Option<Map<String, Value>>, UpstreamError> {
        let client = self.oauth_client(binding)?;
        // The library takes any token for one that fits into a header.
        let fits = HeaderValue::from_str(token.secret()).is_ok();
        let Ok(request) = client.user_info(token.clone(), Some(claims.subject().clone())) else {
            return Ok(None);
        };
        if !fits {
            return Err(self.untrusted("the access token is not printable"));
        }
        let told: Result<CoreUserInfoClaims, _> = request.request_async(&self.providers.http).await;
        match told {
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
        tracing::warn!(connection = %self.connection.name, ?reason, "a provider's answer is not believed");
        UpstreamError::Untrusted
    }
}

/// Claims as the provider wrote them.
fn to_map(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    }
}

/// Requests to providers: within a time, within a size, following nobody elsewhere.
struct HttpClient(reqwest::Client);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    /// The address is not one that secrets may travel to.
    #[error("the address is neither https nor on this machine")]
    Unsafe,
    /// The answer is larger than [`LIMIT`].
    #[error("the answer is too large")]
    TooLarge,
    /// The request or the connection failed, or took too long.
    #[error("the request failed")]
    Failed(#[from] reqwest::Error),
    /// The answer cannot be put together.
    #[error("the answer cannot be read")]
    Unreadable(#[from] axum::http::Error),
}

impl HttpClient {
    fn new(authorities: &[Vec<u8>], timeout: Duration) -> Result<Self, Box<dyn std::error::Error>> {
        let mut roots = RootCertStore::empty();
        // Systems carry certificates of every age; one that cannot be read believes nobody.
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
