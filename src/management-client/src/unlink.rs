//! Unlinks identities, and deletes the users that they become.
//!
//! A change whose answer was lost is never repeated blindly: the user is read again. A user is deleted only if this run,
//! or one before it with the same journal, made it by unlinking, if it has that identity alone, and if nobody signed in to
//! it since.

use jiff::Timestamp;
use model::{Identity, IdentityKey, UnlinkBlocked, UnlinkPolicy, User, UserId};
use tokio::time::sleep;

use crate::answer::backoff;
use crate::client::ManagementClient;
use crate::error::Error;
use crate::journal::{Became, Journal, JournalError, Progress};
use crate::outcome::{Blocked, Kept, Outcome};
use crate::unlink_list::Row;

/// How often a change is tried while no answer comes.
const ATTEMPTS: u32 = 8;

/// What a run does, besides the list.
pub struct Unlinking<'r> {
    /// The client of the tenant.
    pub client: &'r ManagementClient,
    /// The rules of unlinking.
    pub policy: &'r UnlinkPolicy,
    /// The rules that do not count in this run. The main identity stays whatever is said here.
    pub overridden: &'r [Blocked],
    /// Whether to delete the users that unlinked identities become.
    pub delete: bool,
    /// The journal.
    pub journal: &'r Journal,
    /// Whether to change nothing, and say what would be done.
    pub dry_run: bool,
}

/// The reason why a run ends before its list does.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// No request can succeed.
    #[error(transparent)]
    Tenant(#[from] Error),
    /// Nothing may be done that the journal does not know.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The user of the rows at hand, as far as it is known.
enum Known {
    /// It has to be read.
    Nothing,
    /// There is none.
    Missing,
    /// As it is after everything that this run did.
    User { user: Box<User>, at: Option<Timestamp> },
}

/// The rows of one user, in their order.
pub(crate) struct UserRows<'u> {
    unlinking: &'u Unlinking<'u>,
    user_id: &'u UserId,
    known: Known,
}

impl<'u> UserRows<'u> {
    pub(crate) fn new(unlinking: &'u Unlinking<'u>, user_id: &'u UserId) -> Self {
        Self { unlinking, user_id, known: Known::Nothing }
    }

    /// Does what one row says, from where the journal is.
    ///
    /// # Errors
    /// [`Stopped`], when going on is of no use.
    pub(crate) async fn process(&mut self, row: &Row) -> Result<Outcome, Stopped> {
        let journal = self.unlinking.journal;
        if self.unlinking.dry_run {
            return self.foresee(row).await;
        }
        let unlinked = match journal.progress(row.line) {
            Some(Progress::Finished(outcome)) if !outcome.is_open() => return Ok(outcome),
            Some(Progress::Unlinked(became) | Progress::Deleting(became)) => Ok(became),
            Some(Progress::Unlinking(became)) => self.unlink(row, Some(became)).await?,
            Some(Progress::Finished(_)) | None => self.unlink(row, None).await?,
        };
        let outcome = match unlinked {
            Ok(became) if self.unlinking.delete => self.delete(row, &became).await?,
            Ok(_) => Outcome::Unlinked,
            Err(outcome) => outcome,
        };
        // What is half done stays open in the journal.
        if !matches!(outcome, Outcome::Failed { .. }) {
            journal.finished(row.line, &outcome);
        }
        Ok(outcome)
    }

    /// Says what would become of a row, and goes on as if it had.
    async fn foresee(&mut self, row: &Row) -> Result<Outcome, Stopped> {
        let outcome = match self.judge(row).await {
            Err(error) => return failed(error),
            Ok(Err(outcome)) => outcome,
            Ok(Ok((key, _))) => {
                if let Known::User { user, .. } = &mut self.known {
                    user.identities.retain(|identity| identity.key() != key);
                }
                if self.unlinking.delete { Outcome::Deleted } else { Outcome::Unlinked }
            }
        };
        Ok(outcome)
    }

    /// Returns the identity of a row that may be unlinked, or what keeps it from being unlinked.
    async fn judge(&mut self, row: &Row) -> Result<Result<(IdentityKey, Option<Timestamp>), Outcome>, Error> {
        if matches!(self.known, Known::Nothing) {
            self.known = match self.unlinking.client.user(self.user_id).await? {
                None => Known::Missing,
                Some(reading) => Known::User { user: Box::new(reading.user), at: reading.at },
            };
        }
        let Known::User { user, at } = &self.known else { return Ok(Err(Outcome::UnknownUser)) };
        let Some(identity) = find(user, row) else { return Ok(Err(Outcome::NotLinked)) };
        let blocked = self.unlinking.policy.reason(user, identity, &[]);
        let kept = blocked.filter(|blocked| {
            *blocked == UnlinkBlocked::Primary
                || !self.unlinking.overridden.contains(&Blocked::from(*blocked))
        });
        Ok(match kept {
            Some(reason) => Err(Outcome::Refused { reason: reason.into() }),
            None => Ok((identity.key(), *at)),
        })
    }

