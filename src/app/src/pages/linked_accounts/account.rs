//! The account of the list: read once, redrawn from every response, and refreshed when it may have changed.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::{Identity, IdentityKey, Metadata, User, UserId};

use super::pause::{pause, send_with_pause};
use crate::api::{ApiError, Client};
use crate::cache;
use crate::clock::{date, now};
use crate::components::{Status, Step, Steps};
use crate::session::{Session, early_start};
use crate::text::{Label, label_of};

/// How long a list counts as current when the person comes back to the page, in seconds.
const TRUE_FOR: i64 = 2;

/// The account on the page. A copy is a handle to the same account. It lives as long as the page shows it, so its
/// methods can be called after an await.
#[derive(Clone, Copy)]
pub(super) struct AccountState {
    session: Session,
    /// Reads the account.
    fetch: Action<(), Result<User, ApiError>>,
    /// The value of `fetch`, which the list is drawn from. The responses to DELETE and POST replace it.
    read: MappedSignal<Option<Result<User, ApiError>>>,
    /// How reading goes.
    reading: RwSignal<Reading>,
    /// Identities that were unlinked elsewhere while the page showed them, each with the one above it.
    removed: RwSignal<Vec<(Option<IdentityKey>, Identity)>>,
    /// When the list was last read or replaced, by the page's clock, and how often.
    revision: StoredValue<(i64, u32)>,
    steps: Steps,
    status_message: RwSignal<Option<Status>>,
}

/// How reading the account goes.
#[derive(Clone, Copy, Default, PartialEq)]
struct Reading {
    /// The seconds until the next try, while it pauses.
    pausing: Option<u32>,
    /// Whether the page shows the last list of the user meanwhile.
    shows_last_list: bool,
    /// How often a list was drawn anew because the last one was another.
    replaced: u32,
}

/// The progress of loading. It stays the same while the loaded list changes.
#[derive(Clone, PartialEq)]
pub(super) enum Loading {
    Waiting,
    Pausing,
    Failed(ApiError),
    /// There is a list, drawn anew so many times.
    Done(u32),
}

impl AccountState {
    /// Starts to read the account of the signed-in user; while it is not known whether they are, shows their last list.
    /// `status_message` is the sentence of the status notice.
    pub(super) fn open(session: Session, status_message: RwSignal<Option<Status>>) -> Self {
        let revision = StoredValue::new((0, 0));
        let shown = StoredValue::new(session.last_list());
        let reading = RwSignal::new(Reading {
            shows_last_list: shown.with_value(Option::is_some),
            ..Reading::default()
        });
        let fetch = Action::new_unsync(move |&()| async move {
            let wait = async |seconds| {
                pause(seconds, |left| reading.try_update(|now| now.pausing = Some(left)).is_some()).await
            };
            let user = send_with_pause(|| fetch_user(session), wait).await;
            note(revision);
            let last_list = shown.try_update_value(Option::take).flatten();
            let is_another = last_list
                .is_some_and(|last| user.as_ref().is_ok_and(|user| !cache::show_the_same(user, &last)));
            let _ = reading.try_update(|now| {
                *now = Reading { replaced: now.replaced + u32::from(is_another), ..Reading::default() };
            });
            user
        });
        let account = Self {
            session,
            fetch,
            read: fetch.value(),
            removed: RwSignal::new(Vec::new()),
            reading,
            revision,
            steps: Steps::none(),
            status_message,
        };
        match shown.get_value() {
            Some(shown) => {
                account.read.set(Some(Ok(shown)));
                let is_signed_in = session.is_signed_in();
                Effect::new(move |is_sent: Option<bool>| {
                    if is_sent == Some(true) {
                        return true;
                    }
                    let sends = is_signed_in.get();
                    if sends {
                        account.fetch.dispatch_local(());
                    }
                    sends
                });
            }
            None => account.load(),
        }
        account
    }

    /// Keeps each list that comes for reading offline.
    pub(super) fn keep_for_offline(self) {
        Effect::new(move |_| {
            if let Some(Ok(user)) = &*self.read.read() {
                cache::store(user, date());
            }
        });
    }

    /// The session that the account is read with.
    pub(super) fn session(self) -> Session {
        self.session
    }

    /// Reads the account again, in place of the list.
    pub(super) fn load(self) {
        let _ = self.read.try_set(None);
        let _ = self.removed.try_set(Vec::new());
        self.fetch.dispatch_local(());
    }

