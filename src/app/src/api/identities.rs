//! The user and their identities: reading, linking, unlinking, and the meaning of the responses.

use model::{Identity, IdentityKey, Metadata, User, route};
use oauth2::http::Method;
use serde_json::json;

use super::{ApiError, Client};
use crate::token::IdToken;

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
        let user: User = self.send(Method::GET, &route::user(&self.user_id)).await?;
        if user.has_primary_first() {
            Ok(user)
        } else {
            Err(ApiError::nonsense(200, "The first identity is not the one that user_id names.".to_owned()))
        }
    }

    /// Unlinks the identity that `key` names (contract [A12](model::contract#a12)).
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn unlink(&self, key: &IdentityKey) -> Result<Outcome, ApiError> {
        let answer = self.send(Method::DELETE, &route::identity(&self.user_id, key)).await?;
        decide(answer, self.user_id.as_identity_key().as_ref(), key)
    }

    /// Links the account that `second` proves, with all its identities (contract [A11](model::contract#a11)). Returns
    /// all identities that the user has afterwards.
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn link(&self, second: &IdToken) -> Result<Vec<Identity>, ApiError> {
        let body = json!({ "link_with": second.secret() });
        let answer: Vec<Identity> =
            self.send_with(Method::POST, &route::identities(&self.user_id), Some(body)).await?;
        if answer.first().map(Identity::key) == self.user_id.as_identity_key() {
            Ok(answer)
        } else {
            let message = "The returned identities do not begin with the main one.".to_owned();
            Err(ApiError::nonsense(201, message))
        }
    }

    /// Sets these keys of the user's `user_metadata`; other keys stay (contract [A9](model::contract#a9)).
    ///
    /// # Errors
    /// [`ApiError`], by what the person can do about it.
    pub async fn set_metadata(&self, metadata: &Metadata) -> Result<User, ApiError> {
        let body = json!({ "user_metadata": metadata });
        self.send_with(Method::PATCH, &route::user(&self.user_id), Some(body)).await
    }
}

/// Decides what the returned identities mean for the unlink of `key` by the user whose primary identity is `primary`.
///
/// # Errors
/// [`ErrorKind::Malformed`](super::ErrorKind::Malformed) when they do not begin with the primary identity.
fn decide(
    answer: Vec<Identity>,
    primary: Option<&IdentityKey>,
    key: &IdentityKey,
) -> Result<Outcome, ApiError> {
    if answer.first().map(Identity::key).as_ref() != primary {
        let message = "The returned identities do not begin with the main one.".to_owned();
        return Err(ApiError::nonsense(200, message));
    }
    let remains = answer.iter().any(|identity| identity.key() == *key);
    Ok(if remains { Outcome::NothingMatched(answer) } else { Outcome::Unlinked(answer) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorKind;
    use serde_json::json;

    fn identities() -> Vec<Identity> {
        serde_json::from_value(json!([
            { "provider": "auth0", "user_id": "1", "connection": "db", "isSocial": false },
            { "provider": "github", "user_id": 42, "connection": "github", "isSocial": true, "extra": {} },
        ]))
        .unwrap()
    }

    fn judge(answer: Vec<Identity>) -> Result<Outcome, ApiError> {
        let all = identities();
        decide(answer, Some(&all[0].key()), &all[1].key())
    }

    #[test]
    fn an_array_without_the_identity_means_that_it_is_unlinked() {
        let left = vec![identities().swap_remove(0)];
        assert_eq!(judge(left.clone()), Ok(Outcome::Unlinked(left)));
    }

    #[test]
    fn an_array_with_the_identity_means_that_nothing_matched() {
        assert_eq!(judge(identities()), Ok(Outcome::NothingMatched(identities())));
    }

    #[test]
    fn an_empty_array_is_malformed() {
        assert_eq!(judge(Vec::new()).unwrap_err().kind, ErrorKind::Malformed);
    }

    #[test]
    fn an_array_with_another_primary_is_malformed() {
        let mut answer = identities();
        answer.reverse();
        assert_eq!(judge(answer).unwrap_err().kind, ErrorKind::Malformed);
    }
}
