//! The command line. Every option can also be given as an environment variable.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use model::settings::Bearer;
use tenant::Issuer;
use tenant::secret::Secret;
use tracing_subscriber::filter::Targets;

use crate::listener::Limits;
use crate::proxy;

/// The default database.
const DATABASE: &str = "sqlite:linked-accounts.db";
/// The default database of the demo.
const DEMO_DATABASE: &str = "sqlite:linked-accounts-demo.db";

/// A page that shows which logins are linked to an account and unlinks them, and an Auth0-compatible tenant
/// for it.
#[derive(Debug, Parser)]
#[command(name = "linked-accounts", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the page and the tenant.
    ///
    /// Without --tenant and --users, a demo tenant with demo users is served.
    Serve(Box<Serve>),
    /// Read a tenant file and a users file and say what they contain, without starting anything.
    ///
    /// The exit code is 2 if `serve` would refuse them.
    Check(Box<Check>),
    /// Sign tokens with the next key, and make a new next key.
    ///
    /// Tokens signed with the previous key stay valid until they expire. Restart all servers on this database
    /// within a day: until then they sign with the previous key.
    RotateKeys(RotateKeys),
}

/// The options of `rotate-keys`.
#[derive(Debug, Args)]
pub(crate) struct RotateKeys {
    /// The database file.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "sqlite:PATH")]
    #[arg(default_value = "sqlite:linked-accounts.db", value_parser = database)]
    pub(crate) database: String,
}

/// The options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on. Port 0 selects a free port.
    #[arg(long, env = "LINKED_ACCOUNTS_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    #[arg(value_parser = host_and_port)]
    pub(crate) listen: String,

    /// The http(s) origin that browsers use. Tokens name it as their issuer.
    ///
    /// By default it is derived from --listen: http://localhost:PORT/ on this machine. Set it when the server
    /// is behind a proxy or listens on a network.
    #[arg(long, env = "LINKED_ACCOUNTS_ISSUER", value_name = "URL", value_parser = Issuer::parse)]
    pub(crate) issuer: Option<Issuer>,

    /// The database file. It is created and migrated at the start. By default sqlite:linked-accounts.db, and
    /// sqlite:linked-accounts-demo.db for the demo.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "sqlite:PATH", value_parser = database)]
    pub(crate) database: Option<String>,

    /// The file to which mails are written, one JSON object per line, with the links to set a new password
    /// and to confirm an address. By default a file next to the database.
    #[arg(long, env = "LINKED_ACCOUNTS_MAIL", value_name = "FILE")]
    pub(crate) mail: Option<PathBuf>,

    /// The tenant and its users.
    #[command(flatten)]
    pub(crate) seed: Seed,

    /// Certificate authorities (PEM) to trust for upstream providers of connections, in addition to those of
    /// the system.
    #[arg(long, env = "LINKED_ACCOUNTS_UPSTREAM_CA", value_name = "FILE.pem")]
    pub(crate) upstream_ca: Option<PathBuf>,

    /// The folder of the built page. By default the page embedded in the program, if there is one, else
    /// target/site.
    #[arg(long, env = "LINKED_ACCOUNTS_SITE", value_name = "DIR")]
    pub(crate) site: Option<PathBuf>,

    /// The settings of the page.
    #[command(flatten)]
    pub(crate) page: Page,

    /// Proxies whose X-Forwarded-For header is trusted: comma-separated addresses or networks. The header is
    /// ignored in requests from any other address.
    #[arg(long, env = "LINKED_ACCOUNTS_TRUST_PROXY", value_name = "CIDR", value_delimiter = ',')]
    #[arg(value_parser = proxy::network)]
    pub(crate) trust_proxy: Vec<IpNet>,

    /// Do not limit the rate of Management API calls, for load tests. By default a burst of fifty and fifty
    /// per second are allowed; further calls get 429.
    #[arg(long, env = "LINKED_ACCOUNTS_NO_RATE_LIMIT", value_parser = BoolishValueParser::new())]
    pub(crate) no_rate_limit: bool,

    /// The most connections that are open at once; keep it below the limit of open files. At the limit, a new
    /// connection closes the one that has been idle or slow for longest, so that idle connections cannot shut
    /// others out.
    #[arg(long, env = "LINKED_ACCOUNTS_MAX_CONNECTIONS", value_name = "N", default_value = "512")]
    pub(crate) max_connections: NonZeroU16,

    /// The longest time for a client to send the head of a request (at most 64 KiB) or to be idle, and again
    /// to send the body (at most 1 MiB).
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    pub(crate) client_timeout: NonZeroU16,

    /// Serve TLS with this certificate: a PEM file with the certificate of the server, then those up to its
    /// root.
    ///
    /// The default issuer is then https. A renewed certificate is read at the next start.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_CERT", value_name = "FILE.pem", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, in PEM.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_KEY", value_name = "FILE.pem", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Serve TLS with a certificate of a local authority, which is made in this folder once, for clients to
    /// trust.
    ///
    /// The authority can issue certificates for this machine and the issuer's host only. The certificate is
    /// made anew at every start and is valid for a year. The program prints how to trust the authority.
    #[arg(long, env = "LINKED_ACCOUNTS_TLS_SELF_SIGNED", value_name = "DIR", conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: Option<PathBuf>,

    /// The log level on standard error: error, warn, info, debug, trace, or a filter such as
    /// info,tenant=debug.
    #[arg(long, env = "LINKED_ACCOUNTS_LOG", value_name = "FILTER", default_value = "info")]
    #[arg(value_parser = filter)]
    pub(crate) log: Targets,
}

