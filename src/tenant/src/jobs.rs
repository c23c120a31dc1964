//! Jobs of the Management API, such as exports (contract [A20](model::contract#a20)). They are done when the request that
//! asks for one is answered, and are kept for a while.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Store;

use crate::clock::Moment;
use crate::secret::{Secret, digest};
use crate::shared_map::{Expiring, Key, SharedMap};

/// The maximum number of jobs that are kept.
const KEPT: usize = 200;

/// The maximum number of files that are kept.
const KEPT_FILES: usize = 64;

/// How long a job is kept.
const LIFETIME: Duration = Duration::from_hours(24);

/// How long the file of an export can be downloaded.
const FILE_LIFETIME: Duration = Duration::from_hours(1);

/// The jobs of a tenant by id, and the files of exports by the digest of their code.
pub(crate) struct Jobs {
    jobs: SharedMap<Job>,
    files: SharedMap<ExportFile>,
}

/// A job that is done.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Its id, `job_` and 16 letters or digits.
    pub(crate) id: String,
    /// The time of the request.
    pub(crate) created_at: Moment,
    /// What it did.
    pub(crate) work: Work,
}

/// What a job did.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Work {
    /// It sent a mail that verifies an address.
    VerificationEmail,
    /// It exported users.
    Export(Export),
    /// It imported users.
    Import(Import),
}

/// An export of users.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Export {
    /// The connection of the users; `None` for all.
    pub(crate) connection_id: Option<String>,
    /// The format of the file.
    pub(crate) format: Format,
}

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Newline-delimited JSON.
    Json,
    /// Comma-separated values.
    Csv,
}

/// An import of users.
#[derive(Clone, Serialize, Deserialize)]
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

impl Expiring for Job {
    fn until(&self) -> Moment {
        self.created_at.after(LIFETIME)
    }
}

/// The file of an export.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ExportFile {
    /// Its format.
    pub(crate) format: Format,
    /// The time of the request.
    created_at: Moment,
    /// Its bytes, compressed by gzip, in base64.
    content: String,
}

impl Expiring for ExportFile {
    fn until(&self) -> Moment {
        self.created_at.after(FILE_LIFETIME)
    }

    fn size(&self) -> usize {
        self.content.len()
    }
}

impl ExportFile {
    /// Returns its bytes, compressed by gzip.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.content).ok()
    }
}

impl Jobs {
    /// Returns the jobs of all servers of a store.
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            jobs: SharedMap::new(store, "jobs", KEPT),
            files: SharedMap::new(store, "exports", KEPT_FILES),
        }
    }

    /// Keeps a job. The oldest ones make room.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn add(&self, job: &Job) -> Result<(), store::Error> {
        let key = (job.id.clone(), String::new());
        self.jobs.update(&[key], job.created_at, |jobs| jobs[0] = Some(job.clone())).await
    }

    /// Keeps the file of an export, by the digest of the code in its address. The oldest ones make room.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn add_file(
        &self,
        job: &Job,
        code: &Secret,
        (format, file): (Format, &[u8]),
    ) -> Result<(), store::Error> {
        let file = ExportFile { format, created_at: job.created_at, content: STANDARD.encode(file) };
        let key = file_key(code.expose());
        self.files.update(&[key], job.created_at, |files| files[0] = Some(file.clone())).await
    }

    /// Returns the job with this id.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn find(&self, id: &str, now: Moment) -> Result<Option<Job>, store::Error> {
        self.jobs.find(&(id.to_owned(), String::new()), now).await
    }

    /// Returns the file of the export with this code.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn find_file(
        &self,
        code: &str,
        now: Moment,
    ) -> Result<Option<ExportFile>, store::Error> {
        self.files.find(&file_key(code), now).await
    }
}

fn file_key(code: &str) -> Key {
    (digest(code.as_bytes()), String::new())
}

impl Job {
    /// Returns whether its file can be downloaded.
    pub(crate) fn has_file(&self, now: Moment) -> bool {
        self.created_at.after(FILE_LIFETIME) > now
    }
}
