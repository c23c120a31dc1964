//! `/oauth/token` (contract C3, RFC 6749 section 4.1.3, RFC 7636 section 4.6).

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Scope, Scopes};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{AccessTokenRow, CodeRow, UserRow};

use super::request::AuthorizationRequest;
use crate::configuration::{Client, ClientAuthentication};
use crate::http::body::read_object;
use crate::http::error::{TokenError, uncached};
use crate::secret::{Secret, digest};
use crate::token::{self, AccessClaims, Audience, IdClaims};
use crate::{Tenant, view};

const AUTHORIZATION_CODE: &str = "authorization_code";

/// What a successful exchange answers.
#[derive(Serialize)]
struct Tokens {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    scope: Scopes,
    expires_in: u64,
    token_type: &'static str,
}

/// Trades a grant for tokens. JSON or form.
pub(super) async fn exchange(
    State(tenant): State<Tenant>,
    request: Request<Body>,
) -> Result<Response, TokenError> {
    let headers = request.headers().clone();
    let body =
        read_object(request).await.map_err(|_| TokenError::InvalidRequest("The body cannot be read"))?;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    match text("grant_type").ok_or(TokenError::InvalidRequest("Missing required parameter: grant_type"))? {
        AUTHORIZATION_CODE => {
            let client = authenticate(&tenant, &headers, &body)?;
            if !client.grant_types.iter().any(|grant| grant == AUTHORIZATION_CODE) {
                return Err(TokenError::UnauthorizedClient);
            }
            let code = text("code").ok_or(TokenError::InvalidRequest("Missing required parameter: code"))?;
            let code = tenant.take_code(&Secret::new(code)).await?;
            tenant.trade(client, &code, text("redirect_uri"), text("code_verifier")).await
        }
        _ => Err(TokenError::UnsupportedGrant),
    }
}

/// Which client asks, proven in the way that it is configured to: none for public clients, the secret in the
/// body or in the header for the others (contract C3).
fn authenticate<'t>(
    tenant: &'t Tenant,
    headers: &HeaderMap,
    body: &Map<String, Value>,
) -> Result<&'t Client, TokenError> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| basic_credentials(value.to_str().ok()?));
    let posted = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let (id, secret) = match basic {
        Some((id, secret)) => (id, Some(secret)),
        None => (posted("client_id").ok_or(TokenError::AccessDenied)?, posted("client_secret")),
    };
    let client = tenant.client(&id).ok_or(TokenError::AccessDenied)?;
    let proven = match (client.authentication, &client.client_secret) {
        (ClientAuthentication::None, _) => true,
        (_, Some(expected)) => secret.is_some_and(|secret| expected.equals(&secret)),
        (_, None) => false,
    };
    if proven { Ok(client) } else { Err(TokenError::AccessDenied) }
}

/// Reads `Basic` credentials; both halves are form-encoded within (RFC 6749 section 2.3.1).
fn basic_credentials(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    Some((decode(id)?, decode(secret)?))
}

impl Tenant {
    /// Uses a code up, whatever comes of it: who fails with a code does not get a second try.
    async fn take_code(&self, code: &Secret) -> Result<CodeRow, TokenError> {
        let (digest, now) = (code.digest(), self.now().millis());
        let row = self
            .0
            .store
            .write(move |unit| Box::pin(async move { unit.mark_code_used(&digest, now).await }))
            .await?;
        row.filter(|row| row.expires_at > now).ok_or(TokenError::InvalidCode)
    }

    async fn trade(
        &self,
        client: &Client,
        code: &CodeRow,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
    ) -> Result<Response, TokenError> {
        let request: AuthorizationRequest =
            serde_json::from_str(&code.request).map_err(|_| TokenError::Internal)?;
        if code.client_id != client.client_id || redirect_uri != Some(&request.reply_to.redirect_uri) {
            return Err(TokenError::InvalidCode);
        }
        // A verifier without a challenge means that the challenge was stripped (RFC 9700 section 4.8).
        if request.code_challenge.as_deref() != verifier.map(|text| digest(text.as_bytes())).as_deref() {
            return Err(TokenError::InvalidVerifier);
        }
        let user = self.0.store.read().await?.find_user_by_identity(&code.key).await?;
        let user = user.filter(|user| user.blocked != Some(true)).ok_or(TokenError::InvalidCode)?;

        let lifetime = self.0.configuration.options().access_token_lifetime;
        let id_token = if request.scopes.contains(&Scope::OPENID) {
            Some(self.id_token(client, code, &request, &user).ok_or(TokenError::Internal)?)
        } else {
            None
        };
        let access_token = match &request.audience {
            Some(audience) => {
                let now = self.now();
                let claims = AccessClaims {
                    iss: self.0.issuer.as_str().to_owned(),
                    sub: user.user_id.to_string(),
                    aud: Audience::One(audience.clone()),
                    iat: now.seconds(),
                    exp: now.after(lifetime).seconds(),
                    nbf: None,
                    azp: Some(client.client_id.clone()),
                    scope: Some(request.scopes.clone()),
                    gty: None,
                };
                token::sign(&self.0.keys, &claims).ok_or(TokenError::Internal)?
            }
            None => self.opaque_token(client, code, &request.scopes).await?,
        };
        let tokens = Tokens {
            access_token,
            id_token,
            scope: request.scopes,
            expires_in: lifetime.as_secs(),
            token_type: "Bearer",
        };
        Ok(uncached(Json(tokens).into_response()))
    }

    fn id_token(
        &self,
        client: &Client,
        code: &CodeRow,
        request: &AuthorizationRequest,
        user: &UserRow,
    ) -> Option<String> {
        let mut claims = IdClaims::new(self.0.issuer.as_str(), &client.client_id, &user.user_id, self.now());
        claims.profile = view::claims(user, &request.scopes);
        claims.nonce.clone_from(&request.nonce);
        claims.sid = Some(code.sid.clone());
        claims.auth_time = request.wants_auth_time().then(|| code.authenticated_at.div_euclid(1000));
        token::sign(&self.0.keys, &claims)
    }

    /// Without an audience the access token is opaque and opens `/userinfo` only.
    async fn opaque_token(
        &self,
        client: &Client,
        code: &CodeRow,
        scopes: &Scopes,
    ) -> Result<String, TokenError> {
        let token = Secret::random();
        let now = self.now();
        let row = AccessTokenRow {
            digest: token.digest(),
            client_id: client.client_id.clone(),
            key: code.key.clone(),
            scopes: scopes.clone(),
            expires_at: now.after(self.0.configuration.options().access_token_lifetime).millis(),
        };
        self.0
            .store
            .write(move |unit| Box::pin(async move { unit.insert_access_token(&row, now.millis()).await }))
            .await?;
        Ok(token.expose().to_owned())
    }
}
