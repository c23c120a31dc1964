//! Protection against guessing passwords and client secrets: each wrong one prolongs the wait before the next attempt, for
//! the account as seen from the network, and for the network. The wait is at most a minute, and nobody waits because of
//! what others do elsewhere, so that nobody can lock out somebody else.
//!
//! Guesses from many networks share one quota for each account. A browser in which somebody signed in to the account
//! before is counted by itself (OWASP: device cookies), so that no number of strangers slows it.

use std::net::IpAddr;
use std::time::Duration;

use store::Store;

use crate::clock::Moment;
use crate::counters::{Counter, Counters};
use crate::http::peer::network;
use crate::http::quota::Quota;
use crate::secret::{Secret, digest};
use crate::shared_map::Key;

/// The number of wrong passwords for one account from one network, or in one known browser, without a wait.
const FREE_FOR_ACCOUNT: u32 = 5;

/// The number of wrong passwords from one network, which many people may share, without a wait.
const FREE_FOR_NETWORK: u32 = 50;

/// The wrong passwords for one account from all networks. Three networks, which may guess once a minute each, do not use up
/// what comes after the first ones.
const STRANGERS: Quota = Quota { burst: 100, interval: Duration::from_secs(20) };

/// The part of an account's counters that is the quota of strangers.
const OF_STRANGERS: &str = "strangers";

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The time without a wrong password after which a counter is reset.
const FORGIVEN_AFTER: Duration = Duration::from_hours(1);

/// The maximum number of counters.
const KEPT: usize = 20_000;

/// The counters of wrong passwords, by the digest of an account, empty for all of them, and by where attempts come from.
pub(crate) struct LoginThrottle(Counters);

/// Who attempts to sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guesser<'g> {
    /// Anybody, from a network if it is known.
    Stranger(Option<IpAddr>),
    /// A browser in which somebody signed in to this account before, with the value of its cookie.
    KnownBrowser(&'g Secret),
}

/// A permitted attempt. It counts as wrong until it succeeds, so that parallel attempts have no advantage.
pub(crate) struct Attempt {
    /// Its counters of wrong passwords, and how many are free in each; a stranger's attempt takes from the quota after them.
    limits: Vec<(Key, u32)>,
    /// The counter of the quota that a stranger's attempt takes from.
    quota: Option<Key>,
}

impl LoginThrottle {
    /// Returns the counters of all servers of a store.
    pub(crate) fn new(store: &Store) -> Self {
        Self(Counters::new(store, "wrong passwords", KEPT))
    }

    /// Starts an attempt to sign in as `login`, whether or not the account exists. What is returned inside is the time to
    /// wait, when the attempt comes too early.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn start_attempt(
        &self,
        login: &str,
        guesser: Guesser<'_>,
        now: Moment,
    ) -> Result<Result<Attempt, Duration>, store::Error> {
        let attempt = Attempt::new(login, guesser);
        let start = |counters: &mut [Option<Counter>]| {
            let (failures, quota) = counters.split_at_mut(attempt.limits.len());
            attempt.check(failures, now)?;
            if let [quota] = quota {
                STRANGERS.take(quota, now).map_err(|wait| wait.min(LONGEST_WAIT))?;
            }
            count(failures, now);
            Ok(())
        };
        let started = self.0.update(&attempt.keys(), now, start).await?;
        Ok(started.map(|()| attempt))
    }

    /// Records that the attempt succeeded: resets its counter for the account and gives back what it took otherwise.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn record_success(&self, attempt: &Attempt, now: Moment) -> Result<(), store::Error> {
        let give_back = |counters: &mut [Option<Counter>]| {
            let (failures, quota) = counters.split_at_mut(attempt.limits.len());
            for ((key, _), counter) in attempt.limits.iter().zip(failures) {
                if !key.0.is_empty() {
                    *counter = None;
                } else if let Some(failures) = counter {
                    failures.value = failures.value.saturating_sub(1);
                }
            }
            if let [quota] = quota {
                STRANGERS.give_back(quota);
            }
        };
        self.0.update(&attempt.keys(), now, give_back).await
    }

    /// Checks a secret that a program sends from `address`, as the client `id`. Only a wrong one counts: programs send the
    /// right one many times at once. What is returned inside is the time to wait, when the attempt comes too early, whether
    /// or not the secret is right.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn check_secret(
        &self,
        id: &str,
        address: Option<IpAddr>,
        now: Moment,
        is_right: bool,
    ) -> Result<Result<bool, Duration>, store::Error> {
        let attempt =
            Attempt { quota: None, ..Attempt::new(&format!("client {id}"), Guesser::Stranger(address)) };
        let check = |failures: &mut [Option<Counter>]| {
            attempt.check(failures, now)?;
            if is_right {
                failures[0] = None;
            } else {
                count(failures, now);
            }
            Ok(is_right)
        };
        self.0.update(&attempt.keys(), now, check).await
    }

    /// Returns whether sign-ins as `login` have to wait now somewhere, because of wrong passwords for this account.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn is_waiting(&self, login: &str, now: Moment) -> Result<bool, store::Error> {
        let counters = self.0.list(&account(login), now).await?;
        let mut failures = counters.into_iter().filter(|(part, _)| part != OF_STRANGERS);
        Ok(failures.any(|(_, counter)| remaining(counter, FREE_FOR_ACCOUNT, now).is_some()))
    }

    /// Forgives an account, whose person has proven who they are in another way.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn reset_account(&self, login: &str) -> Result<(), store::Error> {
        self.0.remove(&account(login)).await
    }
}

