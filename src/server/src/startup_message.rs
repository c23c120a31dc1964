//! The text that the program prints when it starts.

use std::fmt::Write as _;
use std::io::{Write as _, stdout};
use std::net::SocketAddr;
use std::path::Path;

use model::route;
use tenant::NewClientSecret;
use tenant::configuration::DemoSignIn;

/// The facts that the message tells.
pub(crate) struct StartupMessage<'a> {
    /// The name of the tenant.
    pub(crate) name: &'a str,
    /// The URL to open in a browser.
    pub(crate) open: &'a str,
    /// The URL for a program to connect to.
    pub(crate) listening: &'a str,
    /// The sign-ins of the demo users; empty without them.
    pub(crate) sign_ins: &'a [DemoSignIn],
    /// The clients whose id was derived from their name: name and id.
    pub(crate) derived_ids: &'a [(String, String)],
    /// The secrets that were made at this start.
    pub(crate) new_secrets: &'a [NewClientSecret],
    /// Whether stand-ins take the place of other providers.
    pub(crate) stand_ins: bool,
    /// The path of the database file.
    pub(crate) data: &'a str,
    /// The path of the mail file.
    pub(crate) mail: &'a Path,
    /// The certificate of the local authority, if the server has its certificate from one.
    pub(crate) authority: Option<&'a Path>,
    /// The address of the metrics, if they are served.
    pub(crate) metrics: Option<SocketAddr>,
}

/// What the startup message of a server that serves the page alone says.
pub(crate) struct PageMessage<'a> {
    /// The name of the page.
    pub(crate) name: &'a str,
    /// The origin that browsers use.
    pub(crate) origin: &'a str,
    /// The origin of the tenant.
    pub(crate) tenant: &'a str,
    /// The client id of the page.
    pub(crate) client_id: &'a str,
    /// The address for a program on this machine.
    pub(crate) listening: &'a str,
    /// The certificate of the local authority, if the server has its certificate from one.
    pub(crate) authority: Option<&'a Path>,
}

impl StartupMessage<'_> {
    /// Returns the text. Its last line is the one that other programs wait for: `Listening on http://…`.
    ///
    /// `styled` adds terminal styles.
    pub(crate) fn text(&self, styled: bool) -> String {
        let (strong, faint, plain) = styles(styled);
        let mut text = format!("\n  {strong}{}{plain}\n\n", self.name);
        let mut line = |label: &str, content: &str| {
            let _ = writeln!(text, "  {faint}{label:<9}{plain}{content}");
        };
        line("Open", &format!("{strong}{}{plain}", self.open));
        let width = |column: fn(&DemoSignIn) -> &str| {
            self.sign_ins.iter().map(|sign_in| column(sign_in).chars().count()).max().unwrap_or(0)
        };
        let (email, password) = (width(|sign_in| &sign_in.email), width(|sign_in| &sign_in.password));
        for (index, sign_in) in self.sign_ins.iter().enumerate() {
            let DemoSignIn { about, email: address, password: secret } = sign_in;
            line(
                if index == 0 { "Sign in" } else { "" },
                &format!("{address:<email$}  {secret:<password$}  {faint}{about}{plain}"),
            );
        }
        if self.stand_ins {
            line("", "or with a stand-in for another provider: choose a person, no password");
        }
        for (index, (name, id)) in self.derived_ids.iter().enumerate() {
            let label = if index == 0 { "Clients" } else { "" };
            line(label, &format!("{name}  {faint}client_id{plain} {id}"));
        }
        for (index, NewClientSecret { name, secret, .. }) in self.new_secrets.iter().enumerate() {
            let label = if index == 0 { "Secrets" } else { "" };
            line(label, &format!("{name}  {faint}client_secret{plain} {}", secret.expose()));
        }
        if !self.new_secrets.is_empty() {
            line("", "made at this start and shown this once; --client-secret sets others");
        }
        line("Data", self.data);
        line("Mail", &self.mail.display().to_string());
        if let Some(authority) = self.authority {
            for (label, content) in trust_rows(authority, styled) {
                line(label, &content);
            }
        }
        if let Some(address) = self.metrics {
            line("Metrics", &format!("http://{address}/metrics"));
        }
        line("Stop", "Ctrl-C");
        let _ = writeln!(text, "\nListening on {}", self.listening);
        text
    }
}

/// Prints the text on a thread of its own, because standard output may be a pipe that nobody reads. What cannot be
/// printed is reported in the log.
pub(crate) fn print(text: String, has_secrets: bool) {
    std::thread::spawn(move || {
        let mut output = stdout().lock();
        if let Err(error) = output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            let lost = if has_secrets {
                "; the secrets that were made at this start are lost, --client-secret sets others"
            } else {
                ""
            };
            tracing::warn!("standard output cannot be written to: {error}{lost}");
        }
    });
}

/// Returns the text of a server that serves the page alone: where it is, and what the tenant must know of it.
///
/// Its last line is the one that other programs wait for: `Listening on http://…`.
pub(crate) fn page_text(message: &PageMessage<'_>, styled: bool) -> String {
    let (strong, faint, plain) = styles(styled);
    let PageMessage { name, origin, tenant, client_id, listening, authority } = message;
    let mut text = format!("\n  {strong}{name}{plain}\n\n");
    let mut line = |label: &str, content: &str| {
        let _ = writeln!(text, "  {faint}{label:<9}{plain}{content}");
    };
    line("Open", &format!("{strong}{origin}/{plain}"));
    line("Tenant", &format!("{tenant}  {faint}client_id{plain} {client_id}"));
    line("Enter", &format!("{origin}{}  {faint}Allowed Callback URLs{plain}", route::CALLBACK));
    line("there", &format!("{origin}/  {faint}Allowed Logout URLs{plain}"));
    line("", &format!("{origin}  {faint}Allowed Web Origins{plain}"));
    if let Some(authority) = authority {
        for (label, content) in trust_rows(authority, styled) {
            line(label, &content);
        }
    }
    line("Stop", "Ctrl-C");
    let _ = writeln!(text, "\nListening on {listening}");
    text
}

