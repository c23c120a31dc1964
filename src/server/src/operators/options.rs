//! The options of the operators' commands.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use management_client::Blocked;
use model::{ConnectionName, IdentityId, IdentityKey, Provider, UserId};

/// The environment variable with the client secret. It is no option: command lines are visible to everybody on the machine.
pub(crate) const SECRET_VARIABLE: &str = "LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET";

/// The tenant, and the application that calls its Management API.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Tenant")]
pub(crate) struct TenantOptions {
    /// The domain of the tenant: a host such as example.eu.auth0.com, or an http(s) origin. https, unless it is of
    /// this machine.
    #[arg(long = "domain", env = "LINKED_ACCOUNTS_MANAGEMENT_DOMAIN", value_name = "HOST")]
    pub(crate) management_domain: String,

    /// The client id of a machine-to-machine application that is authorized for the Management API.
    ///
    /// Its secret comes from the environment variable `LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET` or from a file.
    #[arg(long = "client-id", env = "LINKED_ACCOUNTS_MANAGEMENT_CLIENT_ID", value_name = "ID")]
    pub(crate) management_client_id: String,

    /// A file with the secret of the application. By default the secret is taken from the environment variable
    /// `LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET`.
    #[arg(
        long = "client-secret-file",
        env = "LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET_FILE",
        value_name = "FILE"
    )]
    pub(crate) management_client_secret_file: Option<PathBuf>,

    /// The identifier of the Management API, for a tenant behind a custom domain. By default
    /// <https://DOMAIN/api/v2/>.
    #[arg(long = "audience", env = "LINKED_ACCOUNTS_MANAGEMENT_AUDIENCE", value_name = "URL")]
    pub(crate) management_audience: Option<String>,

    /// Certificate authorities (PEM) to trust, in addition to those of the system.
    #[arg(long = "ca", env = "LINKED_ACCOUNTS_MANAGEMENT_CA", value_name = "FILE.pem")]
    pub(crate) management_ca: Option<PathBuf>,

    /// The most requests a second. By default as many as the tenant's rate limit allows, which is never overrun.
    #[arg(long = "max-rate", env = "LINKED_ACCOUNTS_MANAGEMENT_MAX_RATE", value_name = "N")]
    pub(crate) management_max_rate: Option<NonZeroU32>,

    /// Print JSON for programs in place of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The options of `identities`.
#[derive(Args, Clone, Debug)]
pub(crate) struct IdentitiesOptions {
    /// The id of the user, such as "auth0|65a0".
    #[arg(value_name = "USER", value_parser = user_id)]
    pub(crate) user: UserId,

    #[command(flatten)]
    pub(crate) tenant: TenantOptions,
}

/// What the rules of unlinking are made of.
#[derive(Args, Clone, Debug)]
pub(crate) struct RuleOptions {
    /// The page's config.json, whose connections say which are pinned and which are closed.
    ///
    /// Which connections the tenant still has, and which of them are open, is read from the tenant if the application
    /// has the scope read:connections.
    #[arg(long, env = "LINKED_ACCOUNTS_PAGE_SETTINGS", value_name = "config.json")]
    pub(crate) page_settings: Option<PathBuf>,

    /// A connection that a company manages, whose identities are not unlinked. Can be repeated.
    #[arg(long, value_name = "CONNECTION")]
    pub(crate) pinned: Vec<String>,
}

/// The options of `unlink`.
#[derive(Args, Clone, Debug)]
pub(crate) struct UnlinkOptions {
    /// The id of the user whose identities are unlinked.
    #[arg(value_name = "USER", value_parser = user_id, required_unless_present = "from")]
    pub(crate) user: Option<UserId>,

    /// Their provider, such as github.
    #[arg(value_name = "PROVIDER", required_unless_present = "from")]
    pub(crate) provider: Option<String>,

