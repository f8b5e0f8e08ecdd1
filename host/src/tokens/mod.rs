//! Next tokens, sealed by the host.
//!
//! What a connector returns as its next token is a message to itself, carried by AppFlow and by whoever can call the
//! function. [`Sealer::seal`] encrypts and authenticates it together with what the host must remember between two pages
//! ([`Progress`]), since the host itself keeps nothing. [`Sealer::open`] takes back only what was sealed for the same
//! [`Binding`]: connector, version, operation, entity, filter, fields, API version, connection and account. Anything else is
//! refused before the connector sees it.
//!
//! **Form**: base64url without padding of a version byte, a nonce of 12 bytes, and the ciphertext of AES-256-GCM-SIV
//! with its tag of 16 bytes. The nonce is an HMAC of binding and content, so the same content gives the same token, and
//! answers can be compared; all that a token shows is whether it is equal to another.
//!
//! **Key**: HKDF-SHA256 over those parts of the connection's secret that stay the same while a flow runs (user name and
//! password, API keys, values of the connector's own scheme), with connector, account and secret ARN as context. It needs
//! nothing set up in AWS and is the same in every Lambda instance. An OAuth 2 access token changes in the middle of a
//! run, so it is left out: for such a connection, or one without credentials, the key comes from names that others may
//! know, and the seal guards against accident and mix-up but not against somebody who knows them and this code. The
//! operator's `APPFLOW_TOKEN_KEY` adds a secret of their own. When a secret changes, older tokens no longer open.
//!
//! Not bound are the component's digest and the host's version: both may be replaced between two pages.

mod binding;
mod key;
mod progress;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use thiserror::Error;

use crate::credentials::{Credentials, Secret};
use crate::mechanism;

pub use binding::Binding;
pub use progress::{Loop, MAX_EMPTY_PAGES, MAX_SAME_PAGES, PageFacts, Progress};

/// Longest sealed token, in characters (AppFlow API reference, `nextToken`).
pub const MAX_SEALED_CHARS: usize = 2048;

/// Longest token of a connector, in bytes of UTF-8: what fits into a sealed one.
pub const MAX_TOKEN_BYTES: usize = MAX_SEALED_CHARS / 4 * 3 - OVERHEAD_BYTES;

/// Version byte, nonce, progress and tag.
const OVERHEAD_BYTES: usize = 1 + NONCE_LEN + Progress::BYTES + TAG_BYTES;

/// First byte of a token. Another form of the content gets another one.
const VERSION: u8 = 1;
const TAG_BYTES: usize = 16;

/// Why a token was not sealed or opened. No text holds any of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It was not sealed by this host for this request, or was changed since.
    #[error(
        "nextToken was not made for this request, was changed, or is older than the connection's secret; run the flow again from its start"
    )]
    Foreign,
    /// The connector's own token is too long.
    #[error(
        "the connector's next token has {0} bytes, more than the {MAX_TOKEN_BYTES} it may have"
    )]
    TooLong(usize),
    /// The library of cryptography failed, which it does for no input that comes here.
    #[error("the connector's next token cannot be sealed")]
    Sealing,
}

/// Seals and opens the tokens of one binding.
pub struct Sealer {
    aead: LessSafeKey,
    nonces: hmac::Key,
    digests: LessSafeKey,
    binding: Vec<u8>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// A sealer for the tokens of `binding`, with a key of the connection's `credentials` and the operator's own.
    ///
    /// # Errors
    ///
    /// [`TokenError::Sealing`] if no key can be derived.
    pub fn new(
        binding: &Binding<'_>,
        credentials: &Credentials,
        operator_key: Option<&Secret>,
    ) -> Result<Self, TokenError> {
        let keys = key::derive(binding, credentials, operator_key)?;
        let mut bytes = vec![VERSION];
        if !mechanism::off("answers.token-binding") {
            binding.write(&mut bytes);
        }
        Ok(Self {
            aead: keys.aead,
            nonces: keys.nonces,
            digests: keys.digests,
            binding: bytes,
        })
    }

    /// The token for AppFlow: printable, without spaces, at most [`MAX_SEALED_CHARS`] characters.
    ///
    /// # Errors
    ///
    /// [`TokenError::TooLong`] if the connector's token is longer than [`MAX_TOKEN_BYTES`].
    pub fn seal(&self, progress: &Progress, token: &str) -> Result<String, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong(token.len()));
        }
        if mechanism::off("answers.token-seal") {
            return Ok(token.to_owned());
        }
        let mut content = Vec::with_capacity(Progress::BYTES + token.len() + TAG_BYTES);
        progress.write(&mut content);
        content.extend_from_slice(token.as_bytes());
        let nonce = self.nonce(&content);
        self.aead
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&self.binding),
                &mut content,
            )
            .map_err(|_| TokenError::Sealing)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + content.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&content);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What was sealed.
    ///
    /// # Errors
    ///
    /// [`TokenError::Foreign`] for anything but a text that [`Sealer::seal`] made for the same binding and keys.
    pub fn open(&self, text: &str) -> Result<(Progress, String), TokenError> {
        if mechanism::off("answers.token-seal") {
            return Ok((Progress::default(), text.to_owned()));
        }
        self.open_sealed(text).ok_or(TokenError::Foreign)
    }

    fn open_sealed(&self, text: &str) -> Option<(Progress, String)> {
        if text.len() > MAX_SEALED_CHARS {
            return None;
        }
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (head, content) = bytes.split_at_mut_checked(1 + NONCE_LEN)?;
        let (version, nonce) = head.split_first()?;
        if *version != VERSION {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let content = self
            .aead
            .open_in_place(nonce, Aad::from(&self.binding), content)
            .ok()?;
        let (progress, token) = Progress::read(content)?;
        Some((progress, std::str::from_utf8(token).ok()?.to_owned()))
    }

    /// A short fingerprint under a key of this connection, never 0. Two different texts have the same one with a probability
    /// of some 2^-64.
    ///
    /// The tag of GCM-SIV over data that are only authenticated is computed several times faster than a SHA-256 where the
    /// processor has no instructions for the latter, which counts for pages of 6 MB.
    #[must_use]
    pub fn fingerprint(&self, data: &[u8]) -> u64 {
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let tag = self
            .digests
            .seal_in_place_separate_tag(nonce, Aad::from(data), &mut []);
        let first = tag
            .ok()
            .and_then(|tag| tag.as_ref().first_chunk().copied())
            .map_or(0, u64::from_be_bytes);
        first.max(1)
    }

    fn nonce(&self, content: &[u8]) -> [u8; NONCE_LEN] {
        let mut context = hmac::Context::with_key(&self.nonces);
        // The length divides binding and content without doubt.
        context.update(&(self.binding.len() as u64).to_be_bytes());
        context.update(&self.binding);
        context.update(content);
        context
            .sign()
            .as_ref()
            .first_chunk()
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
