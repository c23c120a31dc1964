//! The journal of a run: what was begun and what is done, so that a run that was stopped goes on.
//!
//! It is a file of JSON lines to which lines are only added. A change is announced in it, and the announcement is on disk,
//! before the request is sent: whatever stops the run, the next one knows which identities this one may have unlinked.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use jiff::Timestamp;
use model::UserId;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::outcome::Outcome;

/// The version of the format.
const VERSION: u32 = 1;

/// How far a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The request that unlinks was announced. It may have been made.
    Unlinking(Became),
    /// The identity is unlinked.
    Unlinked(Became),
    /// The identity is unlinked, and the request that deletes what it became was announced.
    Deleting(Became),
    /// Nothing more is to be done.
    Finished(Outcome),
}

/// What an identity becomes by being unlinked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Became {
    /// The user whose main identity it is then.
    pub user_id: UserId,
    /// The last time, by the tenant's clock, at which it was linked.
    pub linked_at: Option<Timestamp>,
}

/// What a journal belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The SHA-256 digest of the list.
    pub list: String,
    /// The origin of the tenant.
    pub tenant: String,
    /// Whether the users are deleted that unlinked identities become.
    pub delete: bool,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Entry {
    Begun {
        version: u32,
        #[serde(flatten)]
        subject: Subject,
    },
    Unlinking {
        line: u64,
        #[serde(flatten)]
        became: Became,
    },
    Unlinked {
        line: u64,
    },
    Deleting {
        line: u64,
    },
    Finished {
        line: u64,
        #[serde(flatten)]
        outcome: Outcome,
    },
}

/// The reason why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another run uses it.
    #[error("another run uses the journal {}", .0.display())]
    InUse(PathBuf),
    /// It belongs to something else.
    #[error("the journal {} belongs to {what}; rename or remove it to begin anew", path.display())]
    OtherSubject {
        /// The journal.
        path: PathBuf,
        /// What it belongs to.
        what: &'static str,
    },
    /// A line, which is not the last, is none of a journal.
    #[error("the journal {} is damaged at line {line}", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The file system refuses.
    #[error("the journal {} cannot be used", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line could not be written, so that nothing more may be done.
    #[error("the journal cannot be written to: {0}")]
    Unwritable(String),
}

/// The journal of a run.
pub struct Journal {
    rows: Mutex<HashMap<u64, Progress>>,
    /// Absent without a file: a run that is stopped is then forgotten.
    writer: Option<Sender<Job>>,
}

/// Lines to write, and whom to tell when they are on disk.
struct Job {
    lines: Vec<u8>,
    written: Option<oneshot::Sender<Result<(), String>>>,
}

impl Journal {
    /// Returns a journal that is kept in memory only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { rows: Mutex::default(), writer: None }
    }

    /// Opens or creates the journal in the file `path`, and locks it until it is dropped.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path, subject: &Subject) -> Result<Self, JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(io)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse(path.to_owned()),
            TryLockError::Error(error) => io(error),
        })?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(io)?;
        // A line that was being written when the run was stopped is not ended.
        let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if end < text.len() {
            file.set_len(end as u64).map_err(io)?;
            file.seek(SeekFrom::End(0)).map_err(io)?;
        }
        let rows = read(path, &text[..end], subject)?;
        if end == 0 {
            let begun = Entry::Begun { version: VERSION, subject: subject.clone() };
            file.write_all(&line(&begun)).and_then(|()| file.sync_all()).map_err(io)?;
            sync_folder(path).map_err(io)?;
        }
        let (writer, jobs) = mpsc::channel();
        thread::spawn(move || write(&mut file, &jobs));
        Ok(Self { rows: Mutex::new(rows), writer: Some(writer) })
    }

    /// Returns how far a row is; `None` when it was not begun.
    #[must_use]
    pub fn progress(&self, line: u64) -> Option<Progress> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).get(&line).cloned()
    }

    /// Announces the request that unlinks. It is on disk when this returns.
    ///
    /// # Errors
    /// [`JournalError::Unwritable`].
    pub async fn unlinking(&self, line: u64, became: &Became) -> Result<(), JournalError> {
        self.announce(
            line,
            Progress::Unlinking(became.clone()),
            &Entry::Unlinking { line, became: became.clone() },
        )
        .await
    }

    /// Notes that the identity is unlinked. The announcement tells as much to the next run, together with a look at the
    /// user, so that nobody waits for the disk.
    pub fn unlinked(&self, line: u64, became: &Became) {
        self.note(line, Progress::Unlinked(became.clone()), &Entry::Unlinked { line });
    }

    /// Announces the request that deletes. It is on disk when this returns.
    ///
    /// # Errors
    /// [`JournalError::Unwritable`].
    pub async fn deleting(&self, line: u64, became: &Became) -> Result<(), JournalError> {
        self.announce(line, Progress::Deleting(became.clone()), &Entry::Deleting { line }).await
    }

    /// Notes what became of a row.
    pub fn finished(&self, line: u64, outcome: &Outcome) {
        self.note(
            line,
            Progress::Finished(outcome.clone()),
            &Entry::Finished { line, outcome: outcome.clone() },
        );
    }

    /// Waits until everything is on disk.
    ///
    /// # Errors
    /// [`JournalError::Unwritable`].
    pub async fn flush(&self) -> Result<(), JournalError> {
        self.write(Vec::new()).await
    }

    async fn announce(&self, number: u64, progress: Progress, entry: &Entry) -> Result<(), JournalError> {
        self.set(number, progress);
        self.write(line(entry)).await
    }

    fn note(&self, number: u64, progress: Progress, entry: &Entry) {
        self.set(number, progress);
        if let Some(writer) = &self.writer {
            // The writer reports a failure to the next one who waits.
            let _ = writer.send(Job { lines: line(entry), written: None });
        }
    }

    fn set(&self, line: u64, progress: Progress) {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).insert(line, progress);
    }

    async fn write(&self, lines: Vec<u8>) -> Result<(), JournalError> {
        let Some(writer) = &self.writer else { return Ok(()) };
        let (written, on_disk) = oneshot::channel();
        let ended = || JournalError::Unwritable("its writer ended".to_owned());
        writer.send(Job { lines, written: Some(written) }).map_err(|_| ended())?;
        on_disk.await.map_err(|_| ended())?.map_err(JournalError::Unwritable)
    }
}

