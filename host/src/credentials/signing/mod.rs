//! Signatures made by the host, for what needs a secret in a computation.
//!
//! | scheme | what | module |
//! | --- | --- | --- |
//! | `hmac-sha1`, `hmac-sha256`, `hmac-sha512` | a keyed hash of given bytes or of the body, in a header or a query parameter | [`hmac`] |
//! | `jwt-rs256` | a signed statement of a service account, as Bearer header or as a field of the body | [`jwt`] |
//! | `aws-sigv4` | AWS Signature Version 4 of the whole request | [`sigv4`] |
//! | `capture` | no signature: only the parameter below | |
//!
//! With each scheme the parameter `capture`, a JSON pointer, may be given once or more: the text there in the answer is
//! sealed, and the guest gets a placeholder for it, good for the rest of the invocation.
//!
//! A misspelt parameter is refused with those that are known: left out silently, it would make a signature nobody accepts.

mod hmac;
mod jwt;
mod sigv4;

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Request, Uri};
use zeroize::Zeroizing;

use super::forms::Encoding;
use super::{SealError, Vault, sensitive};
use crate::page::Pointer;

const CAPTURE: &str = "capture";

/// The schemes with the parameters they know.
const SCHEMES: [(&str, &[&str]); 6] = [
    ("hmac-sha1", hmac::PARAMETERS),
    ("hmac-sha256", hmac::PARAMETERS),
    ("hmac-sha512", hmac::PARAMETERS),
    ("jwt-rs256", jwt::PARAMETERS),
    ("aws-sigv4", sigv4::PARAMETERS),
    (CAPTURE, &[]),
];

/// Signs a request that is complete but for its signature, which `now` may be a part of. Returns what is to be sealed in
/// the answer.
///
/// # Errors
///
/// [`SealError`]: an unknown scheme or parameter, a value that is missing in the secret or is not what the scheme needs.
pub fn sign(
    vault: &Vault,
    scheme: &str,
    parameters: &[(String, String)],
    request: &mut Request<Bytes>,
    now: SystemTime,
) -> Result<Vec<Pointer>, SealError> {
    let Some((name, known)) = SCHEMES.into_iter().find(|(name, _)| *name == scheme) else {
        return Err(SealError::UnknownScheme {
            name: scheme.chars().take(64).collect(),
            known: SCHEMES.map(|(name, _)| name).join(", "),
        });
    };
    let parameters = Parameters::new(name, known, parameters)?;
    let mut captures = parameters.captures()?;
    match name {
        CAPTURE if captures.is_empty() => {
            return Err(parameters.wrong("no `capture`, the one parameter it has"));
        }
        CAPTURE => {}
        "jwt-rs256" => {
            let in_body = jwt::sign(vault, &parameters, request, now)?;
            if in_body && captures.is_empty() {
                captures = jwt::TOKENS
                    .iter()
                    .flat_map(|at| Pointer::parse(at))
                    .collect();
            }
        }
        "aws-sigv4" => sigv4::sign(vault, &parameters, request, now)?,
        _ => hmac::sign(vault, &parameters, request)?,
    }
    Ok(captures)
}

/// Most values of one answer that are sealed: each of them is a walk through the whole body.
const MOST_CAPTURES: usize = 8;

/// The parameters of one scheme.
struct Parameters<'a> {
    scheme: &'static str,
    pairs: &'a [(String, String)],
}

impl<'a> Parameters<'a> {
    fn new(
        scheme: &'static str,
        known: &[&str],
        pairs: &'a [(String, String)],
    ) -> Result<Self, SealError> {
        let parameters = Self { scheme, pairs };
        for (index, (name, _)) in pairs.iter().enumerate() {
            if name == CAPTURE {
                continue;
            }
            if !known.contains(&name.as_str()) {
                let known: Vec<_> = known
                    .iter()
                    .chain([&CAPTURE])
                    .map(|name| format!("`{name}`"))
                    .collect();
                let name: String = name.chars().take(64).collect();
                return Err(parameters.wrong(&format!(
                    "the unknown parameter \"{name}\"; it knows {}",
                    known.join(", ")
                )));
            }
            if pairs.iter().take(index).any(|(before, _)| before == name) {
                return Err(parameters.wrong(&format!("two values for `{name}`")));
            }
        }
        Ok(parameters)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn needed(&self, name: &str) -> Result<&'a str, SealError> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| self.wrong(&format!("no `{name}`, which it needs")))
    }

    /// One of some words; the first if none is given.
    fn choice(&self, name: &str, words: &[&'static str]) -> Result<&'static str, SealError> {
        let Some(given) = self.get(name) else {
            return Ok(words.first().copied().unwrap_or_default());
        };
        let found = words.iter().find(|word| **word == given);
        found.copied().ok_or_else(|| {
            self.wrong(&format!(
                "another `{name}` than one of {}",
                words.join(", ")
            ))
        })
    }

    fn captures(&self) -> Result<Vec<Pointer>, SealError> {
        let captures = self.pairs.iter().filter(|(name, _)| name == CAPTURE);
        if captures.count() > MOST_CAPTURES {
            return Err(self.wrong(&format!("more than {MOST_CAPTURES} of `capture`")));
        }
        self.pairs
            .iter()
            .filter(|(name, _)| name == CAPTURE)
            .map(|(_, text)| {
                Pointer::parse(text)
                    .ok()
                    .filter(|_| !text.is_empty())
                    .ok_or_else(|| {
                        self.wrong("a `capture` that is no JSON pointer such as /access_token")
                    })
            })
            .collect()
    }

    fn wrong(&self, problem: &str) -> SealError {
        SealError::Parameter {
            scheme: self.scheme,
            problem: problem.to_owned(),
        }
    }
}

/// Puts a text into a header, in place of what the connector set there, marked so that no client or log shows it.
fn put_header(headers: &mut HeaderMap, name: HeaderName, text: &str) -> Result<(), SealError> {
    let value = sensitive(HeaderValue::from_str(text))?;
    headers
        .try_insert(name, value)
        .map(drop)
        .map_err(|_| SealError::TooLarge)
}

/// The address with one more query parameter.
pub(crate) fn with_parameter(uri: &Uri, name: &str, value: &str) -> Result<Uri, SealError> {
    let mut text = Zeroizing::new(uri.to_string().into_bytes());
    text.push(if uri.query().is_some() { b'&' } else { b'?' });
    Encoding::Percent.write(name, &mut text);
    text.push(b'=');
    Encoding::Percent.write(value, &mut text);
    Uri::try_from(text.as_slice()).map_err(|_| SealError::TooLarge)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