/// The options that name the tenant and its users.
#[derive(Args, Clone, Debug)]
pub(crate) struct Seed {
    /// The tenant file: what Auth0's Deploy CLI exports, YAML or its directory format. By default the demo
    /// tenant.
    ///
    /// Keys that have no effect here are named in a notice. `linked-accounts check` says what a file contains.
    #[arg(long, env = "LINKED_ACCOUNTS_TENANT", value_name = "FILE|DIR")]
    pub(crate) tenant: Option<PathBuf>,

    /// The users file: users as GET /api/v2/users/{id} returns them, alone, in an array, in a list with totals or one
    /// a line as an export job writes them, or in the format of Auth0's bulk import; with passwords or their
    /// hashes. Existing users are not changed. Without --tenant and --users, demo users are added.
    #[arg(long, env = "LINKED_ACCOUNTS_USERS", value_name = "FILE.json")]
    pub(crate) users: Option<PathBuf>,

    /// The database connection for users whose connection the users file does not tell, as in Auth0's bulk import.
    /// Needed only if the tenant has several.
    #[arg(long, env = "LINKED_ACCOUNTS_USERS_CONNECTION", value_name = "NAME")]
    pub(crate) users_connection: Option<String>,

    /// The values of keywords (##KEY##, @@KEY@@) of the tenant file: a config.json of the Deploy CLI with
    /// `AUTH0_KEYWORD_REPLACE_MAPPINGS`. Variables of the environment come first.
    #[arg(long, env = "LINKED_ACCOUNTS_KEYWORDS", value_name = "CONFIG.json")]
    pub(crate) keywords: Option<PathBuf>,

    /// Secrets of clients that the tenant file does not have, comma-separated, by the name or the id of the
    /// client. Without one, a client that needs a secret gets a random one, which is printed once.
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT_SECRET", value_name = "NAME=SECRET", value_delimiter = ',')]
    #[arg(value_parser = client_secret, hide_env_values = true)]
    pub(crate) client_secret: Vec<ClientSecret>,

    /// Refuse a tenant file with keys that have no effect here.
    #[arg(long, env = "LINKED_ACCOUNTS_STRICT", value_parser = BoolishValueParser::new())]
    pub(crate) strict: bool,

    /// Keys of the tenant file that may have no effect, comma-separated, such as guardianPolicies: also keys
    /// that would make the tenant safer, which are refused where others can reach the server.
    #[arg(long, env = "LINKED_ACCOUNTS_ACCEPT_IGNORED", value_name = "KEY", value_delimiter = ',')]
    pub(crate) accept_ignored: Vec<String>,

    /// Serve demo users and stand-in providers even if other machines can reach this server. Everybody who
    /// can reach it can then sign in as anybody.
    #[arg(long, env = "LINKED_ACCOUNTS_ALLOW_DEMO_ON_NETWORK", value_parser = BoolishValueParser::new())]
    pub(crate) allow_demo_on_network: bool,
}

