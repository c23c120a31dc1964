//! Writes mails to a file, one JSON object per line, where people and tests find the links.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tenant::mail::{Mail, MailTransport};

/// The file to which mails are appended.
pub(crate) struct MailFile(Mutex<File>);

impl MailFile {
    /// Opens the file, or creates it, readable by its owner only: its links give access to accounts.
    ///
    /// # Errors
    /// When the file cannot be opened or created.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self(Mutex::new(options.open(path)?)))
    }
}

impl MailTransport for MailFile {
    fn send(&self, mail: &Mail) -> io::Result<()> {
        let mut line = serde_json::to_vec(mail)?;
        line.push(b'\n');
        // One write per line, so that a reader never sees a part of one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
}

/// Returns the path of the mail file for a server without `--mail`: next to the database.
pub(crate) fn beside(database: &str) -> PathBuf {
    Path::new(database).with_extension("mail.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_lines_that_only_their_owner_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = beside(&folder.path().join("accounts.db").display().to_string());
        assert_eq!(path.file_name().unwrap(), "accounts.mail.jsonl");
        let text = |text: &str| text.to_owned();
        for to in ["ada@example.test", "grace@example.test\n"] {
            let (time, subject, body) = (text("t"), text("s"), text("a\nb"));
            let mail = Mail { time, to: text(to), subject, text: body, link: text("http://x/?ticket=y") };
            MailFile::open(&path).unwrap().send(&mail).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        let mails: Vec<serde_json::Value> =
            written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((mails.len(), &mails[0]["to"]), (2, &"ada@example.test".into()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
