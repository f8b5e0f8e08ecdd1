//! Whether a JSON value is of the type that the entity's definition declares.
//!
//! Everything is read off the value's text, without a tree and without copying: the first character tells the kind, and
//! only numbers, dates and base64 are looked at any further.

use crate::appflow::FieldDataType as Type;

/// What was found in place of a value of the declared type. Says nothing of the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Null in a field that cannot be null.
    Null,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A whole number beyond the type's range.
    TooLarge,
    /// A number with a fraction or an exponent.
    Fraction,
    /// Any text.
    Text,
    /// A text, but not in the form of the type.
    OtherText,
    /// An object.
    Object,
    /// An array.
    Array,
}

impl Found {
    /// How many there are.
    pub(super) const COUNT: usize = 9;

    /// For messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::TooLarge => "an integer out of range",
            Self::Fraction => "a number with fraction or exponent",
            Self::Text => "text",
            Self::OtherText => "text of another form",
            Self::Object => "an object",
            Self::Array => "an array",
        }
    }

    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::Null,
        Self::Boolean,
        Self::Integer,
        Self::TooLarge,
        Self::Fraction,
        Self::Text,
        Self::OtherText,
        Self::Object,
        Self::Array,
    ];
}

/// What is wrong with a value, if anything. `json` is the text of one JSON value.
#[inline]
pub(super) fn mismatch(declared: Type, nullable: bool, json: &[u8]) -> Option<Found> {
    let found = match json.first()? {
        b'"' => {
            let fits = match declared {
                Type::String => return None,
                Type::Date => is_date(inside(json)?),
                Type::DateTime => is_date_time(inside(json)?),
                Type::ByteArray => is_base64(inside(json)?),
                _ => return Some(Found::Text),
            };
            return (!fits).then_some(Found::OtherText);
        }
        b'n' => return (!nullable).then_some(Found::Null),
        b't' | b'f' if declared == Type::Boolean => return None,
        b't' | b'f' => Found::Boolean,
        b'{' if matches!(declared, Type::Struct | Type::Map) => return None,
        b'{' => Found::Object,
        b'[' if declared == Type::List => return None,
        b'[' => Found::Array,
        _ => return number(declared, json),
    };
    Some(found)
}

fn number(declared: Type, json: &[u8]) -> Option<Found> {
    if matches!(declared, Type::Float | Type::Double | Type::BigDecimal) {
        return None;
    }
    let whole = json
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'-');
    let range = match declared {
        _ if !whole => return Some(Found::Fraction),
        Type::BigInteger => return None,
        Type::Integer => i64::from(i32::MIN)..=i64::from(i32::MAX),
        Type::Short => i64::from(i16::MIN)..=i64::from(i16::MAX),
        Type::Long => i64::MIN..=i64::MAX,
        _ => return Some(Found::Integer),
    };
    let value = std::str::from_utf8(json).ok()?.parse::<i64>();
    let fits = value.is_ok_and(|value| range.contains(&value));
    (!fits).then_some(Found::TooLarge)
}

/// The text between the quotes, escapes as they stand.
fn inside(json: &[u8]) -> Option<&[u8]> {
    json.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Base64 in the standard alphabet with its padding, slashes escaped or not.
fn is_base64(text: &[u8]) -> bool {
    let (body, padding) = match text {
        [body @ .., b'=', b'='] => (body, 2),
        [body @ .., b'='] => (body, 1),
        body => (body, 0),
    };
    let mut backslashes = 0;
    let mut before = 0;
    for byte in body {
        let good = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'\\');
        if !good || (before == b'\\' && *byte != b'/') {
            return false;
        }
        backslashes += usize::from(*byte == b'\\');
        before = *byte;
    }
    before != b'\\' && (body.len() - backslashes + padding).is_multiple_of(4)
}

/// `YYYY-MM-DD`, a day that there is.
fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return false;
    };
    let (Some(century), Some(year), Some(month), Some(day)) =
        (two(*y1, *y2), two(*y3, *y4), two(*m1, *m2), two(*d1, *d2))
    else {
        return false;
    };
    let year = u32::from(century) * 100 + u32::from(year);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `YYYY-MM-DDThh:mm`, perhaps seconds, perhaps a fraction of up to nine digits, perhaps an offset `Z` or `±hh:mm`: what the
/// checks of AppFlow's own SDKs take (ISO 8601, but no offset without colon).
fn is_date_time(text: &[u8]) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else {
        return false;
    };
    let [b'T', h1, h2, b':', m1, m2, rest @ ..] = rest else {
        return false;
    };
    let below =
        |tens: u8, ones: u8, limit: u8| two(tens, ones).is_some_and(|number| number < limit);
    if !is_date(date) || !below(*h1, *h2, 24) || !below(*m1, *m2, 60) {
        return false;
    }
    let rest = match rest {
        [b':', s1, s2, rest @ ..] if below(*s1, *s2, 60) => match rest {
            [b'.', fraction @ ..] => {
                let digits = fraction
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                if !(1..=9).contains(&digits) {
                    return false;
                }
                fraction.get(digits..).unwrap_or_default()
            }
            rest => rest,
        },
        rest => rest,
    };
    match rest {
        [] | [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => below(*h1, *h2, 19) && below(*m1, *m2, 60),
        _ => false,
    }
}

