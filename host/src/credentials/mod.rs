//! Credentials of a connection: from the ARN in AppFlow's request to typed values.
//!
//! AppFlow keeps the credentials of each connection as a secret in the customer's account and sends only its ARN.
//! [`SecretCache::get`] looks the ARN up in its short memory, else asks a [`SecretStore`] ([`SecretsManager`] in Lambda,
//! [`FileStore`] in local runs), and turns the text into [`Credentials`].
//!
//! Secret values are [`Secret`]s from the first line on; no error, log line or `Debug` output in this module can hold one. The
//! AWS SDK's own trace output can: whoever installs a subscriber must keep targets beginning with `aws_` at `info` or above.

mod cache;
mod error;
mod secret;
mod secrets_manager;
mod store;
mod typed;

pub use cache::{CACHE_LIFETIME, CredentialsReference, Patience, SecretCache};
pub use error::SecretError;
pub use secret::Secret;
pub use secrets_manager::SecretsManager;
pub use store::{FileStore, MemoryStore, SecretStore};
pub use typed::{AuthenticationType, Credentials, UnknownAuthenticationType};
