//! Lists users, all of them.
//!
//! A tenant with checkpoints is asked for one part after the other (contract [G116](model::contract#g116)). Auth0 pages
//! through the first 1000 users of a query only (contract [A6](model::contract#a6)): there the list is cut into slices by
//! the time of creation, and users of the very same time by their ids. No page is ever counted from the beginning, so that
//! a user who is deleted meanwhile does not make the list miss another one.

use std::collections::HashSet;

use serde_json::Value;

use crate::client::ManagementClient;
use crate::error::Error;

/// The number of users of a part.
const PART: usize = 100;

/// The number of pages that Auth0 shows of a query.
const PAGES: usize = 10;

/// A list of users that is being read.
pub struct UserListing<'c> {
    client: &'c ManagementClient,
    query: Option<String>,
    place: Place,
    /// The ids of the users that were returned, where parts overlap.
    seen: HashSet<String>,
}

/// The next part of the list.
enum Place {
    /// The first one.
    Start,
    /// The part after a checkpoint.
    Checkpoint(String),
    /// A page of the users that were created at a time or later.
    CreatedFrom { time: Option<String>, page: usize },
    /// Those that were created at a time and whose ids are greater.
    CreatedAt { time: String, after: String },
    /// Those that were created later than a time.
    CreatedAfter { time: String },
    /// There is none.
    End,
}

impl<'c> UserListing<'c> {
    /// Begins the list of all users, or of those that match a query in Auth0's search syntax.
    #[must_use]
    pub fn new(client: &'c ManagementClient, query: Option<String>) -> Self {
        Self { client, query, place: Place::Start, seen: HashSet::new() }
    }

    /// Returns the next users, as the tenant shows them; `None` at the end.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        loop {
            let users = match std::mem::replace(&mut self.place, Place::End) {
                Place::End => return Ok(None),
                Place::Start => self.checkpoint(None).await?,
                Place::Checkpoint(from) => self.checkpoint(Some(&from)).await?,
                Place::CreatedFrom { time, page } => self.created_from(time, page).await?,
                Place::CreatedAt { time, after } => self.created_at(time, &after).await?,
                Place::CreatedAfter { time } => self.created_after(&time).await?,
            };
            if !users.is_empty() {
                return Ok(Some(users));
            }
        }
    }

    /// Reads the part after a checkpoint, and finds out whether the tenant has any.
    async fn checkpoint(&mut self, from: Option<&str>) -> Result<Vec<Value>, Error> {
        let take = PART.to_string();
        let mut parameters = vec![("take", take.as_str())];
        parameters.extend(self.query.as_deref().map(|query| ("q", query)));
        parameters.extend(from.map(|from| ("from", from)));
        match self.client.list_users(&parameters).await? {
            Value::Object(mut part) => {
                let Some(Value::Array(users)) = part.remove("users") else {
                    return Err(unreadable("a list without users"));
                };
                if let Some(Value::String(next)) = part.remove("next") {
                    self.place = Place::Checkpoint(next);
                }
                Ok(users)
            }
            // A tenant that does not know the parameters answers with a page.
            Value::Array(_) => {
                self.place = Place::CreatedFrom { time: None, page: 0 };
                Ok(Vec::new())
            }
            _ => Err(unreadable("no list of users")),
        }
    }

    async fn created_from(&mut self, time: Option<String>, page: usize) -> Result<Vec<Value>, Error> {
        let range = time.as_deref().map(|time| format!("created_at:[{} TO *]", phrase(time)));
        let users = self.slice(range, "created_at:1", page).await?;
        if let (PART.., Some(last)) = (users.len(), users.last()) {
            let last = text(last, "created_at")?;
            self.place = if time.as_deref() != Some(last) {
                Place::CreatedFrom { time: Some(last.to_owned()), page: 0 }
            } else if page + 1 < PAGES {
                Place::CreatedFrom { time, page: page + 1 }
            } else {
                Place::CreatedAt { time: last.to_owned(), after: String::new() }
            };
        }
        self.new_ones(users)
    }

    async fn created_at(&mut self, time: String, after: &str) -> Result<Vec<Value>, Error> {
        let mut range = format!("created_at:{}", phrase(&time));
        if !after.is_empty() {
            range = format!("{range} AND user_id:{{{} TO *]", phrase(after));
        }
        let users = self.slice(Some(range), "user_id:1", 0).await?;
        self.place = match (users.len(), users.last()) {
            (PART.., Some(last)) => Place::CreatedAt { time, after: text(last, "user_id")?.to_owned() },
            _ => Place::CreatedAfter { time },
        };
        self.new_ones(users)
    }

    async fn created_after(&mut self, time: &str) -> Result<Vec<Value>, Error> {
        let range = format!("created_at:{{{} TO *]", phrase(time));
        let users = self.slice(Some(range), "created_at:1", 0).await?;
        if let (PART.., Some(last)) = (users.len(), users.last()) {
            self.place = Place::CreatedFrom { time: Some(text(last, "created_at")?.to_owned()), page: 0 };
        }
        self.new_ones(users)
    }

    async fn slice(&self, range: Option<String>, sort: &str, page: usize) -> Result<Vec<Value>, Error> {
        let query = match (&self.query, range) {
            (Some(query), Some(range)) => Some(format!("({query}) AND {range}")),
            (query, range) => query.clone().or(range),
        };
        let (page, per_page) = (page.to_string(), PART.to_string());
        let mut parameters = vec![
            ("page", page.as_str()),
            ("per_page", per_page.as_str()),
            ("sort", sort),
            ("search_engine", "v3"),
        ];
        parameters.extend(query.as_deref().map(|query| ("q", query)));
        match self.client.list_users(&parameters).await? {
            Value::Array(users) => Ok(users),
            _ => Err(unreadable("no list of users")),
        }
    }

    /// Leaves out the users that were returned before.
    fn new_ones(&mut self, users: Vec<Value>) -> Result<Vec<Value>, Error> {
        let mut new = Vec::with_capacity(users.len());
        for user in users {
            if self.seen.insert(text(&user, "user_id")?.to_owned()) {
                new.push(user);
            }
        }
        Ok(new)
    }
}

/// Quotes a text in Auth0's search syntax.
pub(crate) fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn text<'u>(user: &'u Value, key: &str) -> Result<&'u str, Error> {
    user[key].as_str().ok_or_else(|| unreadable(&format!("a user without {key}")))
}

fn unreadable(what: &str) -> Error {
    Error::Unreadable(what.to_owned())
}
