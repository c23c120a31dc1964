//! Digests, which are stored in place of secrets.

/// The digest of a code, a token or a cookie. The store never sees the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// Wraps a digest in its text form.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the digest in its text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
