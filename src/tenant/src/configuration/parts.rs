//! The parts that a configuration is made of.

use super::api::{Api, ClientGrant, Role};
use super::client::Client;
use super::connection::Connection;
use super::options::Options;

/// The parts of a configuration, not checked against each other yet.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Options of the tenant as a whole.
    pub options: Options,
    /// The applications.
    pub clients: Vec<Client>,
    /// The connections, in the order of the login page.
    pub connections: Vec<Connection>,
    /// The APIs besides the Management API. A grant for an API that is not among them adds it.
    pub apis: Vec<Api>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The client grants.
    pub grants: Vec<ClientGrant>,
}
