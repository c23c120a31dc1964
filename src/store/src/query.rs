//! A statement with its values, the same for both engines: `$1` to `$n`, values of the types TEXT and BIGINT.

use std::borrow::Cow;

use crate::value::Value;

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

    pub(crate) fn into_owned(self) -> Query<'static> {
        Query {
            sql: Cow::Owned(self.sql.into_owned()),
            values: self.values.into_iter().map(Value::into_owned).collect(),
        }
    }
}