/// Returns the terminal styles for what matters, for what explains, and for neither.
fn styles(styled: bool) -> (&'static str, &'static str, &'static str) {
    if styled { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") }
}

/// Returns the lines on how to trust the authority: a label, and what stands behind it.
fn trust_rows(authority: &Path, styled: bool) -> Vec<(&'static str, String)> {
    let (_, faint, plain) = styles(styled);
    let mut rows = vec![("Trust", format!("{}, once, by", authority.display()))];
    let ways = trust_instructions(authority).into_iter();
    rows.extend(ways.map(|(program, way)| ("", format!("{faint}{program:<9}{plain}{way}"))));
    rows
}

/// Returns the ways to trust the authority: the program, and the variables to set or the command to run.
fn trust_instructions(authority: &Path) -> Vec<(&'static str, String)> {
    let file = authority.display();
    let system = if cfg!(target_os = "macos") {
        format!("security add-trusted-cert -k ~/Library/Keychains/login.keychain-db '{file}'")
    } else if cfg!(windows) {
        format!("certutil -user -addstore Root \"{file}\"")
    } else {
        format!(
            "sudo cp '{file}' /usr/local/share/ca-certificates/linked-accounts.crt && sudo update-ca-certificates"
        )
    };
    let mut instructions = vec![
        ("Node.js", format!("NODE_EXTRA_CA_CERTS='{file}'")),
        ("Python", format!("REQUESTS_CA_BUNDLE='{file}' SSL_CERT_FILE='{file}'")),
        ("System", system),
    ];
    // On other systems Chromium uses the trust store of the system.
    if cfg!(target_os = "linux") {
        let import = format!("certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n linked-accounts -i '{file}'");
        instructions.push(("Chromium", import));
    }
    instructions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(email: &str, password: &str, about: &str) -> DemoSignIn {
        DemoSignIn { about: about.to_owned(), email: email.to_owned(), password: password.to_owned() }
    }

    #[test]
    fn the_message_shows_derived_ids_and_new_secrets() {
        let text = StartupMessage {
            name: "Acme",
            open: "http://localhost:3000/",
            listening: "http://localhost:3000",
            sign_ins: &[],
            derived_ids: &[("Shop".to_owned(), "abc".to_owned()), ("Night job".to_owned(), "def".to_owned())],
            new_secrets: &[NewClientSecret {
                client_id: "def".to_owned(),
                name: "Night job".to_owned(),
                secret: tenant::secret::Secret::new("s3cret"),
            }],
            stand_ins: false,
            data: "/data/linked-accounts.db",
            mail: Path::new("/data/linked-accounts.mail.jsonl"),
            authority: None,
            metrics: None,
        }
        .text(false);
        assert!(
            text.contains("\n  Clients  Shop  client_id abc\n           Night job  client_id def\n"),
            "{text}"
        );
        assert!(
            text.contains("\n  Secrets  Night job  client_secret s3cret\n           made at this start"),
            "{text}"
        );
    }

    fn startup_message(styled: bool, authority: Option<&Path>) -> String {
        StartupMessage {
            name: "Acme",
            open: "http://localhost:3000/",
            listening: "http://localhost:3000",
            sign_ins: &[
                sign_in("ada@example.com", "ada-demo", "five logins"),
                sign_in("grace@example.com", "grace-demo", "twelve logins"),
            ],
            derived_ids: &[],
            new_secrets: &[],
            stand_ins: true,
            data: "/data/linked-accounts.db",
            mail: Path::new("/data/linked-accounts.mail.jsonl"),
            authority,
            metrics: None,
        }
        .text(styled)
    }

    #[test]
    fn the_message_says_what_to_open_and_how_to_sign_in() {
        assert_eq!(
            startup_message(false, None),
            "
  Acme

  Open     http://localhost:3000/
  Sign in  ada@example.com    ada-demo    five logins
           grace@example.com  grace-demo  twelve logins
           or with a stand-in for another provider: choose a person, no password
  Data     /data/linked-accounts.db
  Mail     /data/linked-accounts.mail.jsonl
  Stop     Ctrl-C

Listening on http://localhost:3000
"
        );
    }

    #[test]
    fn a_terminal_gets_styles_but_the_line_for_programs_has_none() {
        let text = startup_message(true, None);
        assert!(text.contains("\x1b[1m"));
        assert!(text.ends_with("\nListening on http://localhost:3000\n"));
    }

    #[test]
    fn the_message_says_how_to_trust_the_authority() {
        let text = startup_message(false, Some(Path::new("/tls/authority.pem")));
        assert!(text.contains("\n  Trust    /tls/authority.pem, once, by\n"), "{text}");
        assert!(text.contains("Node.js  NODE_EXTRA_CA_CERTS='/tls/authority.pem'\n"), "{text}");
        assert!(text.contains("SSL_CERT_FILE='/tls/authority.pem'\n"), "{text}");
    }
}
