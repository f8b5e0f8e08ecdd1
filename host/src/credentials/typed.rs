//! From the text of a secret to typed credentials.
//!
//! AppFlow writes a flat JSON object. Which keys it holds depends on the kind of authentication:
//!
//! | `authenticationType` | keys |
//! | --- | --- |
//! | `BasicAuth` | `username`, `password` |
//! | `ApiKey` | `apiKey`, optionally `apiSecretKey` |
//! | `OAuth2` | `accessToken` (`refreshToken` too, which is AppFlow's business and is not read) |
//! | `CustomAuth` | `customAuthenticationType`, and one key per parameter that the connector declared |
//!
//! The request says which kind it is. Where it does not (the field is optional on the wire), the secret's own
//! `authenticationType` decides if it has one, else the first of these keys that is there: `customAuthenticationType`,
//! `accessToken`, `apiKey`, `username`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::value::RawValue;

use super::{Secret, SecretError};

pub(super) const USERNAME: &str = "username";
pub(super) const PASSWORD: &str = "password";
const API_KEY: &str = "apiKey";
const API_SECRET_KEY: &str = "apiSecretKey";
const ACCESS_TOKEN: &str = "accessToken";
const CUSTOM_AUTHENTICATION_TYPE: &str = "customAuthenticationType";
const AUTHENTICATION_TYPE: &str = "authenticationType";

/// The four kinds of authentication that AppFlow knows for custom connectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationType {
    /// User name and password.
    BasicAuth,
    /// An API key, perhaps with a second, secret key.
    ApiKey,
    /// An access token, which AppFlow keeps fresh.
    OAuth2,
    /// Parameters of the connector's own.
    CustomAuth,
}

impl AuthenticationType {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BasicAuth => "BasicAuth",
            Self::ApiKey => "ApiKey",
            Self::OAuth2 => "OAuth2",
            Self::CustomAuth => "CustomAuth",
        }
    }
}

impl fmt::Display for AuthenticationType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text is none of the four names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the authentication type is not one of BasicAuth, ApiKey, OAuth2, CustomAuth")]
pub struct UnknownAuthenticationType;

impl FromStr for AuthenticationType {
    type Err = UnknownAuthenticationType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "BasicAuth" => Ok(Self::BasicAuth),
            "ApiKey" => Ok(Self::ApiKey),
            "OAuth2" => Ok(Self::OAuth2),
            "CustomAuth" => Ok(Self::CustomAuth),
            _ => Err(UnknownAuthenticationType),
        }
    }
}

/// What a connection authenticates with.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// The connector needs none.
    Absent,
    /// `BasicAuth`.
    Basic {
        /// Not empty.
        username: Secret,
        /// Possibly empty: some applications take a key as the user name and nothing else.
        password: Secret,
    },
    /// `ApiKey`.
    ApiKey {
        /// Not empty.
        key: Secret,
        /// The second key, where the application has one.
        secret_key: Option<Secret>,
    },
    /// `OAuth2`.
    OAuth2 {
        /// Not empty.
        access_token: Secret,
    },
    /// `CustomAuth`.
    Custom {
        /// The connector's own name for the scheme.
        scheme: String,
        /// The parameters, sorted by key. Numbers and booleans are given as their JSON text; nulls are left out.
        values: Vec<(String, Secret)>,
    },
}

impl Credentials {
    /// Reads a secret that AppFlow wrote.
    ///
    /// # Errors
    ///
    /// [`SecretError::Malformed`] if the text is not a JSON object, or a value that is needed is an object or a list;
    /// [`SecretError::MissingKey`] if a key is absent, null or (except a password) empty. Neither says anything of the contents.
    pub fn from_secret_text(
        text: &str,
        authentication_type: Option<AuthenticationType>,
    ) -> Result<Self, SecretError> {
        let mut object = Object::parse(text)?;
        let authentication_type = match authentication_type {
            Some(stated) => stated,
            None => object.infer()?,
        };
        let needed = |key, value: Option<Secret>| {
            value
                .filter(|value| !value.expose().is_empty())
                .ok_or(SecretError::MissingKey {
                    key,
                    authentication_type,
                })
        };
        Ok(match authentication_type {
            AuthenticationType::BasicAuth => Self::Basic {
                username: needed(USERNAME, object.take(USERNAME)?)?,
                password: object.take(PASSWORD)?.ok_or(SecretError::MissingKey {
                    key: PASSWORD,
                    authentication_type,
                })?,
            },
            AuthenticationType::ApiKey => Self::ApiKey {
                key: needed(API_KEY, object.take(API_KEY)?)?,
                secret_key: object
                    .take(API_SECRET_KEY)?
                    .filter(|key| !key.expose().is_empty()),
            },
            AuthenticationType::OAuth2 => Self::OAuth2 {
                access_token: needed(ACCESS_TOKEN, object.take(ACCESS_TOKEN)?)?,
            },
            AuthenticationType::CustomAuth => Self::Custom {
                scheme: needed(
                    CUSTOM_AUTHENTICATION_TYPE,
                    object.take(CUSTOM_AUTHENTICATION_TYPE)?,
                )?
                .expose()
                .to_owned(),
                values: object.rest()?,
            },
        })
    }