/// A number of two digits.
fn two(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_type_are_good() {
        for (kind, values) in [
            (Type::String, &["\"\"", "\"a\\\"b\"", "null"][..]),
            (Type::Integer, &["0", "-2147483648", "2147483647", "null"]),
            (Type::Short, &["-32768", "32767"]),
            (Type::Long, &["9223372036854775807", "-9223372036854775808"]),
            (Type::BigInteger, &["123456789012345678901234567890", "-1"]),
            (Type::Float, &["1", "-1.5", "1e300"]),
            (Type::Double, &["1.0"]),
            (Type::BigDecimal, &["0.1234567890123456789", "5"]),
            (Type::Boolean, &["true", "false"]),
            (
                Type::ByteArray,
                &[
                    "\"\"",
                    "\"QQ==\"",
                    "\"QUI=\"",
                    "\"QUJD\"",
                    "\"a+\\/9\"",
                    "\"a+/9\"",
                ],
            ),
            (
                Type::Date,
                &["\"2024-02-29\"", "\"2000-02-29\"", "\"0001-12-31\""],
            ),
            (
                Type::DateTime,
                &[
                    "\"2011-12-03T10:15:30.000+01:00\"",
                    "\"2011-12-03T10:15:30Z\"",
                    "\"2011-12-03T10:15:30\"",
                    "\"2011-12-03T10:15\"",
                    "\"2011-12-03T23:59:59.123456789-11:30\"",
                ],
            ),
            (Type::Struct, &["{}", "{\"a\":1}"]),
            (Type::Map, &["{}"]),
            (Type::List, &["[]", "[1]"]),
        ] {
            for value in values {
                assert_eq!(
                    mismatch(kind, true, value.as_bytes()),
                    None,
                    "{kind} {value}"
                );
            }
        }
    }

    #[test]
    fn values_of_another_type_are_told_by_kind() {
        use Found as F;
        for (kind, values) in [
            (
                Type::String,
                &[
                    ("1", F::Integer),
                    ("true", F::Boolean),
                    ("{}", F::Object),
                    ("[]", F::Array),
                ][..],
            ),
            (
                Type::Integer,
                &[
                    ("\"1\"", F::Text),
                    ("2147483648", F::TooLarge),
                    ("1.0", F::Fraction),
                    ("1e2", F::Fraction),
                    ("1E2", F::Fraction),
                ],
            ),
            (Type::Short, &[("32768", F::TooLarge)]),
            (Type::Long, &[("9223372036854775808", F::TooLarge)]),
            (Type::BigInteger, &[("1.5", F::Fraction)]),
            (Type::Double, &[("\"1.5\"", F::Text)]),
            (Type::BigDecimal, &[("\"1.5\"", F::Text)]),
            (Type::Boolean, &[("\"true\"", F::Text), ("1", F::Integer)]),
            (
                Type::ByteArray,
                &[
                    ("\"Q\"", F::OtherText),
                    ("\"QQ=\"", F::OtherText),
                    ("\"====\"", F::OtherText),
                    ("\"QQ-_\"", F::OtherText),
                    ("\"QQ\\n=\"", F::OtherText),
                    ("\"QQQ\\\\\"", F::OtherText),
                    ("5", F::Integer),
                ],
            ),
            (
                Type::Date,
                &[
                    ("\"2023-02-29\"", F::OtherText),
                    ("\"1900-02-29\"", F::OtherText),
                    ("\"2023-13-01\"", F::OtherText),
                    ("\"2023-04-31\"", F::OtherText),
                    ("\"2023-00-10\"", F::OtherText),
                    ("\"2023-1-1\"", F::OtherText),
                    ("\"2023-01-01T00:00:00Z\"", F::OtherText),
                    ("\"\"", F::OtherText),
                    ("1700000000", F::Integer),
                ],
            ),
            (
                Type::DateTime,
                &[
                    ("\"2011-12-03T10:15:30+0100\"", F::OtherText),
                    ("\"2011-12-03\"", F::OtherText),
                    ("\"2011-12-03 10:15:30\"", F::OtherText),
                    ("\"2011-12-03T24:00:00Z\"", F::OtherText),
                    ("\"2011-12-03T10:60:00Z\"", F::OtherText),
                    ("\"2011-12-03T10:15:30.Z\"", F::OtherText),
                    ("\"2011-12-03T10:15:30.0123456789Z\"", F::OtherText),
                    ("\"2011-12-03T10:15:30+25:00\"", F::OtherText),
                    ("\"2011-12-03T10:15:30Zz\"", F::OtherText),
                    ("1700000000000", F::Integer),
                ],
            ),
            (Type::Struct, &[("[]", F::Array), ("\"{}\"", F::Text)]),
            (Type::Map, &[("1", F::Integer)]),
            (Type::List, &[("{}", F::Object)]),
        ] {
            for (value, found) in values {
                assert_eq!(
                    mismatch(kind, true, value.as_bytes()),
                    Some(*found),
                    "{kind} {value}"
                );
            }
            assert_eq!(mismatch(kind, false, b"null"), Some(F::Null), "{kind}");
        }
    }
}
