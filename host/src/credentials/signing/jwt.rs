//! `jwt-rs256`: a statement signed with the private key of a service account (RFC 7515, RFC 7523).
//!
//! | parameter | meaning |
//! | --- | --- |
//! | `secret-key` | key of the value in the secret; needed. The value is a private key in PEM, or a JSON key file with `private_key` |
//! | `claims` | the claims, a JSON object; needed. Placeholders in it are replaced. `iat` and `exp` are set by the host unless they are there, `iss` is `client_email` of the key file unless it is there |
//! | `lifetime-seconds` | from `iat` to `exp`, 1 to 86400; 3600 unless given |
//! | `kid` | id of the key; `private_key_id` of the key file unless given |
//! | `place` | `bearer` (default): header `Authorization`; `form` or `json`: a field of the body, which is a form or a JSON object |
//! | `field` | name of that field; `assertion` unless given |
//!
//! Placed in a body it asks for a token: unless `capture` says otherwise, `/access_token`, `/refresh_token` and `/id_token` of
//! the answer are sealed.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{Parameters, put_header};
use crate::credentials::forms::Encoding;
use crate::credentials::{SealError, Vault};

pub(super) const PARAMETERS: &[&str] = &[
    "secret-key",
    "claims",
    "lifetime-seconds",
    "kid",
    "place",
    "field",
];

/// What is sealed in the answer of a token endpoint.
pub(super) const TOKENS: [&str; 3] = ["/access_token", "/refresh_token", "/id_token"];

const DEFAULT_LIFETIME_SECONDS: u64 = 3600;
const LONGEST_LIFETIME_SECONDS: u64 = 86_400;
/// Longest claims, in bytes. Read into a tree they take many times as much, in memory that no limit of the guest counts.
const LONGEST_CLAIMS: usize = 16 << 10;
/// Longest body that gets a field, in bytes, for the same reason.
const LONGEST_BODY: usize = 64 << 10;

/// Signs; true if the statement stands in the body.
pub(super) fn sign(
    vault: &Vault,
    parameters: &Parameters<'_>,
    request: &mut Request<Bytes>,
    now: SystemTime,
) -> Result<bool, SealError> {
    let name = parameters.needed("secret-key")?;
    let unusable = |problem| SealError::Unusable {
        key: name.to_owned(),
        problem,
    };
    let account = Account::read(vault.value(name)?.expose()).map_err(unusable)?;
    let key = account.key().map_err(unusable)?;
    let claims = claims(vault, parameters, &account, request, now)?;
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!("RS256"));
    header.insert("typ".to_owned(), json!("JWT"));
    if let Some(kid) = parameters.get("kid").or(account.key_id.as_deref()) {
        header.insert("kid".to_owned(), json!(kid));
    }
    let header = Value::Object(header).to_string();
    let token = signed(&key, header.as_bytes(), &claims)?;
    match parameters.choice("place", &["bearer", "form", "json"])? {
        "form" => {
            *request.body_mut() = in_form(request.body(), field(parameters), &token);
            Ok(true)
        }
        "json" => {
            if request.body().len() > LONGEST_BODY {
                return Err(parameters.wrong("a body of more than 64 KiB"));
            }
            *request.body_mut() = in_json(request.body(), field(parameters), &token)
                .ok_or_else(|| parameters.wrong("a body that is no JSON object"))?;
            Ok(true)
        }
        _ => {
            let value = Zeroizing::new(format!("Bearer {}", *token));
            put_header(request.headers_mut(), AUTHORIZATION, &value)?;
            Ok(false)
        }
    }
}

fn field<'a>(parameters: &Parameters<'a>) -> &'a str {
    parameters.get("field").unwrap_or("assertion")
}

/// The compact form: header, claims and signature as Base64, divided by points.
pub(super) fn signed(
    key: &KeyPair,
    header: &[u8],
    claims: &[u8],
) -> Result<Zeroizing<String>, SealError> {
    let mut token = Zeroizing::new(URL_SAFE_NO_PAD.encode(header));
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        token.as_bytes(),
        &mut signature,
    )
    .map_err(|_| SealError::Failed)?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
    Ok(token)
}

