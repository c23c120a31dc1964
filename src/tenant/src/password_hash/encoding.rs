//! The encodings of Auth0's bulk import: of bytes as text, and of passwords as bytes.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

/// Base64 with or without padding. Some systems set the unused bits of the last character.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    /// Base64 in either alphabet.
    Base64,
    /// Hexadecimal digits in either case.
    Hex,
    /// The text itself.
    #[default]
    Utf8,
}

impl Encoding {
    /// Returns the bytes of `text`; `None` if it is not written in this encoding.
    pub(super) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Base64 => base64(text),
            Self::Hex => hex(text),
        }
    }
}

/// Decodes base64 in either alphabet, with or without padding.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.replace('-', "+").replace('_', "/")).ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect())
}

/// The encoding of passwords in the system that hashed them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PasswordEncoding {
    #[default]
    Utf8,
    #[serde(alias = "ascii", alias = "binary")]
    Latin1,
    #[serde(alias = "ucs2")]
    Utf16le,
}

impl PasswordEncoding {
    /// Returns the bytes of a password; `None` if the encoding cannot represent it, so that it matches no hash.
    pub(super) fn encode(self, password: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(password.as_bytes().to_vec()),
            Self::Latin1 => password.chars().map(|c| u8::try_from(c).ok()).collect(),
            Self::Utf16le => Some(password.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_in_every_variant_of_an_encoding() {
        for text in ["+/8=", "+/8", "-_8", "-_8="] {
            assert_eq!(Encoding::Base64.decode(text).as_deref(), Some(&[0xfb, 0xff][..]), "{text}");
        }
        assert_eq!(Encoding::Hex.decode("00fF").as_deref(), Some(&[0, 0xff][..]));
        assert_eq!(Encoding::Utf8.decode("ä").as_deref(), Some("ä".as_bytes()));
        for (encoding, text) in [(Encoding::Hex, "f"), (Encoding::Hex, "+f"), (Encoding::Base64, "a b")] {
            assert_eq!(encoding.decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_password_that_an_encoding_lacks_has_no_bytes() {
        assert_eq!(PasswordEncoding::Latin1.encode("é").as_deref(), Some(&[0xe9][..]));
        assert_eq!(PasswordEncoding::Latin1.encode("ł"), None);
        assert_eq!(PasswordEncoding::Utf16le.encode("a€").as_deref(), Some(&[0x61, 0, 0xac, 0x20][..]));
    }
}
