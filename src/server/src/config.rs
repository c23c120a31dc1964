//! The command line. Every option can also be given as an environment variable.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use model::settings::Bearer;
use tenant::Issuer;
use tracing_subscriber::filter::Targets;

use crate::listener::Limits;
use crate::proxy;

/// See which logins are linked to an account, and unlink one: a page, and an Auth0-compatible tenant for it.
#[derive(Debug, Parser)]
#[command(name = "linked-accounts", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the program is asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the page and the tenant.
    ///
    /// Without --tenant and --users it starts a demo tenant with demo people.
    Serve(Box<Serve>),
    /// Let the next key sign tokens, and make a new next one.
    ///
    /// Tokens that the former key signed hold until they expire. Restart the servers on this database within a day:
    /// they go on signing with the former key until then.
    RotateKeys(RotateKeys),
}

/// The options of `rotate-keys`.
#[derive(Debug, Args)]
pub(crate) struct RotateKeys {
    /// Where the data lie.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "sqlite:PATH")]
    #[arg(default_value = "sqlite:linked-accounts.db", value_parser = database)]
    pub(crate) database: String,
}

/// The options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen: HOST:PORT. Port 0 takes a free one.
    #[arg(long, env = "LINKED_ACCOUNTS_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    #[arg(value_parser = host_and_port)]
    pub(crate) listen: String,

    /// The address that browsers use, an http(s) origin. It is what tokens name as their issuer.
    ///
    /// By default it follows from --listen: http://localhost:PORT/ on this machine. Name it when the server stands
    /// behind a proxy or listens on a network.
    #[arg(long, env = "LINKED_ACCOUNTS_ISSUER", value_name = "URL", value_parser = Issuer::parse)]
    pub(crate) issuer: Option<Issuer>,

    /// Where the data lie. The file is created and brought up to date at the start.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "sqlite:PATH")]
    #[arg(default_value = "sqlite:linked-accounts.db", value_parser = database)]
    pub(crate) database: String,

    /// Where mails go, one JSON object a line: links to set a new password and to confirm an address. By default a file
    /// next to the database.
    #[arg(long, env = "LINKED_ACCOUNTS_MAIL", value_name = "FILE")]
    pub(crate) mail: Option<PathBuf>,

    /// The tenant: a YAML file in the keys of Auth0's Deploy CLI. Without it, the demo tenant.
    #[arg(long, env = "LINKED_ACCOUNTS_TENANT", value_name = "FILE.yaml")]
    pub(crate) tenant: Option<PathBuf>,

    /// Users to start with: a JSON array of users as GET /api/v2/users/{id} shows them, with a
    /// password or a bcrypt hash. Users that exist already are left as they are. Without --tenant and --users, demo people.
    #[arg(long, env = "LINKED_ACCOUNTS_USERS", value_name = "FILE.json")]
    pub(crate) users: Option<PathBuf>,

    /// Authorities that connections with a provider of their own are believed by, besides the system's: certificates
    /// in PEM.
    #[arg(long, env = "LINKED_ACCOUNTS_UPSTREAM_CA", value_name = "FILE.pem")]
    pub(crate) upstream_ca: Option<PathBuf>,

    /// The folder of the built page. By default the page inside the program if it was built with one, else
    /// target/site.
    #[arg(long, env = "LINKED_ACCOUNTS_SITE", value_name = "DIR")]
    pub(crate) site: Option<PathBuf>,

    /// What the page is told.
    #[command(flatten)]
    pub(crate) page: Page,

    /// Serve demo people and stand-in providers even if others can reach this server. Everybody who reaches it can
    /// then sign in as anybody.
    #[arg(long, env = "LINKED_ACCOUNTS_ALLOW_DEMO_ON_NETWORK", value_parser = BoolishValueParser::new())]
    pub(crate) allow_demo_on_network: bool,

    /// Proxies that are believed what they say about where a request comes from (X-Forwarded-For): addresses or networks,
    /// parted by commas. From anybody else it is not read.
    #[arg(long, env = "LINKED_ACCOUNTS_TRUST_PROXY", value_name = "CIDR", value_delimiter = ',')]
    #[arg(value_parser = proxy::network)]
    pub(crate) trust_proxy: Vec<IpNet>,

    /// Answer as many Management API calls as the machine can, for load tests. By default fifty at once and per second,
    /// then 429.
    #[arg(long, env = "LINKED_ACCOUNTS_NO_RATE_LIMIT", value_parser = BoolishValueParser::new())]
    pub(crate) no_rate_limit: bool,

    /// How many connections are open at once; keep it below the limit of open files. When all are, the one that has
    /// been idle or slow for longest makes room, so that a crowd of idle ones shuts nobody out.
    #[arg(long, env = "LINKED_ACCOUNTS_MAX_CONNECTIONS", value_name = "N", default_value = "512")]
    pub(crate) max_connections: NonZeroU16,

    /// How many seconds a client may take to send the head of a request (at most 64 KiB), or be idle, and again to send
    /// its body (at most 1 MiB).
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    pub(crate) client_timeout: NonZeroU16,

    /// Speak TLS with this certificate: a PEM file with the server's, then those that lead to its root.
    ///
    /// The default issuer is then https. A renewed certificate is read at the next start.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_CERT", value_name = "FILE.pem", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, in PEM.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_KEY", value_name = "FILE.pem", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Speak TLS with a certificate by a local authority, which is made in this folder once, for clients to trust.
    ///
    /// The authority can vouch for this machine and the issuer's host, for nobody else. The certificate is made anew
    /// at every start and holds for a year. What the program prints tells how to trust the authority.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_SELF_SIGNED", value_name = "DIR", conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: Option<PathBuf>,

    /// What to log to standard error: error, warn, info, debug, trace, or a filter such as info,tenant=debug.
    #[arg(long, env = "LINKED_ACCOUNTS_LOG", value_name = "FILTER", default_value = "info")]
    #[arg(value_parser = filter)]
    pub(crate) log: Targets,
}