    /// Reads the account again while the list stays on the page. Rows of removed identities say so; a failure is not
    /// shown, because the person did not start this.
    pub(super) fn refresh(self) {
        let Some((at, before)) = self.revision.try_get_value() else { return };
        let is_read = self.read.try_with_untracked(|read| matches!(read, Some(Ok(_)))) == Some(true);
        match self.read.try_with_untracked(|read| matches!(read, Some(Err(_)))) {
            Some(true) => return self.load(),
            _ if !is_read || (0..TRUE_FOR).contains(&now().saturating_sub(at)) => return,
            _ => {}
        }
        spawn_local(async move {
            if let Ok(user) = fetch_user(self.session).await
                && self.revision.try_with_value(|(_, drawn)| *drawn == before) == Some(true)
            {
                self.mark_removed(&user);
                self.set(Ok(user));
            }
        });
    }

    fn set(self, user: Result<User, ApiError>) {
        note(self.revision);
        let _ = self.read.try_set(Some(user));
    }

    /// Marks the shown identities that `user` no longer has as removed, and restores those that it has again.
    fn mark_removed(self, user: &User) {
        let has = |key: &IdentityKey| {
            user.identities.iter().any(|one| one.user_id == key.user_id && one.provider == key.provider)
        };
        let Some(shown) = self.shown_now() else { return };
        let before = self.now();
        let names = self.session.tenant().connection_names;
        let mut above = None;
        let mut removed = Vec::new();
        let mut fresh = None;
        for identity in shown {
            let key = identity.key();
            if !has(&key) {
                if !self.is_removed(&key) {
                    fresh = before.as_ref().and_then(|before| label_of(before, &key, &names));
                }
                self.steps.set(&key, Some(Step::Gone));
                removed.push((above, identity));
            } else if self.steps.peek(&key) == Some(Step::Gone) {
                self.steps.set(&key, None);
            }
            above = Some(key);
        }
        // A refusal by a rule was about the old list and may not hold for the new one.
        self.steps.forget(|step| matches!(step, Step::Refused(_)));
        let _ = self.removed.try_set(removed);
        if let Some(label) = fresh {
            let _ = self.status_message.try_set(Some(Status::Announced(label.already_unlinked())));
        }
    }

    fn is_removed(self, key: &IdentityKey) -> bool {
        self.removed.try_with_untracked(|removed| removed.iter().any(|(_, identity)| identity.key() == *key))
            == Some(true)
    }

    /// Removes the row of a removed identity.
    pub(super) fn dismiss_removed(self, key: &IdentityKey) {
        let _ = self.removed.try_update(|removed| removed.retain(|(_, identity)| identity.key() != *key));
        self.steps.set(key, None);
    }

    /// The progress of loading.
    pub(super) fn loading(self) -> Memo<Loading> {
        Memo::new(move |_| match &*self.read.read() {
            None if self.reading.read().pausing.is_some() => Loading::Pausing,
            None => Loading::Waiting,
            Some(Err(error)) => Loading::Failed(error.clone()),
            Some(Ok(_)) => Loading::Done(self.reading.read().replaced),
        })
    }

    /// Whether the account is being read while the page shows the last list.
    pub(super) fn is_reading(self) -> Memo<bool> {
        Memo::new(move |_| self.reading.read().shows_last_list)
    }

    /// The seconds until the next try to load, while loading pauses.
    pub(super) fn pausing(self) -> Signal<u32> {
        Signal::derive(move || self.reading.read().pausing.unwrap_or_default())
    }

    /// Whether loading pauses.
    pub(super) fn is_pausing(self) -> Memo<bool> {
        Memo::new(move |_| self.reading.read().pausing.is_some())
    }

    /// The user, once read.
    pub(super) fn user(self) -> Memo<Option<User>> {
        Memo::new(move |_| self.read.get().and_then(Result::ok))
    }

    /// The linked identities in the order of the list, with removed ones in their old places.
    pub(super) fn shown(self) -> Memo<Vec<Identity>> {
        Memo::new(move |_| {
            let linked = match &*self.read.read() {
                Some(Ok(user)) => user.identities.iter().skip(1).cloned().collect(),
                _ => Vec::new(),
            };
            with_removed_rows(linked, &self.removed.read())
        })
    }

