//! Why options and the files that they name are refused.

use std::path::PathBuf;

use doctor::target::InvalidTarget;
use server::seed::InvalidSeedFile;
use tenant::configuration::InvalidConfiguration;

use crate::page_settings::InvalidPageOptions;
use crate::static_files::SiteError;
use crate::tls::TlsError;

/// Why the program cannot do its work with these options. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidOptions {
    /// A file cannot be read.
    #[error("{}: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// The file of `--upstream-ca` has no certificates.
    #[error("{}: no PEM certificate in this file, or an invalid one", .0.display())]
    NoCertificates(PathBuf),
    /// The tenant file or the users file is not valid.
    #[error(transparent)]
    SeedFile(#[from] InvalidSeedFile),
    /// The configuration of the tenant contradicts itself.
    #[error(transparent)]
    Contradiction(#[from] InvalidConfiguration),
    /// An option for the page is not valid.
    #[error(transparent)]
    Page(#[from] InvalidPageOptions),
    /// The demo users would be reachable from a network.
    #[error(
        "the demo users must not be served to a network: their passwords are public, and {0}. \
         Pass a tenant of your own with --tenant and its users with --users, or pass --allow-demo-on-network \
         if everybody who can reach this server may sign in as anybody"
    )]
    ExposedDemoUsers(String),
    /// The database has demo users, whose passwords are public, and is not served as the demo.
    #[error(
        "the database {database} has users of the demo, whose passwords are public, and {because}. \
         Choose another one with --database, delete its users {users}, or pass --allow-demo-on-network"
    )]
    DemoUsersInDatabase {
        /// The database.
        database: String,
        /// The ids of the users.
        users: String,
        /// Why they are refused.
        because: String,
    },
    /// A stand-in would be reachable from a network.
    #[error(
        "the connection \"{connection}\" is served by a stand-in, which signs in anybody as anybody, and {exposure}. \
         Remove it from the tenant file, listen on 127.0.0.1, or pass --allow-demo-on-network \
         if everybody who can reach this server may sign in as anybody"
    )]
    ExposedStandIn {
        /// The name of the connection.
        connection: String,
        /// How others can reach the server.
        exposure: String,
    },
    /// Planned faults would be reachable from a network.
    #[error(
        "the tenant file lets users plan faults (linkedAccounts.faults), which must not be served to a network, and {0}. \
         Remove it, listen on 127.0.0.1, or pass --allow-demo-on-network"
    )]
    ExposedFaults(String),
    /// Keys of the tenant file would have no effect, and the options do not permit that.
    #[error(
        "the tenant file says what this tenant does not do, and {because}:\n  {sentences}\n\
         Remove it from the file, or pass --accept-ignored {accept}"
    )]
    IgnoredKeys {
        /// The notices.
        sentences: String,
        /// The keys, for the option that accepts them.
        accept: String,
        /// Why they are refused.
        because: String,
    },
    /// `--client-secret` names a client that the tenant does not have.
    #[error("--client-secret: the tenant has no client with the name or id \"{0}\"")]
    SecretOfUnknownClient(String),
    /// The file of `--connections` is not a list of connections.
    #[error("{}: a list of connections as in config.json is needed, each with \"name\" and \"strategy\": {}", .0.display(), .1)]
    Connections(PathBuf, serde_json::Error),
    /// What `doctor` is to look at is not valid.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// `--management-client-id` has no secret.
    #[error(
        "the secret of --management-client-id is missing: set LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET, or name a file with \
         --management-client-secret-file"
    )]
    SecretMissing,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The site cannot be served.
    #[error(transparent)]
    Site(#[from] SiteError),
}
