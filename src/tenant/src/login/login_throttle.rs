//! Protection against guessing passwords and client secrets: each wrong one prolongs the wait before the next attempt, for
//! the account as seen from the network, and for the network. The wait is at most a minute, and nobody waits because of
//! what others do elsewhere, so that nobody can lock out somebody else.
//!
//! Guesses from many networks share one quota for each account. A browser in which somebody signed in to the account
//! before is counted by itself (OWASP: device cookies), so that no number of strangers slows it.
//!
//! The counters are in memory and bounded. A restart resets them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::http::peer::network;
use crate::http::quota::Quotas;
use crate::secret::{Secret, digest};

/// The number of wrong passwords for one account from one network, or in one known browser, without a wait.
const FREE_FOR_ACCOUNT: u32 = 5;

/// The number of wrong passwords from one network, which many people may share, without a wait.
const FREE_FOR_NETWORK: u32 = 50;

/// The number of wrong passwords for one account from all networks without a wait.
const FREE_FOR_STRANGERS: u32 = 100;

/// The time after which strangers have one more. Three networks, which may guess once a minute each, do not use it up.
const STRANGERS_INTERVAL: Duration = Duration::from_secs(20);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The time without a wrong password after which a counter is reset.
const FORGIVEN_AFTER: Duration = Duration::from_hours(1);

/// The maximum number of counters.
const KEPT: usize = 20_000;

/// The digest of an account, empty for all of them, and where attempts come from.
type Counter = (String, String);

/// The counters of wrong passwords.
pub(crate) struct LoginThrottle {
    tallies: Mutex<HashMap<Counter, Failures>>,
    strangers: Quotas,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        Self { tallies: Mutex::default(), strangers: Quotas::new(FREE_FOR_STRANGERS, STRANGERS_INTERVAL) }
    }
}

/// Who attempts to sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guesser<'g> {
    /// Anybody, from a network if it is known.
    Stranger(Option<IpAddr>),
    /// A browser in which somebody signed in to this account before, with the value of its cookie.
    KnownBrowser(&'g Secret),
}

/// The number of wrong passwords, and the time of the last one.
#[derive(Clone, Copy)]
struct Failures {
    wrong: u32,
    last: Moment,
}

/// A permitted attempt. It counts as wrong until it succeeds, so that parallel attempts have no advantage.
pub(crate) struct Attempt {
    limits: Vec<(Counter, u32)>,
    /// The account of a stranger's attempt.
    account: Option<String>,
}

impl LoginThrottle {
    /// Starts an attempt to sign in as `login`, whether or not the account exists.
    ///
    /// # Errors
    /// The time to wait, when the attempt comes too early.
    pub(crate) fn start_attempt(
        &self,
        login: &str,
        guesser: Guesser<'_>,
        now: Moment,
    ) -> Result<Attempt, Duration> {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = Attempt::new(login, guesser);
        check(&mut tallies, &attempt, now)?;
        if let Some(account) = &attempt.account {
            self.strangers.take(account, now).map_err(|wait| wait.min(LONGEST_WAIT))?;
        }
        count(&mut tallies, &attempt, now);
        Ok(attempt)
    }

    /// Records that the attempt succeeded: resets its counter for the account and gives back what it took otherwise.
    pub(crate) fn record_success(&self, attempt: &Attempt) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        for (counter, _) in &attempt.limits {
            if !counter.0.is_empty() {
                tallies.remove(counter);
            } else if let Some(tally) = tallies.get_mut(counter) {
                tally.wrong = tally.wrong.saturating_sub(1);
            }
        }
        if let Some(account) = &attempt.account {
            self.strangers.give_back(account);
        }
    }

    /// Checks a secret that a program sends from `address`, as the client `id`. Only a wrong one counts: programs send the
    /// right one many times at once.
    ///
    /// # Errors
    /// The time to wait, when the attempt comes too early, whether or not the secret is right.
    pub(crate) fn check_secret(
        &self,
        id: &str,
        address: Option<IpAddr>,
        now: Moment,
        is_right: impl FnOnce() -> bool,
    ) -> Result<bool, Duration> {
        let attempt = Attempt::new(&format!("client {id}"), Guesser::Stranger(address));
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        check(&mut tallies, &attempt, now)?;
        let is_right = is_right();
        if is_right {
            tallies.remove(&attempt.limits[0].0);
        } else {
            count(&mut tallies, &attempt, now);
        }
        Ok(is_right)
    }

    /// Returns whether sign-ins as `login` have to wait now somewhere, because of wrong passwords for this account.
    pub(crate) fn is_waiting(&self, login: &str, now: Moment) -> bool {
        let account = account(login);
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.iter_mut().filter(|(counter, _)| counter.0 == account).any(|(_, tally)| {
            tally.count_anew(now);
            tally.remaining(FREE_FOR_ACCOUNT, now).is_some()
        })
    }

    /// Forgives an account, whose person has proven who they are in another way.
    pub(crate) fn reset_account(&self, login: &str) {
        let account = account(login);
        self.strangers.reset(&account);
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.retain(|counter, _| counter.0 != account);
    }
}

