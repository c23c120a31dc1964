//! The state of a list and the actions of its rows.

use leptos::prelude::*;
use model::{Identity, IdentityKey, LoginName, User};

use super::notice::Status;
use crate::connection_names::ConnectionNames;
use crate::settings::Tenant;
use crate::text::{self, Failure, Label, Remedy};
use model::unlink_policy::{UnlinkBlocked, UnlinkPolicy};

/// The step that a change of one identity has reached: unlinking it, or naming it.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The person writes a name.
    Editing,
    /// Waits for others to be unlinked.
    Queued,
    /// Waits for the person to sign in again in a popup, for this one and those queued behind it.
    SigningIn,
    /// The request is on its way.
    Busy,
    /// Waits for a pause that the tenant asked for, with the seconds left.
    Pausing(u32),
    /// Unlinked; the row folds away.
    Folding,
    /// Unlinked elsewhere while the page showed it.
    Gone,
    /// The tenant refused it by a rule.
    Refused(UnlinkBlocked),
    /// The request failed.
    Failed(Failure),
}

/// The steps of all identities that are being unlinked, or of those that are being named.
#[derive(Clone, Copy)]
pub struct Steps(RwSignal<Vec<(IdentityKey, Step)>>);

impl Steps {
    /// No steps.
    #[must_use]
    pub fn none() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// Returns the step of an identity, and tracks it.
    #[must_use]
    pub fn of(self, key: &IdentityKey) -> Option<Step> {
        self.0.read().iter().find(|(other, _)| other == key).map(|(_, step)| step.clone())
    }

    /// Returns the step of an identity without tracking it; `None` when the page is gone.
    #[must_use]
    pub fn peek(self, key: &IdentityKey) -> Option<Step> {
        let find = |steps: &Vec<(IdentityKey, Step)>| {
            steps.iter().find(|(other, _)| other == key).map(|(_, step)| step.clone())
        };
        self.0.try_with_untracked(find).flatten()
    }

    /// Sets or removes the step of an identity. Returns `false` when the page is gone.
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

/// The reason why nothing can be changed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnlyReason {
    /// The browser has no connection.
    Offline,
    /// The tenant cannot be reached, and nobody is signed in.
    Unreachable,
}

impl ReadOnlyReason {
    /// Returns the reason as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Offline => text::offline(),
            Self::Unreachable => text::unreachable(),
        }
    }
}

/// The state of a list.
#[derive(Clone, Copy)]
pub struct ListState {
    /// The account.
    pub user: Memo<Option<User>>,
    /// The linked identities in the order of the list, with removed ones in their old places.
    pub shown: Memo<Vec<Identity>>,
    /// When the account was read, by the date of this device in seconds since 1970.
    pub read_at: Signal<i64>,
    /// What the settings say about unlinking.
    pub policy: StoredValue<UnlinkPolicy>,
    /// The display names of connections.
    pub names: StoredValue<ConnectionNames>,
    /// The identity that the present session began with, where that is known.
    pub current_identity: Memo<Option<IdentityKey>>,
    /// The steps of identities that are being unlinked.
    pub steps: Steps,
    /// The steps of identities that are being named.
    pub name_steps: Steps,
    /// Whether the person may name identities.
    pub may_name: Signal<bool>,
    /// Whether a run of unlinking is under way. There is one at a time, or two responses could overtake each other.
    pub running: Signal<bool>,
    /// The reason why nothing can be changed now.
    pub read_only: Signal<Option<ReadOnlyReason>>,
    /// The selected identities, while the person selects several.
    pub selected: RwSignal<Option<Vec<IdentityKey>>>,
    /// The identities that the dialog asks about.
    pub confirming: RwSignal<Option<Vec<IdentityKey>>>,
    /// The sentence of the status notice.
    pub status_message: RwSignal<Option<Status>>,
    /// What its rows call, once the later chunk is here; a list that is only shown never has any.
    pub actions: StoredValue<Option<ListActions>>,
    /// Whether the page has the section that links another login.
    pub can_link: bool,
}

/// What the identity of a row is called: the name that the person gave it may change while the row stays.
#[derive(Clone, Copy)]
pub struct RowLabel {
    /// The label without that name.
    pub of_provider: StoredValue<Label>,
    /// The name.
    pub own: Memo<Option<String>>,
}

impl RowLabel {
    /// Returns the label with the name, and tracks that.
    #[must_use]
    pub fn get(self) -> Label {
        Label { own: self.own.get(), ..self.of_provider.get_value() }
    }
}

/// The callbacks of a list. A list that is only shown has none.
#[derive(Clone, Copy)]
pub struct ListActions {
    /// Called with the name that the person gives an identity; `None` takes it away.
    pub on_name: Callback<(IdentityKey, Option<LoginName>)>,
    /// Called once the person has confirmed.
    pub on_unlink: Callback<Vec<IdentityKey>>,
    /// Called when the person follows the remedy of a failure.
    pub on_remedy: Callback<(IdentityKey, Remedy)>,
    /// Called when the person dismisses a failure, a pause or a removed row.
    pub on_dismiss: Callback<IdentityKey>,
}

impl ListState {
    /// Returns the state of a list that was read at `read_at` and is only shown, for the reason `read_only`.
    #[must_use]
    pub fn read_only(
        user: User,
        read_at: i64,
        tenant: &Tenant,
        read_only: ReadOnlyReason,
        status_message: RwSignal<Option<Status>>,
    ) -> Self {
        let linked: Vec<Identity> = user.identities.iter().skip(1).cloned().collect();
        let user = StoredValue::new(Some(user));
        Self {
            user: Memo::new(move |_| user.get_value()),
            shown: Memo::new(move |_| linked.clone()),
            read_at: Signal::stored(read_at),
            policy: StoredValue::new(tenant.unlink_policy.clone()),
            names: StoredValue::new(tenant.connection_names.clone()),
            current_identity: Memo::new(|_| None),
            steps: Steps::none(),
            name_steps: Steps::none(),
            may_name: Signal::stored(true),
            running: Signal::stored(false),
            read_only: Signal::stored(Some(read_only)),
            selected: RwSignal::new(None),
            confirming: RwSignal::new(None),
            status_message,
            actions: StoredValue::new(None),
            can_link: false,
        }
    }

    /// Returns why an identity cannot be unlinked: by the policy, or because the tenant refused it.
    #[must_use]
    pub fn blocked(self, identity: &Identity) -> Option<UnlinkBlocked> {
        if let Some(Step::Refused(reason)) = self.steps.of(&identity.key()) {
            return Some(reason);
        }
        let user = self.user.read();
        let selected = self.selected.read();
        let selected = selected.as_deref().unwrap_or_default();
        self.policy.with_value(|policy| policy.reason(user.as_ref()?, identity, selected))
    }

    /// Returns the linked identities that can be unlinked.
    #[must_use]
    pub fn unlinkable(self) -> Vec<Identity> {
        let user = self.user.read();
        let linked = user.iter().flat_map(|user| user.identities.iter().skip(1));
        linked.filter(|identity| self.blocked(identity).is_none()).cloned().collect()
    }

    /// Says `sentence`, which the row or the banner shows, to those who do not see it.
    pub fn announce(self, sentence: String) {
        self.status_message.set(Some(Status::Announced(sentence)));
    }
}
