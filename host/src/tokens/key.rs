//! Keys, from what the host has anyway and has again in the next Lambda instance.

use aws_lc_rs::aead::{AES_256_GCM_SIV, LessSafeKey, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use super::TokenError;
use super::binding::{Binding, write_part};
use crate::credentials::{Credentials, Secret};

/// Sets these keys apart from any others made of the same secret.
const PURPOSE: &[u8] = b"appflow-wasm next token v1";
const KEY_BYTES: usize = 32;

/// The keys of one connection.
pub(super) struct Keys {
    pub(super) aead: LessSafeKey,
    pub(super) nonces: hmac::Key,
    pub(super) digests: LessSafeKey,
}

/// Derives the keys.
pub(super) fn derive(
    binding: &Binding<'_>,
    credentials: &Credentials,
    operator_key: Option<&Secret>,
) -> Result<Keys, TokenError> {
    let mut secret = Zeroizing::new(Vec::new());
    for (name, value) in stable(credentials) {
        write_part(Some(name), &mut secret);
        write_part(Some(value.expose()), &mut secret);
    }
    let mut context = Vec::new();
    for part in [Some(binding.connector), binding.account, binding.connection] {
        write_part(part, &mut context);
    }
    // The context may be longer than the library takes.
    let context = digest::digest(&digest::SHA256, &context);
    let salt = operator_key.map_or(PURPOSE, |key| key.expose().as_bytes());
    let extracted = Salt::new(HKDF_SHA256, salt).extract(&secret);
    let expand = |label: &[u8]| -> Result<Zeroizing<[u8; KEY_BYTES]>, TokenError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        extracted
            .expand(&[PURPOSE, label, context.as_ref()], HKDF_SHA256)
            .and_then(|material| material.fill(key.as_mut_slice()))
            .map_err(|_| TokenError::Sealing)?;
        Ok(key)
    };
    let aead = |label| {
        let key = UnboundKey::new(&AES_256_GCM_SIV, expand(label)?.as_slice());
        key.map(LessSafeKey::new).map_err(|_| TokenError::Sealing)
    };
    Ok(Keys {
        aead: aead(b" content")?,
        digests: aead(b" digest ")?,
        nonces: hmac::Key::new(hmac::HMAC_SHA256, expand(b" nonce  ")?.as_slice()),
    })
}

/// What stays the same in a secret from the first page to the last. AppFlow replaces access tokens meanwhile.
fn stable(credentials: &Credentials) -> Vec<(&str, &Secret)> {
    match credentials {
        Credentials::Absent | Credentials::OAuth2 { .. } => Vec::new(),
        Credentials::Basic { username, password } => {
            vec![("username", username), ("password", password)]
        }
        Credentials::ApiKey { key, secret_key } => std::iter::once(("key", key))
            .chain(secret_key.as_ref().map(|secret| ("secret", secret)))
            .collect(),
        Credentials::Custom { values, .. } => values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect(),
    }
}