    fn shown_now(self) -> Option<Vec<Identity>> {
        let linked = self.with_user(|user| Some(user.identities.iter().skip(1).cloned().collect()))?;
        self.removed.try_with_untracked(|removed| with_removed_rows(linked, removed))
    }

    /// The steps of identities that are being unlinked.
    pub(super) fn steps(self) -> Steps {
        self.steps
    }

    /// Whether this is the account of `user_id`.
    pub(super) fn is_of(self, user_id: Option<&UserId>) -> bool {
        self.with_user(|user| (Some(&user.user_id) == user_id).then_some(())).is_some()
    }

    /// The user as shown now, untracked.
    pub(super) fn now(self) -> Option<User> {
        self.with_user(|user| Some(user.clone()))
    }

    /// Replaces the linked identities by those of a response, without another request. The primary identity and the
    /// profile stay as they were read, because linking and unlinking do not change them.
    pub(super) fn replace_identities(self, left: Vec<Identity>) {
        note(self.revision);
        let _ = self.read.try_update(|read| {
            if let Some(Ok(user)) = read {
                user.identities.truncate(1);
                user.identities.extend(left.into_iter().skip(1));
            }
        });
    }

    /// Replaces the metadata by what a change left of it, without another request.
    pub(super) fn replace_metadata(self, metadata: Option<Metadata>) {
        if let Some(user) = self.now() {
            self.set(Ok(User { user_metadata: metadata, ..user }));
        }
    }

    /// The label of the login of that key.
    pub(super) fn label(self, key: &IdentityKey) -> Option<Label> {
        let names = self.session.tenant().connection_names;
        self.with_user(|user| label_of(user, key, &names))
    }

    /// The linked identity of that key.
    pub(super) fn identity(self, key: &IdentityKey) -> Option<Identity> {
        self.with_user(|user| user.identities.iter().find(|identity| identity.key() == *key).cloned())
    }

    /// The linked identity that is shown below `key`, else the one above it.
    pub(super) fn neighbour_of(self, key: &IdentityKey) -> Option<IdentityKey> {
        neighbour(&self.shown_now()?, key)
    }

    fn with_user<T>(self, at: impl FnOnce(&User) -> Option<T>) -> Option<T> {
        self.read.try_with_untracked(|read| at(read.as_ref()?.as_ref().ok()?)).flatten()
    }
}

async fn fetch_user(session: Session) -> Result<User, ApiError> {
    let read = async |client: Client| match early_start::take_user(client.user_id()).await {
        Some(answer) => client.begun_user(answer).await,
        None => client.user().await,
    };
    session.call(read).await
}

/// Notes that the account changed.
fn note(revision: StoredValue<(i64, u32)>) {
    let _ = revision.try_update_value(|(at, drawn)| {
        *at = now();
        *drawn = drawn.wrapping_add(1);
    });
}

/// Inserts each removed identity below the one that was above it, or on top when that is gone as well.
fn with_removed_rows(
    mut linked: Vec<Identity>,
    removed: &[(Option<IdentityKey>, Identity)],
) -> Vec<Identity> {
    for (above, identity) in removed {
        let key = identity.key();
        if linked.iter().all(|identity| identity.key() != key) {
            let above = linked.iter().position(|identity| Some(&identity.key()) == above.as_ref());
            linked.insert(above.map_or(0, |place| place + 1), identity.clone());
        }
    }
    linked
}

fn neighbour(linked: &[Identity], key: &IdentityKey) -> Option<IdentityKey> {
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
        neighbour(&user.identities[1..], &user.identities[place].key()).map(|key| key.provider.to_string())
    }

    #[test]
    fn a_login_that_is_gone_keeps_its_place() {
        let user = user();
        let all = user.identities[1..].to_vec();
        let identity = |place: usize| {
            let above = place.checked_sub(1).map(|above| all[above].key());
            (above, all[place].clone())
        };
        assert_eq!(with_removed_rows(all[..1].to_vec(), &[identity(1), identity(2)]), all);
        assert_eq!(with_removed_rows(all[1..].to_vec(), &[identity(0)]), all);
        assert_eq!(with_removed_rows(all.clone(), &[identity(1)]), all);
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
        assert_eq!(neighbour(&user.identities[1..], &user.identities[1].key()), None);
    }
}
