//! Secrets that are made for clients which need one and have none: the Deploy CLI never exports them.

use std::collections::HashMap;

use store::{Digest, Store};

use crate::clock::Moment;
use crate::configuration::{Client, Configuration};
use crate::secret::Secret;

/// The secrets that were made for clients, by client id. Only their digests are kept.
#[derive(Debug, Default)]
pub(crate) struct ClientSecrets(HashMap<String, Digest>);

/// A secret that was made for a client at this start. It can be shown once, because it is not kept.
#[derive(Clone, Debug)]
pub struct NewClientSecret {
    /// The id of the client.
    pub client_id: String,
    /// The name of the client.
    pub name: String,
    /// The secret.
    pub secret: Secret,
}

impl ClientSecrets {
    /// Reads the secrets of all clients that need one and have none in the configuration, and makes those that are not
    /// stored yet.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn open(
        store: &Store,
        configuration: &Configuration,
        now: Moment,
    ) -> Result<(Self, Vec<NewClientSecret>), store::Error> {
        let needy = configuration.clients().iter().filter(|client| client.lacks_secret());
        let offered: Vec<NewClientSecret> = needy
            .map(|client: &Client| NewClientSecret {
                client_id: client.client_id.clone(),
                name: client.name.clone(),
                secret: Secret::random(),
            })
            .collect();
        if offered.is_empty() {
            return Ok((Self::default(), offered));
        }
        store
            .write(move |unit| {
                Box::pin(async move {
                    let mut digests = HashMap::new();
                    let mut made = Vec::new();
                    for new in offered {
                        let digest = new.secret.digest();
                        let (digest, is_new) =
                            unit.find_or_insert_client_secret(&new.client_id, &digest, now.millis()).await?;
                        digests.insert(new.client_id.clone(), digest);
                        made.extend(is_new.then_some(new));
                    }
                    Ok((Self(digests), made))
                })
            })
            .await
    }

    /// Returns whether `presented` is the secret that was made for a client.
    pub(crate) fn matches(&self, client_id: &str, presented: &str) -> bool {
        self.0.get(client_id).is_some_and(|digest| *digest == Secret::new(presented).digest())
    }
}
