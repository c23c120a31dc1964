//! The names that the person gives their logins: writing them, one change after the other.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::login_names::{is_writable, name_of};
use model::{IdentityKey, LoginName};

use super::account::AccountState;
use crate::api::ApiError;
use crate::components::{Status, Step, Steps};
use crate::session::tabs::acquire_metadata_lock;
use crate::text::naming::{named, place_taken, unnamed};
use crate::text::request_failure;

/// Names of the account's logins. A copy is a handle to the same account.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    account: AccountState,
    status_message: RwSignal<Option<Status>>,
    may_name: Signal<bool>,
}

impl Naming {
    /// Names the logins of `account`.
    pub(super) fn new(account: AccountState, status_message: RwSignal<Option<Status>>) -> Self {
        Self { account, status_message, may_name: account.session().may_set_metadata() }
    }

    /// Gives the login `key` a name, or takes it away with `None`. `steps` shows how that goes in its row.
    pub(super) fn name(self, key: IdentityKey, name: Option<LoginName>, steps: Steps) {
        steps.set(&key, Some(Step::Busy));
        spawn_local(async move {
            match self.write(&[(key.clone(), name.clone())]).await {
                Ok(written) if written == name => {
                    let said = name.map_or_else(|| unnamed().to_owned(), |name| named(name.as_str()));
                    let _ = self.status_message.try_set(Some(Status::Announced(said)));
                    _ = steps.set(&key, None);
                }
                Ok(_) => _ = steps.set(&key, Some(Step::Failed(place_taken()))),
                Err(error) => _ = steps.set(&key, Some(Step::Failed(request_failure(&error)))),
            }
        });
    }

    /// Gives logins that were linked the names that they had. A failure is not shown: they are linked all the same.
    pub(super) async fn keep(self, names: Vec<(IdentityKey, Option<LoginName>)>) {
        if self.is_permitted() {
            let _ = self.write(&names).await;
        }
    }

    /// Takes the names away from logins that were unlinked. A failure is not shown: they are unlinked all the same, and the next
    /// change takes the names away.
    pub(super) fn forget(self, unlinked: &[IdentityKey]) {
        let metadata = self.account.now().and_then(|user| user.user_metadata);
        let of_unlinked = unlinked.iter().filter(|key| name_of(metadata.as_ref(), key).is_some());
        let changes: Vec<_> = of_unlinked.map(|key| (key.clone(), None)).collect();
        if !changes.is_empty() && self.is_permitted() {
            spawn_local(async move { _ = self.write(&changes).await });
        }
    }

    /// Whether the token permits it; not when the page is gone.
    fn is_permitted(self) -> bool {
        self.may_name.try_get_untracked().unwrap_or_default()
    }

    /// Writes names while no other tab does. Returns the name of the first login afterwards, which is another one where
    /// something else stands in the place of the names.
    async fn write(
        self,
        changes: &[(IdentityKey, Option<LoginName>)],
    ) -> Result<Option<LoginName>, ApiError> {
        let _lock = acquire_metadata_lock().await;
        let session = self.account.session();
        let metadata = session.call(|client| async move { client.name_logins(changes).await }).await?;
        let written = changes.first().and_then(|(key, _)| name_of(metadata.as_ref(), key));
        let is_written = is_writable(metadata.as_ref());
        self.account.replace_metadata(metadata);
        if is_written {
            session.broadcast_change();
        }
        Ok(written)
    }
}
