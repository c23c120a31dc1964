//! The file that says what to unlink: CSV with a header, or JSON lines.

use std::collections::HashMap;
use std::path::Path;

use model::id::is_dot_segment;
use model::{IdentityId, IdentityKey, Provider, UserId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// An identity to unlink, and the line that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line in the file, from 1.
    pub line: u64,
    /// The user that the identity is linked to.
    pub user_id: UserId,
    /// The identity, as the path of the request names it: the id may have the prefix `connection|`.
    pub key: IdentityKey,
}

/// What to unlink, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnlinkList {
    /// The rows.
    pub rows: Vec<Row>,
    /// The SHA-256 digest of the file, in hexadecimal digits.
    pub digest: String,
}

/// The format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180) with the header `user_id,provider,identity_id`.
    Csv,
    /// One JSON object on each line, with the same keys.
    JsonLines,
}

/// The reason why a file is not a list of identities.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidList {
    /// The name says nothing about the format.
    #[error("the name must end in .csv or .jsonl")]
    UnknownFormat,
    /// A line is not what is expected.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The file has no rows.
    #[error("there is nothing in it to unlink")]
    Empty,
}

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    user_id: String,
    provider: String,
    identity_id: IdentityId,
}

impl Format {
    /// Returns the format that the name of a file says.
    ///
    /// # Errors
    /// [`InvalidList::UnknownFormat`].
    pub fn of(path: &Path) -> Result<Self, InvalidList> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension) if extension.eq_ignore_ascii_case("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines),
            _ => Err(InvalidList::UnknownFormat),
        }
    }
}

impl UnlinkList {
    /// Reads the content of a file.
    ///
    /// # Errors
    /// [`InvalidList`] with the first line that is wrong, or that repeats another one.
    pub fn parse(format: Format, content: &[u8]) -> Result<Self, InvalidList> {
        let rows = match format {
            Format::Csv => parse_csv(content)?,
            Format::JsonLines => parse_json_lines(content)?,
        };
        let mut lines = HashMap::new();
        for row in &rows {
            if let Some(before) = lines.insert((&row.user_id, &row.key), row.line) {
                return Err(InvalidList::Line {
                    line: row.line,
                    reason: format!("the same identity as in line {before}"),
                });
            }
        }
        if rows.is_empty() {
            return Err(InvalidList::Empty);
        }
        Ok(Self { rows, digest: format!("{:x}", Sha256::digest(content)) })
    }
}

fn parse_csv(content: &[u8]) -> Result<Vec<Row>, InvalidList> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content);
    let header = reader.headers().map_err(|error| csv_error(content, &error))?;
    let place = |name: &str| {
        header.iter().position(|found| found == name).ok_or_else(|| {
            let reason = format!("the header must be user_id,provider,identity_id: {name} is missing");
            InvalidList::Line { line: 1, reason }
        })
    };
    let places = [place("user_id")?, place("provider")?, place("identity_id")?];
    if header.len() > places.len() {
        let reason =
            format!("the header must be user_id,provider,identity_id, without {} more", header.len() - 3);
        return Err(InvalidList::Line { line: 1, reason });
    }
    let mut lines = Lines { content, counted: 0, line: 1 };
    reader
        .into_records()
        .map(|record| {
            let record = record.map_err(|error| csv_error(content, &error))?;
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            let [user_id, provider, identity_id] = places.map(|place| record.get(place).unwrap_or_default());
            // A number in CSV has no type of its own.
            let (user_id, provider, identity_id) =
                (user_id.to_owned(), provider.to_owned(), IdentityId::text(identity_id));
            Row::new(line, Written { user_id, provider, identity_id })
        })
        .collect()
}

/// Counts lines. The reader's own count is one behind after each CRLF.
struct Lines<'c> {
    content: &'c [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// Returns the line of the record that begins at a byte, or after the end of a line there. Bytes must not decrease.
    fn at(&mut self, byte: u64) -> u64 {
        let mut end = usize::try_from(byte).unwrap_or(usize::MAX).min(self.content.len());
        end += self.content[end..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line +=
            self.content[self.counted.min(end)..end].split(|byte| *byte == b'\n').skip(1).count() as u64;
        self.counted = end;
        self.line
    }
}

fn csv_error(content: &[u8], error: &csv::Error) -> InvalidList {
    let place = error.position().map_or(0, csv::Position::byte);
    let line = Lines { content, counted: 0, line: 1 }.at(place);
    let reason = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} values in place of {expected_len}")
        }
        _ => error.to_string(),
    };
    InvalidList::Line { line, reason }
}

