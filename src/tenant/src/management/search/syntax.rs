//! The parser of search queries: the subset of Lucene's syntax in contract [A6](model::contract#a6).
//!
//! A recursive descent parser. Every step consumes text or fails, and length, depth and number of clauses are
//! bounded, so that the time is linear in the length of the text.

use super::query::{Bound, Field, InvalidQuery, Query, Test};

/// The maximum length of a query, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// The maximum nesting depth of parentheses and negations.
const MAX_DEPTH: usize = 16;

/// The maximum number of clauses in a query.
const MAX_CLAUSES: usize = 512;

/// The minimum number of characters before a wildcard (contract [A6](model::contract#a6)).
const MIN_PREFIX: usize = 3;

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Query, InvalidQuery> {
    if text.len() > MAX_LENGTH {
        return Err(InvalidQuery("The query is too long"));
    }
    let mut parser = Parser { rest: text, depth: 0, clauses: 0 };
    let query = parser.alternatives(None)?;
    if parser.peek().is_some() {
        return Err(InvalidQuery("A parenthesis is closed that was not opened"));
    }
    Ok(query)
}

struct Parser<'q> {
    rest: &'q str,
    depth: usize,
    clauses: usize,
}

/// An unquoted word, with its escapes resolved.
struct Word {
    text: String,
    /// Whether it ended with a `*`, which is not part of the text.
    wildcard: bool,
    /// Whether it had no escapes, so that it can be an operator.
    plain: bool,
}

