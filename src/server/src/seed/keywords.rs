//! Replaces keywords as Auth0's Deploy CLI does: `##KEY##` stands for text, `@@KEY@@` for JSON.

use serde_json::{Map, Value};

use super::error::{InvalidSeedFile, Place};

/// The first and the last character of the text that stands in for a keyword without a value. Both are of Unicode's
/// private use area, so that no file has them by itself.
const MISSING: (char, char) = ('\u{E000}', '\u{E001}');

/// The setting of the Deploy CLI that holds the values of keywords, in its `config.json` and in the environment.
pub const MAPPINGS: &str = "AUTH0_KEYWORD_REPLACE_MAPPINGS";

/// The values of keywords. As in the Deploy CLI, a variable of the environment comes before a mapping.
pub struct Keywords<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    mappings: Map<String, Value>,
}

impl<'a> Keywords<'a> {
    /// Takes the values from `variable`, which returns the value of a variable of the environment.
    #[must_use]
    pub fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variable, mappings: Map::new() }
    }

    /// Adds the mappings of the environment variable `AUTH0_KEYWORD_REPLACE_MAPPINGS`, a JSON object. Mappings that were
    /// added later come first.
    ///
    /// # Errors
    /// When the variable is not a JSON object.
    pub fn with_mappings_of_environment(self) -> Result<Self, InvalidSeedFile> {
        match (self.variable)(MAPPINGS) {
            Some(text) => {
                let mappings = read_object(MAPPINGS, &text)?;
                Ok(self.with(mappings))
            }
            None => Ok(self),
        }
    }

    /// Adds the mappings of a `config.json` of the Deploy CLI. `file` is its path for error messages.
    ///
    /// # Errors
    /// When the file is not a JSON object, or has mappings that are not one.
    pub fn with_mappings_of_config(self, file: &str, text: &str) -> Result<Self, InvalidSeedFile> {
        let mut config = read_object(file, text)?;
        match config.remove(MAPPINGS) {
            None | Some(Value::Null) => Ok(self),
            Some(Value::Object(mappings)) => Ok(self.with(mappings)),
            Some(_) => Err(InvalidSeedFile {
                file: file.to_owned(),
                place: Place::Path(format!("$.{MAPPINGS}")),
                reason: "not an object with the values of keywords".to_owned(),
            }),
        }
    }

    fn with(mut self, mappings: Map<String, Value>) -> Self {
        self.mappings.extend(mappings);
        self
    }

    /// Returns the value of a keyword as text for `##KEY##`, or as JSON for `@@KEY@@`.
    fn value_of(&self, key: &str, json: bool) -> Option<String> {
        if let Some(text) = (self.variable)(key) {
            let is_json = || serde_json::from_str::<Value>(&text).is_ok();
            return Some(if !json || is_json() { text } else { Value::from(text).to_string() });
        }
        self.mappings.get(key).map(|value| if json { value.to_string() } else { text_of(value) })
    }

    /// Replaces every keyword of `text` that has a value.
    ///
    /// `@@KEY@@` becomes the value itself when that is JSON, else a JSON string; quotes around it are removed. A keyword
    /// without a value becomes a mark that [`missing_in`] finds, so that it is refused where it is read, and only
    /// there. As for the Deploy CLI, only capital letters, digits and `_` name a keyword that must have a value:
    /// templates and scripts have other texts between such signs.
    #[must_use]
    pub fn replace(&self, text: &str) -> String {
        if !text.contains("##") && !text.contains("@@") {
            return text.to_owned();
        }
        let mut replaced = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let is_comment = line.trim_start().starts_with('#');
            let mut rest = line;
            while let Some(found) = self.find_keyword(rest, is_comment) {
                replaced.push_str(found.before);
                replaced.push_str(&found.value);
                rest = found.after;
            }
            replaced.push_str(rest);
        }
        replaced
    }

    /// Returns the first keyword of `line` that has a value or must have one. A line that is a comment needs no values.
    fn find_keyword<'t>(&self, line: &'t str, is_comment: bool) -> Option<Keyword<'t>> {
        line.char_indices().find_map(|(start, _)| {
            let (mark, json) = match line.get(start..start + 2)? {
                "##" => ("##", false),
                "@@" => ("@@", true),
                _ => return None,
            };
            let (key, after) = line[start + 2..].split_once(mark)?;
            let before = &line[..start];
            let must_have_value = !is_comment
                && !key.is_empty()
                && key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            let value = match self.value_of(key, json).filter(|_| !key.is_empty()) {
                Some(value) => value,
                None if must_have_value && json => format!("\"{}{key}{}\"", MISSING.0, MISSING.1),
                None if must_have_value => format!("{}{key}{}", MISSING.0, MISSING.1),
                None => return None,
            };
            // Quotes around JSON keep the file valid for an editor; the Deploy CLI removes them as well.
            let unquoted = ['"', '\'']
                .iter()
                .filter(|_| json)
                .find_map(|quote| Some((before.strip_suffix(*quote)?, after.strip_prefix(*quote)?)));
            let (before, after) = unquoted.unwrap_or((before, after));
            Some(Keyword { before, value, after })
        })
    }
}