impl Attempt {
    fn new(login: &str, guesser: Guesser<'_>) -> Self {
        let account = account(login);
        match guesser {
            Guesser::KnownBrowser(cookie) => {
                let browser = digest(format!("browser {}", cookie.expose()).as_bytes());
                Self { limits: vec![((account, browser), FREE_FOR_ACCOUNT)], account: None }
            }
            Guesser::Stranger(address) => {
                let network = address.map(|address| format!("network {}", network(address)));
                let of_account = (account.clone(), network.clone().unwrap_or_default());
                let of_network = network.map(|network| ((String::new(), network), FREE_FOR_NETWORK));
                let limits = [(of_account, FREE_FOR_ACCOUNT)].into_iter().chain(of_network).collect();
                Self { limits, account: Some(account) }
            }
        }
    }
}

fn account(login: &str) -> String {
    digest(format!("account {login}").as_bytes())
}

/// Returns the time to wait before an attempt as an error.
fn check(tallies: &mut HashMap<Counter, Failures>, attempt: &Attempt, now: Moment) -> Result<(), Duration> {
    let early = attempt.limits.iter().filter_map(|(counter, free)| {
        let tally = tallies.get_mut(counter)?;
        tally.count_anew(now);
        tally.remaining(*free, now)
    });
    early.max().map_or(Ok(()), Err)
}

/// Counts an attempt as wrong.
fn count(tallies: &mut HashMap<Counter, Failures>, attempt: &Attempt, now: Moment) {
    for (counter, _) in &attempt.limits {
        let before = tallies.get(counter).filter(|tally| !tally.is_forgiven(now));
        let wrong = before.map_or(0, |tally| tally.wrong).saturating_add(1);
        if !tallies.contains_key(counter) {
            make_room(tallies, now);
        }
        tallies.insert(counter.clone(), Failures { wrong, last: now });
    }
}

impl Failures {
    /// Lets a wait begin anew if the clock was set back: it must not last until the clock is where it was.
    fn count_anew(&mut self, now: Moment) {
        self.last = self.last.min(now);
    }

    /// Returns the time to wait from `now` on; `None` if an attempt is permitted.
    fn remaining(&self, free: u32, now: Moment) -> Option<Duration> {
        let over = self.wrong.checked_sub(free).filter(|_| !self.is_forgiven(now))?;
        let wait = Duration::from_secs(1 << over.min(6)).min(LONGEST_WAIT);
        let until = self.last.after(wait).millis();
        u64::try_from(until.saturating_sub(now.millis()))
            .ok()
            .filter(|left| *left > 0)
            .map(Duration::from_millis)
    }

    fn is_forgiven(&self, now: Moment) -> bool {
        self.last.after(FORGIVEN_AFTER) <= now
    }
}

