//! Percent-encoding as the vendor's signing documentation has it (RFC 3986 over UTF-8), and the decoding of queries and
//! form bodies.

use std::fmt::Write;

/// Encodes everything but `A-Z a-z 0-9 - _ . ~`.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes every write");
        }
    }
    encoded
}

/// Why a query or a form cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("a percent sign without two hexadecimal digits")]
    Escape,
    #[error("not UTF-8 after decoding")]
    Utf8,
}

/// The pairs of a query or of a form body, in the order sent. `+` is a space: the vendor's SDK sends it so.
pub(crate) fn decode_pairs(text: &str) -> Result<Vec<(String, String)>, DecodeError> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, DecodeError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let high = rest.next().and_then(hex_digit).ok_or(DecodeError::Escape)?;
                let low = rest.next().and_then(hex_digit).ok_or(DecodeError::Escape)?;
                bytes.push(high << 4 | low);
            }
            plain => bytes.push(plain),
        }
    }
    String::from_utf8(bytes).map_err(|_| DecodeError::Utf8)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("aZ09-_.~"), "aZ09-_.~");
        assert_eq!(encode("a b*/测"), "a%20b%2A%2F%E6%B5%8B");
    }

    #[test]
    fn queries_decode_plus_as_space_and_keep_order() {
        assert_eq!(
            decode_pairs("Tag.1.Key=owner+team&A=%5B%2A&Empty=&Bare&").unwrap(),
            [("Tag.1.Key", "owner team"), ("A", "[*"), ("Empty", ""), ("Bare", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn broken_escapes_are_refused() {
        assert_eq!(decode_pairs("A=%4"), Err(DecodeError::Escape));
        assert_eq!(decode_pairs("A=%zz"), Err(DecodeError::Escape));
        assert_eq!(decode_pairs("A=%ff"), Err(DecodeError::Utf8));
    }
}