impl Parser<'_> {
    /// Skips white space and returns the next character without consuming it.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Consumes `token` if it is next.
    fn take(&mut self, token: char) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Consumes an operator if it is next as a whole word.
    fn take_operator(&mut self, names: [&str; 2]) -> bool {
        self.rest = self.rest.trim_start();
        for name in names {
            if let Some(rest) = self.rest.strip_prefix(name)
                && rest.chars().next().is_none_or(|next| next.is_whitespace() || matches!(next, '(' | ')'))
            {
                self.rest = rest;
                return true;
            }
        }
        false
    }

    /// Parses `a OR b OR …`, up to the end or a closing parenthesis. Within `field:( … )` the values belong
    /// to the field.
    fn alternatives(&mut self, field: Option<&Field>) -> Result<Query, InvalidQuery> {
        let mut alternatives = vec![self.conjunction(field)?];
        while self.take_operator(["OR", "||"]) {
            alternatives.push(self.conjunction(field)?);
        }
        Ok(one_or(alternatives, Query::Or))
    }

    /// Parses `a AND b c …`. Clauses without an operator between them are a conjunction.
    fn conjunction(&mut self, field: Option<&Field>) -> Result<Query, InvalidQuery> {
        let mut parts = vec![self.negation(field)?];
        loop {
            let and = self.take_operator(["AND", "&&"]);
            let end = matches!(self.peek(), None | Some(')')) || self.is_before_or();
            match (and, end) {
                (false, true) => return Ok(one_or(parts, Query::And)),
                (true, true) => return Err(InvalidQuery("AND stands without anything behind it")),
                (_, false) => parts.push(self.negation(field)?),
            }
        }
    }

    fn is_before_or(&mut self) -> bool {
        let here = self.rest;
        let is = self.take_operator(["OR", "||"]);
        self.rest = here;
        is
    }

    /// Parses `NOT a`, `-a`, `!a`, `+a` or `a`.
    fn negation(&mut self, field: Option<&Field>) -> Result<Query, InvalidQuery> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(InvalidQuery("The query is nested too deeply"));
        }
        self.peek();
        let query = if self.take_operator(["NOT", "!"]) || self.take('-') || self.take('!') {
            Query::Not(Box::new(self.negation(field)?))
        } else if self.take('+') {
            self.negation(field)?
        } else {
            self.clause(field)?
        };
        self.depth -= 1;
        Ok(query)
    }

    fn clause(&mut self, field: Option<&Field>) -> Result<Query, InvalidQuery> {
        self.clauses += 1;
        if self.clauses > MAX_CLAUSES {
            return Err(InvalidQuery("The query has too many clauses"));
        }
        if self.peek() == Some('(') {
            return self.group(field);
        }
        if field.is_some() || self.rest.starts_with('"') {
            return self.value(field);
        }
        let start = self.rest;
        let word = self.word(true)?;
        if !self.take(':') {
            self.rest = start;
            return self.value(None);
        }
        if word.wildcard || word.text.is_empty() {
            return Err(InvalidQuery("A field's name is missing or holds a wildcard"));
        }
        if word.text == "_exists_" {
            self.peek();
            let quoted = self.rest.starts_with('"');
            let name = if quoted { self.phrase()? } else { self.word(false)?.text };
            return Ok(Query::Exists(Field::parse(&name)?));
        }
        let field = Field::parse(&word.text)?;
        match self.peek() {
            Some('(') => self.group(Some(&field)),
            _ => self.value(Some(&field)),
        }
    }

    fn group(&mut self, field: Option<&Field>) -> Result<Query, InvalidQuery> {
        self.take('(');
        let query = self.alternatives(field)?;
        self.peek();
        if self.take(')') { Ok(query) } else { Err(InvalidQuery("A parenthesis is not closed")) }
    }

    /// Parses a phrase, a range, a word or a word with a wildcard.
    fn value(&mut self, field: Option<&Field>) -> Result<Query, InvalidQuery> {
        let test = match self.peek() {
            Some('"') => Test::Term(self.phrase()?),
            Some('[' | '{') => self.range()?,
            _ => {
                let word = self.word(false)?;
                if word.plain && matches!(word.text.as_str(), "AND" | "OR" | "NOT" | "&&" | "||") {
                    return Err(InvalidQuery("An operator stands without anything before it"));
                }
                match (word.wildcard, word.text.is_empty()) {
                    (true, true) => return Ok(field.map_or(Query::All, |field| Query::Exists(field.clone()))),
                    (false, true) => return Err(InvalidQuery("A value is missing")),
                    (true, false) if word.text.chars().count() < MIN_PREFIX => {
                        return Err(InvalidQuery("A wildcard needs at least 3 characters before it"));
                    }
                    (true, false) => Test::Prefix(word.text),
                    (false, false) => Test::Term(word.text),
                }
            }
        };
        match field {
            Some(field) if field.is_user_metadata() && !matches!(test, Test::Term(_)) => {
                Err(InvalidQuery("user_metadata is not searchable by wildcard or range"))
            }
            None if matches!(test, Test::Range { .. }) => Err(InvalidQuery("A range needs a field")),
            field => Ok(Query::Match(field.cloned(), test)),
        }
    }

    /// Parses `"…"`, with the escapes `\"` and `\\`.
    fn phrase(&mut self) -> Result<String, InvalidQuery> {
        self.take('"');
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((place, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &self.rest[place + 1..];
                    return Ok(text);
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        Err(InvalidQuery("A quotation mark is not closed"))
    }

    /// Parses a word up to white space or punctuation. The `name` of a field also ends at a colon.
    fn word(&mut self, name: bool) -> Result<Word, InvalidQuery> {
        let mut word = Word { text: String::new(), wildcard: false, plain: true };
        let mut end = self.rest.len();
        let mut characters = self.rest.char_indices();
        while let Some((place, character)) = characters.next() {
            match character {
                '(' | ')' | '[' | ']' | '{' | '}' | '"' => end = place,
                ':' if name => end = place,
                space if space.is_whitespace() => end = place,
                _ if word.wildcard => {
                    return Err(InvalidQuery("A wildcard stands at the end of a word only"));
                }
                '*' => word.wildcard = true,
                '?' | '~' | '^' => {
                    return Err(InvalidQuery(
                        "?, ~ and ^ are not supported; write \\ before them as literals",
                    ));
                }
                '/' | '<' | '>' if place == 0 => {
                    return Err(InvalidQuery("Regular expressions and comparisons are not supported"));
                }
                '\\' => {
                    word.plain = false;
                    match characters.next() {
                        Some((_, escaped)) => word.text.push(escaped),
                        None => return Err(InvalidQuery("Nothing stands behind the last \\")),
                    }
                }
                other => word.text.push(other),
            }
            if end == place {
                break;
            }
        }
        self.rest = &self.rest[end..];
        Ok(word)
    }

    /// Parses `[a TO b]`, `{a TO b}` or a mixture of both. `*` is unbounded.
    fn range(&mut self) -> Result<Test, InvalidQuery> {
        let from_inclusive = self.take('[');
        if !from_inclusive {
            self.take('{');
        }
        let from = self.bound()?;
        self.rest = self.rest.trim_start();
        if !self.take_operator(["TO", "to"]) {
            return Err(InvalidQuery("A range is written [a TO b]"));
        }
        let to = self.bound()?;
        self.peek();
        let to_inclusive = self.take(']');
        if !to_inclusive && !self.take('}') {
            return Err(InvalidQuery("A range is not closed"));
        }
        let bound = |value: Option<String>, inclusive| value.map(|value| Bound { value, inclusive });
        Ok(Test::Range { from: bound(from, from_inclusive), to: bound(to, to_inclusive) })
    }

    fn bound(&mut self) -> Result<Option<String>, InvalidQuery> {
        if self.peek() == Some('"') {
            return self.phrase().map(Some);
        }
        let word = self.word(false)?;
        match (word.wildcard, word.text.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(word.text)),
            _ => Err(InvalidQuery("A range is written [a TO b]")),
        }
    }
}