/// Makes room for a counter: removes the expired ones, or the oldest if none has expired.
fn make_room(tallies: &mut HashMap<Counter, Failures>, now: Moment) {
    if tallies.len() < KEPT {
        return;
    }
    tallies.retain(|_, tally| !tally.is_forgiven(now));
    if tallies.len() >= KEPT {
        let oldest = tallies.iter().min_by_key(|(_, tally)| tally.last).map(|(key, _)| key.clone());
        oldest.and_then(|key| tallies.remove(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_millis(0);

    const NOWHERE: Guesser<'static> = Guesser::Stranger(None);

    fn from(text: &str) -> Guesser<'static> {
        Guesser::Stranger(Some(text.parse().unwrap()))
    }

    #[test]
    fn each_wrong_password_doubles_the_wait_up_to_a_minute() {
        let throttle = LoginThrottle::default();
        let mut now = START;
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(throttle.start_attempt("ada", NOWHERE, now).is_ok());
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(throttle.start_attempt("ada", NOWHERE, now).err(), Some(wait));
            now = now.after(wait);
            assert!(throttle.start_attempt("ada", NOWHERE, now).is_ok(), "{seconds}");
        }
        assert!(throttle.start_attempt("grace", NOWHERE, now).is_ok(), "another account is not concerned");
        now = now.after(FORGIVEN_AFTER);
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(throttle.start_attempt("ada", NOWHERE, now).is_ok());
        }
    }

    #[test]
    fn an_address_that_guesses_at_many_accounts_waits_as_well() {
        let throttle = LoginThrottle::default();
        for guess in 0..FREE_FOR_NETWORK {
            assert!(throttle.start_attempt(&guess.to_string(), from("2001:db8::1"), START).is_ok());
        }
        assert!(throttle.start_attempt("ada", from("2001:db8::ffff"), START).is_err(), "one network");
        assert!(throttle.start_attempt("ada", from("2001:db8:0:1::1"), START).is_ok());
        assert!(throttle.start_attempt("ada", from("192.0.2.1"), START).is_ok());
    }

    #[test]
    fn three_networks_that_guess_for_a_day_never_slow_the_owner_at_another() {
        let throttle = LoginThrottle::default();
        for minute in 0..24 * 60 {
            let now = START.after(Duration::from_mins(minute));
            for guesser in ["192.0.2.1", "198.51.100.1", "203.0.113.1"] {
                while throttle.start_attempt("ada", from(guesser), now).is_ok() {}
            }
            let owner = throttle.start_attempt("ada", from("2001:db8::1"), now);
            let attempt = owner.unwrap_or_else(|wait| panic!("waits {wait:?} in minute {minute}"));
            throttle.record_success(&attempt);
        }
    }

    #[test]
    fn guesses_from_any_number_of_networks_are_bounded_and_never_slow_a_known_browser() {
        let throttle = LoginThrottle::default();
        let guess = |number: u32, now| {
            throttle.start_attempt(
                "ada",
                Guesser::Stranger(Some(std::net::Ipv4Addr::from(number).into())),
                now,
            )
        };
        assert_eq!((0..500).filter(|number| guess(*number, START).is_ok()).count(), 100);
        assert!(guess(501, START.after(STRANGERS_INTERVAL)).is_ok());
        assert!(guess(502, START.after(STRANGERS_INTERVAL)).is_err());
        let cookie = Secret::new("cookie");
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(throttle.start_attempt("ada", Guesser::KnownBrowser(&cookie), START).is_ok());
        }
        assert!(throttle.start_attempt("ada", Guesser::KnownBrowser(&cookie), START).is_err());
        throttle.reset_account("ada");
        assert!(throttle.start_attempt("ada", Guesser::KnownBrowser(&cookie), START).is_ok());
        assert!(guess(503, START).is_ok());
    }

    #[test]
    fn client_secrets_are_guessed_slowly_and_the_right_one_counts_nothing() {
        let throttle = LoginThrottle::default();
        let (here, elsewhere) = (Some("192.0.2.1".parse().unwrap()), Some("192.0.2.2".parse().unwrap()));
        for _ in 0..200 {
            assert_eq!(throttle.check_secret("web", here, START, || true), Ok(true));
        }
        for _ in 0..FREE_FOR_ACCOUNT {
            assert_eq!(throttle.check_secret("web", here, START, || false), Ok(false));
        }
        assert_eq!(throttle.check_secret("web", here, START, || true), Err(Duration::from_secs(1)));
        assert_eq!(throttle.check_secret("web", elsewhere, START, || true), Ok(true));
        assert_eq!(throttle.check_secret("other", here, START, || true), Ok(true));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_shut_anybody_out() {
        let throttle = LoginThrottle::default();
        let later = START.after(FORGIVEN_AFTER);
        for _ in 0..=FREE_FOR_ACCOUNT {
            let _ = throttle.start_attempt("ada", NOWHERE, later);
        }
        for now in [START, Moment::from_millis(-1_000_000_000), Moment::from_millis(i64::MIN / 2)] {
            assert!(throttle.is_waiting("ada", now), "the change itself gives nothing");
            assert!(throttle.start_attempt("ada", NOWHERE, now).is_err());
            let after = now.after(LONGEST_WAIT);
            assert!(!throttle.is_waiting("ada", after));
            assert!(throttle.start_attempt("ada", NOWHERE, after).is_ok());
        }
    }

    #[test]
    fn people_who_sign_in_use_up_nothing() {
        let throttle = LoginThrottle::default();
        for _ in 0..2 * FREE_FOR_STRANGERS {
            let attempt =
                throttle.start_attempt("ada", from("192.0.2.1"), START).unwrap_or_else(|_| panic!());
            throttle.record_success(&attempt);
        }
    }

    #[test]
    fn a_flood_of_names_takes_bounded_memory() {
        let throttle = LoginThrottle::default();
        for name in 0..KEPT + 100 {
            let now = Moment::from_millis(i64::try_from(name).unwrap());
            assert!(throttle.start_attempt(&name.to_string(), NOWHERE, now).is_ok());
        }
        assert_eq!(throttle.tallies.lock().unwrap().len(), KEPT);
    }
}