    /// Their ids within the provider.
    #[arg(value_name = "ID", required_unless_present = "from")]
    pub(crate) ids: Vec<String>,

    /// Unlink what a file says: CSV with the header `user_id,provider,identity_id`, or JSON lines with these keys.
    ///
    /// FILE.journal beside it remembers what is done, so that a run that was stopped goes on.
    /// FILE.results.jsonl has a line for each row at the end.
    #[arg(long, value_name = "FILE.csv|.jsonl", conflicts_with_all = ["user", "provider", "ids"])]
    pub(crate) from: Option<PathBuf>,

    /// Delete the users that the unlinked identities become, if nobody signed in to them since.
    #[arg(long)]
    pub(crate) delete: bool,

    /// Change nothing, and say for each identity what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// A rule that does not count: pinned, or last-way-in. Can be repeated. The main login always stays.
    #[arg(long = "override", value_name = "RULE", value_enum)]
    pub(crate) overridden: Vec<Rule>,

    #[command(flatten)]
    pub(crate) rules: RuleOptions,

    /// The most users that are worked on at once.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: NonZeroU16,

    #[command(flatten)]
    pub(crate) tenant: TenantOptions,
}

/// A rule of unlinking that an operator may override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// A company manages the connection.
    Pinned,
    /// Nothing else would open the account.
    LastWayIn,
}

impl Rule {
    /// Returns what the rule keeps identities for.
    pub(crate) fn blocked(self) -> Blocked {
        match self {
            Self::Pinned => Blocked::Pinned,
            Self::LastWayIn => Blocked::LastWayIn,
        }
    }
}

impl UnlinkOptions {
    /// Returns the identities that the command line names.
    pub(crate) fn keys(&self) -> Vec<IdentityKey> {
        let provider = self.provider.as_deref().unwrap_or_default();
        let key =
            |id: &String| IdentityKey { provider: Provider::new(provider), user_id: IdentityId::text(id) };
        self.ids.iter().map(key).collect()
    }
}

/// The options of `link`.
#[derive(Args, Clone, Debug)]
pub(crate) struct LinkOptions {
    /// The id of the user that remains.
    #[arg(value_name = "PRIMARY", value_parser = user_id)]
    pub(crate) primary: UserId,

    /// The id of the user whose identities come to PRIMARY. The user itself is deleted.
    #[arg(value_name = "SECONDARY", value_parser = user_id)]
    pub(crate) secondary: UserId,

    /// Link although metadata, roles and whatever else belongs to SECONDARY are lost.
    #[arg(long)]
    pub(crate) discard_metadata: bool,

    /// Change nothing, and say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) tenant: TenantOptions,
}

/// The options of `find`.
#[derive(Args, Clone, Debug)]
pub(crate) struct FindOptions {
    /// The e-mail address, in the user's own profile or in that of a linked identity.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,

    #[command(flatten)]
    pub(crate) tenant: TenantOptions,
}

/// The options of `export`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExportOptions {
    /// Only users that match a query in Auth0's search syntax, such as 'identities.connection:"github"'.
    #[arg(long, value_name = "QUERY")]
    pub(crate) query: Option<String>,

    /// The file to write to. By default standard output.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) tenant: TenantOptions,
}

/// The options of `impact`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImpactOptions {
    /// The name of the connection that would be closed.
    #[arg(long, value_name = "NAME", value_parser = connection)]
    pub(crate) connection: ConnectionName,

    #[command(flatten)]
    pub(crate) rules: RuleOptions,

    #[command(flatten)]
    pub(crate) tenant: TenantOptions,
}

fn user_id(text: &str) -> Result<UserId, String> {
    let id = UserId::new(text);
    match id.as_identity_key() {
        Some(_) => Ok(id),
        None => Err("expected provider|id, such as \"auth0|65a0\"".to_owned()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap's parsers may fail")]
fn connection(text: &str) -> Result<ConnectionName, String> {
    Ok(ConnectionName::new(text))
}