fn claims(
    vault: &Vault,
    parameters: &Parameters<'_>,
    account: &Account,
    request: &Request<Bytes>,
    now: SystemTime,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let text = parameters.needed("claims")?;
    if text.len() > LONGEST_CLAIMS {
        return Err(parameters.wrong("`claims` of more than 16 KiB"));
    }
    let filled = match vault.admits(request.uri()) {
        true => vault.fill_json(text),
        false => None,
    };
    let claims = filled.as_ref().map_or(text.as_bytes(), |filled| filled);
    let mut claims: Map<String, Value> = serde_json::from_slice(claims)
        .map_err(|_| parameters.wrong("`claims` that are no JSON object"))?;
    let lifetime = match parameters.get("lifetime-seconds") {
        None => DEFAULT_LIFETIME_SECONDS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|seconds| (1..=LONGEST_LIFETIME_SECONDS).contains(seconds))
            .ok_or_else(|| parameters.wrong("a `lifetime-seconds` that is not 1 to 86400"))?,
    };
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    claims.entry("iat").or_insert_with(|| json!(now));
    claims
        .entry("exp")
        .or_insert_with(|| json!(now.saturating_add(lifetime)));
    if let Some(email) = &account.email {
        claims.entry("iss").or_insert_with(|| json!(email));
    }
    serde_json::to_vec(&claims)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Failed)
}

fn in_form(body: &Bytes, field: &str, token: &str) -> Bytes {
    let mut form = body.to_vec();
    if !form.is_empty() {
        form.push(b'&');
    }
    Encoding::Percent.write(field, &mut form);
    form.push(b'=');
    Encoding::Percent.write(token, &mut form);
    form.into()
}

fn in_json(body: &Bytes, field: &str, token: &str) -> Option<Bytes> {
    let mut object: Map<String, Value> = match body.is_empty() {
        true => Map::new(),
        false => serde_json::from_slice(body).ok()?,
    };
    object.insert(field.to_owned(), json!(token));
    serde_json::to_vec(&object).ok().map(Bytes::from)
}

/// A service account as it stands in the secret.
pub(super) struct Account {
    pem: Zeroizing<String>,
    key_id: Option<String>,
    email: Option<String>,
}

impl Account {
    /// Reads a key in PEM, or a JSON key file.
    pub(super) fn read(value: &str) -> Result<Self, &'static str> {
        let value = value.trim();
        if !value.starts_with('{') {
            return Ok(Self {
                pem: Zeroizing::new(value.to_owned()),
                key_id: None,
                email: None,
            });
        }
        let mut file: Map<String, Value> =
            serde_json::from_str(value).map_err(|_| "is neither a private key nor a key file")?;
        let mut text = |name: &str| match file.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        Ok(Self {
            pem: Zeroizing::new(text("private_key").ok_or("is a key file without `private_key`")?),
            key_id: text("private_key_id"),
            email: text("client_email"),
        })
    }

    /// The key. Forms and secrets of other systems lose or escape its line breaks, so they do not count.
    pub(super) fn key(&self) -> Result<KeyPair, &'static str> {
        const NO_KEY: &str =
            "is no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----";
        let (_, rest) = self.pem.split_once("-----BEGIN ").ok_or(NO_KEY)?;
        let (label, rest) = rest.split_once("-----").ok_or(NO_KEY)?;
        let (inside, _) = rest.split_once("-----END ").ok_or(NO_KEY)?;
        let inside = Zeroizing::new(inside.replace("\\r", "").replace("\\n", ""));
        let inside: Zeroizing<String> = Zeroizing::new(
            inside
                .chars()
                .filter(|character| !character.is_whitespace())
                .collect(),
        );
        let der = STANDARD.decode(inside.as_bytes()).map(Zeroizing::new);
        let der = der.map_err(|_| "is a private key whose PEM is damaged")?;
        let key = match label {
            "PRIVATE KEY" => KeyPair::from_pkcs8(&der),
            "RSA PRIVATE KEY" => KeyPair::from_der(&der),
            "ENCRYPTED PRIVATE KEY" => {
                return Err("is an encrypted private key; it is needed without a passphrase");
            }
            _ => return Err("is a key of another kind than a private RSA key"),
        };
        key.map_err(|_| "is no private RSA key of 2048 bits or more")
    }
}
