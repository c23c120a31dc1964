//! The representations of one file of the site: plain, and compressed with brotli and gzip.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::sync::OnceLock;

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use sha2::{Digest, Sha256};

/// The size of the buffer of a decompression, in bytes.
const BUFFER: usize = 64 * 1024;

/// One representation. A strong `ETag` differs between representations (RFC 9110 section 8.8.1).
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) etag: HeaderValue,
    bytes: Content,
}

#[derive(Debug)]
enum Content {
    /// As it was built.
    Stored(Bytes),
    /// Made of the file's brotli form when it is asked for, and kept then: few clients accept no brotli. `None` if that
    /// form is damaged.
    Made { of: Bytes, by: fn(&[u8]) -> Option<Vec<u8>>, made: OnceLock<Option<Bytes>> },
}

/// The representations of a file, each if there is one.
#[derive(Debug)]
pub(crate) struct Variants {
    pub(crate) plain: Variant,
    pub(crate) brotli: Option<Variant>,
    pub(crate) gzip: Option<Variant>,
}

impl Variant {
    pub(crate) fn stored(bytes: Bytes) -> Self {
        Self { etag: etag(&bytes, ""), bytes: Content::Stored(bytes) }
    }

    fn made(of: &Bytes, by: fn(&[u8]) -> Option<Vec<u8>>, name: &str) -> Self {
        let bytes = Content::Made { of: of.clone(), by, made: OnceLock::new() };
        Self { etag: etag(of, name), bytes }
    }

    /// Returns the bytes; `None` if they are to be made of a form that is damaged.
    pub(crate) fn bytes(&self) -> Option<Bytes> {
        match &self.bytes {
            Content::Stored(bytes) => Some(bytes.clone()),
            Content::Made { of, by, made } => made.get_or_init(|| by(of).map(Bytes::from)).clone(),
        }
    }
}

impl Variants {
    /// Returns the representations of a file of which there is only the form with brotli.
    pub(crate) fn of_brotli(bytes: Bytes) -> Self {
        Self {
            plain: Variant::made(&bytes, decompressed, "-identity"),
            gzip: Some(Variant::made(&bytes, |bytes| gzipped(&decompressed(bytes)?), "-gzip")),
            brotli: Some(Variant::stored(bytes)),
        }
    }
}

/// Returns an `ETag` of the first half of the SHA-256 of `bytes`, and of the name of what is made of them.
fn etag(bytes: &[u8], name: &str) -> HeaderValue {
    let mut etag = String::from("\"");
    for byte in &Sha256::digest(bytes)[..16] {
        let _ = write!(etag, "{byte:02x}");
    }
    etag.push_str(name);
    etag.push('"');
    HeaderValue::from_str(&etag).expect("hexadecimal digits and letters in quotes are a header value")
}

fn decompressed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    brotli_decompressor::Decompressor::new(bytes, BUFFER).read_to_end(&mut plain).ok()?;
    Some(plain)
}

fn gzipped(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    const TEXT: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0h24v24H0z\"/></svg>";

    fn compressed() -> Bytes {
        let mut bytes = Vec::new();
        brotli::CompressorWriter::new(&mut bytes, 4096, 9, 22).write_all(TEXT.as_bytes()).unwrap();
        Bytes::from(bytes)
    }

    #[test]
    fn the_plain_form_and_that_with_gzip_are_made_of_the_one_with_brotli() {
        let Variants { plain, brotli, gzip } = Variants::of_brotli(compressed());
        assert_eq!(plain.bytes().unwrap(), TEXT);
        assert_eq!(brotli.as_ref().unwrap().bytes().unwrap(), compressed());
        let (gzip, mut text) = (gzip.unwrap(), String::new());
        GzDecoder::new(&gzip.bytes().unwrap()[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, TEXT);
        let (plain, brotli) = (plain.etag, brotli.unwrap().etag);
        assert!(plain != brotli && brotli != gzip.etag && plain != gzip.etag);
    }

    #[test]
    fn a_form_is_made_once() {
        let plain = Variants::of_brotli(compressed()).plain;
        assert_eq!(plain.bytes().unwrap().as_ptr(), plain.bytes().unwrap().as_ptr());
    }

    #[test]
    fn nothing_is_made_of_a_damaged_form() {
        let damaged = compressed().slice(..10);
        assert!(Variants::of_brotli(damaged).plain.bytes().is_none());
    }
}
