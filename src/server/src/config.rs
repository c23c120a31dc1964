//! The command line. Every option can also be given as an environment variable.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use ipnet::IpNet;
use tenant::Issuer;
use tenant::secret::Secret;

use crate::databases::{self, Backup, Migrate, Restore};
use crate::doctor_options::DoctorOptions;
use crate::network_options::{Network, host_and_port};
use crate::operators::options::{
    ExportOptions, FindOptions, IdentitiesOptions, ImpactOptions, LinkOptions, UnlinkOptions,
};
use crate::page_options::{PageBehaviour, PageHost};
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
    /// Serve the page alone, for a tenant elsewhere: its files, its settings and the headers that it needs.
    ///
    /// Nothing is stored. What the tenant must know of the page is printed at the start.
    Page(Box<PageHost>),
    /// Look at a page and its tenant from outside, and say what is wrong and how to repair it.
    ///
    /// Nothing is changed. The exit code is 0 if nothing is broken, 1 if something is, and 2 if the options are not
    /// valid; with --fail-on-warnings it is 1 for warnings, too.
    Doctor(DoctorOptions),
    /// Read a tenant file and a users file and say what they contain, without starting anything.
    ///
    /// The exit code is 2 if `serve` would refuse them.
    Check(Box<Check>),
    /// Sign tokens with the next key, and make a new next key.
    ///
    /// Tokens signed with the previous key stay valid until they expire. The servers on this database sign with the
    /// next one within a minute, or at SIGHUP.
    RotateKeys(RotateKeys),
    /// Copy a tenant whole to another database, such as from a file to `PostgreSQL`, and compare both.
    ///
    /// The servers of the first may run, but what they change meanwhile is not copied. It can be run again: a copy of
    /// before is replaced, another tenant never is.
    Migrate(Migrate),
    /// Copy the database file, also while a server has it open.
    Backup(Backup),
    /// Put a backup in the place of the database file.
    Restore(Restore),
    /// List the identities of a user.
    Identities(Box<IdentitiesOptions>),
    /// Unlink identities of users, and on request delete the users that they become.
    ///
    /// The rules of the page are kept: the main login stays, and so do identities of pinned connections and the last
    /// one that opens the account. The exit code is 0 when all are done, 3 when some are, 1 when none is.
    Unlink(Box<UnlinkOptions>),
    /// Link an account to another one, which gets its identities.
    Link(Box<LinkOptions>),
    /// Find the accounts with an e-mail address, and suggest which to link.
    Find(Box<FindOptions>),
    /// Write every user with its identities as JSON lines.
    Export(Box<ExportOptions>),
    /// Forecast who is locked out if a connection is closed.
    Impact(Box<ImpactOptions>),
    /// Print a script that completes the commands and options in a shell.
    Completions(Completions),
    /// Write the manual pages of the program and of its commands into a folder.
    Man(Man),
}

/// The options of `rotate-keys`.
#[derive(Debug, Args)]
pub(crate) struct RotateKeys {
    /// The database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "ADDRESS")]
    #[arg(default_value = "sqlite:linked-accounts.db", value_parser = databases::address)]
    pub(crate) database: String,
}

/// The options of `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: Shell,
}

/// The options of `man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder, which is made if it does not exist.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// The options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The http(s) origin that browsers use. Tokens name it as their issuer.
    ///
    /// By default it is derived from --listen: http://localhost:PORT/ on this machine. Set it when the server
    /// is behind a proxy or listens on a network.
    #[arg(long, env = "LINKED_ACCOUNTS_ISSUER", value_name = "URL", value_parser = Issuer::parse)]
    pub(crate) issuer: Option<Issuer>,

    /// The database: `sqlite:PATH`, a file that is created at the start, or `postgres://USER:PASSWORD@HOST/DATABASE`, with the
    /// parameters of libpq such as sslmode and sslrootcert. Its tables are made and migrated at the start. By default sqlite:linked-accounts.db, and
    /// sqlite:linked-accounts-demo.db for the demo.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "ADDRESS", value_parser = databases::address)]
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

    /// Where to listen, and how.
    #[command(flatten)]
    pub(crate) network: Network,

    /// The address on which /metrics (Prometheus) and /ready are served, apart from the page and the tenant.
    /// By default they are not.
    #[arg(long, env = "LINKED_ACCOUNTS_METRICS_LISTEN", value_name = "HOST:PORT", value_parser = host_and_port)]
    pub(crate) metrics_listen: Option<String>,
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
    /// Returns the address of the database. The demo has a file of its own, so that its people, whose passwords are public,
    /// do not come into a tenant of one's own.
    pub(crate) fn database(&self) -> &str {
        let default = if self.seed.is_demo() { DEMO_DATABASE } else { DATABASE };
        self.database.as_deref().unwrap_or(default)
    }
}

/// The settings in `/config.json` that do not come from the tenant's configuration.
#[derive(Args, Clone, Debug)]
pub(crate) struct Page {
    /// The client id of the page. By default that of the first single-page client with the callback
    /// ISSUER/callback.
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT", value_name = "ID")]
    pub(crate) client: Option<String>,

    /// How the page behaves.
    #[command(flatten)]
    pub(crate) behaviour: PageBehaviour,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_option_has_an_environment_variable_and_a_description() {
        let program = Arguments::command();
        // What an operator's command does is said by each call; only the tenant may come from the environment.
        let is_of_operators = |command: &clap::Command| {
            // `restore` replaces a database, so that its options come from the command line only.
            command.get_name() == "restore"
                || command.get_arguments().any(|argument| argument.get_id() == "management_domain")
        };
        let of_environment = |command: &clap::Command, argument: &clap::Arg| {
            argument.get_env().is_some()
                || !is_of_operators(command)
                || argument.get_id().as_str().starts_with("management_")
        };
        let arguments = program.get_subcommands().flat_map(|command| {
            command.get_arguments().filter(move |argument| of_environment(command, argument))
        });
        let is_option = |argument: &&clap::Arg| argument.get_id() != "help" && !argument.is_positional();
        for argument in arguments.filter(is_option) {
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
        assert!(error_of("--database", "mysql://x").contains("expected sqlite:PATH"));
        assert!(error_of("--issuer", "localhost").contains("localhost"));
        assert!(error_of("--bearer", "token").contains("expected access_token or id_token"));
        assert!(error_of("--trust-proxy", "10.0.0.0/8,proxy").contains("expected an address or a network"));
        assert!(error_of("--log", "tenant=loud").contains("expected a level"));
        assert!(error_of("--tls-cert", "chain.pem").contains("--tls-key <FILE.pem>"));
    }
}
