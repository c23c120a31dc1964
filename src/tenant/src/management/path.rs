//! Ids in paths: split before decoding, decoded once (contract A10).

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use model::{Provider, UserId};
use percent_encoding::percent_decode_str;

use crate::http::error::ApiError;

/// The path parameters of a Management API call, decoded but not judged: a caller without permission learns
/// nothing about them.
#[derive(Debug)]
pub(crate) struct PathIds {
    id: Option<String>,
    provider: Option<String>,
    user_id: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for PathIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let raw = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::Path { message: "Invalid encoding".to_owned(), property: "id" })?;
        let decoded = |wanted: &str| {
            raw.iter()
                .find(|(name, _)| *name == wanted)
                .and_then(|(_, value)| percent_decode_str(value).decode_utf8().ok())
                .map(std::borrow::Cow::into_owned)
        };
        Ok(Self { id: decoded("id"), provider: decoded("provider"), user_id: decoded("user_id") })
    }
}

impl PathIds {
    /// The user to be acted on. An id that is no UTF-8 names nobody.
    pub(crate) fn user(&self) -> UserId {
        UserId::new(self.id.clone().unwrap_or_default())
    }

    /// The identity to be acted on: its provider, which must be one of contract A12, and the decoded segment
    /// that names it.
    pub(crate) fn identity(&self) -> Result<(Provider, &str), ApiError> {
        let text = self.provider.as_deref().unwrap_or_default();
        let provider = Provider::new(text);
        if !provider.is_known() {
            return Err(ApiError::Path {
                message: format!("No enum match for: {text}"),
                property: "provider",
            });
        }
        Ok((provider, self.user_id.as_deref().unwrap_or_default()))
    }
}
