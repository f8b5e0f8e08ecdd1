//! Credentials of a connection: from the ARN in AppFlow's request to typed values.
//!
//! AppFlow keeps the credentials of each connection as a secret in the customer's account and sends only its ARN.
//! [`SecretCache::get`] looks the ARN up in its short memory, else asks a [`SecretStore`] ([`SecretsManager`] in Lambda,
//! [`FileStore`] in local runs), and turns the text into [`Credentials`].
//!
//! For one invocation the credentials lie in a [`Vault`]: the guest gets placeholders, the vault puts the values into requests
//! to hosts that may have them, takes them out of what comes back, and [`sign`] computes with those that no request may hold.
//!
//! Secret values are [`Secret`]s from the first line on; no error, log line or `Debug` output in this module can hold one. The
//! AWS SDK's own trace output can: whoever installs a subscriber must keep targets beginning with `aws_` at `info` or above.

mod cache;
mod error;
mod fill;
mod forms;
mod scrub;
mod seal_error;
mod secret;
mod secrets_manager;
mod signing;
mod store;
mod typed;
mod vault;

pub use cache::{CACHE_LIFETIME, CredentialsReference, Patience, SecretCache};
pub use error::SecretError;
pub use seal_error::SealError;
pub use secret::Secret;
pub(crate) use secret::sensitive;
pub use secrets_manager::SecretsManager;
pub use signing::sign;
pub(crate) use signing::with_parameter;
pub use store::{FileStore, MemoryStore, SecretStore};
pub use typed::{AuthenticationType, Credentials, UnknownAuthenticationType};
pub use vault::Vault;
pub(crate) use vault::placeholders;
