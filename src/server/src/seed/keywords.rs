//! Replaces keywords as Auth0's Deploy CLI does: `##KEY##` stands for text, `@@KEY@@` for JSON.

use std::borrow::Cow;

use super::error::{InvalidSeedFile, Place};

/// Replaces every keyword of `text` by the value that `value_of` returns for it.
///
/// `@@KEY@@` becomes the value itself when that is JSON, else a JSON string; quotes around it are removed.
/// Lines that are comments are not changed.
///
/// # Errors
/// The first keyword without a value, with its line and column.
pub(super) fn replace<'a>(
    file: &str,
    text: &'a str,
    value_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Cow<'a, str>, InvalidSeedFile> {
    if !text.contains("##") && !text.contains("@@") {
        return Ok(Cow::Borrowed(text));
    }
    let mut replaced = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let mut rest = if line.trim_start().starts_with('#') { "" } else { line };
        if rest.is_empty() {
            replaced.push_str(line);
        }
        while let Some(found) = find_keyword(rest) {
            let Some(value) = value_of(found.key) else {
                let column = line.len() - rest.len() + found.before.len() + 1;
                return Err(InvalidSeedFile {
                    file: file.to_owned(),
                    place: Place::Line(number, column as u64),
                    reason: format!(
                        "the keyword \"{0}\" has no value; set the environment variable {0}",
                        found.key
                    ),
                });
            };
            replaced.push_str(found.before);
            if found.json {
                let is_json = serde_json::from_str::<serde_json::Value>(&value).is_ok();
                replaced.push_str(&if is_json { value } else { serde_json::Value::from(value).to_string() });
            } else {
                replaced.push_str(&value);
            }
            rest = found.after;
        }
        replaced.push_str(rest);
    }
    Ok(Cow::Owned(replaced))
}

/// A keyword, with the text before and after it.
struct Keyword<'a> {
    before: &'a str,
    key: &'a str,
    json: bool,
    after: &'a str,
}

/// Returns the first keyword of `line`.
fn find_keyword(line: &str) -> Option<Keyword<'_>> {
    line.char_indices().find_map(|(start, _)| {
        let (mark, json) = match line.get(start..start + 2)? {
            "##" => ("##", false),
            "@@" => ("@@", true),
            _ => return None,
        };
        let (key, after) = line[start + 2..].split_once(mark)?;
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_key.then(|| {
            let before = &line[..start];
            // Quotes around JSON keep the file valid for an editor; the Deploy CLI removes them as well.
            let unquoted = json
                .then(|| {
                    ['"', '\''].iter().find_map(|q| Some((before.strip_suffix(*q)?, after.strip_prefix(*q)?)))
                })
                .flatten();
            let (before, after) = unquoted.unwrap_or((before, after));
            Keyword { before, key, json, after }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> Result<String, String> {
        let value_of = |key: &str| match key {
            "HOST" => Some("login.example.com".to_owned()),
            "LIST" => Some(r#"["a","b"]"#.to_owned()),
            _ => None,
        };
        replace("tenant.yaml", text, &value_of).map(Cow::into_owned).map_err(|error| error.to_string())
    }

    #[test]
    fn a_text_keyword_is_replaced_at_any_position() {
        assert_eq!(
            replaced("a: https://##HOST##/x\nb: ##HOST##").unwrap(),
            "a: https://login.example.com/x\nb: login.example.com"
        );
    }

    #[test]
    fn a_json_keyword_becomes_the_value_itself_without_its_quotes() {
        assert_eq!(
            replaced("a: \"@@LIST@@\"\nb: @@HOST@@").unwrap(),
            "a: [\"a\",\"b\"]\nb: \"login.example.com\""
        );
    }

    #[test]
    fn comments_and_single_marks_are_not_changed() {
        let text = "## ##NOBODY## ##\nb: a ## comment ## here, ü@@\n";
        assert_eq!(replaced(text).unwrap(), text);
    }

    #[test]
    fn a_keyword_without_a_value_is_refused_with_its_place() {
        assert_eq!(
            replaced("a: 1\nb: x ##NOBODY##").unwrap_err(),
            "tenant.yaml:2:6: the keyword \"NOBODY\" has no value; set the environment variable NOBODY"
        );
    }
}
