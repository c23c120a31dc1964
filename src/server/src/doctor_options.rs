//! The options of `doctor`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

/// The environment variable with the secret of `--management-client-id`. There is no option for it: other users of a machine see
/// the command lines of programs.
pub(crate) const SECRET_VARIABLE: &str = "LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET";

/// The options of `doctor`.
#[derive(Args, Debug)]
pub(crate) struct DoctorOptions {
    /// The tenant: its host, such as example.eu.auth0.com or its custom domain, or an http(s) origin.
    #[arg(long, env = "LINKED_ACCOUNTS_DOMAIN", value_name = "DOMAIN")]
    pub(crate) domain: String,

    /// The client id of the page.
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT_ID", value_name = "ID")]
    pub(crate) client_id: String,

    /// The origin of the page, such as <https://logins.example.com>. Without it, only the tenant is looked at.
    #[arg(long, env = "LINKED_ACCOUNTS_PAGE", value_name = "URL")]
    pub(crate) page: Option<String>,

    /// The identifier of the Management API. By default that of the page's config.json, else DOMAIN/api/v2/.
    #[arg(long, env = "LINKED_ACCOUNTS_AUDIENCE", value_name = "URL")]
    pub(crate) audience: Option<String>,

    /// A machine-to-machine application that may read clients, client grants, connections and resource servers by the
    /// Management API, for what cannot be seen from outside.
    ///
    /// Its secret comes from the environment variable `LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET` or from a file.
    #[arg(long, env = "LINKED_ACCOUNTS_MANAGEMENT_CLIENT_ID", value_name = "ID")]
    pub(crate) management_client_id: Option<String>,

    /// The file with the secret of --management-client-id.
    #[arg(long, env = "LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub(crate) management_client_secret_file: Option<PathBuf>,

    /// Certificate authorities (PEM) to trust in addition to those of the system.
    #[arg(long, env = "LINKED_ACCOUNTS_CA", value_name = "FILE.pem")]
    pub(crate) ca: Option<PathBuf>,

    /// Print the report as JSON.
    #[arg(long, env = "LINKED_ACCOUNTS_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,

    /// Exit with 1 for warnings, too.
    #[arg(long, env = "LINKED_ACCOUNTS_FAIL_ON_WARNINGS", value_parser = BoolishValueParser::new())]
    pub(crate) fail_on_warnings: bool,
}
