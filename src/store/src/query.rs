//! A statement with its values, the same for both engines: `$1` to `$n`, values of the types TEXT and BIGINT.

use std::borrow::Cow;

use crate::engine::Connection;
use crate::error::Error;
use crate::row::Row;

/// A value of a parameter. The type is known also where the value is NULL.
#[derive(Clone, Debug)]
pub(crate) enum Value<'q> {
    Text(Option<Cow<'q, str>>),
    Integer(Option<i64>),
}

impl Value<'_> {
    fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(text.map(|text| Cow::Owned(text.into_owned()))),
            Self::Integer(number) => Value::Integer(number),
        }
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(text: &'q str) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(text: &'q String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl<'q> From<Option<&'q str>> for Value<'q> {
    fn from(text: Option<&'q str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(Cow::Owned))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

/// A statement and the values of its parameters.
pub(crate) struct Query<'q> {
    pub(crate) sql: Cow<'q, str>,
    pub(crate) values: Vec<Value<'q>>,
}

/// Begins a statement. Its parameters are `$1`, `$2` and so on, in the order of [`Query::bind`].
pub(crate) fn query<'q>(sql: impl Into<Cow<'q, str>>) -> Query<'q> {
    Query { sql: sql.into(), values: Vec::new() }
}

impl<'q> Query<'q> {
    pub(crate) fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(crate) async fn fetch_all(self, connection: &mut Connection) -> Result<Vec<Row>, Error> {
        connection.fetch(self).await
    }

    pub(crate) async fn fetch_optional(self, connection: &mut Connection) -> Result<Option<Row>, Error> {
        Ok(connection.fetch(self).await?.into_iter().next())
    }

    /// Returns the first row of a statement that always has one.
    pub(crate) async fn fetch_one(self, connection: &mut Connection) -> Result<Row, Error> {
        self.fetch_optional(connection).await?.ok_or(Error::Damaged("row"))
    }

    /// Returns the number of rows that the statement changed.
    pub(crate) async fn execute(self, connection: &mut Connection) -> Result<u64, Error> {
        connection.execute(self).await
    }

    /// Executes a statement of a unit of work whose number of rows nobody needs. Where the database is on another machine, this
    /// does not wait for its answer: an error is that of the next statement, or of the commit.
    pub(crate) async fn send(self, connection: &mut Connection) -> Result<(), Error> {
        connection.send(self).await
    }

    pub(crate) fn into_owned(self) -> Query<'static> {
        Query {
            sql: Cow::Owned(self.sql.into_owned()),
            values: self.values.into_iter().map(Value::into_owned).collect(),
        }
    }
}