impl Serve {
    /// What connections may take.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_connections: self.max_connections.get().into(),
            read_timeout: Duration::from_secs(self.client_timeout.get().into()),
        }
    }

    /// Whether TLS is asked for.
    pub(crate) fn has_tls(&self) -> bool {
        self.tls_cert.is_some() || self.tls_self_signed.is_some()
    }
}

/// What the page learns about its tenant and itself in `/config.json`, beside what the tenant's configuration tells.
#[derive(Args, Clone, Debug)]
pub(crate) struct Page {
    /// The client id of the page. By default the first single-page client with the callback ISSUER/callback.
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT", value_name = "ID")]
    pub(crate) client: Option<String>,

    /// Which token the page sends to the Management API: `access_token`, or `id_token` for the older variant of the
    /// call, which the tenant takes only with its flag `enable_idtoken_api2`.
    #[arg(long, env = "LINKED_ACCOUNTS_BEARER", value_name = "KIND", default_value = "access_token")]
    #[arg(value_parser = bearer)]
    pub(crate) bearer: Bearer,

    /// How old a person's sign-in may be when they change their logins, in seconds; 0 asks for none. By default 900.
    #[arg(long, env = "LINKED_ACCOUNTS_FRESH_SIGN_IN", value_name = "SECONDS")]
    pub(crate) fresh_sign_in: Option<u32>,

    /// How long the page offers Undo, in seconds; 0 keeps it until it is dismissed. By default 10.
    #[arg(long, env = "LINKED_ACCOUNTS_UNDO", value_name = "SECONDS")]
    pub(crate) undo: Option<u32>,

    /// Where `?return_to=` of the page may lead, parted by commas: addresses, each with everything below it when it
    /// ends in a slash.
    #[arg(long, env = "LINKED_ACCOUNTS_RETURN_TO", value_name = "URL", value_delimiter = ',')]
    pub(crate) return_to: Vec<String>,
}

fn host_and_port(text: &str) -> Result<String, String> {
    let is_address =
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_address {
        Ok(text.to_owned())
    } else {
        Err("expected HOST:PORT, such as 127.0.0.1:3000".to_owned())
    }
}

fn database(text: &str) -> Result<String, String> {
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(text.to_owned()),
        _ => Err("expected sqlite:PATH, such as sqlite:linked-accounts.db".to_owned()),
    }
}

fn bearer(text: &str) -> Result<Bearer, String> {
    match text {
        "access_token" => Ok(Bearer::AccessToken),
        "id_token" => Ok(Bearer::IdToken),
        _ => Err("expected access_token or id_token".to_owned()),
    }
}

fn filter(text: &str) -> Result<Targets, String> {
    text.parse().map_err(|_| "expected a level such as info, or a list such as info,tenant=debug".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_option_has_an_environment_variable_and_an_explanation() {
        let program = Arguments::command();
        let arguments = program.get_subcommands().flat_map(clap::Command::get_arguments);
        for argument in arguments.filter(|argument| argument.get_id() != "help") {
            let name = argument.get_id().as_str();
            let variable = argument.get_env().unwrap_or_default().to_string_lossy();
            assert_eq!(variable, format!("LINKED_ACCOUNTS_{}", name.to_uppercase()));
            assert!(argument.get_help().is_some(), "{name}");
        }
    }

    #[test]
    fn an_option_that_cannot_be_is_refused_with_what_would_be_right() {
        let refusal = |option: &str, value: &str| {
            Arguments::try_parse_from(["linked-accounts", "serve", option, value]).unwrap_err().to_string()
        };
        assert!(refusal("--listen", "3000").contains("expected HOST:PORT"));
        assert!(refusal("--database", "postgres://x").contains("expected sqlite:PATH"));
        assert!(refusal("--issuer", "localhost").contains("localhost"));
        assert!(refusal("--bearer", "token").contains("expected access_token or id_token"));
        assert!(refusal("--trust-proxy", "10.0.0.0/8,proxy").contains("expected an address or a network"));
        assert!(refusal("--log", "tenant=loud").contains("expected a level"));
        assert!(refusal("--tls-cert", "chain.pem").contains("--tls-key <FILE.pem>"));
    }
}
