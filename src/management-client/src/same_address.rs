//! Accounts with the same e-mail address, which may be of one person.

use std::cmp::Reverse;

use model::User;

use crate::client::ManagementClient;
use crate::error::Error;
use crate::user_listing::phrase;

/// The accounts with an address.
#[derive(Debug, Default)]
pub struct SameAddress {
    /// Those where the address is verified, that are not blocked: the one to keep first.
    pub verified: Vec<User>,
    /// The others. Whoever has one of them may be somebody else.
    pub others: Vec<User>,
}

impl SameAddress {
    /// Finds the accounts with the address, in the user's own profile or in that of a linked identity.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn find(client: &ManagementClient, email: &str) -> Result<Self, Error> {
        let mut users: Vec<User> = client.users_by_email(email).await?;
        let lower = email.to_lowercase();
        if lower != email {
            users.extend(client.users_by_email(&lower).await?);
        }
        // Linked identities are found by a search only.
        let query = format!("email:{0} OR identities.profileData.email:{0}", phrase(&lower));
        let parameters = [("q", query.as_str()), ("search_engine", "v3"), ("per_page", "100"), ("page", "0")];
        let found = client.list_users(&parameters).await?;
        users.extend(
            serde_json::from_value::<Vec<User>>(found)
                .map_err(|error| Error::Unreadable(error.to_string()))?,
        );
        let mut same = Self::default();
        for user in users {
            let known = same.verified.iter().chain(&same.others).any(|known| known.user_id == user.user_id);
            if known || !addresses(&user).any(|(address, _)| is_same(address, email)) {
                continue;
            }
            let is_verified = addresses(&user).any(|(address, verified)| is_same(address, email) && verified);
            let list =
                if is_verified && user.blocked != Some(true) { &mut same.verified } else { &mut same.others };
            list.push(user);
        }
        // The account that is used most has most to lose.
        same.verified.sort_by_key(|user| {
            (Reverse(user.logins_count.unwrap_or(0)), user.created_at.clone(), user.user_id.clone())
        });
        Ok(same)
    }
}

/// The addresses of a user, each with whether it is verified.
fn addresses(user: &User) -> impl Iterator<Item = (&str, bool)> {
    let linked = user.identities.iter().filter_map(|identity| identity.profile_data.as_ref());
    std::iter::once(&user.profile)
        .chain(linked)
        .filter_map(|profile| Some((profile.email()?, profile.email_verified() == Some(true))))
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
