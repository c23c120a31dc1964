//! What came back from one request.

use serde_json::Value;

/// A response as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text, up to a mebibyte.
    pub body: String,
}

impl Answer {
    /// Returns the value of a header; of a repeated one the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a header.
    pub fn headers_named(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the address of a redirect.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.header("location").filter(|_| (300..400).contains(&self.status))
    }

    /// Whether this is a page.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
    }

    /// Returns the body as JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// Returns a member of the body that is a text.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<String> {
        Some(self.json()?.get(key)?.as_str()?.to_owned())
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The certificate of the server is not trusted, or is of another host.
    Certificate(String),
    /// The host is unknown, nobody listens, the connection broke, or there was no answer in time.
    Unreachable(String),
}

/// What one request showed.
pub type Observed = Result<Answer, Failure>;
