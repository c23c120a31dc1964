//! The one flow that links a login. Its sign-ins reach the tenant by one of two carriers: a popup, which leaves the
//! page and the primary account's token as they are, or redirects, after which nothing of the page is left but what
//! the transaction stored.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::login_names::{name_of, without_names};
use model::{Identity, IdentityKey, LoginName, Metadata, User};

use super::judgement::{Judgement, deletes_an_account, hint, judge, movable};
use super::metadata::{Difference, differences};
use crate::api::{ApiError, Client};
use crate::clock::parse;
use crate::components::{Status, Step};
use crate::pages::linked_accounts::account::AccountState;
use crate::pages::linked_accounts::focus::{focus_row, focus_section, focus_unlinked};
use crate::pages::linked_accounts::naming::Naming;
use crate::pages::linked_accounts::pause::{pause, send_with_pause};
use crate::pages::linked_accounts::undo::Undo;
use crate::session::authorization_request::{AuthorizationRequest, InteractionMode};
use crate::session::popup::{Popup, PopupError};
use crate::session::transaction::Purpose;
use crate::session::{
    Authentication, LinkTarget, ReauthenticationError, RememberedUser, SecondaryAccount, Session,
};
use crate::text::linking::{
    already_here, link_failure, linked, moved_halfway, not_fresh, not_proven, secondary_failure, unverified,
    wrong_login,
};
use crate::text::{self, Failure, Label, Remedy, label_of};

/// How far linking has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Nothing is under way.
    Idle,
    /// A popup is open.
    Popup,
    /// Requests are on their way.
    Linking,
    /// It stopped for this reason, with the link's target and a login that can be linked all the same.
    Stopped(Failure, LinkTarget, Option<SecondaryAccount>),
    /// The login belongs to another account of the person.
    OtherAccount(SecondaryAccount, LinkTarget),
    /// The login can be linked, and the secondary account is deleted by that, with this metadata.
    Deletion(SecondaryAccount, Vec<Difference>),
    /// The secondary login is proven, and the person has to sign in to the primary account again. Only redirects lead
    /// here. The flag says that another login was expected.
    ConfirmPrimary(SecondaryAccount, bool),
}

impl Stage {
    /// Whether something is under way.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Popup | Self::Linking)
    }
}

/// How the sign-ins of the flow reach the tenant, with what each way keeps.
#[derive(Clone, Copy)]
enum Carrier {
    /// In a popup, beside the list of the primary account.
    Popup(StoredValue<(AccountState, Undo)>),
    /// By redirects, on behalf of a primary account that must be proven again.
    Redirect(StoredValue<RememberedUser>),
}

/// Where on the page the flow was started, and shows how it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages::linked_accounts) enum Place {
    /// In the section for linking.
    Section,
    /// At the prompt of a deep link.
    Prompt,
    /// At this identity, which was unlinked lately.
    Unlinked(IdentityKey),
}

/// The link flow. A copy is a handle to the same flow.
#[derive(Clone, Copy)]
pub struct LinkFlow {
    session: Session,
    carrier: Carrier,
    stage: RwSignal<Stage>,
    place: RwSignal<Place>,
    /// The client of the secondary account while the person decides about it: in memory only.
    secondary: StoredValue<Option<Client>>,
    /// The login that left the secondary account to be linked here, with the name that it had there.
    moved: StoredValue<Option<(IdentityKey, LoginName)>>,
    /// The seconds until the next try, while linking pauses.
    pausing: RwSignal<Option<u32>>,
}

impl LinkFlow {
    /// The flow of the list.
    pub(in crate::pages::linked_accounts) fn new(account: AccountState, undo: Undo) -> Self {
        Self::with(account.session(), Carrier::Popup(StoredValue::new((account, undo))), Stage::Idle)
    }

    /// The flow between both sign-ins of redirects: `authentication` proves the login to be linked to the account of
    /// `primary`.
    pub(in crate::pages) fn after_redirect(
        session: Session,
        primary: RememberedUser,
        target: LinkTarget,
        authentication: Authentication,
    ) -> Self {
        let flow = Self::with(session, Carrier::Redirect(StoredValue::new(primary)), Stage::Linking);
        spawn_local(async move {
            let next = flow.read_secondary(target, authentication).await;
            flow.go_on(next).await;
        });
        flow
    }

    fn with(session: Session, carrier: Carrier, stage: Stage) -> Self {
        Self {
            session,
            carrier,
            stage: RwSignal::new(stage),
            place: RwSignal::new(Place::Section),
            secondary: StoredValue::new(None),
            moved: StoredValue::new(None),
            pausing: RwSignal::new(None),
        }
    }

