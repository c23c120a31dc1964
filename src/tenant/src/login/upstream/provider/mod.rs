//! The client of identity providers: discovery and keys, code exchange, verification of the ID token, `/userinfo`.
//!
//! What nobody reads can have any value; what security depends on is read strictly (`keys`, `id_token`).

mod error;
mod http_client;
mod id_token;
mod keys;
mod metadata;
mod tokens;
pub(super) mod values;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
};
use serde_json::{Map, Value};

pub(crate) use self::error::UpstreamError;
pub(crate) use self::http_client::HttpError;
pub(crate) use self::metadata::{Providers, TlsError};
use crate::clock::Moment;
use crate::configuration::{ClientAuthentication, Connection, Upstream};
use crate::oauth::request::{AuthorizationRequest, Prompt};
use crate::secret::Secret;
use id_token::{Expected, LEEWAY};
use keys::{SignatureError, Signed};
use metadata::Metadata;
use tokens::Tokens;

/// The tenant as the provider's client.
type OAuthClient = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// A provider with its metadata.
pub(super) struct Provider<'t> {
    providers: &'t Providers,
    connection: &'t Connection,
    upstream: &'t Upstream,
    metadata: Arc<Metadata>,
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
    /// The claims, with the names of OpenID Connect. Their values can have any type.
    pub(super) claims: Map<String, Value>,
    /// The time of the sign-in at the provider; now, if the provider does not say.
    pub(super) authenticated_at: Moment,
}

impl Providers {
    /// Returns the provider of a connection, with its metadata.
    pub(super) async fn find<'t>(
        &'t self,
        connection: &'t Connection,
        upstream: &'t Upstream,
        now: Moment,
    ) -> Result<Provider<'t>, UpstreamError> {
        let metadata = self.metadata(connection, upstream, now).await?;
        Ok(Provider { providers: self, connection, upstream, metadata, now })
    }
}

impl Providers {
    /// Posts a form to an address of an application, as providers are asked: by https or to this machine, for a bounded time,
    /// without following redirects. Returns the status.
    pub(crate) async fn post_form(&self, url: &str, form: String) -> Result<StatusCode, HttpError> {
        let request = axum::http::Request::post(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_bytes())?;
        Ok(self.http.fetch(request).await?.status())
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
        let state = binding.state.clone();
        let client = self.oauth_client(binding)?;
        let mut url = client
            .authorize_url(|| CsrfToken::new(state))
            .add_extra_param("nonce", binding.nonce.expose())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_scope(Scope::new("openid".to_owned()))
            .add_scopes(self.upstream.scopes.iter().cloned().map(Scope::new));
        if let Some(hint) = &request.login_hint {
            url = url.add_extra_param("login_hint", hint);
        }
        if let Some(seconds) = request.max_age {
            url = url.add_extra_param("max_age", seconds.to_string());
        }
        if request.prompt == Some(Prompt::Login) {
            url = url.add_extra_param("prompt", "login");
        }
        let (url, _) = url.url();
        // The URL comes from the provider's metadata and must not leave https.
        if Upstream::is_safe(url.as_str()) { Ok(url.into()) } else { Err(UpstreamError::Untrusted) }
    }

    /// Returns whether the issuer of a response is this provider, or may be missing (RFC 9207 section 2.4).
    pub(super) fn accepts_issuer(&self, issuer: Option<&str>) -> bool {
        match issuer {
            Some(issuer) => issuer == self.upstream.issuer,
            None => !self.metadata.sends_issuer,
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
        let id_token = tokens.id_token().ok_or_else(|| self.untrusted("the answer holds no ID token"))?;
        let signed = self.verify_signature(id_token).await?;
        let expected = Expected {
            issuer: &self.upstream.issuer,
            client_id: &self.upstream.client_id,
            nonce: binding.nonce.expose(),
            access_token: tokens.access_token_text(),
            now: self.now,
        };
        let subject = id_token::check(&signed, &expected)
            .map_err(|error| self.untrusted(&error.to_string()))?
            .to_owned();
        let authenticated_at = self.authenticated_at(&signed, request)?;
        let mut claims = signed.claims;
        // Some providers return profile claims only from `/userinfo`.
        if claims.get("email").and_then(values::text).is_none()
            && let Some(more) = self.user_info(tokens.bearer_token(), &subject).await?
        {
            // Whether an address is verified is said by the source of the address.
            claims.remove("email_verified");
            for (name, value) in more {
                if claims.get(&name).and_then(values::text).is_none() {
                    claims.insert(name, value);
                }
            }
        }
        Ok(UpstreamPerson { subject, claims, authenticated_at })
    }

    fn oauth_client(&self, binding: &Binding) -> Result<OAuthClient, UpstreamError> {
        let redirect_uri =
            RedirectUrl::new(binding.redirect_uri.clone()).map_err(|_| UpstreamError::Unreachable)?;
        let by_body = match self.upstream.authentication {
            Some(ClientAuthentication::SecretPost) => true,
            // No connection signs a text for its provider; the tenant file offers the other three only.
            Some(
                ClientAuthentication::SecretBasic
                | ClientAuthentication::None
                | ClientAuthentication::PrivateKeyJwt,
            ) => false,
            None => self.metadata.secret_by_body,
        };
        let client = Client::new(ClientId::new(self.upstream.client_id.clone()))
            .set_auth_uri(self.metadata.authorization_endpoint.clone())
            .set_token_uri(self.metadata.token_endpoint.clone())
            .set_redirect_uri(redirect_uri)
            .set_auth_type(if by_body { AuthType::RequestBody } else { AuthType::BasicAuth });
        Ok(match &self.upstream.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
            None => client,
        })
    }