fn parse_json_lines(content: &[u8]) -> Result<Vec<Row>, InvalidList> {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let lines = (1..).zip(content.split(|byte| *byte == b'\n'));
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(number, line)| {
            let written = serde_json::from_slice(line)
                .map_err(|error| InvalidList::Line { line: number, reason: error.to_string() })?;
            Row::new(number, written)
        })
        .collect()
}

impl Row {
    fn new(line: u64, written: Written) -> Result<Self, InvalidList> {
        let Written { user_id, provider, identity_id } = written;
        for (name, value) in
            [("user_id", user_id.as_str()), ("provider", &provider), ("identity_id", identity_id.as_str())]
        {
            if value.is_empty() || is_dot_segment(value) {
                let reason = format!("{name} is {value:?}, which names nothing");
                return Err(InvalidList::Line { line, reason });
            }
        }
        let user_id = UserId::new(user_id);
        if user_id.as_identity_key().is_none() {
            let reason = format!("user_id is {:?}, not of the form provider|id", user_id.as_str());
            return Err(InvalidList::Line { line, reason });
        }
        Ok(Self {
            line,
            user_id,
            key: IdentityKey { provider: Provider::new(provider), user_id: identity_id },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(format: Format, content: &str) -> Result<Vec<(u64, String, String)>, String> {
        let list = UnlinkList::parse(format, content.as_bytes()).map_err(|error| error.to_string())?;
        Ok(list
            .rows
            .into_iter()
            .map(|row| (row.line, row.user_id.to_string(), row.key.as_user_id().to_string()))
            .collect())
    }

    #[test]
    fn both_formats_say_the_same() {
        let csv = "user_id,provider,identity_id\nauth0|1,github,42\r\n\"samlp|a,b\",oidc,\"acme|x\"\n";
        let jsonl = "{\"user_id\":\"auth0|1\",\"provider\":\"github\",\"identity_id\":42}\n\n{\"user_id\":\"samlp|a,b\",\"provider\":\"oidc\",\"identity_id\":\"acme|x\"}";
        let expected = |lines: [u64; 2]| {
            vec![
                (lines[0], "auth0|1".to_owned(), "github|42".to_owned()),
                (lines[1], "samlp|a,b".to_owned(), "oidc|acme|x".to_owned()),
            ]
        };
        assert_eq!(parse(Format::Csv, csv).unwrap(), expected([2, 3]));
        assert_eq!(parse(Format::Csv, &format!("\u{feff}{csv}")).unwrap(), expected([2, 3]));
        assert_eq!(parse(Format::JsonLines, jsonl).unwrap(), expected([1, 3]));
    }

    #[test]
    fn a_long_number_in_csv_stays_as_it_is_written() {
        let csv = "identity_id,user_id,provider\n00115015401343387192604,auth0|1,google-oauth2\n";
        assert_eq!(parse(Format::Csv, csv).unwrap()[0].2, "google-oauth2|00115015401343387192604");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let csv =
            |rows: &str| parse(Format::Csv, &format!("user_id,provider,identity_id\n{rows}")).unwrap_err();
        assert_eq!(csv(""), "there is nothing in it to unlink");
        assert_eq!(csv("auth0|1,github\n"), "line 2: 2 values in place of 3");
        assert_eq!(csv("auth0|1,github,2\r\nauth0|1,github\r\n"), "line 3: 2 values in place of 3");
        assert_eq!(csv("auth0|1,github,1\nauth0|1,github,1\n"), "line 3: the same identity as in line 2");
        assert_eq!(csv("me,github,1\n"), "line 2: user_id is \"me\", not of the form provider|id");
        assert_eq!(
            parse(Format::Csv, "user,provider,id\n").unwrap_err(),
            "line 1: the header must be user_id,provider,identity_id: user_id is missing"
        );
        let jsonl = |text: &str| parse(Format::JsonLines, text).unwrap_err();
        assert!(jsonl("{\"user_id\":\"auth0|1\"}").starts_with("line 1: missing field `provider`"));
        assert!(jsonl("\n{\"user\":1}").starts_with("line 2: unknown field `user`"));
        assert_eq!(Format::of(Path::new("list.xlsx")), Err(InvalidList::UnknownFormat));
    }

    // attack: accounts
    #[test]
    fn an_id_that_a_client_would_resolve_as_another_path_is_refused() {
        for id in ["..", ".", "%2e%2E", "%252e."] {
            let csv = format!("user_id,provider,identity_id\nauth0|1,github,{id}\n");
            assert!(parse(Format::Csv, &csv).unwrap_err().contains("names nothing"), "{id}");
        }
        assert!(parse(Format::Csv, "user_id,provider,identity_id\nauth0|1,..,1\n").is_err());
    }
}
