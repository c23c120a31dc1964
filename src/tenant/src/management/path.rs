//! Ids in paths: the path is split before it is decoded, and decoded once (contract
//! [A10](model::contract#a10)).

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use model::{Provider, UserId};

use crate::http::error::ApiError;

/// The path parameters of a Management API request, decoded but not validated, so that a caller without
/// permission learns nothing about them.
#[derive(Debug)]
pub(crate) struct PathIds {
    id: String,
    provider: String,
    user_id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for PathIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // "Raw" means untyped: axum decodes the values once, after splitting the path.
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
        let ids = Self { id: segment("id"), provider: segment("provider"), user_id: segment("user_id") };
        tracing::Span::current().record("target", ids.target());
        Ok(ids)
    }
}

impl PathIds {
    /// Returns what the request is about, for the log: the id, and the identity in it.
    fn target(&self) -> String {
        if self.provider.is_empty() {
            self.id.clone()
        } else {
            format!("{} {}|{}", self.id, self.provider, self.user_id)
        }
    }

    /// Returns the id of the user in the path.
    pub(crate) fn user(&self) -> UserId {
        UserId::new(self.id.clone())
    }

    /// Returns the id in the path of something else than a user.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the provider and the decoded last segment of the path of an identity.
    ///
    /// # Errors
    /// [`ApiError::Path`] if the provider is not one of contract [A12](model::contract#a12).
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
