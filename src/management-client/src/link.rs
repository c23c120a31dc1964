//! Links one account to another one.

use model::{Identity, User, UserId};
use tokio::time::sleep;

use crate::answer::backoff;
use crate::client::ManagementClient;
use crate::error::Error;

/// How often the link is tried while no answer comes.
const ATTEMPTS: u32 = 8;

/// Two accounts that can be linked.
#[derive(Clone, Debug)]
pub struct Link {
    /// The account that remains.
    pub primary: User,
    /// The account whose identities come to it, and which is deleted.
    pub secondary: User,
}

/// The reason why two accounts cannot be linked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// They are one account.
    #[error("both are the same user")]
    Same,
    /// There is no such user.
    #[error("there is no user {0}")]
    UnknownUser(UserId),
    /// The secondary account has something that is lost.
    #[error("{0} has {1}, which linking discards; --discard-metadata links it nevertheless")]
    Discards(UserId, &'static str),
    /// The tenant failed or refused.
    #[error(transparent)]
    Tenant(#[from] Error),
}

impl Link {
    /// Reads both accounts, and checks that they can be linked. Without `discard`, an account with metadata cannot.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn prepare(
        client: &ManagementClient,
        primary: &UserId,
        secondary: &UserId,
        discard: bool,
    ) -> Result<Self, LinkError> {
        if primary == secondary {
            return Err(LinkError::Same);
        }
        let (primary, secondary) = (read(client, primary).await?, read(client, secondary).await?);
        let is_full =
            |metadata: &Option<model::Metadata>| metadata.as_ref().is_some_and(|map| !map.is_empty());
        let lost = match &secondary {
            user if is_full(&user.user_metadata) => Some("user_metadata"),
            user if is_full(&user.app_metadata) => Some("app_metadata"),
            _ => None,
        };
        match lost.filter(|_| !discard) {
            Some(lost) => Err(LinkError::Discards(secondary.user_id, lost)),
            None => Ok(Self { primary, secondary }),
        }
    }

    /// Links them, and returns the identities of the primary account.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn link(&self, client: &ManagementClient) -> Result<Vec<Identity>, LinkError> {
        let id = &self.secondary.user_id;
        let key = id.as_identity_key().ok_or_else(|| LinkError::UnknownUser(id.clone()))?;
        for attempt in 1.. {
            match client.link(&self.primary.user_id, &key).await {
                Ok(identities) => return Ok(identities),
                Err(error) if error.is_uncertain() && attempt < ATTEMPTS => {
                    sleep(backoff(attempt)).await;
                    // Linking twice is an error, so the account says whether it was done.
                    let primary = read(client, &self.primary.user_id).await?;
                    if primary.identities.iter().any(|identity| identity.key() == key) {
                        return Ok(primary.identities);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the last attempt returns");
    }
}

async fn read(client: &ManagementClient, id: &UserId) -> Result<User, LinkError> {
    let reading = client.user(id).await?;
    reading.map(|reading| reading.user).ok_or_else(|| LinkError::UnknownUser(id.clone()))
}