/// A keyword: its value, with the text before and after it.
struct Keyword<'a> {
    before: &'a str,
    value: String,
    after: &'a str,
}

/// Returns the name of a keyword without a value in a replaced text.
#[must_use]
pub fn missing_in(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(MISSING.0)?;
    after.split_once(MISSING.1).map(|(key, _)| key)
}

/// Returns the error for a keyword without a value.
#[must_use]
pub fn missing_value(key: &str) -> String {
    format!(
        "the keyword \"{key}\" has no value; set the environment variable {key}, or give it under {MAPPINGS} in a file \
         for --keywords"
    )
}

/// Returns a value as JavaScript writes it into a text, like the Deploy CLI.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Reads a JSON object. The message has no part of the text, which may contain secrets.
fn read_object(file: &str, text: &str) -> Result<Map<String, Value>, InvalidSeedFile> {
    let invalid = |line, column, reason: &str| InvalidSeedFile {
        file: file.to_owned(),
        place: Place::Line(line, column),
        reason: reason.to_owned(),
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(invalid(1, 1, "not a JSON object")),
        Err(error) => Err(invalid(error.line() as u64, error.column() as u64, "not valid JSON")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(key: &str) -> Option<String> {
        match key {
            "HOST" | "host-name" => Some("login.example.com".to_owned()),
            "LIST" => Some(r#"["a","b"]"#.to_owned()),
            MAPPINGS => Some(r#"{ "SHOP": "Shop", "HOST": "other", "URLS": ["x"], "N": 3 }"#.to_owned()),
            _ => None,
        }
    }

    fn replaced(text: &str) -> String {
        Keywords::new(&variable).replace(text)
    }

    #[test]
    fn a_text_keyword_is_replaced_at_any_position() {
        assert_eq!(
            replaced("a: https://##HOST##/x\nb: ##HOST##\n##HOST##\n# ##HOST##"),
            "a: https://login.example.com/x\nb: login.example.com\nlogin.example.com\n# login.example.com"
        );
        assert_eq!(replaced("a: '##host-name##'"), "a: 'login.example.com'");
    }

    #[test]
    fn a_json_keyword_becomes_the_value_itself_without_its_quotes() {
        assert_eq!(replaced("a: \"@@LIST@@\"\nb: @@HOST@@"), "a: [\"a\",\"b\"]\nb: \"login.example.com\"");
    }

    #[test]
    fn texts_that_are_no_keywords_are_not_changed() {
        let text =
            "## ##NOBODY## ##\n##NOBODY##\nb: a ## comment ## here, ü@@\nc: 'code @@password@@ ####'\n";
        assert_eq!(replaced(text), text);
    }

    #[test]
    fn a_keyword_without_a_value_is_marked() {
        assert_eq!(missing_in(&replaced("a: 1\nb: x ##NOBODY##")), Some("NOBODY"));
        assert_eq!(missing_in(&replaced("b: @@NOBODY@@")), Some("NOBODY"));
        assert_eq!(missing_in("b: ##NOBODY##"), None);
    }

    #[test]
    fn a_variable_comes_before_a_mapping_and_the_environment_before_a_file() {
        let keywords = Keywords::new(&variable)
            .with_mappings_of_config(
                "config.json",
                r#"{ "AUTH0_KEYWORD_REPLACE_MAPPINGS": { "SHOP": "no", "OF_FILE": true } }"#,
            )
            .unwrap()
            .with_mappings_of_environment()
            .unwrap();
        assert_eq!(
            keywords.replace("##HOST## ##SHOP## ##OF_FILE## ##URLS## @@URLS@@ ##N## @@SHOP@@"),
            r#"login.example.com Shop true x ["x"] 3 "Shop""#
        );
    }

    #[test]
    fn mappings_that_are_no_object_are_refused_without_their_text() {
        let of_config = |text: &str| {
            Keywords::new(&variable).with_mappings_of_config("config.json", text).err().unwrap().to_string()
        };
        assert_eq!(of_config("{\n hunter2"), "config.json:2:2: not valid JSON");
        assert_eq!(of_config("[]"), "config.json:1:1: not a JSON object");
        assert_eq!(
            of_config(r#"{ "AUTH0_KEYWORD_REPLACE_MAPPINGS": 1 }"#),
            "config.json: $.AUTH0_KEYWORD_REPLACE_MAPPINGS: not an object with the values of keywords"
        );
    }
}
