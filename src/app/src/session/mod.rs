//! The session that pages use: who is signed in, and a live token or none.

pub mod authorization_response;
pub mod http;
pub mod popup;
pub mod silent;
pub mod state;
pub mod step_up;
pub mod storage;
pub mod tabs;
pub mod transaction;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::{UserId, route};
use web_sys::UrlSearchParams;

use crate::api::{ApiError, Client, ErrorKind};
use crate::cache;
use crate::settings::Tenant;
use crate::{text, unlinked};
use authorization_response::{AuthorizationResponse, CallbackOutcome};
use popup::Handed;
pub use state::{BearerToken, Credentials, CurrentIdentity, Event, IdToken, Person, State};
pub use step_up::{
    Intent, LinkTarget, PendingAction, ReauthenticationError, RememberedUser, SecondaryAccount,
};
use tabs::{Renewal, TabMessage};
use transaction::{Authentication, AuthorizationRequest, InteractionMode, Purpose, Transaction};

/// How long before its end a token is renewed, in seconds.
const RENEWAL_LEAD: i64 = 60;

/// Why signing in did not work, by what the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginErrorKind {
    /// The person, or a rule of the tenant, said no.
    Denied,
    /// The tenant refused for another reason.
    Refused,
    /// The answer belongs to no login that this tab began, or to one that is spent.
    Stale,
    /// The ID token does not prove what it should.
    Unproven,
    /// The tenant could not be reached.
    Offline,
    /// The tenant did not answer in time.
    Timeout,
    /// The tenant's answer could not be understood.
    Malformed,
    /// The tenant's address cannot be used.
    Settings,
    /// The browser keeps nothing for this page, so that an answer could not be recognised.
    Storage,
}

/// What went wrong while signing in, with what the tenant said about it. Never a code or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginError {
    /// What it means for the person.
    pub kind: LoginErrorKind,
    /// What was said, for whoever has to look into it.
    pub details: Option<String>,
}

impl LoginError {
    fn with(kind: LoginErrorKind, details: String) -> Self {
        Self { kind, details: Some(details) }
    }

    /// The tenant's own refusal (RFC 6749 sections 4.1.2.1 and 5.2).
    fn refused(error: &str, description: Option<String>) -> Self {
        let kind = match error {
            "access_denied" => LoginErrorKind::Denied,
            // An unknown, expired or spent code, and a verifier of another login.
            "invalid_grant" => LoginErrorKind::Stale,
            _ => LoginErrorKind::Refused,
        };
        let details = description.map_or_else(|| error.to_owned(), |text| format!("{error}: {text}"));
        Self::with(kind, details)
    }
}

impl From<LoginErrorKind> for LoginError {
    fn from(kind: LoginErrorKind) -> Self {
        Self { kind, details: None }
    }
}

impl fmt::Debug for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// What the browser brought along when the page was opened.
#[derive(Clone)]
pub enum PageEntry {
    /// An ordinary visit.
    Visit,
    /// The way back from the tenant, with the login that was under way, if any.
    Callback(Option<AuthorizationResponse>, Option<Box<Transaction>>),
    /// The way back from the tenant in a popup: the page that opened it waits for this.
    Popup(Handed),
}

impl PageEntry {
    /// Reads the address once, takes the login under way, and cleans the address, so that neither code nor
    /// state stay in it or in the history whatever happens next.
    #[must_use]
    pub fn take() -> Self {
        let location = window().location();
        if location.pathname().as_deref() != Ok(route::CALLBACK) {
            return Self::Visit;
        }
        let search = location.search().unwrap_or_default();
        let parameters = UrlSearchParams::new_with_str(&search).ok();
        if let Ok(history) = window().history() {
            // Refused only for another origin, which this path is not.
            let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(route::CALLBACK));
        }
        if let Some(handed) = parameters.as_ref().and_then(|all| Handed::read(|name| all.get(name))) {
            return Self::Popup(handed);
        }
        let response = parameters.and_then(|all| AuthorizationResponse::read(|name| all.get(name)));
        Self::Callback(response, storage::take_transaction().map(Box::new))
    }
}

/// What a page should show of the session; it stays the same while details change.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Not known yet.
    Waiting,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is, or was until just now and still sees their list.
    Present,
    /// Signing in did not work.
    Failed(LoginError),
    /// The tenant signed in somebody else than before, both as the header would call them.
    Changed(Option<String>, Option<String>),
    /// A login to be linked is proven, for the account of this one.
    ConfirmPrimary(Box<(RememberedUser, LinkTarget, Authentication)>),
}

