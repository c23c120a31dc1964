//! A row that a statement returned, the same for both engines.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::value::Value;

/// The names of the columns of a statement, shared by its rows.
#[derive(Debug)]
pub(crate) struct Columns(Box<[Box<str>]>);

impl Columns {
    pub(crate) fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Arc<Self> {
        Arc::new(Self(names.into_iter().map(Box::from).collect()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| **column == *name)
    }
}

#[derive(Debug)]
enum Cell {
    Null,
    Integer(i64),
    Text(Range<usize>),
}

/// A row. All of its texts are in one buffer, because a user with its identities has hundreds of them.
#[derive(Debug)]
pub(crate) struct Row {
    columns: Arc<Columns>,
    cells: Vec<Cell>,
    texts: String,
}

impl Row {
    pub(crate) fn new(columns: &Arc<Columns>) -> Self {
        Self { columns: Arc::clone(columns), cells: Vec::with_capacity(columns.len()), texts: String::new() }
    }

    pub(crate) fn push_null(&mut self) {
        self.cells.push(Cell::Null);
    }

    pub(crate) fn push_integer(&mut self, number: i64) {
        self.cells.push(Cell::Integer(number));
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        let start = self.texts.len();
        self.texts.push_str(text);
        self.cells.push(Cell::Text(start..self.texts.len()));
    }

    /// Returns the names of the columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.0.iter().map(|column| &**column)
    }

    /// Returns the value in a column, of whatever type; `None` for NULL.
    pub(crate) fn value(&self, column: &str) -> Option<Value<'static>> {
        match self.cells.get(self.columns.place(column)?)? {
            Cell::Null => None,
            Cell::Integer(number) => Some((*number).into()),
            Cell::Text(range) => Some(self.texts.get(range.clone())?.to_owned().into()),
        }
    }

    /// Returns the value in a column.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the column has another type, or NULL where `T` is no option.
    pub(crate) fn get<'r, T: FromCell<'r>>(&'r self, column: &'static str) -> Result<T, Error> {
        let place = self.columns.place(column);
        let value = match place.and_then(|place| self.cells.get(place)) {
            Some(Cell::Null) => T::from_null(),
            Some(Cell::Integer(number)) => T::from_integer(*number),
            Some(Cell::Text(range)) => self.texts.get(range.clone()).and_then(T::from_text),
            None => None,
        };
        value.ok_or(Error::Damaged(column))
    }
}

/// A type of the values in a column.
pub(crate) trait FromCell<'r>: Sized {
    fn from_null() -> Option<Self> {
        None
    }
    fn from_integer(_: i64) -> Option<Self> {
        None
    }
    fn from_text(_: &'r str) -> Option<Self> {
        None
    }
}

impl FromCell<'_> for i64 {
    fn from_integer(number: i64) -> Option<Self> {
        Some(number)
    }
}

impl<'r> FromCell<'r> for &'r str {
    fn from_text(text: &'r str) -> Option<Self> {
        Some(text)
    }
}

impl FromCell<'_> for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl<'r, T: FromCell<'r>> FromCell<'r> for Option<T> {
    fn from_null() -> Option<Self> {
        Some(None)
    }
    fn from_integer(number: i64) -> Option<Self> {
        T::from_integer(number).map(Some)
    }
    fn from_text(text: &'r str) -> Option<Self> {
        T::from_text(text).map(Some)
    }
}
