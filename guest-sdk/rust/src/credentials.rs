//! Credentials of the connection.
//!
//! They are sealed: a connector says which go into a request ([`Request::bearer`](crate::http::Request::bearer) and the
//! methods beside it), and the host puts the values in. What is read here are placeholders, of use only to see which
//! kind of credentials there is, unless the connector's manifest asks for `readable` ones.

use crate::bindings::wit_host::credentials as wit;
use crate::{Result, host};

#[doc(inline)]
pub use wit::{ApiKey, Basic, Custom, Secret};

/// Credentials of this request.
///
/// # Errors
/// `ResourceNotFoundError` or `AccessDenied` if the secret cannot be had.
pub fn get() -> Result<Secret> {
    host::credentials()
}