    /// The session that the flow works for.
    pub(in crate::pages::linked_accounts) fn session(self) -> Session {
        self.session
    }

    /// How far linking has come.
    pub(in crate::pages) fn stage(self) -> RwSignal<Stage> {
        self.stage
    }

    /// Whether the secondary account was read, and speaks for itself still.
    pub(in crate::pages) fn has_secondary(self) -> bool {
        self.secondary.with_value(Option::is_some)
    }

    /// Whether the flow was started at `asked`. What was started at an identity that is no longer listed is shown in the section
    /// for linking.
    pub(in crate::pages::linked_accounts) fn is_at(self, asked: &Place) -> bool {
        match &*self.place.read() {
            Place::Unlinked(key) if !self.list().is_some_and(|(_, undo)| undo.lists(key)) => {
                *asked == Place::Section
            }
            place => place == asked,
        }
    }

    /// Starts to link `target` from the prompt of a deep link, like [`LinkFlow::start`].
    pub(in crate::pages::linked_accounts) fn start_at_prompt(self, target: LinkTarget) {
        if !self.stage.with_untracked(Stage::is_busy) {
            self.place.set(Place::Prompt);
            self.begin(target);
        }
    }

    /// Starts to link `target` from the section for linking. Only inside a click, because it opens a popup; where it
    /// cannot, it redirects.
    pub(in crate::pages) fn start(self, target: LinkTarget) {
        if !self.stage.with_untracked(Stage::is_busy) {
            self.place.set(Place::Section);
            self.begin(target);
        }
    }

    fn begin(self, target: LinkTarget) {
        let Some((_, undo)) = self.list() else { return self.redirect(target) };
        undo.status_message().set(None);
        match Popup::open(self.session.popup()) {
            None => self.redirect(target),
            Some(popup) => {
                // The button that was pressed is about to be disabled and would lose the focus to nowhere.
                if untrack(|| self.is_at(&Place::Section)) {
                    focus_section();
                }
                self.stage.set(Stage::Popup);
                spawn_local(async move {
                    let next = self.prove(popup, target).await;
                    self.go_on(next).await;
                });
            }
        }
    }

    /// Starts to link the very login that was unlinked. Only inside a click.
    pub(in crate::pages::linked_accounts) fn restore(self, identity: &Identity) {
        if self.stage.with_untracked(Stage::is_busy) {
            return;
        }
        self.place.set(Place::Unlinked(identity.key()));
        self.begin(LinkTarget {
            connection: Some(identity.connection.clone()),
            hint: Some(hint(identity)),
            expected: Some(identity.key().as_user_id()),
        });
    }

    /// Goes on with a login that was proven by redirects, once the primary account is proven, too.
    pub(in crate::pages::linked_accounts) fn resume(self, target: LinkTarget, secondary: SecondaryAccount) {
        // What it belongs to was decided between both sign-ins, while its own token was at hand.
        let next = match self.judge(&target, &secondary) {
            Some(Judgement::OtherAccount | Judgement::Unexpected) => self.ready(secondary, false),
            _ => self.consider(target, secondary),
        };
        spawn_local(self.go_on(next));
    }

    /// Whether a popup is open or a request on its way.
    pub(in crate::pages::linked_accounts) fn is_busy(self) -> Signal<bool> {
        let leaving = self.session.is_leaving();
        Signal::derive(move || leaving.get() || self.stage.read().is_busy())
    }

    /// Ends whatever the flow shows.
    pub(super) fn dismiss(self) {
        self.secondary.set_value(None);
        self.stage.set(Stage::Idle);
        self.focus_place();
    }

    /// Moves the focus to where the flow was started: what had it goes with what was shown.
    fn focus_place(self) {
        let at_unlinked = matches!(&*self.place.read_untracked(), Place::Unlinked(_))
            && !untrack(|| self.is_at(&Place::Section));
        request_animation_frame(if at_unlinked { focus_unlinked } else { focus_section });
    }

    /// The seconds until the next try, while linking pauses.
    pub(super) fn pausing(self) -> Signal<Option<u32>> {
        self.pausing.into()
    }

    /// Redirects to the tenant to prove `target`.
    fn redirect(self, target: LinkTarget) {
        let primary = match self.carrier {
            Carrier::Popup(_) => self.session.remembered_user(),
            Carrier::Redirect(primary) => Some(primary.get_value()),
        };
        if let Some(primary) = primary {
            let mode = InteractionMode::Redirect;
            self.session.leave(AuthorizationRequest::prove_secondary(mode, primary, target));
        }
    }