impl Attempt {
    fn new(login: &str, guesser: Guesser<'_>) -> Self {
        let account = account(login);
        match guesser {
            Guesser::KnownBrowser(cookie) => {
                let browser = digest(format!("browser {}", cookie.expose()).as_bytes());
                Self { limits: vec![((account, browser), FREE_FOR_ACCOUNT)], quota: None }
            }
            Guesser::Stranger(address) => {
                let network =
                    address.map(|address| digest(format!("network {}", network(address)).as_bytes()));
                let of_account = (account.clone(), network.clone().unwrap_or_default());
                let of_network = network.map(|network| ((String::new(), network), FREE_FOR_NETWORK));
                let limits = [(of_account, FREE_FOR_ACCOUNT)].into_iter().chain(of_network).collect();
                Self { limits, quota: Some((account, OF_STRANGERS.to_owned())) }
            }
        }
    }

    /// Returns the keys of its counters: those of [`Attempt::limits`], then the quota's.
    fn keys(&self) -> Vec<Key> {
        self.limits.iter().map(|(key, _)| key).chain(&self.quota).cloned().collect()
    }

    /// Returns the time to wait before the attempt as an error.
    fn check(&self, failures: &mut [Option<Counter>], now: Moment) -> Result<(), Duration> {
        let early = self.limits.iter().zip(failures).filter_map(|((_, free), counter)| {
            let counter = counter.as_mut()?;
            begin_anew(counter, now);
            remaining(*counter, *free, now)
        });
        early.max().map_or(Ok(()), Err)
    }
}

fn account(login: &str) -> String {
    digest(format!("account {login}").as_bytes())
}

/// Counts an attempt as wrong.
fn count(failures: &mut [Option<Counter>], now: Moment) {
    for counter in failures {
        let counter = counter.get_or_insert_with(|| Counter::new(now));
        counter.value += 1;
        counter.advance(now);
        counter.until = counter.at.after(FORGIVEN_AFTER);
    }
}

/// Lets a wait begin anew if the clock was set back: it must not last until the clock is where it was.
fn begin_anew(failures: &mut Counter, now: Moment) {
    if failures.at > now {
        failures.advance(now);
        failures.until = failures.at.after(FORGIVEN_AFTER);
    }
}

