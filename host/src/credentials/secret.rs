//! A text that must not leave the host by accident.

use std::fmt;

use http::header::{HeaderValue, InvalidHeaderValue};
use zeroize::Zeroizing;

use super::SealError;

/// One secret value. It has no `Display`, no `Serialize` and no comparison, its `Debug` says nothing of the value, and its
/// memory is overwritten when it is dropped.
///
/// Overwriting covers what this type holds. Buffers of the HTTP client and the TLS layer through which the value came are
/// freed by their owners and not overwritten.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a text without copying it.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value. Every use of this function is a place where a secret can leak: keep the result as short as possible, and
    /// out of messages, logs and anything that is kept.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// A header that holds a secret, marked so that no client or log shows it.
///
/// # Errors
///
/// [`SealError::NotInHeader`] if the secret is no header's value.
pub(crate) fn sensitive(
    value: Result<HeaderValue, InvalidHeaderValue>,
) -> Result<HeaderValue, SealError> {
    let mut value = value.map_err(|_| SealError::NotInHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_says_nothing_of_the_value_not_even_its_length() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".into())), "Secret(..)");
        assert_eq!(format!("{:?}", Secret::new(String::new())), "Secret(..)");
    }
}
