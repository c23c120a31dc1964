//! Who is locked out if a connection is closed.

use model::unlink_policy::WaysIn;
use model::{ConnectionName, UnlinkPolicy, User};

use crate::client::ManagementClient;
use crate::error::Error;
use crate::user_listing::{UserListing, phrase};

/// What closing a connection means for the users with an identity of it.
#[derive(Debug, Default)]
pub struct Impact {
    /// The number of users with an identity of the connection.
    pub users: usize,
    /// Those whose account nothing else opens.
    pub locked_out: Vec<User>,
    /// Those whose main login it is, which cannot be unlinked, and that keep another way in.
    pub main_login: Vec<User>,
    /// The number of users whose account nothing opens now.
    pub locked_out_already: usize,
    /// The number of users that could not be read.
    pub unreadable: usize,
}

impl Impact {
    /// Judges every user with an identity of `connection`, by the connections that are open now. `tell` is called with the
    /// number of users of each part.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn of(
        client: &ManagementClient,
        connection: &ConnectionName,
        policy: &UnlinkPolicy,
        tell: impl Fn(usize),
    ) -> Result<Self, Error> {
        let closed = policy.without(connection);
        let query = format!("identities.connection:{}", phrase(connection.as_str()));
        let mut listing = UserListing::new(client, Some(query));
        let mut impact = Self::default();
        while let Some(users) = listing.next().await? {
            tell(users.len());
            for user in users {
                match serde_json::from_value::<User>(user) {
                    Ok(user) => impact.add(user, connection, policy, &closed),
                    Err(_) => impact.unreadable += 1,
                }
            }
        }
        Ok(impact)
    }

    fn add(&mut self, user: User, connection: &ConnectionName, now: &UnlinkPolicy, closed: &UnlinkPolicy) {
        // The index of a search may be behind.
        if !user.identities.iter().any(|identity| identity.connection == *connection) {
            return;
        }
        self.users += 1;
        if now.ways_in(&user) == WaysIn::None {
            self.locked_out_already += 1;
        } else if closed.ways_in(&user) == WaysIn::None {
            self.locked_out.push(user);
        } else if user.identities.first().is_some_and(|main| main.connection == *connection) {
            self.main_login.push(user);
        }
    }
}
