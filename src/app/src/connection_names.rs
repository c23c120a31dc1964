//! The display names of connections, from the settings.

use model::ConnectionName;
use model::settings::OfferedConnection;

/// The connections that have a display name, each with it: also those through which nobody can sign in any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionNames(Vec<(ConnectionName, String)>);

impl ConnectionNames {
    /// Reads the settings.
    #[must_use]
    pub fn new(connections: &[OfferedConnection]) -> Self {
        let named = |connection: &OfferedConnection| {
            Some((connection.name.clone(), connection.display_name.clone()?))
        };
        Self(connections.iter().filter_map(named).collect())
    }

    /// Returns the display name of a connection; `None` where the settings have none.
    #[must_use]
    pub fn of(&self, connection: &ConnectionName) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == connection).map(|(_, display_name)| display_name.as_str())
    }
}
