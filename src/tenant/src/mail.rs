//! Mails that the tenant sends: links with a one-time code. How they travel is the server's to say.

use std::fmt;

use serde::Serialize;

use crate::secret::Secret;

/// A mail on its way. Its JSON holds the link, and so belongs to nobody but the reader of the mail; `Debug` prints
/// nothing of it.
#[derive(Clone, Serialize)]
pub struct Mail {
    /// When it was written, ISO 8601.
    pub time: String,
    /// Whom it goes to.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says, the link included.
    pub text: String,
    /// The link alone, for programs.
    pub link: String,
}

impl Mail {
    /// A mail to `to` that says `sentence`, then the link `address?ticket=code`, then that it can be ignored.
    pub(crate) fn with_link(
        time: String,
        to: &str,
        subject: &str,
        sentence: &str,
        address: &str,
        code: &Secret,
    ) -> Self {
        let link = format!("{address}?ticket={}", code.expose());
        let text = format!(
            "{sentence}\n\n{link}\n\nIf you did not ask for this, do nothing: nothing changes then.\n"
        );
        Self { time, to: to.to_owned(), subject: subject.to_owned(), text, link }
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// Takes mails to where they are read.
pub trait MailTransport: Send + Sync {
    /// Takes one mail. May block: it is called off the async threads.
    ///
    /// # Errors
    /// When the mail was not taken. Nobody tries again.
    fn send(&self, mail: &Mail) -> std::io::Result<()>;
}

/// Enough to be an address; whether somebody reads its mail is for the mail to find out.
pub(crate) fn is_address(text: &str) -> bool {
    let odd =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ',' | ';' | '\\');
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !text.contains(odd)
    }) && text.len() <= 320
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_not_printed() {
        let mail = Mail::with_link(String::new(), "a@b", "s", "t", "http://x/", &Secret::new("hunter2"));
        assert_eq!(format!("{mail:?}"), "Mail(…)");
        assert!(mail.text.contains("\nhttp://x/?ticket=hunter2\n"));
    }
}
