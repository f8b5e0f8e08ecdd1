//! Settings and the context of an operation.

use crate::bindings::wit_common as wit;
use crate::{Error, Result};

/// What the user filled in: the settings of the connection, and in data operations those of this side of the flow.
///
/// An empty text counts as absent, since AppFlow sends one for a setting left blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(Vec<(String, String)>);

impl Settings {
    /// The value of a setting, `None` if it is absent or empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        let value = self
            .0
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// The value of a setting that must be there.
    ///
    /// # Errors
    /// `InvalidArgument` naming the setting if it is absent or empty.
    pub fn require(&self, key: &str) -> Result<&str> {
        self.get(key)
            .ok_or_else(|| Error::invalid_argument(format!("the setting '{key}' is missing")))
    }

    /// A yes-or-no setting; `false` if it is absent.
    ///
    /// # Errors
    /// `InvalidArgument` unless the value is `true` or `false` in any letter case.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(Error::invalid_argument(format!(
                "the setting '{key}' must be true or false"
            ))),
        }
    }

    /// A whole number, if it was given.
    ///
    /// # Errors
    /// `InvalidArgument` if the value is not a whole number of 64 bits.
    pub fn integer(&self, key: &str) -> Result<Option<i64>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let number = value.trim().parse();
        number.map(Some).map_err(|_| {
            Error::invalid_argument(format!("the setting '{key}' must be a whole number"))
        })
    }

    /// All of them in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl From<Vec<(String, String)>> for Settings {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Settings {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Settings {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

/// What every metadata and data operation is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// One of the connector's declared API versions.
    pub api_version: String,
    /// Settings of the connection and of this side of the flow.
    pub settings: Settings,
}

impl Context {
    /// A context for tests.
    pub fn new(api_version: impl Into<String>, settings: impl Into<Settings>) -> Self {
        Self {
            api_version: api_version.into(),
            settings: settings.into(),
        }
    }

    /// A setting that must be there, see [`Settings::require`].
    ///
    /// # Errors
    /// `InvalidArgument` naming the setting if it is absent or empty.
    pub fn setting(&self, key: &str) -> Result<&str> {
        self.settings.require(key)
    }
}

impl From<wit::Context> for Context {
    fn from(context: wit::Context) -> Self {
        Self {
            api_version: context.api_version,
            settings: context.settings.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn the_last_value_counts_and_empty_is_absent() {
        let settings = Settings::from([
            ("a", "1"),
            ("a", "2"),
            ("blank", ""),
            ("yes", "TRUE"),
            ("odd", "maybe"),
        ]);
        assert_eq!(settings.get("a"), Some("2"));
        assert_eq!(settings.integer("a"), Ok(Some(2)));
        assert_eq!(settings.get("blank"), None);
        assert_eq!(
            settings.require("blank").unwrap_err().message(),
            "the setting 'blank' is missing"
        );
        assert_eq!(settings.flag("yes"), Ok(true));
        assert_eq!(settings.flag("absent"), Ok(false));
        let error = settings.flag("odd").unwrap_err();
        assert!(
            !error.message().contains("maybe"),
            "values are not repeated: {error}"
        );
        assert!(settings.integer("odd").is_err());
    }
}