    /// Has the person sign in to the primary account again, if need be, and then with the login to be linked; both in
    /// one popup.
    async fn prove(self, popup: Popup, target: LinkTarget) -> Stage {
        let stop = |failure| Stage::Stopped(failure, target.clone(), None);
        if self.session.needs_step_up()
            && let Err(error) = self.session.reauthenticate_in(&popup, target.confirmation()).await
        {
            return match error {
                ReauthenticationError::Popup(PopupError::Cancelled) => self.cancelled(),
                error => stop(not_fresh(&error)),
            };
        }
        let Some(primary) = self.session.remembered_user() else {
            return stop(not_fresh(&ReauthenticationError::SignedOut(ApiError::signed_out())));
        };
        let mode = InteractionMode::Popup;
        let request = AuthorizationRequest::prove_secondary(mode, primary, target.clone());
        let authentication = match popup.authenticate(&self.session.tenant(), request).await {
            Ok(authentication) => authentication,
            Err(PopupError::Cancelled) => return self.cancelled(),
            Err(error) => return stop(not_proven(&error)),
        };
        drop(popup);
        let _ = self.stage.try_set(Stage::Linking);
        self.read_secondary(target, authentication).await
    }

    /// The stage after the person cancelled on this page, which needs no explanation.
    fn cancelled(self) -> Stage {
        self.focus_place();
        Stage::Idle
    }

    /// Reads the account that `authentication` opens, with its own token, and decides what to do with it.
    async fn read_secondary(self, target: LinkTarget, authentication: Authentication) -> Stage {
        let Authentication { account, id_token } = authentication;
        let (origin, user_id) = (self.session.tenant().origin, account.person.user_id);
        let client = Client::new(origin, user_id, account.bearer, account.tenant_ahead);
        let user = match self.send_with_pause(|| client.user()).await {
            Ok(user) => user,
            Err(_) if self.is_stopped() => return Stage::Idle,
            Err(error) => return Stage::Stopped(secondary_failure(&error), target, None),
        };
        let _ = self.secondary.try_set_value(Some(client));
        self.consider(target, SecondaryAccount { id_token, current_identity: account.current_identity, user })
    }

    /// The list that the flow belongs to, and what can be undone there. `None` between redirects, and when the page
    /// is gone.
    fn list(self) -> Option<(AccountState, Undo)> {
        match self.carrier {
            Carrier::Popup(list) => list.try_get_value(),
            Carrier::Redirect(_) => None,
        }
    }

    fn judge(self, target: &LinkTarget, secondary: &SecondaryAccount) -> Option<Judgement> {
        let primary = match self.carrier {
            Carrier::Popup(_) => self.list()?.0.now()?.user_id,
            Carrier::Redirect(primary) => primary.try_get_value()?.user_id,
        };
        Some(judge(&primary, target, secondary))
    }

    /// The next stage for a proven login.
    fn consider(self, target: LinkTarget, secondary: SecondaryAccount) -> Stage {
        let Some(judgement) = self.judge(&target, &secondary) else { return Stage::Idle };
        let names = self.session.tenant().connection_names;
        let failure = match judgement {
            Judgement::Same => {
                let label = self.label_of(&secondary);
                if let Some(current_identity) = secondary.current_identity {
                    self.session.note_proof(current_identity);
                }
                already_here(label.as_ref())
            }
            Judgement::Unexpected => {
                return match self.carrier {
                    Carrier::Popup(_) => {
                        Stage::Stopped(wrong_login(&secondary, &names), target, Some(secondary))
                    }
                    // Whatever comes along with the other login is judged as if it had been chosen.
                    Carrier::Redirect(_) => match self.consider(LinkTarget::default(), secondary) {
                        Stage::ConfirmPrimary(secondary, _) => Stage::ConfirmPrimary(secondary, true),
                        next => next,
                    },
                };
            }
            Judgement::Unverified => unverified(&secondary, &names),
            Judgement::OtherAccount => return Stage::OtherAccount(secondary, target),
            Judgement::Fit => return self.ready(secondary, false),
        };
        Stage::Stopped(failure, target, None)
    }

    /// The label of the primary account's login that `secondary` was proven with.
    fn label_of(self, secondary: &SecondaryAccount) -> Option<Label> {
        let (account, _) = self.list()?;
        let primary = account.now()?;
        let key = secondary.current_identity.as_ref()?.among(&primary.identities)?;
        label_of(&primary, &key, &self.session.tenant().connection_names)
    }