/// The session, provided as context at the root. All its parts live as long as the page.
#[derive(Clone, Copy)]
pub struct Session {
    tenant: StoredValue<Tenant>,
    state: RwSignal<State>,
    return_to: StoredValue<String>,
    leaving: RwSignal<bool>,
    /// The account whose logins another tab changed, told anew each time.
    changed: RwSignal<Option<UserId>>,
    online: RwSignal<bool>,
    resume: StoredValue<Option<PendingAction>>,
}

impl Session {
    /// Starts the session: finishes a login that came back, or asks the tenant silently when it may have a
    /// session, or leaves everything as it is.
    #[must_use]
    pub fn start(tenant: Tenant, arrival: PageEntry) -> Self {
        let (state, return_to) = match &arrival {
            PageEntry::Callback(_, transaction) => (
                State::SigningIn,
                transaction
                    .as_ref()
                    .map_or(crate::LIST, |transaction| transaction::safe_return(&transaction.return_to)),
            ),
            PageEntry::Visit if storage::hint().is_some() => (State::Checking, crate::LIST),
            PageEntry::Visit | PageEntry::Popup(_) => (State::SignedOut, crate::LIST),
        };
        let session = Self {
            tenant: StoredValue::new(tenant),
            state: RwSignal::new(state.clone()),
            return_to: StoredValue::new(return_to.to_owned()),
            leaving: RwSignal::new(false),
            changed: RwSignal::new(None),
            online: RwSignal::new(window().navigator().on_line()),
            resume: StoredValue::new(None),
        };
        match (arrival, state) {
            (PageEntry::Callback(response, transaction), _) => {
                session.receive(response, transaction.map(|transaction| *transaction))
            }
            (PageEntry::Visit, State::Checking) => session.sign_in_silently(),
            (PageEntry::Visit | PageEntry::Popup(_), _) => {}
        }
        session.watch_the_window();
        session
    }

    /// What a page should show.
    #[must_use]
    pub fn phase(self) -> Memo<Phase> {
        Memo::new(move |_| match &*self.state.read() {
            State::Checking | State::SigningIn => Phase::Waiting,
            State::SignedOut => Phase::SignedOut,
            State::SignedIn(_) | State::Expired(_) => Phase::Present,
            State::Failed(error) => Phase::Failed(error.clone()),
            State::Changed(before, now) => {
                let now = text::person(&now.person.profile).map(ToOwned::to_owned);
                Phase::Changed(before.who.clone(), now)
            }
            State::ConfirmPrimary(first, wanted, proof) => {
                Phase::ConfirmPrimary(Box::new((first.clone(), wanted.clone(), proof.clone())))
            }
        })
    }

    /// Which login is in use, as far as it is known.
    #[must_use]
    pub fn current_identity(self) -> Memo<Option<CurrentIdentity>> {
        Memo::new(move |_| match &*self.state.read() {
            State::SignedIn(account) => account.current_identity.clone(),
            _ => None,
        })
    }

    /// Notes that the tenant's session is through another identity of the same account now.
    pub fn set_current_identity(self, current_identity: CurrentIdentity) {
        self.handle(Event::CurrentIdentityChanged(current_identity));
        if let Some(remembered) = self.remembered_user() {
            storage::set_hint(&remembered);
        }
    }

    /// Who is signed in, as far as it outlives a page load.
    #[must_use]
    pub fn remembered_user(self) -> Option<RememberedUser> {
        self.state.try_with_untracked(State::remembered_user).flatten()
    }

    /// What the person was doing when a redirect for a fresh sign-in took them away; taken on first use.
    #[must_use]
    pub fn take_pending_action(self) -> Option<PendingAction> {
        self.resume.try_update_value(Option::take).flatten()
    }

    /// Goes on as whom the tenant signed in.
    pub fn accept(self) {
        if let Some(State::Changed(_, account)) = self.state.try_get_untracked() {
            remember(&account);
        }
        self.handle(Event::Accepted);
    }

    /// Goes to the tenant to sign in as the person who was signed in before.
    pub fn sign_in_again(self) {
        if let Some(State::Changed(before, _)) = self.state.try_get_untracked() {
            self.return_as(&before);
        }
    }

    /// Goes to the tenant to sign in as somebody who was signed in before.
    pub fn return_as(self, remembered: &RememberedUser) {
        self.leave(AuthorizationRequest::reauthenticate(
            InteractionMode::Redirect,
            String::new(),
            remembered,
            Purpose::SignIn,
        ));
    }

    /// Who is, or until just now was, signed in.
    #[must_use]
    pub fn person(self) -> Memo<Option<Person>> {
        Memo::new(move |_| self.state.read().person().cloned())
    }