    async fn request_tokens(&self, binding: &Binding, code: &str) -> Result<Tokens, UpstreamError> {
        let client = self.oauth_client(binding)?;
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
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

    /// Verifies the signature of a token. A key that did not make it may have been replaced, also under the same id, so
    /// the keys are read again before a refusal, as often as [`Providers::renew`] permits.
    async fn verify_signature(&mut self, token: &str) -> Result<Signed, UpstreamError> {
        let mut verified = self.metadata.keys.verify(token);
        if matches!(verified, Err(SignatureError::Key))
            && let Some(newer) =
                self.providers.renew(self.connection, self.upstream, &self.metadata, self.now).await?
        {
            verified = newer.keys.verify(token);
            self.metadata = newer;
        }
        verified.map_err(|error| self.untrusted(&error.to_string()))
    }

    /// Returns the time of the sign-in at the provider; the current time if the provider does not say.
    ///
    /// # Errors
    /// [`UpstreamError::Stale`] if a fresh sign-in was requested, by `max_age` or by `prompt=login`, and the provider's time
    /// is too old;
    /// [`UpstreamError::Untrusted`] if one was requested and the time cannot be read.
    fn authenticated_at(
        &self,
        token: &Signed,
        request: &AuthorizationRequest,
    ) -> Result<Moment, UpstreamError> {
        let Some(auth_time) = id_token::auth_time(token) else { return Ok(self.now) };
        let max_age = if request.prompt == Some(Prompt::Login) { Some(0) } else { request.max_age };
        let auth_time = match auth_time {
            Ok(auth_time) => auth_time.min(self.now),
            Err(error) if max_age.is_some() => return Err(self.untrusted(&error.to_string())),
            Err(_) => return Ok(self.now),
        };
        let fresh = |seconds: u64| auth_time.after(Duration::from_secs(seconds)).after(LEEWAY) >= self.now;
        let is_fresh = max_age.is_none_or(fresh);
        if is_fresh { Ok(auth_time) } else { Err(UpstreamError::Stale) }
    }

    /// Returns the claims of the provider's `/userinfo` about a person; none if there is no such endpoint, it fails, or
    /// it does not say whom it is about.
    ///
    /// # Errors
    /// [`UpstreamError::Untrusted`] if they are about another person (OpenID Connect Core 5.3.2).
    async fn user_info(
        &self,
        access_token: Option<&str>,
        subject: &str,
    ) -> Result<Option<Map<String, Value>>, UpstreamError> {
        let (Some(url), Some(token)) = (&self.metadata.userinfo_endpoint, access_token) else {
            return Ok(None);
        };
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {token}")) else {
            return Err(self.untrusted("the access token is not printable"));
        };
        bearer.set_sensitive(true);
        let request = axum::http::Request::get(url)
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, bearer)
            .body(Vec::new());
        let claims = match request {
            Ok(request) => self.providers.http.fetch(request).await.ok(),
            Err(_) => None,
        };
        let claims: Option<Map<String, Value>> = claims
            .filter(|response| response.status() == StatusCode::OK)
            .and_then(|response| serde_json::from_slice(response.body()).ok());
        match claims.as_ref().map(|claims| claims.get("sub").and_then(Value::as_str)) {
            Some(Some(about)) if about == subject => Ok(claims),
            Some(Some(_)) => Err(self.untrusted("the userinfo endpoint told of another person")),
            Some(None) | None => {
                tracing::warn!(connection = %self.connection.name, "a provider does not say more about somebody");
                Ok(None)
            }
        }
    }

    fn untrusted(&self, reason: &str) -> UpstreamError {
        tracing::warn!(connection = %self.connection.name, ?reason, "a provider's answer is not claims");
        UpstreamError::Untrusted
    }
}
