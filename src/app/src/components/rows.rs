//! The state of a list and the actions of its rows.

use leptos::prelude::*;
use model::login_names::name_of;
use model::{Identity, IdentityKey, LoginName, User};

use super::banner::ReadOnlyReason;
use super::by_identity::{ByIdentity, Values};
use super::notice::Status;
use super::unlink_buttons::UnlinkButtons;
use crate::chunk::{self, Chunk};
use crate::connection_names::ConnectionNames;
use crate::settings::Tenant;
use crate::text::{Failure, Label, Remedy};
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
pub type Steps = ByIdentity<Step>;

/// What holds for the identity of a row, beside its step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowFacts {
    /// The name that the person gave it.
    pub own_name: Option<String>,
    /// Why it cannot be unlinked by the policy, together with the selected ones.
    pub reason: Option<UnlinkBlocked>,
    /// Whether the present session began with it.
    pub is_in_use: bool,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Whether its dialog waits, for the later chunk or for the account.
    pub is_awaited: bool,
}

/// What all rows need of the state of their list, derived once for all of them. A row is notified of what changes for its own
/// identity: in a long list, notifying all rows would take longer than the change.
#[derive(Clone, Copy)]
pub struct RowContext {
    /// The identities that cannot be unlinked by the policy, together with the selected ones.
    pub blocked_by_policy: Memo<Vec<(IdentityKey, UnlinkBlocked)>>,
    /// The identity that the present session began with, where that is known.
    pub current_identity: Memo<Option<IdentityKey>>,
    /// What holds for the identities of rows.
    pub facts: ByIdentity<RowFacts>,
    /// Whether the person selects several.
    pub is_selecting: RwSignal<bool>,
    /// Whether the account is being read, while this is the last list of its user. What the person asks for waits for that.
    pub is_reading: Signal<bool>,
    /// The Unlink buttons of rows.
    pub buttons: UnlinkButtons,
}

impl RowContext {
    /// Derives it from the account, the policy, the selected identities, those that the dialog asks about, the one in
    /// use, and whether the account is still being read.
    #[must_use]
    pub fn new(
        user: Memo<Option<User>>,
        policy: StoredValue<UnlinkPolicy>,
        selected: RwSignal<Option<Vec<IdentityKey>>>,
        confirming: RwSignal<Option<Vec<IdentityKey>>>,
        current_identity: Memo<Option<IdentityKey>>,
        is_reading: Signal<bool>,
    ) -> StoredValue<Self> {
        let blocked_by_policy = Memo::new(move |_| {
            let (user, selected) = (user.read(), selected.read());
            let selected = selected.as_deref().unwrap_or_default();
            let reason = |user: &User, identity: &Identity| {
                policy.with_value(|policy| policy.reason(user, identity, selected))
            };
            let identities =
                user.iter().flat_map(|user| user.identities.iter().map(move |identity| (user, identity)));
            let blocked = identities.filter_map(|(user, one)| Some((one.key(), reason(user, one)?)));
            blocked.collect::<Vec<(IdentityKey, UnlinkBlocked)>>()
        });
        let is_ready = move || chunk::state() == Chunk::Here && !is_reading.get();
        let awaited = move || if is_ready() { None } else { confirming.get() };
        let (facts, is_selecting) = (ByIdentity::none(), RwSignal::new(false));
        let find = move || {
            // The user before what is derived from it: an effect that asks a derived memo first, which stays as it was, misses the change
            // of its source (`reactive_graph` 0.2, `update_if_necessary`).
            let (user, selected, awaited) = (user.read(), selected.read(), awaited());
            let (blocked, in_use) = (blocked_by_policy.read(), current_identity.read());
            let metadata = user.as_ref().and_then(|user| user.user_metadata.as_ref());
            facts.change(|facts: &mut Values<RowFacts>| {
                facts.clear();
                if metadata.is_some() {
                    // A login that was unlinked elsewhere keeps its name while its row is there.
                    let linked = user.iter().flat_map(|user| &user.identities).map(Identity::key);
                    for key in facts.keys().into_iter().chain(linked) {
                        if let Some(name) = name_of(metadata, &key) {
                            fact(facts, &key).own_name = Some(name.as_str().to_owned());
                        }
                    }
                }
                blocked.iter().for_each(|(key, reason)| fact(facts, key).reason = Some(*reason));
                in_use.iter().for_each(|key| fact(facts, key).is_in_use = true);
                selected.iter().flatten().for_each(|key| fact(facts, key).is_selected = true);
                awaited.iter().flatten().for_each(|key| fact(facts, key).is_awaited = true);
            });
            if is_selecting.get_untracked() != selected.is_some() {
                is_selecting.set(selected.is_some());
            }
        };
        untrack(find);
        Effect::new(move |_| find());
        StoredValue::new(Self {
            blocked_by_policy,
            current_identity,
            facts,
            is_selecting,
            is_reading,
            buttons: UnlinkButtons::none(),
        })
    }
}