    /// Whether the browser is on its way to the tenant.
    #[must_use]
    pub fn is_leaving(self) -> Signal<bool> {
        self.leaving.into()
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(self) -> Tenant {
        self.tenant.get_value()
    }

    /// Where to go once signing in is over.
    #[must_use]
    pub fn return_to(self) -> String {
        self.return_to.get_value()
    }

    /// Which account another tab changed the logins of; told anew each time.
    #[must_use]
    pub fn changed_elsewhere(self) -> Signal<Option<UserId>> {
        self.changed.into()
    }

    /// Tells the other tabs that the logins of this account are others now.
    pub fn broadcast_change(self) {
        if let Some(person) = self.state.try_with_untracked(|state| state.person().cloned()).flatten() {
            tabs::broadcast(&TabMessage::Changed(person.user_id));
        }
    }

    /// A client with a token that is live by this device's clock.
    ///
    /// # Errors
    /// [`ApiError`] with the advice to sign in again when there is none.
    pub fn client(self) -> Result<Client, ApiError> {
        let account = self.account().filter(|account| account.is_live(now()));
        match account.zip(self.tenant.try_get_value()) {
            Some((account, tenant)) => Ok(Client::new(tenant.origin, account.person.user_id, account.bearer)),
            None => Err(ApiError::signed_out()),
        }
    }

    /// Sends a request with a live token. A token that is over, or that the tenant no longer takes, is renewed once
    /// without asking anybody; when that fails, the session on this page has ended.
    ///
    /// # Errors
    /// What went wrong, by what the person can do about it.
    pub async fn call<T, F>(self, send: impl Fn(Client) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let ended = |error: &ApiError| error.kind == ErrorKind::SessionEnded;
        let mut renewed = false;
        // A loop, so that each kind of request is compiled into one place and not two.
        loop {
            let spent = self.account();
            let outcome = match self.client() {
                Ok(client) => send(client).await,
                Err(error) => Err(error),
            };
            if !outcome.as_ref().is_err_and(ended) {
                return outcome;
            }
            if renewed || !self.renew(spent).await {
                self.handle(Event::Expired);
                return outcome;
            }
            renewed = true;
        }
    }

    /// Goes to the tenant's login page, and comes back to where the person is now, or to where a login that
    /// failed was going.
    pub fn sign_in(self) {
        self.leave(AuthorizationRequest::sign_in(InteractionMode::Redirect, String::new()));
    }

    /// Asks the tenant silently once more.
    pub fn retry(self) {
        self.handle(Event::Retried);
        self.sign_in_silently();
    }

    /// Drops the token and ends the tenant's session too.
    pub fn sign_out(self) {
        let tenant = self.tenant();
        let parameters = UrlSearchParams::new().ok();
        let query = parameters.map_or_else(String::new, |parameters| {
            parameters.append("client_id", &tenant.client_id);
            parameters.append("returnTo", &format!("{}/", silent::own_origin()));
            String::from(parameters.to_string())
        });
        self.leaving.set(true);
        self.handle(Event::SignedOut);
        storage::drop_hint();
        cache::clear();
        unlinked::clear();
        tabs::broadcast(&TabMessage::SignedOut);
        go(&format!("{}{}?{query}", tenant.origin, route::LOGOUT));
    }

    /// Signs out because of what the person did, and says `words` once they are out.
    pub fn sign_out_with_notice(self, words: &str) {
        storage::put_sign_out_notice(words);
        self.sign_out();
    }

    /// What to say to somebody who was signed out by what they did; taken on first use, once they are out.
    #[must_use]
    pub fn take_sign_out_notice(self) -> Option<String> {
        if self.leaving.get_untracked() { None } else { storage::take_sign_out_notice() }
    }

    /// Whether the browser has a connection, as far as it knows.
    #[must_use]
    pub fn is_online(self) -> Signal<bool> {
        self.online.into()
    }

    fn handle(self, event: Event) {
        // The signal belongs to the root and outlives every task; `try_` all the same, for a panic is final.
        let _ = self.state.try_update(|state| {
            let before = std::mem::replace(state, State::SignedOut);
            *state = before.on(event);
        });
    }

    fn receive(self, response: Option<AuthorizationResponse>, transaction: Option<Transaction>) {
        let Some(response) = response else {
            return self.handle(Event::Failed(LoginErrorKind::Stale.into()));
        };
        match response.judge(transaction.as_ref()) {
            Ok(outcome) => self.act_on(outcome, transaction),
            Err(error) => self.handle(Event::Failed(error)),
        }
    }

    fn act_on(self, outcome: CallbackOutcome, transaction: Option<Transaction>) {
        if let (CallbackOutcome::Exchange(code), Some(transaction)) = (outcome, transaction) {
            spawn_local(async move {
                let (purpose, silent) = (transaction.purpose.clone(), transaction.silent);
                let proof =
                    transaction::exchange_code(&self.tenant(), &silent::own_origin(), code, transaction, now)
                        .await;
                self.handle(proof.map_or_else(Event::Failed, |proof| self.outcome(purpose, silent, proof)));
                self.renew_in_time();
            });
        } else {
            storage::drop_hint();
            cache::clear();
            self.handle(Event::NoSession);
        }
    }

    /// What a proof means, by what the login was for. Who was signed in is never replaced without being asked.
    fn outcome(self, purpose: Purpose, silent: bool, proof: Authentication) -> Event {
        let mut account = proof.account.clone();
        let is = |remembered: &RememberedUser| remembered.user_id == account.person.user_id;
        match purpose {
            Purpose::SignIn if silent => match storage::hint().flatten() {
                Some(before) if !is(&before) => return Event::SomebodyElse(before, account),
                Some(before) => {
                    account.current_identity = account.current_identity.or(before.current_identity)
                }
                None => {}
            },
            Purpose::SignIn => {}
            Purpose::ProveSecondary(first, wanted) => return Event::SecondaryProven(first, wanted, proof),
            Purpose::Reauthenticate(first, _) | Purpose::ReauthenticatePrimary(first, ..) if !is(&first) => {
                return Event::SomebodyElse(first, account);
            }
            Purpose::Reauthenticate(_, intent) => self.resume.set_value(Some(PendingAction::Intent(intent))),
            Purpose::ReauthenticatePrimary(_, wanted, second) => {
                self.resume.set_value(Some(PendingAction::Link(wanted, second)))
            }
        }
        remember(&account);
        Event::Granted(account)
    }

    fn account(self) -> Option<Credentials> {
        match self.state.try_get_untracked()? {
            State::SignedIn(account) => Some(account),
            _ => None,
        }
    }

    /// Renews the token a little before its time is over.
    fn renew_in_time(self) {
        let Some(account) = self.account() else { return };
        let Some(left) = account.expires_at.and_then(|end| end.checked_sub(now())) else { return };
        // Not before half of it, and not in more days than a browser's timer can count.
        let wait = left.saturating_sub(RENEWAL_LEAD.min(left / 2)).clamp(1, 86_400 * 24).unsigned_abs();
        let renew = move || spawn_local(async move { _ = self.renew(Some(account)).await });
        set_timeout(renew, Duration::from_secs(wait));
    }

    /// Gets a token in place of that of `spent` without asking anybody, and whether there is one. One tab at a time
    /// asks the tenant, the others take what it got.
    async fn renew(self, spent: Option<Credentials>) -> bool {
        let _turn = tabs::acquire_renewal_lock().await;
        // Both are compared: two tokens of the same second can be the same to the letter.
        let token = |account: &Credentials| (account.bearer.clone(), account.expires_at);
        let is_renewed = |account: &Credentials| {
            account.is_live(now()) && spent.as_ref().map(token) != Some(token(account))
        };
        if self.account().as_ref().is_some_and(is_renewed) {
            return true;
        }
        let Some(tenant) = self.tenant.try_get_value() else { return false };
        let asked = async {
            let ask = AuthorizationRequest::sign_in(InteractionMode::SilentIframe, String::new());
            let (url, transaction) = transaction::authorize_url(&tenant, &silent::own_origin(), ask, now())?;
            let response = silent::authorize(&url, &tenant.origin).await?;
            match response.judge(Some(&transaction))? {
                CallbackOutcome::Exchange(code) => {
                    transaction::exchange_code(&tenant, &silent::own_origin(), code, transaction, now).await
                }
                CallbackOutcome::NoSession => Err(LoginErrorKind::Denied.into()),
            }
        };
        let Ok(Authentication { mut account, .. }) = asked.await else { return false };
        account.current_identity = account
            .current_identity
            .or_else(|| self.remembered_user().and_then(|remembered| remembered.current_identity));
        let (renewal, got) = (Renewal::of(&account), account.bearer.clone());
        self.handle(Event::Renewed(account));
        // Not when somebody else turned out to be signed in.
        let renewed = self.account().is_some_and(|account| account.bearer == got);
        if renewed {
            tabs::broadcast(&TabMessage::Renewed(renewal));
            self.renew_in_time();
        }
        renewed
    }

    fn hear(self, news: TabMessage) {
        match news {
            TabMessage::Changed(user_id) => _ = self.changed.try_set(Some(user_id)),
            TabMessage::SignedOut => self.handle(Event::SignedOut),
            TabMessage::Renewed(renewal) => {
                if let Some(account) = self.account().and_then(|account| renewal.adopted_by(&account)) {
                    self.handle(Event::Renewed(account));
                    self.renew_in_time();
                }
            }
        }
    }

    fn sign_in_silently(self) {
        if !self.online.get_untracked() {
            return self.handle(Event::Failed(LoginErrorKind::Offline.into()));
        }
        let tenant = self.tenant();
        spawn_local(async move {
            let ask = AuthorizationRequest::sign_in(InteractionMode::SilentIframe, String::new());
            let begun = transaction::authorize_url(&tenant, &silent::own_origin(), ask, now());
            let asked = match begun {
                Ok((url, transaction)) => {
                    silent::authorize(&url, &tenant.origin).await.map(|response| (response, transaction))
                }
                Err(error) => Err(error),
            };
            let judged = asked
                .and_then(|(response, transaction)| Ok((response.judge(Some(&transaction))?, transaction)));
            match judged {
                // A browser may keep the cookies of another site from a frame. Asking by going there settles
                // it, once: that way's own answer is final.
                Ok((CallbackOutcome::NoSession, _))
                    if window().location().hostname().as_deref() != Ok(tenant.hostname()) =>
                {
                    self.leave(AuthorizationRequest::sign_in(InteractionMode::SilentRedirect, String::new()));
                }
                Ok((outcome, transaction)) => self.act_on(outcome, Some(transaction)),
                Err(error) => self.handle(Event::Failed(error)),
            }
        });
    }

    /// Goes to the tenant, and comes back to where the person is now, or to where a login that failed was going.
    pub fn leave(self, mut ask: AuthorizationRequest) {
        let here = here();
        let return_to = if here == route::CALLBACK { self.return_to() } else { here };
        transaction::safe_return(&return_to).clone_into(&mut ask.return_to);
        match transaction::authorize_url(&self.tenant(), &silent::own_origin(), ask, now()) {
            Ok((url, transaction)) if storage::put_transaction(&transaction) => {
                self.leaving.set(true);
                go(&url);
            }
            Ok(_) => self.state.set(State::Failed(LoginErrorKind::Storage.into())),
            Err(error) => self.state.set(State::Failed(error)),
        }
    }

    /// Coming back by the browser's Back button finds the page as it was left, so that its buttons must wake
    /// up; and signing out in one tab signs out all of them.
    fn watch_the_window(self) {
        let _ = window_event_listener_untyped("pageshow", move |_| _ = self.leaving.try_set(false));
        let _ = window_event_listener(leptos::ev::storage, move |event| {
            if event.key().as_deref() == Some(storage::HINT) && event.new_value().is_none() {
                self.handle(Event::SignedOut);
            }
        });
        let on = move |online: bool| {
            let _ = self.online.try_set(online);
            let lost = |state: &State| matches!(state, State::Failed(error) if error.kind == LoginErrorKind::Offline);
            if online && self.state.try_with_untracked(lost) == Some(true) {
                self.retry();
            }
        };
        let _ = window_event_listener_untyped("online", move |_| on(true));
        let _ = window_event_listener_untyped("offline", move |_| on(false));
        tabs::on_message(move |news| self.hear(news));
    }
}

/// Remembers who is signed in for the next page load.
fn remember(account: &Credentials) {
    if let Some(remembered) = State::SignedIn(account.clone()).remembered_user() {
        storage::set_hint(&remembered);
    }
}

/// Now, in seconds since 1970.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit into 53 bits")]
pub fn now() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

/// Path, query and hash of where the person is.
fn here() -> String {
    let location = window().location();
    [location.pathname(), location.search(), location.hash()].into_iter().flatten().collect()
}

/// Leaves this page. By assignment: the router takes over every link to this origin, and the tenant may
/// well be on it.
fn go(url: &str) {
    // Fails only for an address that does not parse.
    let _ = window().location().assign(url);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_code_asks_for_a_new_sign_in() {
        let error = LoginError::refused("invalid_grant", Some("Invalid authorization code".to_owned()));
        assert_eq!(error.kind, LoginErrorKind::Stale);
        assert_eq!(error.details.as_deref(), Some("invalid_grant: Invalid authorization code"));
    }

    #[test]
    fn an_unknown_refusal_keeps_the_words_of_the_tenant() {
        let error = LoginError::refused("server_error", None);
        assert_eq!(error.kind, LoginErrorKind::Refused);
        assert_eq!(error.details.as_deref(), Some("server_error"));
    }
}
