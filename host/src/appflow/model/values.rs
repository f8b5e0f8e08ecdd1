//! Small value types: string maps that keep their order, exact decimals.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;

/// A map of strings in the order in which its keys came first. A key that comes again replaces the value.
///
/// `Debug` shows the keys only: values may be a user's settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// All entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// All entries in order.
    #[must_use]
    pub fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }

    /// All entries in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (key, value) in entries {
            match places.get(&key).and_then(|place| pairs.get_mut(*place)) {
                Some(entry) => entry.1 = value,
                None => {
                    places.insert(key.clone(), pairs.len());
                    pairs.push((key, value));
                }
            }
        }
        Self(pairs)
    }
}

impl From<Vec<(String, String)>> for Pairs {
    fn from(entries: Vec<(String, String)>) -> Self {
        entries.into_iter().collect()
    }
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(key, _)| key))
            .finish()
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// A decimal of any precision, kept as the text of a JSON number such as `-12.50` or `1e3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(Box<str>);

impl Decimal {
    /// Longest text, in characters: Jackson, which reads AppFlow's JSON in the Java SDK, refuses longer numbers since 2.15.
    pub const MAX_CHARS: usize = 1000;
    /// Most digits of an exponent. A reader that makes an integer of `1e999999999` runs out of memory.
    const MAX_EXPONENT_DIGITS: usize = 4;

    /// A decimal of a JSON number's text; none if it is not one, or is longer than [`MAX_CHARS`](Self::MAX_CHARS), or has
    /// an exponent of more than four digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if text.len() > Self::MAX_CHARS {
            return None;
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let good = digits(whole)
            && (whole.len() == 1 || !whole.starts_with('0'))
            && fraction.is_none_or(digits)
            && exponent.is_none_or(|exponent| {
                let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                digits(unsigned) && unsigned.len() <= Self::MAX_EXPONENT_DIGITS
            });
        good.then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A raw value: serde_json's own numbers are 64 bits wide.
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}
