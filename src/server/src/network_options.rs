//! The options that say where a command listens, and how. `serve` and `page` share them.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use tracing_subscriber::filter::Targets;

use crate::listener::Limits;
use crate::log::LogFormat;
use crate::open_files;

/// Where to listen, the limits of connections, TLS and the log.
#[derive(Args, Clone, Debug)]
pub(crate) struct Network {
    /// The address to listen on. Port 0 selects a free port.
    #[arg(long, env = "LINKED_ACCOUNTS_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    #[arg(value_parser = host_and_port)]
    pub(crate) listen: String,

    /// The most connections that are open at once, within the limit of open files: by default as many as that allows,
    /// up to 4096.
    ///
    /// The server raises its limit of open files as far as it may, and keeps 128 of them for everything else. When all
    /// connections are taken, a new one closes the one that has been idle or slow for longest, so that idle connections
    /// cannot shut others out.
    #[arg(long, env = "LINKED_ACCOUNTS_MAX_CONNECTIONS", value_name = "N")]
    pub(crate) max_connections: Option<NonZeroU32>,

    /// The longest time for a client to send the head of a request (at most 64 KiB) or to be idle, and again
    /// to send the body (at most 1 MiB).
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    pub(crate) client_timeout: NonZeroU16,

    /// Serve TLS with this certificate: a PEM file with the certificate of the server, then those up to its
    /// root.
    ///
    /// The default origin is then https. SIGHUP makes the server read a renewed certificate and its key.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_CERT", value_name = "FILE.pem", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, in PEM.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_KEY", value_name = "FILE.pem", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Serve TLS with a certificate of a local authority, which is made in this folder once, for clients to
    /// trust.
    ///
    /// The authority can issue certificates for this machine and the host that browsers use only. The certificate is
    /// made anew at every start and is valid for a year. The program prints how to trust the authority.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_SELF_SIGNED", value_name = "DIR", conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: Option<PathBuf>,

    /// The log level on standard error: error, warn, info, debug, trace, or a filter such as
    /// info,tenant=debug.
    #[arg(long, env = "LINKED_ACCOUNTS_LOG", value_name = "FILTER", default_value = "info")]
    #[arg(value_parser = filter)]
    pub(crate) log: Targets,

    /// The form of the log: text for people, or json for programs, one object per line.
    #[arg(long, env = "LINKED_ACCOUNTS_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,

    /// Print the options as they are in effect and where each comes from, without secrets, and start nothing.
    #[arg(long, env = "LINKED_ACCOUNTS_PRINT_CONFIG", value_parser = BoolishValueParser::new())]
    pub(crate) print_config: bool,
}

impl Network {
    /// Returns the limits for connections, and raises that of open files to have as many as it allows.
    pub(crate) fn limits(&self) -> Limits {
        let wanted = self.max_connections;
        let max_connections = open_files::connections(open_files::raise_limit(), wanted);
        if let Some(wanted) = wanted.filter(|wanted| wanted.get() as usize > max_connections) {
            tracing::warn!(
                "{max_connections} connections are served at once, not {wanted}: the limit of open files is lower"
            );
        }
        Limits { max_connections, read_timeout: Duration::from_secs(self.client_timeout.get().into()) }
    }

    /// Whether an option requests TLS.
    pub(crate) fn has_tls(&self) -> bool {
        self.tls_cert.is_some() || self.tls_self_signed.is_some()
    }

    /// Returns the scheme that the listener speaks.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.has_tls() { "https" } else { "http" }
    }
}

pub(crate) fn host_and_port(text: &str) -> Result<String, String> {
    let is_address =
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_address {
        Ok(text.to_owned())
    } else {
        Err("expected HOST:PORT, such as 127.0.0.1:3000".to_owned())
    }
}

fn filter(text: &str) -> Result<Targets, String> {
    text.parse().map_err(|_| "expected a level such as info, or a list such as info,tenant=debug".to_owned())
}
