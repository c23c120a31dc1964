//! Messages of parsers, without the values that they repeat.

/// Returns the message of the JSON parser without a value and without "at line 3 column 4" at its end.
pub(super) fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    redact_value(message).unwrap_or_else(|| message.replace('`', "\""))
}

/// Removes the value from a parser's message of the form "invalid type: string "x", expected y", because a
/// value in the wrong place may be a secret. Returns `None` for every other message.
#[must_use]
pub fn redact_value(message: &str) -> Option<String> {
    ["invalid type", "invalid value"].into_iter().find_map(|mistake| {
        let (found, expected) =
            message.strip_prefix(mistake)?.strip_prefix(": ")?.rsplit_once(", expected ")?;
        let kind = found.split(['`', '"']).next().unwrap_or_default().trim_end();
        Some(format!("{mistake}: {kind}, expected {expected}"))
    })
}