/// Returns the time to wait from `now` on after wrong attempts, of which `free` need no wait; `None` if one is permitted.
fn remaining(failures: Counter, free: u32, now: Moment) -> Option<Duration> {
    let over = failures.value.checked_sub(free.into())?;
    let wait = Duration::from_secs(1 << over.min(6)).min(LONGEST_WAIT);
    let until = failures.at.after(wait).millis();
    u64::try_from(until.saturating_sub(now.millis())).ok().filter(|left| *left > 0).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_millis(0);

    const NOWHERE: Guesser<'static> = Guesser::Stranger(None);

    fn from(text: &str) -> Guesser<'static> {
        Guesser::Stranger(Some(text.parse().unwrap()))
    }

    #[tokio::test]
    async fn each_wrong_password_doubles_the_wait_up_to_a_minute() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        let mut now = START;
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(throttle.start_attempt("ada", NOWHERE, now).await.unwrap().is_ok());
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(throttle.start_attempt("ada", NOWHERE, now).await.unwrap().err(), Some(wait));
            now = now.after(wait);
            assert!(throttle.start_attempt("ada", NOWHERE, now).await.unwrap().is_ok(), "{seconds}");
        }
        assert!(
            throttle.start_attempt("grace", NOWHERE, now).await.unwrap().is_ok(),
            "another account is not concerned"
        );
        now = now.after(FORGIVEN_AFTER);
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(throttle.start_attempt("ada", NOWHERE, now).await.unwrap().is_ok());
        }
    }

    #[tokio::test]
    async fn an_address_that_guesses_at_many_accounts_waits_as_well() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        for guess in 0..FREE_FOR_NETWORK {
            assert!(
                throttle.start_attempt(&guess.to_string(), from("2001:db8::1"), START).await.unwrap().is_ok()
            );
        }
        assert!(
            throttle.start_attempt("ada", from("2001:db8::ffff"), START).await.unwrap().is_err(),
            "one network"
        );
        assert!(throttle.start_attempt("ada", from("2001:db8:0:1::1"), START).await.unwrap().is_ok());
        assert!(throttle.start_attempt("ada", from("192.0.2.1"), START).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn three_networks_that_guess_for_a_day_never_slow_the_owner_at_another() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        for minute in 0..24 * 60 {
            let now = START.after(Duration::from_mins(minute));
            for guesser in ["192.0.2.1", "198.51.100.1", "203.0.113.1"] {
                while throttle.start_attempt("ada", from(guesser), now).await.unwrap().is_ok() {}
            }
            let owner = throttle.start_attempt("ada", from("2001:db8::1"), now).await.unwrap();
            let attempt = owner.unwrap_or_else(|wait| panic!("waits {wait:?} in minute {minute}"));
            throttle.record_success(&attempt, START).await.unwrap();
        }
    }

    #[tokio::test]
    async fn guesses_from_any_number_of_networks_are_bounded_and_never_slow_a_known_browser() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        let guess = async |number: u32, now| {
            let guesser = Guesser::Stranger(Some(std::net::Ipv4Addr::from(number).into()));
            throttle.start_attempt("ada", guesser, now).await.unwrap().is_ok()
        };
        let mut permitted = 0;
        for number in 0..500 {
            permitted += u32::from(guess(number, START).await);
        }
        assert_eq!(permitted, STRANGERS.burst);
        assert!(guess(501, START.after(STRANGERS.interval)).await);
        assert!(!guess(502, START.after(STRANGERS.interval)).await);
        let cookie = Secret::new("cookie");
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(
                throttle.start_attempt("ada", Guesser::KnownBrowser(&cookie), START).await.unwrap().is_ok()
            );
        }
        assert!(throttle.start_attempt("ada", Guesser::KnownBrowser(&cookie), START).await.unwrap().is_err());
        throttle.reset_account("ada").await.unwrap();
        assert!(throttle.start_attempt("ada", Guesser::KnownBrowser(&cookie), START).await.unwrap().is_ok());
        assert!(guess(503, START).await);
    }

    #[tokio::test]
    async fn client_secrets_are_guessed_slowly_and_the_right_one_counts_nothing() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        let (here, elsewhere) = (Some("192.0.2.1".parse().unwrap()), Some("192.0.2.2".parse().unwrap()));
        for _ in 0..200 {
            assert_eq!(throttle.check_secret("web", here, START, true).await.unwrap(), Ok(true));
        }
        for _ in 0..FREE_FOR_ACCOUNT {
            assert_eq!(throttle.check_secret("web", here, START, false).await.unwrap(), Ok(false));
        }
        assert_eq!(
            throttle.check_secret("web", here, START, true).await.unwrap(),
            Err(Duration::from_secs(1))
        );
        assert_eq!(throttle.check_secret("web", elsewhere, START, true).await.unwrap(), Ok(true));
        assert_eq!(throttle.check_secret("other", here, START, true).await.unwrap(), Ok(true));
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_does_not_shut_anybody_out() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        let later = START.after(FORGIVEN_AFTER);
        for _ in 0..=FREE_FOR_ACCOUNT {
            let _ = throttle.start_attempt("ada", NOWHERE, later).await.unwrap();
        }
        for now in [START, Moment::from_millis(-1_000_000_000), Moment::from_millis(i64::MIN / 2)] {
            assert!(throttle.is_waiting("ada", now).await.unwrap(), "the change itself gives nothing");
            assert!(throttle.start_attempt("ada", NOWHERE, now).await.unwrap().is_err());
            let after = now.after(LONGEST_WAIT);
            assert!(!throttle.is_waiting("ada", after).await.unwrap());
            assert!(throttle.start_attempt("ada", NOWHERE, after).await.unwrap().is_ok());
        }
    }

    #[tokio::test]
    async fn people_who_sign_in_use_up_nothing() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        for _ in 0..2 * STRANGERS.burst {
            let attempt = throttle
                .start_attempt("ada", from("192.0.2.1"), START)
                .await
                .unwrap()
                .unwrap_or_else(|_| panic!());
            throttle.record_success(&attempt, START).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_flood_of_names_takes_bounded_memory() {
        let throttle = LoginThrottle(Counters::in_memory(KEPT));
        for name in 0..KEPT + 100 {
            let now = Moment::from_millis(i64::try_from(name).unwrap());
            assert!(throttle.start_attempt(&name.to_string(), NOWHERE, now).await.unwrap().is_ok());
        }
        assert!(throttle.0.len() <= KEPT && throttle.0.len() > KEPT / 2);
    }
}
