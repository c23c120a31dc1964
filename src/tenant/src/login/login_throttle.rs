//! Protection against guessing passwords: each wrong password prolongs the wait before the next attempt, for the
//! account and for the IP address. The wait is at most a minute, so that nobody can lock out somebody else for long.
//!
//! The counters are in memory and bounded. A restart resets them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::secret::digest;

/// The number of wrong passwords for one account without a wait.
const FREE_FOR_ACCOUNT: u32 = 5;

/// The number of wrong passwords from one IP address, which many people may share, without a wait.
const FREE_FOR_ADDRESS: u32 = 50;

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The time without a wrong password after which a counter is reset.
const FORGIVEN_AFTER: Duration = Duration::from_hours(1);

/// The maximum number of counters.
const KEPT: usize = 20_000;

/// The counters of wrong passwords, by the digest of account or address.
#[derive(Default)]
pub(crate) struct LoginThrottle(Mutex<HashMap<String, Failures>>);

/// The number of wrong passwords, and the time of the last one.
#[derive(Clone, Copy)]
struct Failures {
    wrong: u32,
    last: Moment,
}

/// A permitted attempt. It counts as wrong until it succeeds, so that parallel attempts have no advantage.
pub(crate) struct Attempt {
    account: String,
    address: Option<String>,
}

impl LoginThrottle {
    /// Starts an attempt to sign in as `login` from `address`, whether or not the account exists.
    ///
    /// # Errors
    /// The time to wait, when the attempt comes too early.
    pub(crate) fn start_attempt(
        &self,
        login: &str,
        address: Option<IpAddr>,
        now: Moment,
    ) -> Result<Attempt, Duration> {
        let attempt = Attempt {
            account: digest(format!("account {login}").as_bytes()),
            address: address.map(|address| digest(format!("address {}", network(address)).as_bytes())),
        };
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = || {
            let address = attempt.address.as_ref().map(|address| (address, FREE_FOR_ADDRESS));
            [(&attempt.account, FREE_FOR_ACCOUNT)].into_iter().chain(address)
        };
        for (key, _) in limits() {
            if let Some(tally) = tallies.get_mut(key) {
                tally.count_anew(now);
            }
        }
        let early = limits()
            .filter_map(|(key, free)| tallies.get(key).and_then(|tally| tally.remaining(free, now)))
            .max();
        if let Some(wait) = early {
            return Err(wait);
        }
        for (key, _) in limits() {
            let before = tallies.get(key).filter(|tally| !tally.is_forgiven(now));
            let wrong = before.map_or(0, |tally| tally.wrong).saturating_add(1);
            if !tallies.contains_key(key) {
                make_room(&mut tallies, now);
            }
            tallies.insert(key.clone(), Failures { wrong, last: now });
        }
        Ok(attempt)
    }

    /// Records that the attempt succeeded: resets the account's counter and gives back what the attempt took from the
    /// address.
    pub(crate) fn record_success(&self, attempt: &Attempt) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.remove(&attempt.account);
        if let Some(tally) = attempt.address.as_ref().and_then(|address| tallies.get_mut(address)) {
            tally.wrong = tally.wrong.saturating_sub(1);
        }
    }
}

impl LoginThrottle {
    /// Returns whether sign-ins as `login` have to wait now, because of wrong passwords for this account.
    pub(crate) fn is_waiting(&self, login: &str, now: Moment) -> bool {
        let account = digest(format!("account {login}").as_bytes());
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.get_mut(&account).is_some_and(|tally| {
            tally.count_anew(now);
            tally.remaining(FREE_FOR_ACCOUNT, now).is_some()
        })
    }

    /// Forgives an account, whose person has proven who they are in another way.
    pub(crate) fn reset_account(&self, login: &str) {
        let account = digest(format!("account {login}").as_bytes());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
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
fn make_room(tallies: &mut HashMap<String, Failures>, now: Moment) {
    if tallies.len() < KEPT {
        return;
    }
    tallies.retain(|_, tally| !tally.is_forgiven(now));
    if tallies.len() >= KEPT {
        let oldest = tallies.iter().min_by_key(|(_, tally)| tally.last).map(|(key, _)| key.clone());
        oldest.and_then(|key| tallies.remove(&key));
    }
}

/// Returns the network that is counted: for IPv6 the first 64 bits, because one site has a whole network (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_millis(0);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_wrong_password_doubles_the_wait_up_to_a_minute() {
        let throttle = LoginThrottle::default();
        let mut now = START;
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(throttle.start_attempt("ada", None, now).is_ok());
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(throttle.start_attempt("ada", None, now).err(), Some(wait));
            now = now.after(wait);
            assert!(throttle.start_attempt("ada", None, now).is_ok(), "{seconds}");
        }
        assert!(throttle.start_attempt("grace", None, now).is_ok(), "another account is not concerned");
        now = now.after(FORGIVEN_AFTER);
        for _ in 0..FREE_FOR_ACCOUNT {
            assert!(throttle.start_attempt("ada", None, now).is_ok());
        }
    }

    #[test]
    fn an_address_that_guesses_at_many_accounts_waits_as_well() {
        let throttle = LoginThrottle::default();
        for guess in 0..FREE_FOR_ADDRESS {
            assert!(throttle.start_attempt(&guess.to_string(), Some(address("2001:db8::1")), START).is_ok());
        }
        assert!(
            throttle.start_attempt("ada", Some(address("2001:db8::ffff")), START).is_err(),
            "one network"
        );
        assert!(throttle.start_attempt("ada", Some(address("2001:db8:0:1::1")), START).is_ok());
        assert!(throttle.start_attempt("ada", Some(address("192.0.2.1")), START).is_ok());
    }

    #[test]
    fn people_who_sign_in_use_up_nothing() {
        let throttle = LoginThrottle::default();
        for _ in 0..2 * FREE_FOR_ADDRESS {
            let attempt =
                throttle.start_attempt("ada", Some(address("192.0.2.1")), START).unwrap_or_else(|_| panic!());
            throttle.record_success(&attempt);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_shut_anybody_out() {
        let throttle = LoginThrottle::default();
        let later = START.after(FORGIVEN_AFTER);
        for _ in 0..=FREE_FOR_ACCOUNT {
            let _ = throttle.start_attempt("ada", None, later);
        }
        for now in [START, Moment::from_millis(-1_000_000_000), Moment::from_millis(i64::MIN / 2)] {
            assert!(throttle.is_waiting("ada", now), "the change itself gives nothing");
            assert!(throttle.start_attempt("ada", None, now).is_err());
            let after = now.after(LONGEST_WAIT);
            assert!(!throttle.is_waiting("ada", after));
            assert!(throttle.start_attempt("ada", None, after).is_ok());
        }
    }

    #[test]
    fn a_flood_of_names_takes_bounded_memory() {
        let throttle = LoginThrottle::default();
        for name in 0..KEPT + 100 {
            let now = Moment::from_millis(i64::try_from(name).unwrap());
            assert!(throttle.start_attempt(&name.to_string(), None, now).is_ok());
        }
        assert_eq!(throttle.0.lock().unwrap().len(), KEPT);
    }
}
