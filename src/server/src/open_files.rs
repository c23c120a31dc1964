//! The limit of open files, which says how many connections can be served at once.

use std::num::NonZeroU32;

/// The files that are kept for everything but connections: the database, the log, mails, requests to other servers.
const KEPT: u64 = 128;

/// The most connections at once where an option names none. Each can take 64 KiB of memory by the head of a request that
/// never ends, and strangers decide how many do: 256 MiB together.
const MOST_CONNECTIONS: u64 = 4096;

/// The most connections at once where nothing limits the open files.
const CONNECTIONS_WITHOUT_LIMIT: u64 = 512;

/// Raises the limit of open files of this process as far as it may. Returns the limit; `None` where there is none.
#[cfg(unix)]
pub(crate) fn raise_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        // Some systems name a maximum that they do not grant.
        Err(_) => current,
    }
}

/// Returns the limit of open files: there is none.
#[cfg(not(unix))]
pub(crate) fn raise_limit() -> Option<u64> {
    None
}

/// Returns how many connections are served at once within a limit of open files: as many as are wanted, if the limit
/// allows. At least half of the files are for connections.
pub(crate) fn connections(limit: Option<u64>, wanted: Option<NonZeroU32>) -> usize {
    let possible = limit.map(|limit| (limit - KEPT.min(limit / 2)).max(1));
    let wanted = wanted.map(|wanted| u64::from(wanted.get()));
    let by_default = possible.map_or(CONNECTIONS_WITHOUT_LIMIT, |possible| possible.min(MOST_CONNECTIONS));
    let connections = wanted.unwrap_or(by_default).min(possible.unwrap_or(u64::MAX));
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_follow_the_limit_of_open_files() {
        let served = |limit, wanted| connections(limit, NonZeroU32::new(wanted));
        for (limit, wanted, expected) in [
            (Some(1024), 0, 896),
            (Some(64), 0, 32),
            (Some(1), 0, 1),
            (Some(0), 0, 1),
            (Some(1 << 20), 0, 4096),
            (None, 0, 512),
            (Some(1024), 100, 100),
            (Some(1024), 5000, 896),
            (Some(1 << 20), 50_000, 50_000),
            (None, 5000, 5000),
        ] {
            assert_eq!(served(limit, wanted), expected, "{limit:?} {wanted}");
        }
    }
}
