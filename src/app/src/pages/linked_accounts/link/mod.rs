//! Linking another login: from the click to the new row.

mod judgement;
pub mod metadata;
pub mod other_account;
pub mod section;

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::{Identity, IdentityKey, Metadata};

use super::account::AccountState;
use super::focus::{focus_row, focus_section};
use super::pause::pause;
use super::undo::{Restore, Undo};
use crate::api::{ApiError, Client};
use crate::components::Step;
use crate::session::popup::Popup;
use crate::session::transaction::{AuthorizationRequest, InteractionMode, Purpose};
use crate::session::{
    Authentication, LinkTarget, ReauthenticationError, RememberedUser, SecondaryAccount, Session,
};
use crate::text::linking::{
    MOVED_HALFWAY, already_here, link_failure, linked, not_fresh, not_proven, unverified, wrong_login,
};
use crate::text::{self, Failure, Label, Remedy, labels, request_failure};
pub use judgement::{Judgement, judge, movable};
use metadata::differences;
pub use metadata::{Difference, MetadataDialog};
pub use other_account::OtherAccount;
pub use section::LinkSection;

/// How far linking has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Nothing is under way.
    Idle,
    /// A window is open.
    Window,
    /// Requests are on their way.
    Linking,
    /// It stopped, for this reason, with what was wanted and a login that may be linked all the same.
    Stopped(Failure, LinkTarget, Option<SecondaryAccount>),
    /// The login belongs to another account of the person.
    OtherAccount(SecondaryAccount, LinkTarget),
    /// The second account has metadata that would be lost.
    Metadata(SecondaryAccount, Vec<Difference>),
}

impl Stage {
    /// Whether something is under way.
    fn is_busy(&self) -> bool {
        matches!(self, Self::Window | Self::Linking)
    }
}

/// The link flow of the page. A copy is a handle to the same flow.
#[derive(Clone, Copy)]
pub struct LinkFlow {
    account: AccountState,
    undo: Undo,
    stage: RwSignal<Stage>,
    /// What speaks for the other account while the person decides about it: in memory only.
    other: StoredValue<Option<Client>>,
    /// The seconds until the next try, while linking has to pause.
    pausing: RwSignal<Option<u32>>,
}

impl LinkFlow {
    pub(super) fn new(account: AccountState, undo: Undo) -> Self {
        Self {
            account,
            undo,
            stage: RwSignal::new(Stage::Idle),
            other: StoredValue::new(None),
            pausing: RwSignal::new(None),
        }
    }

    fn session(self) -> Session {
        self.account.session()
    }

    /// Begins to link what is wanted. Only inside a click, for it opens a window; where it cannot, it leaves.
    pub(super) fn start(self, wanted: LinkTarget) {
        if self.stage.with_untracked(Stage::is_busy) {
            return;
        }
        self.undo.said().set(None);
        match Popup::open() {
            None => self.leave(wanted),
            Some(popup) => {
                // The button that was pressed is about to be disabled and would lose the focus to nowhere.
                focus_section();
                self.stage.set(Stage::Window);
                spawn_local(async move {
                    let next = self.prove(popup, wanted).await;
                    self.go_on(next).await;
                });
            }
        }
    }

    /// Goes on with a login that was proven by redirects.
    pub(super) fn resume(self, wanted: LinkTarget, second: SecondaryAccount) {
        // What it belongs to was decided on the way, when its account could still be asked.
        let next = match judge_now(self.account, &wanted, &second) {
            Some(Judgement::OtherAccount | Judgement::Unexpected) => self.ready(second),
            _ => self.consider(wanted, second),
        };
        spawn_local(self.go_on(next));
    }

    /// Whether a window is open or a request on its way.
    pub(super) fn is_busy(self) -> Signal<bool> {
        let leaving = self.session().is_leaving();
        Signal::derive(move || leaving.get() || self.stage.read().is_busy())
    }

    /// Puts an end to whatever the flow shows.
    pub(super) fn dismiss(self) {
        self.other.set_value(None);
        self.stage.set(Stage::Idle);
        // What had the focus goes with what was shown.
        request_animation_frame(focus_section);
    }

    /// The seconds until the next try, while linking has to pause.
    fn pausing(self) -> Signal<Option<u32>> {
        self.pausing.into()
    }

    /// Proves the login in this window: the same steps, by redirects.
    fn leave(self, wanted: LinkTarget) {
        if let Some(first) = self.session().remembered_user() {
            self.session().leave(AuthorizationRequest::prove_secondary(
                InteractionMode::Redirect,
                String::new(),
                first,
                wanted,
            ));
        }
    }

