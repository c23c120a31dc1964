//! Query parameters: which keys of an object to include, and which page of a list (contract
//! [A3](model::contract#a3), [A5](model::contract#a5), [A6](model::contract#a6)).

use crate::http::error::ApiError;

/// The number of records that paging can reach (contract [A6](model::contract#a6)).
pub(super) const REACH: u32 = 1000;

/// The parameters of a query string. Unknown parameters are ignored; a known one is allowed once.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses a query string.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
    }

    /// Returns every value of a parameter.
    pub(super) fn all<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a parameter; `None` if it is absent or empty.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, ApiError> {
        let mut values = self.all(name);
        let value = values.next();
        match values.next() {
            None => Ok(value.filter(|value| !value.is_empty())),
            Some(_) => Err(invalid("Expected a single value", name)),
        }
    }

    /// Returns the value of a boolean parameter; `default` if it is absent.
    pub(super) fn boolean(&self, name: &'static str, default: bool) -> Result<bool, ApiError> {
        match self.text(name)? {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(invalid("Expected type boolean but found type string", name)),
        }
    }

    fn number(&self, name: &'static str, default: u32, maximum: u32) -> Result<u32, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        let number: u32 =
            text.parse().map_err(|_| invalid("Expected type integer but found type string", name))?;
        if number <= maximum {
            return Ok(number);
        }
        Err(invalid(format!("Value {number} is greater than maximum {maximum}"), name))
    }

    /// Returns the keys to include.
    pub(super) fn fields(&self) -> Result<Fields, ApiError> {
        let exclude = !self.boolean("include_fields", true)?;
        let names = self.text("fields")?.unwrap_or_default().split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Fields { names, exclude })
    }

    /// Returns the requested checkpoint; `None` without `from` and `take`.
    pub(super) fn checkpoint(&self) -> Result<Option<Checkpoint<'_>>, ApiError> {
        let (from, take) = (self.text("from")?, self.text("take")?);
        if from.is_none() && take.is_none() {
            return Ok(None);
        }
        match self.number("take", 50, 100)? {
            0 => Err(invalid("Value 0 is less than minimum 1", "take")),
            take => Ok(Some(Checkpoint { from, take })),
        }
    }

    /// Returns the requested page: 50 records by default, at most 100 (contract [U-3](model::contract#u-3)),
    /// within the first [`REACH`] records.
    pub(super) fn page(&self) -> Result<Page, ApiError> {
        let limit = self.number("per_page", 50, 100)?;
        let page = self.number("page", 0, u32::MAX)?;
        let start = page.checked_mul(limit).filter(|start| start + limit <= REACH).ok_or(ApiError::Paging)?;
        Ok(Page { start, limit, totals: self.boolean("include_totals", false)? })
    }
}

pub(super) fn invalid(message: impl Into<String>, property: &'static str) -> ApiError {
    ApiError::Query { message: message.into(), property }
}

/// The keys of an object to include: `fields` and `include_fields`. Unknown names are ignored (contract
/// [A3](model::contract#a3)).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    names: Vec<String>,
    exclude: bool,
}

impl Fields {
    /// Returns whether a key is included.
    pub(super) fn includes(&self, key: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name == key) != self.exclude
    }

    /// Returns whether the named keys are excluded.
    pub(super) fn is_exclusion(&self) -> bool {
        self.exclude
    }
}

/// A page of a list, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The number of records before the page.
    pub(super) start: u32,
    /// The maximum number of records.
    pub(super) limit: u32,
    /// Whether the response includes the total number.
    pub(super) totals: bool,
}

/// A part of a list after a checkpoint: `from` and `take` (`GET /connections` in Auth0's OpenAPI document).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint<'q> {
    /// The first record, as `next` of the previous part named it; `None` for the beginning.
    pub(super) from: Option<&'q str>,
    /// The maximum number of records, at least 1.
    pub(super) take: u32,
}

impl Default for Checkpoint<'_> {
    /// Returns the first part of 50 records.
    fn default() -> Self {
        Self { from: None, take: 50 }
    }
}

impl Checkpoint<'_> {
    /// Returns the error for a checkpoint that does not exist.
    pub(super) fn unknown(self) -> ApiError {
        invalid(format!("No record to go on from: {}", self.from.unwrap_or_default()), "from")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_include_or_exclude_the_named_keys() {
        let included = |query: &str| {
            let fields = Query::parse(Some(query)).fields().unwrap();
            ["user_id", "email", "name"].into_iter().filter(|key| fields.includes(key)).collect::<Vec<_>>()
        };
        assert_eq!(included("fields=email,user_id,unheard"), ["user_id", "email"]);
        assert_eq!(included("fields=email&include_fields=false"), ["user_id", "name"]);
        assert_eq!(included("include_fields=false&other=1"), ["user_id", "email", "name"]);
        assert!(Query::parse(Some("include_fields=perhaps")).fields().is_err());
        assert!(Query::parse(Some("fields=a&fields=b")).fields().is_err());
    }

    #[test]
    fn a_page_ends_within_the_first_thousand_records() {
        let page = |query: &str| Query::parse(Some(query)).page();
        assert_eq!(page("").unwrap(), Page { start: 0, limit: 50, totals: false });
        assert_eq!(
            page("page=9&per_page=100&include_totals=true").unwrap(),
            Page { start: 900, limit: 100, totals: true }
        );
        assert_eq!(page("per_page=0&page=4000000000").unwrap().limit, 0);
        for beyond in ["page=10&per_page=100", "page=20", "page=4294967295&per_page=100"] {
            assert!(matches!(page(beyond), Err(ApiError::Paging)), "{beyond}");
        }
        for wrong in ["per_page=101", "per_page=-1", "page=x", "page=99999999999", "include_totals=1"] {
            assert!(matches!(page(wrong), Err(ApiError::Query { .. })), "{wrong}");
        }
    }
}
