//! Adding the users of the start to the tenant, with the progress of it: a bar on a terminal, lines of the log elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tenant::Tenant;
use tenant::seed::{SeedError, SeedUser, Seeded};
use tenant::users_file::CheckedUsers;

/// The number of users from which on the progress is shown: below, they are added within a second.
const MANY: usize = 5000;

/// The log has a line for each of this many parts.
const PARTS: usize = 10;

/// The users to add.
pub(crate) enum Users {
    /// The demo's, or none.
    Listed(Vec<SeedUser>),
    /// Those of a file.
    File(CheckedUsers),
}

impl Users {
    /// Returns the number of users.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Listed(users) => users.len(),
            Self::File(users) => users.count(),
        }
    }
}

/// Adds the users that do not exist yet, all of them or none.
///
/// # Errors
/// [`SeedError`].
pub(crate) async fn seed(tenant: &Tenant, users: Users) -> Result<Seeded, SeedError> {
    let total = users.count();
    let bar = (total >= MANY && stderr().is_terminal()).then(|| bar(total));
    let seeded = match users {
        Users::Listed(users) => tenant.seed(users).await,
        Users::File(users) => {
            let shown = bar.clone();
            let progress = move |done| match &shown {
                Some(bar) => bar.set_position(done as u64),
                None if is_part(done, total) => tracing::info!(done, total, "users are being added"),
                None => {}
            };
            tenant.seed_file(users, progress).await
        }
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    seeded
}

/// Returns whether one more part of many users is done, but not all of them.
fn is_part(done: usize, total: usize) -> bool {
    total >= MANY && done < total && done.is_multiple_of(total.div_ceil(PARTS))
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
    let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} users  {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_users_have_nine_lines_of_progress_and_few_have_none() {
        let lines = |total| (1..=total).filter(|done| is_part(*done, total)).collect::<Vec<_>>();
        assert_eq!(lines(5000), [500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]);
        assert_eq!(lines(100_001).len(), 9);
        assert!(lines(MANY - 1).is_empty());
    }
}
