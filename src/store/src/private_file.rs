//! Files with secrets, which only their owner may read.
//!
//! A file is created with mode 0600, so that there is no moment at which others can read it. A file that others can read
//! is made private, with a notice in the log. A file of another user is refused, because its owner can read it whatever
//! its mode is. All of this is for Unix; other systems give a file the permissions of its folder.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens the file at `path` for reading and appending, and makes it private; creates it if there is none.
///
/// What is no regular file, such as a pipe or a terminal, is opened as it is.
///
/// # Errors
/// When the file cannot be opened, is read-only, belongs to another user, or cannot be made private. The message says
/// what to do.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = match options.open(path) {
        // A pipe or a terminal may be open to writing only.
        Err(error) if is_special(path) => OpenOptions::new().append(true).open(path).map_err(|_| error)?,
        opened => opened?,
    };
    make_private(path, &file)?;
    Ok(file)
}

/// Makes the file at `path` private, if there is one. Neither creates nor changes anything else.
///
/// # Errors
/// As [`open`].
pub fn tighten(path: &Path) -> io::Result<()> {
    match OpenOptions::new().read(true).open(path) {
        Ok(file) => make_private(path, &file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| !file.is_file() && !file.is_dir())
}

/// Whether a mode gives nothing to the group and to others.
#[cfg(unix)]
fn is_private(mode: u32) -> bool {
    mode & 0o700 == mode & 0o777
}

/// Takes the rights of others from an open file.
#[cfg(unix)]
fn make_private(path: &Path, file: &File) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let refused = |reason: String| io::Error::new(io::ErrorKind::PermissionDenied, reason);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(());
    }
    let (name, user) = (path.display(), rustix::process::geteuid().as_raw());
    if metadata.uid() != user {
        return Err(refused(format!(
            "it belongs to another user (id {}), who can read the secrets in it. \
             Run `chown {user} '{name}'`, or choose another file",
            metadata.uid()
        )));
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o200 == 0 {
        return Err(refused(format!("it is read-only. Run `chmod 600 '{name}'`")));
    }
    if is_private(mode) {
        return Ok(());
    }
    // A file system without permissions, such as one of Windows, refuses or ignores this.
    let tightened = file.set_permissions(Permissions::from_mode(0o600)).and_then(|()| file.metadata());
    match tightened {
        Ok(now) if is_private(now.mode()) => {
            tracing::warn!("{name} has secrets and had mode {mode:03o}; it has mode 600 now");
            Ok(())
        }
        outcome => {
            let reason = outcome.err().map_or_else(String::new, |error| format!(" ({error})"));
            Err(refused(format!(
                "others can read the secrets in it (mode {mode:03o}), and that cannot be changed{reason}. \
                 Choose a file on a file system with permissions"
            )))
        }
    }
}

#[cfg(not(unix))]
fn make_private(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}