    /// The stage of a login that may be linked.
    fn ready(self, secondary: SecondaryAccount, unexpected: bool) -> Stage {
        let Some((account, _)) = self.list() else {
            return Stage::ConfirmPrimary(secondary, unexpected);
        };
        let mine = account.now().and_then(|primary| primary.user_metadata).unwrap_or_default();
        // Names of logins come along with them.
        let theirs = without_names(secondary.user.user_metadata.clone().unwrap_or_default());
        Stage::Deletion(secondary, differences(&mine, &theirs))
    }

    /// Shows the next stage, or links at once when nothing is lost by that.
    async fn go_on(self, next: Stage) {
        match next {
            Stage::Deletion(secondary, differences)
                if differences.is_empty() && !self.deletes(&secondary) =>
            {
                self.link(secondary, Metadata::default()).await;
            }
            next => _ = self.stage.try_set(next),
        }
    }

    /// Whether linking `secondary` deletes an account that somebody may miss.
    fn deletes(self, secondary: &SecondaryAccount) -> bool {
        let key = secondary.user.user_id.as_identity_key();
        let lists = |(_, undo): (AccountState, Undo)| key.is_some_and(|key| untrack(|| undo.lists(&key)));
        deletes_an_account(&secondary.user, self.list().is_some_and(lists), parse)
    }

    /// The primary account, where it is shown.
    pub(super) fn primary(self) -> Option<User> {
        self.list()?.0.now()
    }

    /// Leaves both accounts as they are. Where the person had the choice before, they have it again.
    pub(super) fn keep_both(self, secondary: SecondaryAccount) {
        if secondary.user.identities.len() > 1 && self.has_secondary() {
            self.stage.set(Stage::OtherAccount(secondary, LinkTarget::default()));
        } else {
            self.dismiss();
        }
    }

    /// Links the login although it is not the expected one.
    pub(super) fn link_anyway(self, secondary: SecondaryAccount) {
        let next = self.consider(LinkTarget::default(), secondary);
        spawn_local(self.go_on(next));
    }

    /// Links the whole secondary account, once the person has confirmed that it is deleted.
    pub(in crate::pages) fn merge(self, secondary: SecondaryAccount) {
        let next = self.ready(secondary, false);
        spawn_local(self.go_on(next));
    }

    /// Unlinks the proven login from the secondary account, and starts to link it here. Only inside a click.
    pub(in crate::pages) fn take_over(self, secondary: &SecondaryAccount) {
        let Some((key, target)) = movable(secondary) else { return };
        let popup = match self.carrier {
            Carrier::Popup(_) => {
                let popup = Popup::open(self.session.popup());
                self.stage.set(if popup.is_some() { Stage::Popup } else { Stage::Linking });
                popup
            }
            Carrier::Redirect(_) => None,
        };
        let client = self.secondary.try_update_value(Option::take).flatten();
        let own = name_of(secondary.user.user_metadata.as_ref(), &key);
        spawn_local(async move {
            let moved = match client {
                Some(client) => client.unlink(&key).await,
                None => Err(ApiError::signed_out()),
            };
            match (moved, popup) {
                (Err(error), _) => {
                    _ = self.stage.try_set(Stage::Stopped(secondary_failure(&error), target, None));
                }
                (Ok(_), Some(popup)) => {
                    let _ = self.moved.try_set_value(own.map(|own| (key, own)));
                    let again = target.clone();
                    let mut next = self.prove(popup, target).await;
                    // Whoever cancels now must know that it left the other account.
                    if next == Stage::Idle {
                        next = Stage::Stopped(not_proven(&PopupError::Cancelled), again, None);
                    }
                    if let Stage::Stopped(failure, ..) = &mut next {
                        moved_halfway().clone_into(&mut failure.advice);
                    }
                    self.go_on(next).await;
                }
                (Ok(_), None) => self.redirect(target),
            }
        });
    }

    /// Redirects to the tenant to sign in to the primary account again, and goes on with linking `secondary` after
    /// that.
    pub(in crate::pages) fn confirm_primary(self, target: LinkTarget, secondary: SecondaryAccount) {
        let Carrier::Redirect(primary) = self.carrier else { return };
        let primary = primary.get_value();
        let declared = Some(target.confirmation());
        let purpose = Purpose::ReauthenticatePrimary(primary.clone(), target, Box::new(secondary));
        let mode = InteractionMode::Redirect;
        self.session.leave(AuthorizationRequest::reauthenticate(mode, &primary, purpose, declared));
    }