    /// Unlinks the identity of a row. `announced` is what a run before this one may have made of it.
    async fn unlink(
        &mut self,
        row: &Row,
        mut announced: Option<Became>,
    ) -> Result<Result<Became, Outcome>, Stopped> {
        let journal = self.unlinking.journal;
        for attempt in 1.. {
            let (key, at) = match self.judge(row).await {
                Err(error) => return failed(error).map(Err),
                Ok(Ok(found)) => found,
                Ok(Err(Outcome::NotLinked)) if let Some(became) = announced => {
                    journal.unlinked(row.line, &became);
                    return Ok(Ok(became));
                }
                Ok(Err(outcome)) => return Ok(Err(outcome)),
            };
            let became = Became { user_id: key.as_user_id(), linked_at: at };
            journal.unlinking(row.line, &became).await?;
            announced = Some(became.clone());
            match self.unlinking.client.unlink(self.user_id, &key).await {
                Ok(remaining) if remaining.iter().any(|identity| identity.key() == key) => {
                    let reason = "the tenant answered without unlinking it".to_owned();
                    return Ok(Err(Outcome::Failed { reason }));
                }
                Ok(remaining) => {
                    journal.unlinked(row.line, &became);
                    if let Known::User { user, .. } = &mut self.known {
                        user.identities = remaining;
                    }
                    return Ok(Ok(became));
                }
                Err(error) => {
                    self.known = Known::Nothing;
                    if !error.is_uncertain() || attempt == ATTEMPTS {
                        return failed(error).map(Err);
                    }
                    sleep(backoff(attempt)).await;
                }
            }
        }
        unreachable!("the last attempt returns");
    }

    /// Deletes the user that the identity of a row became.
    async fn delete(&self, row: &Row, became: &Became) -> Result<Outcome, Stopped> {
        let (client, journal) = (self.unlinking.client, self.unlinking.journal);
        for attempt in 1.. {
            let user = match client.user(&became.user_id).await {
                Ok(reading) => reading.map(|reading| reading.user),
                Err(error) => return failed(error),
            };
            let Some(user) = user else {
                // After the announcement it is this run that deleted it.
                let is_announced = matches!(journal.progress(row.line), Some(Progress::Deleting(_)));
                return Ok(if is_announced {
                    Outcome::Deleted
                } else {
                    Outcome::NotDeleted { reason: Kept::NotFound }
                });
            };
            if let Some(reason) = reason_to_keep(&user, became) {
                return Ok(Outcome::NotDeleted { reason });
            }
            journal.deleting(row.line, became).await?;
            match client.delete_user(&became.user_id).await {
                Ok(()) => return Ok(Outcome::Deleted),
                Err(error) if error.is_uncertain() && attempt < ATTEMPTS => sleep(backoff(attempt)).await,
                Err(error) => return failed(error),
            }
        }
        unreachable!("the last attempt returns");
    }
}

/// Finds the identity of a row as the tenant does: by its own id, or by one with the connection before it (contract
/// [A12](model::contract#a12)).
fn find<'u>(user: &'u User, row: &Row) -> Option<&'u Identity> {
    let exact = user.identities.iter().find(|identity| identity.key() == row.key);
    exact.or_else(|| {
        user.identities.iter().find(|one| one.matches(&row.key.provider, row.key.user_id.as_str()))
    })
}

/// Returns why the user that an identity became must not be deleted: it is more than that identity by now.
fn reason_to_keep(user: &User, became: &Became) -> Option<Kept> {
    let is_alone = user.user_id == became.user_id
        && matches!(user.identities.as_slice(), [only] if only.key().as_user_id() == became.user_id);
    if !is_alone {
        return Some(Kept::OtherIdentities);
    }
    let signed_in = user.last_login.as_deref()?;
    // Whatever cannot be compared counts as a sign-in.
    let before =
        signed_in.parse::<Timestamp>().ok().zip(became.linked_at).is_some_and(|(last, linked)| last < linked);
    (!before).then_some(Kept::SignedIn)
}

/// Turns a failure into the outcome of one row, or ends the run.
fn failed(error: Error) -> Result<Outcome, Stopped> {
    if error.concerns_every_request() {
        return Err(error.into());
    }
    if let Error::Refused(refusal) = &error
        && let Some(reason) = refusal.error_code.as_deref().and_then(UnlinkBlocked::of_code)
    {
        return Ok(Outcome::Refused { reason: reason.into() });
    }
    Ok(Outcome::Failed { reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // attack: accounts
    #[test]
    fn a_user_to_whom_somebody_signed_in_since_is_kept() {
        let became =
            Became { user_id: UserId::new("github|42"), linked_at: "2026-11-26T10:00:00Z".parse().ok() };
        let reason = |last_login: Option<&str>, became: &Became| {
            let mut user = json!({ "user_id": "github|42", "identities":
                [{ "provider": "github", "connection": "github", "user_id": 42, "isSocial": true }] });
            if let Some(time) = last_login {
                user["last_login"] = json!(time);
            }
            reason_to_keep(&serde_json::from_value(user).unwrap(), became)
        };
        assert_eq!(reason(None, &became), None);
        assert_eq!(reason(Some("2026-11-26T09:59:59.999Z"), &became), None);
        assert_eq!(reason(Some("2026-11-26T10:00:00.000Z"), &became), Some(Kept::SignedIn));
        assert_eq!(reason(Some("yesterday"), &became), Some(Kept::SignedIn));
        // The tenant did not say when the identity was still linked.
        let unknown = Became { linked_at: None, ..became };
        assert_eq!(reason(Some("2020-01-01T00:00:00.000Z"), &unknown), Some(Kept::SignedIn));
    }
}
