//! Mails: those with a link and a one-time code, and those that tell what happened. The server provides the [`MailTransport`] that delivers them.

use std::fmt;

use serde::Serialize;

use crate::secret::Secret;

/// A mail to be sent. Its JSON contains the link, if there is one, and is therefore a secret of the recipient; `Debug` prints no
/// content.
#[derive(Clone, Serialize)]
pub struct Mail {
    /// The time of writing, ISO 8601.
    pub time: String,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text, which contains the link if there is one.
    pub text: String,
    /// The link by itself, for programs; `None` in a mail that asks for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Mail {
    /// Creates a mail with a sentence, the link `address?ticket=code`, and a note that the mail can be ignored.
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
        Self { time, to: to.to_owned(), subject: subject.to_owned(), text, link: Some(link) }
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// Delivers mails.
pub trait MailTransport: Send + Sync {
    /// Sends one mail. May block: the tenant calls it on a blocking thread.
    ///
    /// # Errors
    /// An I/O error when the mail could not be handed over. The tenant does not retry.
    fn send(&self, mail: &Mail) -> std::io::Result<()>;
}

/// Returns whether a text has the form of an e-mail address. Only a mail can prove that somebody reads it.
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