    /// Links a proven login, after setting `metadata` of the primary account.
    pub(super) async fn link(self, secondary: SecondaryAccount, metadata: Metadata) {
        let Some((account, undo)) = self.list() else { return };
        let connection = secondary.current_identity.as_ref().map(|current| current.connection.clone());
        let target = LinkTarget { connection, ..LinkTarget::default() };
        let _ = self.stage.try_set(Stage::Linking);
        let before = account.now().map(|user| user.identities).unwrap_or_default();
        match self.send_link(&secondary, &metadata).await {
            Ok(all) => {
                let is_new = |identity: &&Identity| !before.iter().any(|old| old.key() == identity.key());
                let new: Vec<&Identity> = all.iter().skip(1).filter(is_new).collect();
                let keys: Vec<IdentityKey> = new.iter().map(|identity| identity.key()).collect();
                let own_names = self.names_of(&keys, &secondary.user, undo);
                let names = self.session.tenant().connection_names;
                let label = |identity: &&Identity| {
                    let own = own_names.iter().find(|(key, _)| *key == identity.key());
                    Label::linked(identity, &names).named(own.and_then(|(_, own)| own.as_ref()))
                };
                let labels: Vec<Label> = new.iter().map(label).collect();
                let _ = self.secondary.try_set_value(None);
                let _ = self.stage.try_set(Stage::Idle);
                account.replace_identities(all);
                // What was the last way in may go now.
                account.steps().forget(|step| matches!(step, Step::Refused(_)));
                undo.forget(&keys);
                if let Some(current_identity) = secondary.current_identity {
                    self.session.note_proof(current_identity);
                }
                self.session.broadcast_change();
                let _ = undo.status_message().try_set(Some(Status::Shown(linked(&labels))));
                request_animation_frame(move || focus_row(keys.first()));
                if !own_names.is_empty() {
                    Naming::new(account, undo.status_message()).keep(own_names).await;
                }
            }
            Err(_) if self.is_stopped() => {}
            Err(error) => _ = self.stage.try_set(Stage::Stopped(link_failure(&error), target, None)),
        }
    }

    async fn send_link(
        self,
        secondary: &SecondaryAccount,
        metadata: &Metadata,
    ) -> Result<Vec<Identity>, ApiError> {
        if !metadata.is_empty() {
            let set = |client: Client| async move { client.set_metadata(metadata).await };
            self.send_with_pause(|| self.session.call(set)).await?;
        }
        let link =
            |client: Client| async move { client.link(&secondary.id_token, &secondary.user.user_id).await };
        self.send_with_pause(|| self.session.call(link)).await
    }

    async fn send_with_pause<T, F>(self, send: impl Fn() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        send_with_pause(send, |seconds| self.wait(seconds)).await
    }

    /// Waits `seconds` and shows the countdown. Returns `false` when the person stops it.
    async fn wait(self, seconds: u32) -> bool {
        let Some((_, undo)) = self.list() else { return false };
        let status_message = undo.status_message();
        let _ = status_message.try_set(Some(Status::Announced(text::pausing(seconds))));
        let on_second = |left| !self.is_stopped() && self.pausing.try_set(Some(left)).is_none();
        let waited = pause(seconds, on_second).await;
        let _ = self.pausing.try_set(None);
        let _ = status_message.try_set(None);
        waited
    }

    /// Whether the person stopped a pause, or left the page.
    fn is_stopped(self) -> bool {
        self.stage.try_with_untracked(Stage::is_busy) != Some(true)
    }

    /// Follows the remedy of a stopped flow. Only inside a click.
    pub(in crate::pages) fn remedy(self, remedy: Remedy, target: LinkTarget) {
        match (remedy, self.carrier) {
            (Remedy::SignIn, Carrier::Popup(_)) => self.session.sign_in(),
            (Remedy::TryAgain | Remedy::SignIn, _) => {
                if !self.stage.with_untracked(Stage::is_busy) {
                    self.begin(target);
                }
            }
        }
    }

    /// The names of logins that were just linked: those that they had before they were unlinked here, else in the account that
    /// they come from.
    fn names_of(
        self,
        keys: &[IdentityKey],
        secondary: &User,
        undo: Undo,
    ) -> Vec<(IdentityKey, Option<LoginName>)> {
        let moved = self.moved.try_get_value().flatten();
        let moved =
            |key: &IdentityKey| moved.as_ref().filter(|(of, _)| of == key).map(|(_, own)| own.clone());
        let name = |key: &IdentityKey| {
            let there = || name_of(secondary.user_metadata.as_ref(), key);
            Some((key.clone(), Some(undo.name_of(key).or_else(there).or_else(|| moved(key))?)))
        };
        keys.iter().filter_map(name).collect()
    }
}
