//! What the rows of a list look at, and whom they tell: one handle instead of a dozen properties.

use leptos::prelude::*;
use model::{Identity, IdentityKey, User};

use crate::text::{self, Failure, Remedy};
use crate::unlink_policy::{UnlinkBlocked, UnlinkPolicy};

/// How far unlinking one login has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Others come first.
    Queued,
    /// The tenant is being asked.
    Busy,
    /// The tenant asked for a pause, of which so many seconds are left.
    Pausing(u32),
    /// It is unlinked, and its row folds away.
    Folding,
    /// It went elsewhere while the page showed it.
    Gone,
    /// The tenant keeps it.
    Refused(UnlinkBlocked),
    /// It could not be unlinked.
    Failed(Failure),
}

/// How far unlinking has come, for each login that it concerns.
#[derive(Clone, Copy)]
pub struct Steps(RwSignal<Vec<(IdentityKey, Step)>>);

impl Steps {
    /// None so far.
    #[must_use]
    pub fn none() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// How far one has come.
    #[must_use]
    pub fn of(self, key: &IdentityKey) -> Option<Step> {
        self.0.read().iter().find(|(other, _)| other == key).map(|(_, step)| step.clone())
    }

    /// How far one has come, for code that does not redraw itself; also when the page is gone.
    #[must_use]
    pub fn peek(self, key: &IdentityKey) -> Option<Step> {
        let find = |steps: &Vec<(IdentityKey, Step)>| {
            steps.iter().find(|(other, _)| other == key).map(|(_, step)| step.clone())
        };
        self.0.try_with_untracked(find).flatten()
    }

    /// Notes how far one has come. `false` when the page is gone.
    pub fn set(self, key: &IdentityKey, step: Option<Step>) -> bool {
        let set = |steps: &mut Vec<(IdentityKey, Step)>| {
            steps.retain(|(other, _)| other != key);
            steps.extend(step.map(|step| (key.clone(), step)));
        };
        self.0.try_update(set).is_some()
    }

    /// Forgets those that `is` holds for.
    pub fn forget(self, is: fn(&Step) -> bool) {
        let _ = self.0.try_update(|steps| steps.retain(|(_, step)| !is(step)));
    }
}

/// Why nothing can be changed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnlyReason {
    /// The browser has no connection.
    Offline,
    /// The tenant cannot be reached, and nobody is signed in so far.
    Unreachable,
}

impl ReadOnlyReason {
    /// In words.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Offline => text::OFFLINE,
            Self::Unreachable => text::UNREACHABLE,
        }
    }
}

/// Everything that a row needs beside its own identity.
#[derive(Clone, Copy)]
pub struct Rows {
    /// The account.
    pub user: Memo<Option<User>>,
    /// Its linked logins as they are shown, with those that went elsewhere in their old places.
    pub shown: Memo<Vec<Identity>>,
    /// What the settings say about unlinking.
    pub guard: StoredValue<UnlinkPolicy>,
    /// The login that the present session began with, where that is known.
    pub current_identity: Memo<Option<IdentityKey>>,
    /// How far unlinking has come.
    pub steps: Steps,
    /// Whether logins are being unlinked: one run at a time, or two answers could overtake each other.
    pub running: Signal<bool>,
    /// Why nothing can be changed now.
    pub read_only: Signal<Option<ReadOnlyReason>>,
    /// The chosen logins, while the person chooses several.
    pub chosen: RwSignal<Option<Vec<IdentityKey>>>,
    /// The logins that the dialog asks about.
    pub asked: RwSignal<Option<Vec<IdentityKey>>>,
    /// Called once the person has confirmed.
    pub on_unlink: Callback<Vec<IdentityKey>>,
    /// Called when the person takes the way on after a failure.
    pub on_remedy: Callback<(IdentityKey, Remedy)>,
    /// Called with what a disabled action has to say.
    pub on_explain: Callback<String>,
    /// Called when the person has seen enough of a failure, a pause or a login that is gone.
    pub on_dismiss: Callback<IdentityKey>,
}

impl Rows {
    /// Rows that only show: nothing about them can be changed, for the reason `reason`.
    #[must_use]
    pub fn to_read(
        user: User,
        guard: StoredValue<UnlinkPolicy>,
        reason: ReadOnlyReason,
        on_explain: Callback<String>,
    ) -> Self {
        let linked: Vec<Identity> = user.identities.iter().skip(1).cloned().collect();
        let user = StoredValue::new(Some(user));
        Self {
            user: Memo::new(move |_| user.get_value()),
            shown: Memo::new(move |_| linked.clone()),
            guard,
            current_identity: Memo::new(|_| None),
            steps: Steps::none(),
            running: Signal::stored(false),
            read_only: Signal::stored(Some(reason)),
            chosen: RwSignal::new(None),
            asked: RwSignal::new(None),
            on_unlink: Callback::new(|_| {}),
            on_remedy: Callback::new(|_| {}),
            on_explain,
            on_dismiss: Callback::new(|_| {}),
        }
    }

    /// Why a login has to stay, if it has to: by the guard, or because the tenant said so.
    #[must_use]
    pub fn reason(self, identity: &Identity) -> Option<UnlinkBlocked> {
        if let Some(Step::Refused(reason)) = self.steps.of(&identity.key()) {
            return Some(reason);
        }
        let user = self.user.read();
        let chosen = self.chosen.read();
        let chosen = chosen.as_deref().unwrap_or_default();
        self.guard.with_value(|guard| guard.reason(user.as_ref()?, identity, chosen))
    }

    /// The linked logins that could be unlinked.
    #[must_use]
    pub fn free(self) -> Vec<Identity> {
        let user = self.user.read();
        let linked = user.iter().flat_map(|user| user.identities.iter().skip(1));
        linked.filter(|identity| self.reason(identity).is_none()).cloned().collect()
    }
}
