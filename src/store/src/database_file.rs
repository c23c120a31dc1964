//! The files of the database: who may read them, whether they are still the ones that were opened, and how much space is
//! left for them.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::private_file;

/// The least free space for new rows. A commit writes far less, and an operator has time to act.
const LEAST_FREE_BYTES: u64 = 16 * 1024 * 1024;

/// The files of an open database.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    /// The file that a server keeps locked.
    lock: Option<File>,
    /// The database, its write-ahead log and the index of that, each with what identified it when it was opened.
    parts: Vec<(PathBuf, Option<Identity>)>,
}

/// What tells a file from another one of the same name.
type Identity = (u64, u64);

/// Creates the file at `path` if there is none, readable by its owner only, and makes an existing one and the files beside
/// it private. `SQLite` gives its other files the mode of the database.
///
/// # Errors
/// [`Error::File`] if the file is read-only, belongs to another user or cannot be opened.
pub(crate) fn prepare(path: &Path) -> Result<DatabaseFile, Error> {
    let file = DatabaseFile::at(path);
    let refused = |path: &Path, error: &io::Error| Error::File(path.to_owned(), error.to_string());
    // The file is closed before SQLite opens it: closing it later would release the locks that SQLite has on it.
    match private_file::open(path) {
        // There is no such folder, which SQLite reports.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(file),
        opened => drop(opened.map_err(|error| refused(path, &error))?),
    }
    for beside in [beside(path, "-wal"), beside(path, "-shm"), beside(path, "-journal")] {
        private_file::tighten(&beside).map_err(|error| refused(&beside, &error))?;
    }
    Ok(file)
}

impl DatabaseFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), lock: None, parts: Vec::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps other servers from the file, as long as it is open.
    ///
    /// # Errors
    /// [`Error::InUse`] if another server has it, [`Error::File`] if it cannot be locked.
    pub(crate) fn lock(&mut self) -> Result<(), Error> {
        // A file of its own: SQLite has locks on the database, which closing any other handle of it would release.
        let path = beside(&self.path, "-lock");
        let refused = |error: &io::Error| Error::File(path.clone(), error.to_string());
        let file = match private_file::open(&path) {
            // There is no such folder, which SQLite reports.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(|error| refused(&error))?,
        };
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(Error::InUse(self.path.clone())),
            Err(TryLockError::Error(error)) => Err(refused(&error)),
        }
    }

    /// Remembers which files are open. Call it once they all exist.
    pub(crate) fn remember(&mut self) {
        let files = [self.path.clone(), beside(&self.path, "-wal"), beside(&self.path, "-shm")];
        self.parts = files
            .map(|file| {
                let identity = identity(&file);
                (file, identity)
            })
            .into();
    }

    /// Checks that the files of that name are still the ones that are open.
    ///
    /// # Errors
    /// [`Error::Lost`].
    pub(crate) fn check_identity(&self) -> Result<(), Error> {
        match self.parts.iter().find(|(path, opened)| opened.is_some() && identity(path) != *opened) {
            Some((path, _)) => Err(Error::Lost(path.clone())),
            None => Ok(()),
        }
    }

    /// Returns the size of the database in bytes, without its log.
    pub(crate) fn size(&self) -> u64 {
        self.path.metadata().map_or(0, |file| file.len())
    }

    /// Returns whether so many bytes are free where the file is.
    pub(crate) fn has_space_for(&self, bytes: u64) -> bool {
        self.free_bytes().is_none_or(|free| free > bytes)
    }

    fn free_bytes(&self) -> Option<u64> {
        free_bytes(self.path.parent().unwrap_or(&self.path))
    }

    /// Checks that there is space for new rows.
    ///
    /// # Errors
    /// [`Error::Full`].
    pub(crate) fn check_space(&self) -> Result<(), Error> {
        match self.free_bytes() {
            Some(free) if free < LEAST_FREE_BYTES => Err(Error::Full { path: self.path.clone(), free }),
            _ => Ok(()),
        }
    }
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Lets a new name of a file outlast a power failure.
///
/// # Errors
/// When the folder cannot be opened.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Other systems write names through.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns device and inode; `None` if there is no such file.
#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Other systems keep an open file from being deleted or replaced.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<Identity> {
    None
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let system = rustix::fs::statvfs(folder).ok()?;
    system.f_bavail.checked_mul(system.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}