    /// Has the person prove that the sign-in is fresh, if need be, and then the login to be linked; in one window.
    async fn prove(self, popup: Popup, wanted: LinkTarget) -> Stage {
        let stop = |failure| Stage::Stopped(failure, wanted.clone(), None);
        if self.session().needs_step_up()
            && let Err(not) = self.session().reauthenticate_in(&popup).await
        {
            return stop(not_fresh(&not));
        }
        let Some(first) = self.session().remembered_user() else {
            return stop(not_fresh(&ReauthenticationError::SignedOut(ApiError::signed_out())));
        };
        let request = AuthorizationRequest::prove_secondary(
            InteractionMode::Popup,
            String::new(),
            first,
            wanted.clone(),
        );
        let proof = match popup.authenticate(&self.session().tenant(), request).await {
            Ok(proof) => proof,
            Err(not) => return stop(not_proven(&not)),
        };
        drop(popup);
        let _ = self.stage.try_set(Stage::Linking);
        let (client, second) = match self.patiently(|| read(self.session(), proof.clone())).await {
            Ok(read) => read,
            Err(_) if self.is_stopped() => return Stage::Idle,
            Err(error) => return stop(request_failure(&error)),
        };
        let _ = self.other.try_set_value(Some(client));
        self.consider(wanted, second)
    }

    /// What is to be done with a proven login.
    fn consider(self, wanted: LinkTarget, second: SecondaryAccount) -> Stage {
        let Some(first) = self.account.now() else { return Stage::Idle };
        let failure = match judge(&first.user_id, &wanted, &second) {
            Judgement::Same => {
                let key = second
                    .current_identity
                    .as_ref()
                    .and_then(|current_identity| current_identity.among(&first.identities));
                if let Some(current_identity) = second.current_identity {
                    self.session().set_current_identity(current_identity);
                }
                let identity = first.identities.iter().position(|one| Some(one.key()) == key);
                already_here(identity.and_then(|place| labels(&first).into_iter().nth(place)).as_ref())
            }
            Judgement::Unexpected => {
                return Stage::Stopped(wrong_login(&second), wanted, Some(second));
            }
            Judgement::Unverified => unverified(&second),
            Judgement::OtherAccount => return Stage::OtherAccount(second, wanted),
            Judgement::Fit => return self.ready(second),
        };
        Stage::Stopped(failure, wanted, None)
    }

    fn ready(self, second: SecondaryAccount) -> Stage {
        let mine = self.account.now().and_then(|first| first.user_metadata).unwrap_or_default();
        let theirs = second.user.user_metadata.clone().unwrap_or_default();
        Stage::Metadata(second, differences(&mine, &theirs))
    }

    /// Shows the next stage, or links at once when there is nothing to choose.
    async fn go_on(self, next: Stage) {
        match next {
            Stage::Metadata(second, differences) if differences.is_empty() => {
                self.link(second, Metadata::default()).await;
            }
            next => _ = self.stage.try_set(next),
        }
    }

    /// Links the login although it is not the expected one.
    pub(super) fn link_anyway(self, second: SecondaryAccount) {
        spawn_local(async move {
            let next = self.consider(LinkTarget::default(), second);
            self.go_on(next).await;
        });
    }

    /// Links the whole other account.
    pub(super) fn merge(self, second: SecondaryAccount) {
        spawn_local(async move {
            let next = self.ready(second);
            self.go_on(next).await;
        });
    }

    /// Unlinks the proven login from the other account and links it here. Only inside a click.
    pub(super) fn take_over(self, second: &SecondaryAccount) {
        let Some((key, wanted)) = movable(second) else { return };
        let popup = Popup::open();
        self.stage.set(if popup.is_some() { Stage::Window } else { Stage::Linking });
        let client = self.other.try_update_value(Option::take).flatten();
        spawn_local(async move {
            let moved = match client {
                Some(client) => client.unlink(&key).await,
                None => Err(ApiError::signed_out()),
            };
            match (moved, popup) {
                (Err(error), _) => {
                    let stopped = Stage::Stopped(request_failure(&error), wanted, None);
                    let _ = self.stage.try_set(stopped);
                }
                (Ok(_), Some(popup)) => {
                    let mut next = self.prove(popup, wanted).await;
                    if let Stage::Stopped(failure, ..) = &mut next {
                        MOVED_HALFWAY.clone_into(&mut failure.advice);
                    }
                    self.go_on(next).await;
                }
                (Ok(_), None) => self.leave(wanted),
            }
        });
    }