/// Writes what comes, all that waits at once. After a failure every further job fails: a gap would tell the next run lies.
fn write(file: &mut File, jobs: &Receiver<Job>) {
    let mut failure: Option<String> = None;
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter());
        if failure.is_none() {
            let lines: Vec<u8> = batch.iter().flat_map(|job| &job.lines).copied().collect();
            let written = file.write_all(&lines).and_then(|()| {
                if batch.iter().any(|job| job.written.is_some()) { file.sync_data() } else { Ok(()) }
            });
            failure = written.err().map(|error| error.to_string());
        }
        for written in batch.into_iter().filter_map(|job| job.written) {
            let _ = written.send(failure.clone().map_or(Ok(()), Err));
        }
    }
}

fn line(entry: &Entry) -> Vec<u8> {
    // Strings, numbers and times always serialize.
    let mut line = serde_json::to_vec(entry).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Makes the name of a new file last.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Reads the rows of a journal.
fn read(path: &Path, text: &[u8], subject: &Subject) -> Result<HashMap<u64, Progress>, JournalError> {
    let mut rows: HashMap<u64, Progress> = HashMap::new();
    for (place, line) in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate() {
        let damaged = || JournalError::Damaged { path: path.to_owned(), line: place + 1 };
        let entry: Entry = serde_json::from_slice(line).map_err(|_| damaged())?;
        if (place == 0) != matches!(entry, Entry::Begun { .. }) {
            return Err(damaged());
        }
        match entry {
            Entry::Begun { version, subject: found } => check_subject(path, version, &found, subject)?,
            Entry::Unlinking { line, became } => drop(rows.insert(line, Progress::Unlinking(became))),
            Entry::Unlinked { line } => match rows.remove(&line) {
                Some(Progress::Unlinking(became) | Progress::Unlinked(became)) => {
                    rows.insert(line, Progress::Unlinked(became));
                }
                _ => return Err(damaged()),
            },
            Entry::Deleting { line } => match rows.remove(&line) {
                Some(Progress::Unlinked(became) | Progress::Deleting(became)) => {
                    rows.insert(line, Progress::Deleting(became));
                }
                _ => return Err(damaged()),
            },
            Entry::Finished { line, outcome } => drop(rows.insert(line, Progress::Finished(outcome))),
        }
    }
    Ok(rows)
}

fn check_subject(path: &Path, version: u32, found: &Subject, wanted: &Subject) -> Result<(), JournalError> {
    let what = if version != VERSION {
        "another version of this program"
    } else if found.tenant != wanted.tenant {
        "another tenant"
    } else if found.list != wanted.list {
        "another list, or to this one before it was changed"
    } else if found.delete != wanted.delete {
        if found.delete { "a run with --delete" } else { "a run without --delete" }
    } else {
        return Ok(());
    };
    Err(JournalError::OtherSubject { path: path.to_owned(), what })
}
