//! The user and their identities: reading, linking, unlinking, and the meaning of the responses.

use js_sys::Promise;
use model::{Identity, IdentityKey, LoginName, Metadata, User, UserId, login_names, route};
use oauth2::http::Method;
use serde_json::json;

use super::{Answer, ApiError, Client, ErrorKind};
use crate::token::IdToken;
use crate::{answer, early_start};

/// The outcome of an unlink request. Either way the identities are complete and replace those that are shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The identity is unlinked; these remain, the primary one first.
    Unlinked(Vec<Identity>),
    /// The tenant found nothing to unlink (contract [A12](model::contract#a12)); these are linked.
    NothingMatched(Vec<Identity>),
}

impl Client {
    /// Reads the user (contract [A5](model::contract#a5)).
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn user(&self) -> Result<User, ApiError> {
        self.send(Method::GET, &route::user(&self.user_id), None).await?.read(answer::user)
    }

    /// Reads the user from the response to a request that was sent before, as [`Client::user`] does.
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn begun_user(&self, answer: Promise) -> Result<User, ApiError> {
        self.receive(early_start::response(answer).await)?.read(answer::user)
    }

    /// Unlinks the identity that `key` names (contract [A12](model::contract#a12)). Where the response does not say
    /// whether it is unlinked, reads the user again.
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn unlink(&self, key: &IdentityKey) -> Result<Outcome, ApiError> {
        let sent = self.send(Method::DELETE, &route::identity(&self.user_id, key), None).await;
        let (left, error) = self.identities_after(sent).await?;
        decide(left, error, key)
    }

    /// Links the account `other` that `second` proves, with all its identities (contract
    /// [A11](model::contract#a11)). Returns all identities that the user has afterwards. Where the response does not
    /// say whether it is linked, reads the user again.
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn link(&self, second: &IdToken, other: &UserId) -> Result<Vec<Identity>, ApiError> {
        let body = json!({ "link_with": second.secret() });
        let sent = self.send(Method::POST, &route::identities(&self.user_id), Some(body)).await;
        let (all, error) = self.identities_after(sent).await?;
        let is_linked = all.iter().any(|identity| identity.key().as_user_id() == *other);
        match error {
            Some(error) if !is_linked => Err(error),
            _ => Ok(all),
        }
    }

    /// Sets these keys of the user's `user_metadata`; other keys stay (contract [A9](model::contract#a9)).
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn set_metadata(&self, metadata: &Metadata) -> Result<(), ApiError> {
        let body = json!({ "user_metadata": metadata });
        self.send(Method::PATCH, &route::user(&self.user_id), Some(body)).await.map(drop)
    }

    /// Gives logins names, or takes them away with `None`. Reads the user first, because the names replace those that are
    /// stored, which another tab or device may have changed (contract [A9](model::contract#a9)). Returns the user's metadata
    /// afterwards.
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn name_logins(
        &self,
        changes: &[(IdentityKey, Option<LoginName>)],
    ) -> Result<Option<Metadata>, ApiError> {
        let User { identities, user_metadata, .. } = self.user().await?;
        let held: Vec<IdentityKey> = identities.iter().map(Identity::key).collect();
        let Some(names) = login_names::changed(user_metadata.as_ref(), &held, changes) else {
            return Ok(user_metadata);
        };
        let change: Metadata = [(login_names::KEY.to_owned(), names.clone())].into_iter().collect();
        self.set_metadata(&change).await?;
        let mut after = login_names::without_names(user_metadata.unwrap_or_default());
        after.extend(change);
        Ok(Some(after))
    }

    /// Returns the identities after a change: those of its response, or, with the error of that, those of the user
    /// read again.
    async fn identities_after(
        &self,
        sent: Result<Answer, ApiError>,
    ) -> Result<(Vec<Identity>, Option<ApiError>), ApiError> {
        let read = |answer: Answer| answer.read(|body| answer::identities_of(body, &self.user_id));
        match sent.and_then(read) {
            Ok(identities) => Ok((identities, None)),
            Err(error) if error.kind.may_be_done() => match self.user().await {
                Ok(user) => Ok((user.identities, Some(error))),
                Err(_) => Err(error.not_read_again()),
            },
            Err(error) => Err(error),
        }
    }
}

/// Decides what the identities after the unlink of `key` mean. `error` is that of its response, when they had to be read
/// again.
///
/// # Errors
/// `error`, when the identity is still linked and the tenant did not say that it found nothing.
fn decide(left: Vec<Identity>, error: Option<ApiError>, key: &IdentityKey) -> Result<Outcome, ApiError> {
    let remains = left.iter().any(|identity| identity.key() == *key);
    match error {
        Some(error) if remains && error.kind != ErrorKind::Malformed => Err(error),
        _ if remains => Ok(Outcome::NothingMatched(left)),
        _ => Ok(Outcome::Unlinked(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn identities() -> Vec<Identity> {
        serde_json::from_value(json!([
            { "provider": "auth0", "user_id": "1", "connection": "db", "isSocial": false },
            { "provider": "github", "user_id": 42, "connection": "github", "isSocial": true, "extra": {} },
        ]))
        .unwrap()
    }

    fn left() -> Vec<Identity> {
        vec![identities().swap_remove(0)]
    }

    fn judge(left: Vec<Identity>, error: Option<ApiError>) -> Result<Outcome, ApiError> {
        decide(left, error, &identities()[1].key())
    }

    #[test]
    fn identities_without_the_unlinked_one_mean_that_it_is_unlinked() {
        assert_eq!(judge(left(), None), Ok(Outcome::Unlinked(left())));
        let failed = ApiError::from_answer(502, None, "");
        assert_eq!(judge(left(), Some(failed)), Ok(Outcome::Unlinked(left())));
    }

    #[test]
    fn identities_with_it_mean_that_nothing_matched_or_that_the_request_failed() {
        assert_eq!(judge(identities(), None), Ok(Outcome::NothingMatched(identities())));
        let unread = ApiError::malformed(200, String::new());
        assert_eq!(judge(identities(), Some(unread)), Ok(Outcome::NothingMatched(identities())));
        let failed = ApiError::from_answer(502, None, "");
        assert_eq!(judge(identities(), Some(failed.clone())), Err(failed));
    }
}