fn one_or(mut parts: Vec<Query>, together: fn(Vec<Query>) -> Query) -> Query {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            together(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::*;

    /// Parses a query and writes it back with all parentheses.
    fn read(text: &str) -> String {
        match parse(text) {
            Ok(query) => query.to_string(),
            Err(InvalidQuery(reason)) => format!("! {reason}"),
        }
    }

    /// Writes a query in the syntax of clients.
    fn write(query: &Query) -> String {
        let word = |text: &str| -> String {
            let kept = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.');
            text.chars().flat_map(|c| (!kept(c)).then_some('\\').into_iter().chain([c])).collect()
        };
        let phrase = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let join = |parts: &[Query], operator: &str| {
            format!("({})", parts.iter().map(write).collect::<Vec<_>>().join(operator))
        };
        match query {
            Query::All => "*".to_owned(),
            Query::And(parts) => join(parts, " AND "),
            Query::Or(parts) => join(parts, " OR "),
            Query::Not(part) => format!("NOT {}", write(part)),
            Query::Exists(field) => format!("_exists_:{}", phrase(field.name())),
            Query::Match(field, test) => {
                let field =
                    field.as_ref().map(|field| format!("{}:", word(field.name()))).unwrap_or_default();
                let value = match test {
                    Test::Term(term) => phrase(term),
                    Test::Prefix(prefix) => format!("{}*", word(prefix)),
                    Test::Range { from, to } => {
                        let inclusive =
                            |bound: &Option<Bound>| bound.as_ref().is_none_or(|bound| bound.inclusive);
                        let value = |bound: &Option<Bound>| {
                            bound.as_ref().map_or("*".to_owned(), |bound| phrase(&bound.value))
                        };
                        let open = if inclusive(from) { '[' } else { '{' };
                        let close = if inclusive(to) { ']' } else { '}' };
                        format!("{open}{} TO {}{close}", value(from), value(to))
                    }
                };
                field + &value
            }
        }
    }

    fn any_query() -> impl Strategy<Value = Query> {
        let field = || {
            proptest::collection::vec("[a-z_:*() |ü-]{1,6}", 1..3)
                .prop_map(|parts| parts.join("."))
                .prop_filter_map("a valid field", |name| {
                    Field::parse(&name)
                        .ok()
                        .filter(|_| name != "_exists_" && !name.starts_with("user_metadata"))
                })
        };
        let bound = || {
            proptest::option::of((any::<String>(), any::<bool>()))
                .prop_map(|bound| bound.map(|(value, inclusive)| Bound { value, inclusive }))
        };
        let leaf = prop_oneof![
            Just(Query::All),
            field().prop_map(Query::Exists),
            (proptest::option::of(field()), any::<String>())
                .prop_map(|(field, term)| Query::Match(field, Test::Term(term))),
            (proptest::option::of(field()), "[a-zA-Z *\\\\?:\"ü-]{3,9}")
                .prop_map(|(field, prefix)| Query::Match(field, Test::Prefix(prefix))),
            (field(), bound(), bound())
                .prop_map(|(field, from, to)| Query::Match(Some(field), Test::Range { from, to })),
        ];
        leaf.prop_recursive(4, 24, 4, |part| {
            prop_oneof![
                proptest::collection::vec(part.clone(), 2..4).prop_map(Query::And),
                proptest::collection::vec(part.clone(), 2..4).prop_map(Query::Or),
                part.prop_map(|part| Query::Not(Box::new(part))),
            ]
        })
    }

    #[test]
    fn a_query_survives_writing_and_parsing() {
        let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let property = |query: Query| {
            let text = write(&query);
            prop_assert_eq!(parse(&text), Ok(query), "{}", text);
            Ok(())
        };
        runner.run(&any_query(), property).unwrap();
    }

    #[test]
    fn queries_of_clients_are_parsed() {
        for (text, meaning) in [
            (r#"email:"x@y""#, r#"email="x@y""#),
            (
                r#"email:"x" AND email_verified:true -user_id:"auth0|1""#,
                r#"(email="x" AND email_verified="true" AND NOT user_id="auth0|1")"#,
            ),
            (
                "identities.user_id:x AND identities.connection:y",
                r#"(identities.user_id="x" AND identities.connection="y")"#,
            ),
            ("updated_at:[2016-01-01 TO *]", r#"updated_at in ["2016-01-01" TO *]"#),
            ("logins_count:{1 TO 5]", r#"logins_count in {"1" TO "5"]"#),
            ("a OR b AND c", r#"(*="a" OR (*="b" AND *="c"))"#),
            ("(a OR b) c", r#"((*="a" OR *="b") AND *="c")"#),
            ("NOT a", r#"NOT *="a""#),
            ("! a !b", r#"(NOT *="a" AND NOT *="b")"#),
            ("+a && b || c", r#"((*="a" AND *="b") OR *="c")"#),
            (r#"email:("a" OR "b")"#, r#"(email="a" OR email="b")"#),
            ("email:(a b)", r#"(email="a" AND email="b")"#),
            ("_exists_:app_metadata.plan", "app_metadata.plan exists"),
            ("name:jan*", r#"name="jan"*"#),
            ("name:*", "name exists"),
            ("*", "everybody"),
            (r"user_id:auth0\|1", r#"user_id="auth0|1""#),
            ("user_id:auth0|a-b:c", r#"user_id="auth0|a-b:c""#),
            (r#"name:"a \"b\" \\ c""#, r#"name="a \"b\" \\ c""#),
            (r"name:\*abc", r#"name="*abc""#),
            ("ORDER ANDY NOTE", r#"(*="ORDER" AND *="ANDY" AND *="NOTE")"#),
            (r"\OR", r#"*="OR""#),
        ] {
            assert_eq!(read(text), meaning, "{text}");
        }
    }

    #[test]
    fn an_invalid_query_has_a_reason() {
        for (text, reason) in [
            ("", "A value is missing"),
            ("   ", "A value is missing"),
            ("()", "A value is missing"),
            ("email:", "A value is missing"),
            (":x", "A field's name is missing or holds a wildcard"),
            ("(a", "A parenthesis is not closed"),
            ("a)", "A parenthesis is closed that was not opened"),
            ("name:\"a", "A quotation mark is not closed"),
            ("a AND", "AND stands without anything behind it"),
            ("a OR", "A value is missing"),
            ("OR a", "An operator stands without anything before it"),
            ("a AND OR b", "AND stands without anything behind it"),
            ("name:ja*", "A wildcard needs at least 3 characters before it"),
            ("name:*ane", "A wildcard stands at the end of a word only"),
            ("name:ja?e", "?, ~ and ^ are not supported; write \\ before them as literals"),
            ("name:jane~2", "?, ~ and ^ are not supported; write \\ before them as literals"),
            ("name:/a.*/", "Regular expressions and comparisons are not supported"),
            ("logins_count:>5", "Regular expressions and comparisons are not supported"),
            ("a:[1 TO", "A range is written [a TO b]"),
            ("a:[1 TO 2", "A range is not closed"),
            ("a:[1 2]", "A range is written [a TO b]"),
            ("[1 TO 2]", "A range needs a field"),
            ("user_metadata.a:abc*", "user_metadata is not searchable by wildcard or range"),
            ("user_metadata.a:[1 TO 2]", "user_metadata is not searchable by wildcard or range"),
            ("a..b:1", "A field's name has an empty part"),
            ("a\\", "Nothing stands behind the last \\"),
        ] {
            assert_eq!(read(text), format!("! {reason}"), "{text}");
        }
    }

    #[test]
    fn length_depth_and_clauses_are_bounded() {
        assert_eq!(read(&"a".repeat(MAX_LENGTH + 1)), "! The query is too long");
        for nested in
            ["(".repeat(4000), "-".repeat(4000), "NOT ".repeat(2000), "a:(".repeat(2000), "!(".repeat(2000)]
        {
            assert!(read(&nested).starts_with("! "), "{nested}");
        }
        assert_eq!(read(&"a ".repeat(MAX_CLAUSES + 1)), "! The query has too many clauses");
        assert!(parse(&"a ".repeat(MAX_CLAUSES)).is_ok());
    }

    #[test]
    fn any_text_parses_or_fails_and_a_parsed_query_is_consistent() {
        const PARTS: &[&str] = &[
            "a",
            "jan",
            "ü",
            "𝒳",
            "email",
            "user_metadata.x",
            "identities.user_id",
            ":",
            "\"",
            "\\",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            " ",
            "\t",
            "\u{a0}",
            "\0",
            "*",
            "?",
            "~",
            "^",
            "-",
            "+",
            "!",
            "|",
            "&",
            "||",
            "&&",
            "/",
            "AND",
            "OR",
            "NOT",
            " TO ",
            "_exists_:",
            ".",
            "'",
            ";",
            "--",
            "1",
            "2016-01-01",
        ];
        let user =
            serde_json::json!({ "user_id": "auth0|1", "email": "a", "name": "jan", "identities": [{}] });
        // A fixed seed, so that every run has the same texts (xorshift, Marsaglia 2003).
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let mut read = 0;
        for _ in 0..20_000 {
            let text: String = (0..=draw(12)).map(|_| PARTS[draw(PARTS.len())]).collect();
            if let Ok(query) = parse(&text) {
                read += 1;
                let negated = Query::Not(Box::new(query.clone()));
                assert_ne!(query.matches(&user), negated.matches(&user), "{text}");
                let _ = query.candidates();
            }
        }
        assert!(read > 1000, "only {read} texts were queries");
    }
}
