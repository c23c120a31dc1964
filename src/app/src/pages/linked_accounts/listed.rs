//! The account whose logins are listed: read once, then redrawn from every answer.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::{Identity, IdentityKey, User};

use crate::api::ApiError;
use crate::session::Session;
use crate::text::Label;

/// The account on the page. A copy is a handle to the same account; it lives as long as the page shows it, so
/// that everything here can be called after an await.
#[derive(Clone, Copy)]
pub(super) struct ListedAccount {
    session: Session,
    read: RwSignal<Option<Result<User, ApiError>>>,
}

/// How far loading has come. It stays the same while the loaded list changes.
#[derive(Clone, PartialEq)]
pub(super) enum Loading {
    Waiting,
    Failed(ApiError),
    Done,
}

impl ListedAccount {
    /// Begins to read the account of whoever is signed in.
    pub(super) fn open(session: Session) -> Self {
        let account = Self { session, read: RwSignal::new(None) };
        account.load();
        account
    }

    /// Reads the account anew; what was shown goes.
    pub(super) fn load(self) {
        let _ = self.read.try_set(None);
        spawn_local(async move {
            let user = self.session.call(|client| async move { client.user().await }).await;
            let _ = self.read.try_set(Some(user));
        });
    }

    /// How far loading has come.
    pub(super) fn loading(self) -> Memo<Loading> {
        Memo::new(move |_| match &*self.read.read() {
            None => Loading::Waiting,
            Some(Err(error)) => Loading::Failed(error.clone()),
            Some(Ok(_)) => Loading::Done,
        })
    }

    /// The user, once read.
    pub(super) fn user(self) -> Memo<Option<User>> {
        Memo::new(move |_| self.read.get().and_then(Result::ok))
    }

    /// Puts the returned identities in place of the linked ones, without asking again. The main login and the
    /// profile stay as they were read: unlinking does not touch them.
    pub(super) fn redraw(self, left: Vec<Identity>) {
        let _ = self.read.try_update(|read| {
            if let Some(Ok(user)) = read {
                user.identities.truncate(1);
                user.identities.extend(left.into_iter().skip(1));
            }
        });
    }

    /// The label of a linked login.
    pub(super) fn label_of(self, key: &IdentityKey) -> Option<Label> {
        self.look(|user| user.identities.iter().find(|identity| identity.key() == *key).map(Label::linked))
    }

    /// The linked login below `key`, else the one above it.
    pub(super) fn neighbour_of(self, key: &IdentityKey) -> Option<IdentityKey> {
        self.look(|user| neighbour(user, key))
    }

    fn look<T>(self, at: impl FnOnce(&User) -> Option<T>) -> Option<T> {
        self.read.try_with_untracked(|read| at(read.as_ref()?.as_ref().ok()?)).flatten()
    }
}

fn neighbour(user: &User, key: &IdentityKey) -> Option<IdentityKey> {
    let linked = user.identities.get(1..)?;
    let place = linked.iter().position(|identity| identity.key() == *key)?;
    let next = linked.get(place.checked_add(1)?);
    next.or_else(|| linked.get(place.checked_sub(1)?)).map(Identity::key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user() -> User {
        let identity =
            |provider: &str| json!({ "provider": provider, "user_id": "1", "connection": provider });
        serde_json::from_value(json!({
            "user_id": "auth0|1",
            "identities": [identity("auth0"), identity("github"), identity("apple"), identity("line")],
        }))
        .unwrap()
    }

    fn next_after(place: usize) -> Option<String> {
        let user = user();
        neighbour(&user, &user.identities[place].key()).map(|key| key.provider.to_string())
    }

    #[test]
    fn the_focus_goes_to_the_login_below() {
        assert_eq!(next_after(1).as_deref(), Some("apple"));
    }

    #[test]
    fn after_the_last_login_the_focus_goes_to_the_one_above() {
        assert_eq!(next_after(3).as_deref(), Some("apple"));
    }

    #[test]
    fn after_the_only_login_the_focus_has_no_row_to_go_to() {
        let mut user = user();
        user.identities.truncate(2);
        assert_eq!(neighbour(&user, &user.identities[1].key()), None);
    }
}
