//! Keyed hashes: `hmac-sha1`, `hmac-sha256`, `hmac-sha512`.
//!
//! | parameter | meaning |
//! | --- | --- |
//! | `secret-key` | key of the value in the secret; needed |
//! | `key-encoding` | what the value is: `text` (default), `base64` or `hex` |
//! | `message`, or `message-base64` | what is signed; the body of the request if neither is given. Placeholders in it are replaced first |
//! | `header`, or `query` | name of the header or of the query parameter; one of them is needed |
//! | `prefix` | text before the signature |
//! | `encoding` | of the signature: `hex` (default), `base64` or `base64url` (without padding) |

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use http::header::HeaderName;
use zeroize::Zeroizing;

use super::{Parameters, put_header, with_parameter};
use crate::credentials::{SealError, Vault};

pub(super) const PARAMETERS: &[&str] = &[
    "secret-key",
    "key-encoding",
    "message",
    "message-base64",
    "header",
    "query",
    "prefix",
    "encoding",
];

pub(super) fn sign(
    vault: &Vault,
    parameters: &Parameters<'_>,
    request: &mut Request<Bytes>,
) -> Result<(), SealError> {
    let algorithm = match parameters.scheme {
        "hmac-sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "hmac-sha512" => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let key = hmac::Key::new(algorithm, &key(vault, parameters)?);
    let message: Zeroizing<Vec<u8>> =
        match (parameters.get("message"), parameters.get("message-base64")) {
            (Some(_), Some(_)) => {
                return Err(parameters.wrong("both `message` and `message-base64`"));
            }
            (Some(text), None) => Zeroizing::new(text.as_bytes().to_vec()),
            (None, Some(encoded)) => {
                let decoded = STANDARD.decode(encoded);
                Zeroizing::new(
                    decoded
                        .map_err(|_| parameters.wrong("a `message-base64` that is not Base64"))?,
                )
            }
            (None, None) => Zeroizing::new(request.body().to_vec()),
        };
    let message = match vault.admits(request.uri()) {
        true => vault.fill_text(&message).unwrap_or(message),
        false => message,
    };
    let tag = hmac::sign(&key, &message);
    let encoded = match parameters.choice("encoding", &["hex", "base64", "base64url"])? {
        "base64" => STANDARD.encode(tag),
        "base64url" => URL_SAFE_NO_PAD.encode(tag),
        _ => hex::encode(tag),
    };
    let text = format!("{}{encoded}", parameters.get("prefix").unwrap_or_default());
    match (parameters.get("header"), parameters.get("query")) {
        (Some(name), None) => {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| parameters.wrong("a `header` that is no name of a header"))?;
            put_header(request.headers_mut(), name, &text)
        }
        (None, Some(name)) => {
            *request.uri_mut() = with_parameter(request.uri(), name, &text)?;
            Ok(())
        }
        _ => Err(parameters.wrong("not exactly one of `header` and `query`")),
    }
}

fn key(vault: &Vault, parameters: &Parameters<'_>) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let name = parameters.needed("secret-key")?;
    let value = vault.value(name)?.expose();
    let unusable = |problem| SealError::Unusable {
        key: name.to_owned(),
        problem,
    };
    let key = match parameters.choice("key-encoding", &["text", "base64", "hex"])? {
        "base64" => STANDARD
            .decode(value.trim())
            .map_err(|_| unusable("is not Base64"))?,
        "hex" => hex::decode(value.trim()).map_err(|_| unusable("is not hexadecimal"))?,
        _ => value.as_bytes().to_vec(),
    };
    Ok(Zeroizing::new(key))
}
