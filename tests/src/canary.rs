//! Planted values, and whether a text holds one.
//!
//! Whatever must not get out of the host begins with [`CANARY`] in the tests: secrets, contents of records, values in
//! filters, answers of applications. [`find`] sees such a value in every spelling it is likely to leak in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Beginning of every planted value.
pub const CANARY: &str = "CANARY-";

/// A planted value in a text. The value itself is not repeated: this goes to the report of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Byte of the text where it begins.
    pub at: usize,
    /// How it is spelt.
    pub spelling: Spelling,
}

/// How a value is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As it is, in any case, percent-encoded or with escapes of JSON, or parts of it so.
    Text,
    /// Base64, of either alphabet, wherever in the encoded bytes it stands.
    Base64,
    /// Hexadecimal digits.
    Hex,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelling = match self.spelling {
            Spelling::Text => "as text",
            Spelling::Base64 => "in Base64",
            Spelling::Hex => "in hexadecimal digits",
        };
        write!(f, "from byte {} on, {spelling}", self.at)
    }
}

/// The first planted value in a text.
pub fn find(text: &str) -> Option<Finding> {
    let bytes = text.as_bytes();
    let found = |at: Option<usize>, spelling| at.map(|at| Finding { at, spelling });
    found(
        (0..bytes.len()).find(|&at| is_text(bytes, at)),
        Spelling::Text,
    )
    .or_else(|| {
        let patterns = base64_patterns();
        found(
            patterns.iter().find_map(|pattern| text.find(pattern)),
            Spelling::Base64,
        )
    })
    .or_else(|| {
        let digits: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
        found(text.to_ascii_lowercase().find(&digits), Spelling::Hex)
    })
}

/// Whether the mark begins here, each of its characters written in any of the ways a character can be.
fn is_text(bytes: &[u8], mut at: usize) -> bool {
    for wanted in CANARY.bytes() {
        match character(bytes, at) {
            Some((found, next)) if found.eq_ignore_ascii_case(&wanted) => at = next,
            _ => return false,
        }
    }
    true
}

/// The character here, and where the next one begins: itself, `%43`, `\u0043`, `\x43`, also with its backslash escaped
/// once more.
fn character(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let first = *bytes.get(at)?;
    let hex = |at: usize| {
        let digits = std::str::from_utf8(bytes.get(at..at + 2)?).ok()?;
        u8::from_str_radix(digits, 16)
            .ok()
            .map(|byte| (byte, at + 2))
    };
    let escaped = match first {
        b'%' => hex(at + 1),
        b'\\' => {
            let mut rest = at;
            while bytes.get(rest) == Some(&b'\\') {
                rest += 1;
            }
            match bytes.get(rest) {
                Some(b'u') if bytes.get(rest + 1..rest + 3) == Some(b"00") => hex(rest + 3),
                Some(b'x') => hex(rest + 1),
                _ => None,
            }
        }
        _ => None,
    };
    Some(escaped.unwrap_or((first, at + 1)))
}

/// What the mark becomes in Base64 for each of the three places it can have in a group of bytes, without the characters
/// at both ends that depend on its neighbours. None of them is one in which the two alphabets differ.
fn base64_patterns() -> [String; 3] {
    [0, 1, 2].map(|before: usize| {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(CANARY.as_bytes());
        let encoded = STANDARD_NO_PAD.encode(&bytes);
        let begin = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        encoded.get(begin..end).unwrap_or_default().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    fn spelling(text: &str) -> Option<Spelling> {
        find(text).map(|finding| finding.spelling)
    }

    #[test]
    fn a_planted_value_is_found_in_every_spelling() {
        let value = "CANARY-TOKEN-3c1d";
        let percent: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let json: String = value.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        for text in [
            value.to_owned(),
            format!("x{value}y"),
            format!("host {}.example", value.to_ascii_lowercase()),
            format!("a={percent}&b"),
            json.clone(),
            json.replace('\\', "\\\\"),
            value.replace('-', "%2d"),
            value.replace('C', "\\x43"),
        ] {
            assert_eq!(spelling(&text), Some(Spelling::Text), "{text}");
        }
        for before in ["", "a", "ab", "abc", "Ünd"] {
            let text = format!("{before}{value} and more");
            for encoded in [
                STANDARD.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
                // Cut anywhere, and within other letters.
                format!("xx{}", URL_SAFE_NO_PAD.encode(&text)),
            ] {
                assert_eq!(spelling(&encoded), Some(Spelling::Base64), "{encoded}");
            }
            let digits: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(spelling(&digits), Some(Spelling::Hex), "{digits}");
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "",
            "canary",
            "a canary in a mine",
            "CANARY",
            "%43ANARX-",
            "Q0FOQVJ",
            "\\",
            "%",
            "%4",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
        assert_eq!(find("ab CANARY-1").map(|finding| finding.at), Some(3));
        assert!(!format!("{:?}", find("CANARY-1")).contains("CANARY"));
    }

    #[test]
    fn no_pattern_depends_on_the_alphabet() {
        for pattern in base64_patterns() {
            assert!(pattern.len() >= 8, "{pattern}");
            assert!(
                pattern.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{pattern}"
            );
        }
    }
}
