//! Ids in paths: split before decoding, decoded once (contract [A10](model::contract#a10)).

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use model::{Provider, UserId};

use crate::http::error::ApiError;

/// The path parameters of a Management API call, decoded but not judged: a caller without permission learns
/// nothing about them.
#[derive(Debug)]
pub(crate) struct PathIds {
    id: String,
    provider: String,
    user_id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for PathIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // "Raw" means untyped: the values are decoded, once, after the path was split.
        let segments = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::Path {
            message: "Invalid type: expected UTF-8".to_owned(),
            property: "id",
        })?;
        if segments.iter().any(|(_, value)| value.is_empty()) {
            return Err(ApiError::NoRoute);
        }
        let segment = |wanted: &str| {
            segments
                .iter()
                .find(|(name, _)| *name == wanted)
                .map_or_else(String::new, |(_, value)| value.to_owned())
        };
        Ok(Self { id: segment("id"), provider: segment("provider"), user_id: segment("user_id") })
    }
}

impl PathIds {
    /// The user to be acted on.
    pub(crate) fn user(&self) -> UserId {
        UserId::new(self.id.clone())
    }

    /// The identity to be acted on: its provider, which must be one of contract [A12](model::contract#a12), and the decoded segment
    /// that names it.
    pub(crate) fn identity(&self) -> Result<(Provider, &str), ApiError> {
        let provider = Provider::new(self.provider.clone());
        if !provider.is_known() {
            return Err(ApiError::Path {
                message: format!("No enum match for: {provider}"),
                property: "provider",
            });
        }
        Ok((provider, &self.user_id))
    }
}
