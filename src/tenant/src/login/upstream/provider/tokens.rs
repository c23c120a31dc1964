//! The response of a provider's token endpoint (RFC 6749 section 5.1).

use std::time::Duration;

use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, RefreshToken, Scope, TokenResponse};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::secret::Secret;

/// The tokens for a code. Properties that nobody reads, such as the lifetime, can have any value.
#[derive(Debug, Serialize)]
pub(super) struct Tokens {
    /// Empty if there is none.
    #[serde(skip)]
    access_token: AccessToken,
    #[serde(skip)]
    token_type: BasicTokenType,
    #[serde(skip)]
    id_token: Option<Secret>,
}

impl Tokens {
    pub(super) fn id_token(&self) -> Option<&str> {
        self.id_token.as_ref().map(Secret::expose)
    }

    /// Returns the access token, empty if there is none.
    pub(super) fn access_token_text(&self) -> &str {
        self.access_token.secret()
    }

    /// Returns the access token if it is for use in a header, as a bearer token: no other type is understood (RFC 6749
    /// section 7.1).
    pub(super) fn bearer_token(&self) -> Option<&str> {
        let is_bearer = self.token_type == BasicTokenType::Bearer;
        Some(self.access_token.secret().as_str()).filter(|token| is_bearer && !token.is_empty())
    }
}

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tokens = Map::<String, Value>::deserialize(deserializer)?;
        let text = |name: &str| tokens.get(name).and_then(Value::as_str);
        let token_type = match tokens.get("token_type") {
            None | Some(Value::Null) => BasicTokenType::Bearer,
            Some(Value::String(name)) if name.trim().eq_ignore_ascii_case("bearer") => BasicTokenType::Bearer,
            Some(other) => BasicTokenType::Extension(other.to_string()),
        };
        Ok(Self {
            access_token: AccessToken::new(text("access_token").unwrap_or_default().to_owned()),
            token_type,
            id_token: text("id_token").map(Secret::new),
        })
    }
}

impl TokenResponse for Tokens {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}
