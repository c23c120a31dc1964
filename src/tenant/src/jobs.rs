//! Jobs of the Management API, such as exports (contract [A20](model::contract#a20)). They are done when the request that
//! asks for one is answered, and are kept in memory for a while.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::clock::Moment;
use crate::secret::Secret;

/// The maximum number of jobs that are kept.
const KEPT: usize = 200;

/// The maximum size of all kept files in bytes.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// How long a job is kept.
const LIFETIME: Duration = Duration::from_hours(24);

/// How long the file of an export can be downloaded.
const FILE_LIFETIME: Duration = Duration::from_hours(1);

/// The jobs of a tenant, the oldest first.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<VecDeque<Job>>);

/// A job that is done.
#[derive(Clone)]
pub(crate) struct Job {
    /// Its id, `job_` and 16 letters or digits.
    pub(crate) id: String,
    /// The time of the request.
    pub(crate) created_at: Moment,
    /// What it did.
    pub(crate) work: Work,
}

/// What a job did.
#[derive(Clone)]
pub(crate) enum Work {
    /// It sent a mail that verifies an address.
    VerificationEmail,
    /// It exported users.
    Export(Export),
    /// It imported users.
    Import(Import),
}

/// An export of users.
#[derive(Clone)]
pub(crate) struct Export {
    /// The connection of the users; `None` for all.
    pub(crate) connection_id: Option<String>,
    /// `json` or `csv`.
    pub(crate) format: &'static str,
    /// The code in the address of the file.
    pub(crate) code: Secret,
    /// The file, compressed by gzip.
    pub(crate) file: Vec<u8>,
}

/// An import of users.
#[derive(Clone)]
pub(crate) struct Import {
    /// The connection of the users.
    pub(crate) connection_id: String,
    /// The caller's own id for the job.
    pub(crate) external_id: Option<String>,
    /// The number of users that were added.
    pub(crate) inserted: usize,
    /// The number of users that were changed.
    pub(crate) updated: usize,
    /// The users that were refused, each with its errors, as the API shows them.
    pub(crate) errors: Vec<Value>,
}

impl Jobs {
    /// Keeps a job. The oldest ones make room.
    pub(crate) fn add(&self, job: Job) {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|kept| kept.created_at.after(LIFETIME) > job.created_at);
        jobs.push_back(job);
        while jobs.len() > KEPT || jobs.len() > 1 && jobs.iter().map(Job::size).sum::<usize>() > KEPT_BYTES {
            jobs.pop_front();
        }
    }

    /// Returns the job with this id.
    pub(crate) fn find(&self, id: &str, now: Moment) -> Option<Job> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().find(|job| job.id == id && job.created_at.after(LIFETIME) > now).cloned()
    }

    /// Returns the file of the export with this code and its format.
    pub(crate) fn find_file(&self, code: &str, now: Moment) -> Option<(Vec<u8>, &'static str)> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().find_map(|job| match &job.work {
            Work::Export(export) if job.has_file(now) && export.code.equals(code) => {
                Some((export.file.clone(), export.format))
            }
            _ => None,
        })
    }
}

impl Job {
    /// Returns whether its file can be downloaded.
    pub(crate) fn has_file(&self, now: Moment) -> bool {
        self.created_at.after(FILE_LIFETIME) > now
    }

    fn size(&self) -> usize {
        match &self.work {
            Work::Export(export) => export.file.len(),
            Work::VerificationEmail | Work::Import(_) => 0,
        }
    }
}
