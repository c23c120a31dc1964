//! The rows that a statement returned, the same for both engines.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::value::Value;

#[derive(Debug)]
enum Cell {
    Null,
    Integer(i64),
    Text(Range<usize>),
}

/// All rows of one answer, in two buffers: a user with its identities has hundreds of cells.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    columns: Vec<Box<str>>,
    cells: Vec<Cell>,
    texts: String,
}

impl Rows {
    /// Begins an answer with these columns.
    pub(crate) fn new<'n>(columns: impl IntoIterator<Item = &'n str>) -> Self {
        Self { columns: columns.into_iter().map(Box::from).collect(), ..Self::default() }
    }

    /// Returns the number of columns. That many values are pushed for each row.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
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

    /// Returns the rows.
    pub(crate) fn finish(self) -> Vec<Row> {
        let (width, cells) = (self.width().max(1), self.cells.len());
        let rows = Arc::new(self);
        (0..cells).step_by(width).map(|start| Row { rows: Arc::clone(&rows), start }).collect()
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| **name == *column)
    }
}

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    rows: Arc<Rows>,
    /// The place of its first cell.
    start: usize,
}

impl Row {
    /// Returns the names of the columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.rows.columns.iter().map(|column| &**column)
    }

    /// Returns all texts of the row, in the order of the columns.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let cells = self.rows.cells.iter().skip(self.start).take(self.rows.width());
        cells.filter_map(|cell| match cell {
            Cell::Text(range) => self.rows.texts.get(range.clone()),
            Cell::Null | Cell::Integer(_) => None,
        })
    }

    fn cell(&self, column: &str) -> Option<&Cell> {
        self.rows.cells.get(self.start + self.rows.place(column)?)
    }

    /// Returns the value in a column, of whatever type; `None` for NULL.
    pub(crate) fn value(&self, column: &str) -> Option<Value<'static>> {
        match self.cell(column)? {
            Cell::Null => None,
            Cell::Integer(number) => Some((*number).into()),
            Cell::Text(range) => Some(self.rows.texts.get(range.clone())?.to_owned().into()),
        }
    }

    /// Returns the value in a column.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the column has another type, or NULL where `T` is no option.
    pub(crate) fn get<'r, T: FromCell<'r>>(&'r self, column: &'static str) -> Result<T, Error> {
        let value = match self.cell(column) {
            Some(Cell::Null) => T::from_null(),
            Some(Cell::Integer(number)) => T::from_integer(*number),
            Some(Cell::Text(range)) => self.rows.texts.get(range.clone()).and_then(T::from_text),
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