    /// The kind, or none for [`Credentials::Absent`].
    #[must_use]
    pub fn authentication_type(&self) -> Option<AuthenticationType> {
        match self {
            Self::Absent => None,
            Self::Basic { .. } => Some(AuthenticationType::BasicAuth),
            Self::ApiKey { .. } => Some(AuthenticationType::ApiKey),
            Self::OAuth2 { .. } => Some(AuthenticationType::OAuth2),
            Self::Custom { .. } => Some(AuthenticationType::CustomAuth),
        }
    }

    /// All values with the keys that they have in the secret, the user name included: it is half of a log-in.
    pub(super) fn values(&self) -> Vec<(&str, &Secret)> {
        match self {
            Self::Absent => Vec::new(),
            Self::Basic { username, password } => {
                vec![(USERNAME, username), (PASSWORD, password)]
            }
            Self::ApiKey { key, secret_key } => std::iter::once((API_KEY, key))
                .chain(secret_key.iter().map(|secret| (API_SECRET_KEY, secret)))
                .collect(),
            Self::OAuth2 { access_token } => vec![(ACCESS_TOKEN, access_token)],
            Self::Custom { values, .. } => values
                .iter()
                .map(|(key, value)| (key.as_str(), value))
                .collect(),
        }
    }

    /// One value, by the key that it has in the secret: `username`, `password`, `apiKey`, `apiSecretKey`, `accessToken`, or a
    /// key of the connector's own.
    #[must_use]
    pub fn value(&self, secret_key: &str) -> Option<&Secret> {
        match (self, secret_key) {
            (Self::Basic { username, .. }, USERNAME) => Some(username),
            (Self::Basic { password, .. }, PASSWORD) => Some(password),
            (Self::ApiKey { key, .. }, API_KEY) => Some(key),
            (
                Self::ApiKey {
                    secret_key: Some(key),
                    ..
                },
                API_SECRET_KEY,
            ) => Some(key),
            (Self::OAuth2 { access_token }, ACCESS_TOKEN) => Some(access_token),
            (Self::Custom { values, .. }, key) => values
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// The secret's object, its values still in the text, so that a number keeps every digit and nothing is copied twice.
struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    fn parse(text: &'a str) -> Result<Self, SecretError> {
        // serde_json's own messages quote what they read, so they are dropped.
        match serde_json::from_str(text) {
            Ok(members) => Ok(Self(members)),
            Err(_) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => Err(
                SecretError::Malformed("it is JSON, but not one object of keys and values"),
            ),
            Err(_) => Err(SecretError::Malformed("it is not JSON")),
        }
    }

    fn infer(&self) -> Result<AuthenticationType, SecretError> {
        let stated = self
            .0
            .get(AUTHENTICATION_TYPE)
            .and_then(|raw| serde_json::from_str::<String>(raw.get()).ok())
            .and_then(|name| name.parse().ok());
        if let Some(stated) = stated {
            return Ok(stated);
        }
        [
            (CUSTOM_AUTHENTICATION_TYPE, AuthenticationType::CustomAuth),
            (ACCESS_TOKEN, AuthenticationType::OAuth2),
            (API_KEY, AuthenticationType::ApiKey),
            (USERNAME, AuthenticationType::BasicAuth),
        ]
        .into_iter()
        .find(|(key, _)| self.0.contains_key(*key))
        .map(|(_, authentication_type)| authentication_type)
        .ok_or(SecretError::Malformed(
            "the request names no authentication type, and the secret has none of the keys that AppFlow writes (accessToken, apiKey, username, customAuthenticationType)",
        ))
    }

    fn take(&mut self, key: &str) -> Result<Option<Secret>, SecretError> {
        self.0.remove(key).map_or(Ok(None), scalar)
    }

    fn rest(mut self) -> Result<Vec<(String, Secret)>, SecretError> {
        self.0.remove(AUTHENTICATION_TYPE);
        self.0
            .into_iter()
            .filter_map(|(key, raw)| match scalar(raw) {
                Ok(value) => value.map(|value| Ok((key, value))),
                Err(error) => Some(Err(error)),
            })
            .collect()
    }
}

fn scalar(raw: &RawValue) -> Result<Option<Secret>, SecretError> {
    match raw.get().as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => serde_json::from_str(raw.get())
            .map(|value| Some(Secret::new(value)))
            .map_err(|_| SecretError::Malformed("a value is not valid Unicode text")),
        Some(b'{' | b'[') => Err(SecretError::Malformed(
            "a value is an object or a list where text is expected",
        )),
        _ => Ok(Some(Secret::new(raw.get().to_owned()))),
    }
}

#[cfg(test)]
#[path = "typed_tests.rs"]
mod tests;