    /// Links a proven login, after setting `metadata` of the account here.
    pub(super) async fn link(self, second: SecondaryAccount, metadata: Metadata) {
        let wanted = LinkTarget {
            connection: second
                .current_identity
                .as_ref()
                .map(|current_identity| current_identity.connection.clone()),
            ..LinkTarget::default()
        };
        let _ = self.stage.try_set(Stage::Linking);
        let before = self.account.now().map(|user| user.identities).unwrap_or_default();
        match self.send(&second, &metadata).await {
            Ok(all) => {
                let is_new = |identity: &&Identity| !before.iter().any(|old| old.key() == identity.key());
                let new: Vec<&Identity> = all.iter().skip(1).filter(is_new).collect();
                let labels: Vec<Label> = new.iter().map(|identity| Label::linked(identity)).collect();
                let keys: Vec<IdentityKey> = new.iter().map(|identity| identity.key()).collect();
                let _ = self.other.try_set_value(None);
                let _ = self.stage.try_set(Stage::Idle);
                self.account.replace_identities(all);
                // What was the last way in may go now.
                self.account.steps().forget(|step| matches!(step, Step::Refused(_)));
                self.undo.forget(&keys);
                if let Some(current_identity) = second.current_identity {
                    self.session().set_current_identity(current_identity);
                }
                self.session().broadcast_change();
                let _ = self.undo.said().try_set(Some(linked(&labels)));
                request_animation_frame(move || focus_row(keys.first()));
            }
            Err(_) if self.is_stopped() => {}
            Err(error) => _ = self.stage.try_set(Stage::Stopped(link_failure(&error), wanted, None)),
        }
    }

    async fn send(self, second: &SecondaryAccount, metadata: &Metadata) -> Result<Vec<Identity>, ApiError> {
        if !metadata.is_empty() {
            let set = |client: Client| async move { client.set_metadata(metadata).await };
            self.patiently(|| self.session().call(set)).await?;
        }
        let link = |client: Client| async move { client.link(&second.id_token).await };
        self.patiently(|| self.session().call(link)).await
    }

    /// Sends a request, once more after a pause where the tenant asks for one.
    async fn patiently<T, F>(self, send: impl Fn() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let mut waited = false;
        loop {
            let outcome = send().await;
            let wait = outcome.as_ref().err().and_then(|error| error.kind.pause());
            let Some(wait) = wait.filter(|_| !waited) else { return outcome };
            waited = self.wait(wait).await;
            if !waited {
                return outcome;
            }
        }
    }

    /// Waits `seconds`, saying so; `false` as soon as the person would rather not.
    async fn wait(self, seconds: u32) -> bool {
        let said = self.undo.said();
        let _ = said.try_set(Some(format!("{} {}", text::PAUSED, text::goes_on(seconds))));
        let tell = |left| !self.is_stopped() && self.pausing.try_set(Some(left)).is_none();
        let waited = pause(seconds, tell).await;
        let _ = self.pausing.try_set(None);
        let _ = said.try_set(None);
        waited
    }

    /// Whether the person would not wait any longer, or left the page.
    fn is_stopped(self) -> bool {
        self.stage.try_with_untracked(Stage::is_busy) != Some(true)
    }

    /// What a button of a stopped flow does. Only inside a click.
    fn remedy(self, remedy: Remedy, wanted: LinkTarget) {
        match remedy {
            Remedy::TryAgain => self.start(wanted),
            Remedy::SignIn => self.session().sign_in(),
        }
    }
}

fn judge_now(account: AccountState, wanted: &LinkTarget, second: &SecondaryAccount) -> Option<Judgement> {
    account.now().map(|first| judge(&first.user_id, wanted, second))
}

impl Restore for LinkFlow {
    fn restore(&self, identity: &Identity) {
        self.start(LinkTarget {
            connection: Some(identity.connection.clone()),
            hint: Some(judgement::hint(identity)),
            expected: Some(identity.key().as_user_id()),
        });
    }
}

/// Reads the account that a proof opens, with its own token.
///
/// # Errors
/// What went wrong.
pub async fn read(session: Session, proof: Authentication) -> Result<(Client, SecondaryAccount), ApiError> {
    let Authentication { account, id_token } = proof;
    let client = Client::new(session.tenant().origin, account.person.user_id, account.bearer);
    let user = client.user().await?;
    Ok((client, SecondaryAccount { id_token, current_identity: account.current_identity, user }))
}

/// Asks the first person to sign in again, to link what `second` proves.
pub fn leave_to_finish(
    session: Session,
    first: &RememberedUser,
    wanted: LinkTarget,
    second: SecondaryAccount,
) {
    let purpose = Purpose::ReauthenticatePrimary(first.clone(), wanted, Box::new(second));
    session.leave(AuthorizationRequest::reauthenticate(
        InteractionMode::Redirect,
        String::new(),
        first,
        purpose,
    ));
}
