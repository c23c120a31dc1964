//! The people of a benchmark's tenant, as a users file that is written one by one.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

/// How many users there are, and which of them have many linked logins. The numbers of users and logins are those that
/// `scripts/unlink.lua` and `scripts/user.lua` compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Population {
    pub(super) users: u64,
    /// Every user whose number is a multiple of this has `linked` logins besides the main one; the others have one.
    pub(super) distance: u64,
    pub(super) linked: u64,
}

impl Population {
    /// Users who all have this many linked logins.
    pub(super) fn of(users: u64, linked: u64) -> Self {
        Self { users, distance: 1, linked }
    }

    /// A number of users among whom the same thousand, evenly spread, have sixty linked logins.
    pub(super) fn with_people(users: u64) -> Self {
        Self { users, distance: users.div_ceil(1_000), linked: 60 }
    }

    /// How many users have `linked` logins.
    pub(super) fn people(self) -> u64 {
        self.users.div_ceil(self.distance)
    }

    /// How many logins of those users can be unlinked.
    pub(super) fn unlinkable(self) -> u64 {
        self.people() * self.linked
    }

    /// The name of a file with this population.
    pub(super) fn name(self) -> String {
        format!("{}-{}-{}", self.users, self.distance, self.linked)
    }

    /// Writes all users into a file, one a line.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write(self, path: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for number in 0..self.users {
            let linked = if number % self.distance == 0 { self.linked } else { 1 };
            writeln!(file, "{}", user(number, linked))?;
        }
        Ok(file.flush()?)
    }
}

fn user(number: u64, linked: u64) -> Value {
    let (id, name) = (format!("u{number}"), format!("User {number}"));
    let main = json!({
        "provider": "auth0", "user_id": id, "connection": "Username-Password-Authentication", "isSocial": false
    });
    let login = |place: u64| {
        json!({
            "provider": "github", "user_id": (number * 100_000 + place).to_string(), "connection": "github",
            "isSocial": true,
            "profileData": { "name": name, "email": format!("u{number}.{place}@example.com") }
        })
    };
    let identities: Vec<_> = std::iter::once(main).chain((0..linked).map(login)).collect();
    json!({
        "user_id": format!("auth0|{id}"), "email": format!("{id}@example.com"), "email_verified": true, "name": name,
        "identities": identities
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_user_at_the_distance_has_many_logins_and_the_others_have_one() {
        let file = std::env::temp_dir().join(format!("population-{}.json", std::process::id()));
        let population = Population { users: 5, distance: 2, linked: 3 };
        population.write(&file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let users: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let logins: Vec<_> = users.iter().map(|user| user["identities"].as_array().unwrap().len()).collect();
        assert_eq!(logins, [4, 2, 4, 2, 4]);
        assert_eq!(users[2]["identities"][3]["user_id"], "200002");
        assert_eq!((population.people(), population.unlinkable()), (3, 9));
    }
}
