//! Writes mails to a file, one JSON object per line, where people and tests find the links.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use store::private_file;
use tenant::mail::{Mail, MailTransport};

/// The file to which mails are appended.
pub(crate) struct MailFile {
    path: PathBuf,
    file: Mutex<File>,
}

impl MailFile {
    /// Opens the file, or creates it, readable by its owner only: its links give access to accounts.
    ///
    /// # Errors
    /// When the file cannot be opened or created, or belongs to another user.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: Mutex::new(private_file::open(path)?) })
    }
}

impl MailTransport for MailFile {
    /// Appends the mail. A file that was moved or deleted, as programs that rotate logs do, is created again; half a line
    /// that a full disk or the end of a process left behind is removed before.
    fn send(&self, mail: &Mail) -> io::Result<()> {
        let mut line = serde_json::to_vec(mail)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_still_at(&file, &self.path) {
            *file = private_file::open(&self.path)?;
        }
        if !file.metadata()?.is_file() {
            return file.write_all(&line);
        }
        remove_half_line(&mut file)?;
        let end = file.metadata()?.len();
        // One write per line, so that a reader never sees a part of one.
        file.write_all(&line).inspect_err(|_| {
            // Where this fails as well, the next mail removes the half.
            let _ = file.set_len(end);
        })
    }
}

/// Whether the open file is the one that its path names.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

/// Other systems keep an open file from being moved.
#[cfg(not(unix))]
fn is_still_at(_: &File, _: &Path) -> bool {
    true
}

/// Removes what follows the last line end, if it began as a mail; ends it as a line if it is something else.
fn remove_half_line(file: &mut File) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut tail = Vec::new();
    let mut start = end;
    while start > 0 && !tail.contains(&b'\n') {
        let size = start.min(4096);
        start -= size;
        let mut block = vec![0; usize::try_from(size).unwrap_or_default()];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut block)?;
        block.extend_from_slice(&tail);
        tail = block;
    }
    let line = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (length, last) = (u64::try_from(line).unwrap_or_default(), &tail[line..]);
    if last.is_empty() {
        Ok(())
    } else if last.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(last).is_err() {
        file.set_len(start + length)
    } else {
        file.write_all(b"\n")
    }
}

/// Returns the path of the mail file for a server without `--mail`: next to the database.
pub(crate) fn beside(database: &Path) -> PathBuf {
    database.with_extension("mail.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_lines_that_only_their_owner_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = beside(&folder.path().join("accounts.db"));
        assert_eq!(path.file_name().unwrap(), "accounts.mail.jsonl");
        let text = |text: &str| text.to_owned();
        for to in ["ada@example.test", "grace@example.test\n"] {
            let (time, subject, body) = (text("t"), text("s"), text("a\nb"));
            let mail =
                Mail { time, to: text(to), subject, text: body, link: Some(text("http://x/?ticket=y")) };
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

    fn mail(to: &str) -> Mail {
        let text = |text: &str| text.to_owned();
        Mail {
            time: text("t"),
            to: text(to),
            subject: text("s"),
            text: text("x"),
            link: Some(text("http://x/")),
        }
    }

    fn recipients(path: &Path) -> Vec<String> {
        let written = std::fs::read_to_string(path).unwrap();
        let recipient = |line: &str| -> String {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["to"].as_str().unwrap().to_owned()
        };
        written.lines().map(recipient).collect()
    }

    #[test]
    fn half_a_line_never_stays_before_the_next_mail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.jsonl");
        let mails = MailFile::open(&path).unwrap();
        mails.send(&mail("ada")).unwrap();
        for length in [1, 30, 4095, 4096, 10_000] {
            let mut half = serde_json::to_vec(&mail(&"a".repeat(20_000))).unwrap();
            half.truncate(length);
            std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&half).unwrap();
            mails.send(&mail("grace")).unwrap();
        }
        assert_eq!(recipients(&path), ["ada", "grace", "grace", "grace", "grace", "grace"]);
        // A whole mail without its line end is kept.
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, whole.trim_end()).unwrap();
        mails.send(&mail("alan")).unwrap();
        assert_eq!(recipients(&path).len(), 7);
    }

    #[cfg(unix)]
    #[test]
    fn no_mail_goes_to_a_file_that_was_moved() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("mail.jsonl"), folder.path().join("mail.1.jsonl"));
        let mails = MailFile::open(&path).unwrap();
        mails.send(&mail("ada")).unwrap();
        std::fs::rename(&path, &moved).unwrap();
        mails.send(&mail("grace")).unwrap();
        assert_eq!(
            (recipients(&moved), recipients(&path)),
            (vec!["ada".to_owned()], vec!["grace".to_owned()])
        );
        std::fs::remove_file(&path).unwrap();
        mails.send(&mail("alan")).unwrap();
        assert_eq!(recipients(&path), ["alan"]);
    }
}
