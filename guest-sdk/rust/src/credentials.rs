//! Credentials of the connection.
//!
//! They are sealed: a connector says which go into a request ([`Request::bearer`](crate::http::Request::bearer) and the
//! methods beside it), and the host puts the values in. What is read here are placeholders, of use only to see which
//! kind of credentials there is, unless the connector's manifest asks for `readable` ones.
//!
//! Values never show in `Debug`, so that a careless log line does not give them away.

use std::fmt;

use crate::bindings::wit_host::credentials as wit;
use crate::{Result, host};

/// Credentials of one kind.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// The connection has none.
    Absent,
    /// User name and password.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// API key.
    ApiKey {
        /// Key.
        key: String,
        /// Secret key.
        secret: Option<String>,
    },
    /// OAuth 2 access token.
    OAuth2(String),
    /// Scheme of the connector's own.
    Custom {
        /// Name of the scheme.
        scheme: String,
        /// Values by key.
        values: Vec<(String, String)>,
    },
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Basic { .. } => "Basic { .. }",
            Self::ApiKey { .. } => "ApiKey { .. }",
            Self::OAuth2(_) => "OAuth2(..)",
            Self::Custom { .. } => "Custom { .. }",
        })
    }
}

impl From<wit::Secret> for Secret {
    fn from(secret: wit::Secret) -> Self {
        match secret {
            wit::Secret::Absent => Self::Absent,
            wit::Secret::Basic(wit::Basic { username, password }) => {
                Self::Basic { username, password }
            }
            wit::Secret::ApiKey(wit::ApiKey { key, secret }) => Self::ApiKey { key, secret },
            wit::Secret::Oauth2(token) => Self::OAuth2(token),
            wit::Secret::Custom(wit::Custom { scheme, values }) => Self::Custom { scheme, values },
        }
    }
}

/// Credentials of this request.
///
/// # Errors
/// `ResourceNotFoundError` or `AccessDenied` if the secret cannot be had.
pub fn get() -> Result<Secret> {
    host::credentials()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_show() {
        let values = || "s3cr3t".to_owned();
        for secret in [
            wit::Secret::Basic(wit::Basic {
                username: values(),
                password: values(),
            }),
            wit::Secret::ApiKey(wit::ApiKey {
                key: values(),
                secret: Some(values()),
            }),
            wit::Secret::Oauth2(values()),
            wit::Secret::Custom(wit::Custom {
                scheme: values(),
                values: vec![(values(), values())],
            }),
        ] {
            let shown = format!("{:?}", Secret::from(secret));
            assert!(shown.contains("..") && !shown.contains("s3cr3t"), "{shown}");
        }
    }
}