fn fact<'a>(facts: &'a mut Values<RowFacts>, key: &IdentityKey) -> &'a mut RowFacts {
    facts.at(key).get_or_insert_default()
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
    /// What all rows need of this state.
    pub row_context: StoredValue<RowContext>,
    /// The display names of connections.
    pub names: StoredValue<ConnectionNames>,
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
        let user = Memo::new(move |_| user.get_value());
        let policy = StoredValue::new(tenant.unlink_policy.clone());
        let (selected, confirming) = (RwSignal::new(None), RwSignal::new(None));
        Self {
            user,
            shown: Memo::new(move |_| linked.clone()),
            read_at: Signal::stored(read_at),
            policy,
            row_context: RowContext::new(
                user,
                policy,
                selected,
                confirming,
                Memo::new(|_| None),
                Signal::stored(false),
            ),
            names: StoredValue::new(tenant.connection_names.clone()),
            steps: Steps::none(),
            name_steps: Steps::none(),
            may_name: Signal::stored(true),
            running: Signal::stored(false),
            read_only: Signal::stored(Some(read_only)),
            selected,
            confirming,
            status_message,
            actions: StoredValue::new(None),
            can_link: false,
        }
    }

    /// Whether the account is being read, while this is the last list of its user; tracked.
    #[must_use]
    pub fn is_reading(self) -> bool {
        self.row_context.get_value().is_reading.get()
    }

    /// Returns why an identity cannot be unlinked: by the policy, or because the tenant refused it. Does not track its step.
    #[must_use]
    pub fn blocked(self, key: &IdentityKey) -> Option<UnlinkBlocked> {
        self.blocked_among(key, &self.row_context.get_value().blocked_by_policy.read())
    }

    fn blocked_among(
        self,
        key: &IdentityKey,
        by_policy: &[(IdentityKey, UnlinkBlocked)],
    ) -> Option<UnlinkBlocked> {
        match self.steps.peek(key) {
            Some(Step::Refused(reason)) => Some(reason),
            _ => by_policy.iter().find(|(other, _)| other == key).map(|(_, reason)| *reason),
        }
    }

    /// Returns `each` of the linked identities that can be unlinked.
    #[must_use]
    pub fn unlinkable<T>(self, each: impl Fn(&Identity) -> T) -> Vec<T> {
        self.steps.track_all();
        let by_policy = self.row_context.get_value().blocked_by_policy;
        let (user, by_policy) = (self.user.read(), by_policy.read());
        let linked = user.iter().flat_map(|user| user.identities.iter().skip(1));
        linked.filter(|one| self.blocked_among(&one.key(), &by_policy).is_none()).map(each).collect()
    }

    /// Says `sentence`, which the row or the banner shows, to those who do not see it.
    pub fn announce(self, sentence: String) {
        self.status_message.set(Some(Status::Announced(sentence)));
    }
}
