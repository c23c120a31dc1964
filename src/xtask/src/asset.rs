//! One file of the site: its name by content, and its compressed companions.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// The extensions of files that are compressed.
const COMPRESSIBLE: [&str; 7] = ["html", "js", "css", "wasm", "svg", "json", "txt"];

/// The size in bytes below which compression saves less than its headers cost.
const WORTH_COMPRESSING: usize = 256;

/// Files that stay uncompressed: the settings of a static deployment are edited after the build, so that a compressed
/// copy would be out of date; the policy is read by servers only.
const UNCOMPRESSED: [&str; 2] = ["config.json", "csp.txt"];

/// Returns `stem-<hash>.extension`, where the hash is the first 64 bits of the content's SHA-256 in hexadecimal digits.
pub(crate) fn name_by_content(stem: &str, extension: &str, content: &[u8]) -> String {
    let mut name = format!("{stem}-");
    for byte in &Sha256::digest(content)[..8] {
        let _ = write!(name, "{byte:02x}");
    }
    name + "." + extension
}

/// The sizes of one file of the site, in bytes; a variant is absent where it would save nothing.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// The path below the site's root.
    pub(crate) name: String,
    /// Uncompressed.
    pub(crate) raw: usize,
    /// With gzip.
    pub(crate) gzip: Option<usize>,
    /// With brotli.
    pub(crate) brotli: Option<usize>,
}

impl Sizes {
    /// Returns the bytes that a browser transfers: with brotli, which all current ones support.
    pub(crate) fn least(&self) -> usize {
        self.brotli.unwrap_or(self.raw)
    }
}

/// Writes the file `name` into the folder `site`.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(site: &Path, name: &str, content: &[u8]) -> Result<Sizes> {
    let path = site.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, content).with_context(|| format!("{} could not be written", path.display()))?;
    Ok(Sizes { name: name.to_owned(), raw: content.len(), gzip: None, brotli: None })
}

/// Writes the file `name` as [`write()`] does, with its compressed variants. Takes over the variants of the folder
/// `earlier` when the content is the same, because the best quality of brotli takes seconds.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn write_compressed(site: &Path, earlier: &Path, name: &str, content: &[u8]) -> Result<Sizes> {
    let mut sizes = write(site, name, content)?;
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if content.len() <= WORTH_COMPRESSING
        || !COMPRESSIBLE.contains(&extension)
        || UNCOMPRESSED.contains(&name)
    {
        return Ok(sizes);
    }
    let unchanged = fs::read(earlier.join(name)).is_ok_and(|before| before == content);
    let companion = |suffix: &str, compress: fn(&[u8]) -> io::Result<Vec<u8>>| -> Result<Option<usize>> {
        let name = format!("{name}.{suffix}");
        let kept = if unchanged { fs::read(earlier.join(&name)).ok() } else { None };
        let small = match kept {
            Some(kept) => kept,
            None => compress(content)?,
        };
        if small.len() >= content.len() {
            return Ok(None);
        }
        fs::write(site.join(&name), &small).with_context(|| format!("{name} could not be written"))?;
        Ok(Some(small.len()))
    };
    sizes.gzip = companion("gz", gzip)?;
    sizes.brotli = companion("br", brotli)?;
    Ok(sizes)
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut small = Vec::new();
    let best =
        BrotliEncoderParams { quality: 11, size_hint: content.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut &content[..], &mut small, &best)?;
    Ok(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_carries_the_start_of_the_contents_sha_256() {
        // FIPS 180-2, appendix B.1: SHA-256 of "abc".
        assert_eq!(name_by_content("app_bg", "wasm", b"abc"), "app_bg-ba7816bf8f01cfea.wasm");
    }

    #[test]
    fn what_is_compressed_opens_to_the_same_content() {
        let content = "a row, and another row, ".repeat(100);
        let mut opened = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(content.as_bytes()).unwrap()[..], &mut opened).unwrap();
        assert_eq!(opened, content.as_bytes());
        let mut opened = String::new();
        let packed = gzip(content.as_bytes()).unwrap();
        io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut opened).unwrap();
        assert_eq!(opened, content);
    }
}