/// A secret of a client.
#[derive(Clone, Debug)]
pub(crate) struct ClientSecret {
    /// The name or the id of the client.
    pub(crate) client: String,
    /// The secret.
    pub(crate) secret: Secret,
}

/// The options of `check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The tenant and its users.
    #[command(flatten)]
    pub(crate) seed: Seed,

    /// The origin that browsers would use. It is the value of the keyword `LINKED_ACCOUNTS_ISSUER`; when it is not of
    /// this machine, the check refuses what `serve` refuses there.
    #[arg(long, env = "LINKED_ACCOUNTS_ISSUER", value_name = "URL", value_parser = Issuer::parse)]
    #[arg(default_value = "http://localhost:3000/")]
    pub(crate) issuer: Issuer,
}

impl Seed {
    /// Whether the demo tenant and its users are served.
    pub(crate) fn is_demo(&self) -> bool {
        self.tenant.is_none() && self.users.is_none()
    }
}

impl Serve {
    /// Returns the limits for connections.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_connections: self.max_connections.get().into(),
            read_timeout: Duration::from_secs(self.client_timeout.get().into()),
        }
    }

    /// Returns the address of the database. The demo has a file of its own, so that its people, whose passwords are public,
    /// do not come into a tenant of one's own.
    pub(crate) fn database(&self) -> &str {
        let default = if self.seed.is_demo() { DEMO_DATABASE } else { DATABASE };
        self.database.as_deref().unwrap_or(default)
    }

    /// Whether an option requests TLS.
    pub(crate) fn has_tls(&self) -> bool {
        self.tls_cert.is_some() || self.tls_self_signed.is_some()
    }
}

/// The settings in `/config.json` that do not come from the tenant's configuration.
#[derive(Args, Clone, Debug)]
pub(crate) struct Page {
    /// The client id of the page. By default that of the first single-page client with the callback
    /// ISSUER/callback.
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT", value_name = "ID")]
    pub(crate) client: Option<String>,

    /// The token that the page sends to the Management API: `access_token`, or `id_token` for the older
    /// variant of the call, which the tenant accepts only with its flag `enable_idtoken_api2`.
    #[arg(long, env = "LINKED_ACCOUNTS_BEARER", value_name = "KIND", default_value = "access_token")]
    #[arg(value_parser = bearer)]
    pub(crate) bearer: Bearer,

    /// The greatest age of a sign-in with which logins can be changed, in seconds; 0 for any age. By default
    /// 900.
    #[arg(long, env = "LINKED_ACCOUNTS_FRESH_SIGN_IN", value_name = "SECONDS")]
    pub(crate) fresh_sign_in: Option<u32>,

    /// How long the page offers Undo, in seconds; 0 for until it is dismissed. By default 10.
    #[arg(long, env = "LINKED_ACCOUNTS_UNDO", value_name = "SECONDS")]
    pub(crate) undo: Option<u32>,

    /// The comma-separated addresses to which `?return_to=` of the page may lead. One that ends in a slash
    /// includes every address below it.
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

fn client_secret(text: &str) -> Result<ClientSecret, String> {
    // A secret in Base64 may end in an equals sign, the name of a client hardly contains one.
    match text.split_once('=') {
        Some((client, secret)) if !client.is_empty() && !secret.is_empty() => {
            Ok(ClientSecret { client: client.to_owned(), secret: Secret::new(secret) })
        }
        _ => Err("expected NAME=SECRET".to_owned()),
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
    fn every_option_has_an_environment_variable_and_a_description() {
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
    fn an_invalid_option_is_refused_with_what_is_expected() {
        let error_of = |option: &str, value: &str| {
            Arguments::try_parse_from(["linked-accounts", "serve", option, value]).unwrap_err().to_string()
        };
        assert!(error_of("--listen", "3000").contains("expected HOST:PORT"));
        assert!(error_of("--database", "postgres://x").contains("expected sqlite:PATH"));
        assert!(error_of("--issuer", "localhost").contains("localhost"));
        assert!(error_of("--bearer", "token").contains("expected access_token or id_token"));
        assert!(error_of("--trust-proxy", "10.0.0.0/8,proxy").contains("expected an address or a network"));
        assert!(error_of("--log", "tenant=loud").contains("expected a level"));
        assert!(error_of("--tls-cert", "chain.pem").contains("--tls-key <FILE.pem>"));
    }
}
