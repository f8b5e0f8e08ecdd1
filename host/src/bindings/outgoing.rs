//! A guest's request as it goes out, with the credentials it named, and what the guest sees of the answer.

use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::imported::http::{self as wit_http, Body, Credential, Placement};
use super::state::HostState;
use crate::Error;
use crate::credentials::{self, SealError};
use crate::egress::{self, AsksForToken, Denial, EgressError, Granted, OutboundResponse};
use crate::page::Pointer;

/// A request ready to go out.
pub(super) struct Prepared {
    /// The request, credentials included.
    pub(super) request: http::Request<Bytes>,
    /// What is to be sealed in the answer.
    pub(super) captures: Vec<Pointer>,
}

impl HostState {
    /// The request as it goes out, credentials included. Nothing is put into a request that the policy refuses.
    pub(super) fn prepare(&self, request: wit_http::Request) -> Result<Prepared, Error> {
        // An address that is none is refused before the policy sees it, and counts as well.
        let uri = egress::parse_url(&request.url)
            .inspect_err(|denial| self.policy.record(denial))
            .map_err(EgressError::from)?;
        let mut headers = http::HeaderMap::new();
        for (name, value) in &request.headers {
            headers
                .try_append(header_name(name)?, header_value(name, value)?)
                .map_err(|_| too_many_headers())?;
        }
        let body = match request.body {
            None => Bytes::new(),
            Some(Body::Text(text)) => Bytes::from(text),
            Some(Body::Bytes(bytes)) => Bytes::from(bytes),
        };
        let mut prepared = http::Request::builder()
            .method(request.method.as_str())
            .uri(uri)
            .body(body)
            .map_err(|_| Error::Request("the connector asked for a malformed method".to_owned()))?;
        *prepared.headers_mut() = headers;
        let granted = self
            .policy
            .check(prepared.uri())
            .map_err(EgressError::from)?;
        let mut prepared = self.filled(prepared, &granted)?;
        let captures = match &request.credential {
            Some(credential) => self.authorize(credential, &mut prepared, &granted)?,
            None => Vec::new(),
        };
        if !captures.is_empty() {
            prepared.extensions_mut().insert(AsksForToken);
        }
        Ok(Prepared {
            request: prepared,
            captures,
        })
    }

    /// The request with values in the places of placeholders, if its host may have them.
    fn filled(
        &self,
        request: http::Request<Bytes>,
        granted: &Granted,
    ) -> Result<http::Request<Bytes>, Error> {
        let (mut parts, mut body) = request.into_parts();
        if self.vault.admits(&parts.uri) {
            self.vault.fill(&mut parts)?;
            if self.vault.fills_bodies() {
                body = self.vault.fill_body(&parts.headers, body);
            } else if self.vault.holds(&body) {
                // The request goes out, and the application will not like it: the log should say why.
                self.policy.record(&Denial::CredentialInBody {
                    host: granted.host().to_owned(),
                });
            }
        }
        Ok(http::Request::from_parts(parts, body))
    }

    /// Puts in what the guest named; returns what is to be sealed in the answer.
    fn authorize(
        &self,
        credential: &Credential,
        request: &mut http::Request<Bytes>,
        granted: &Granted,
    ) -> Result<Vec<Pointer>, Error> {
        let vault = &*self.vault;
        if !vault.admits(request.uri()) {
            let denial = Denial::Credential {
                host: granted.host().to_owned(),
            };
            self.policy.record(&denial);
            return Err(EgressError::from(denial).into());
        }
        match credential {
            Credential::Bearer => {
                let token = vault
                    .value("accessToken")
                    .or_else(|_| vault.value("apiKey"))?;
                let value = secret_header("Bearer ", token.expose())?;
                put(request.headers_mut(), AUTHORIZATION, value)?;
            }
            Credential::Basic => {
                let (user, password) = (vault.value("username")?, vault.value("password")?);
                let pair = Zeroizing::new(format!("{}:{}", user.expose(), password.expose()));
                let pair = Zeroizing::new(BASE64_STANDARD.encode(&*pair));
                let value = secret_header("Basic ", &pair)?;
                put(request.headers_mut(), AUTHORIZATION, value)?;
            }
            Credential::Header(Placement {
                name,
                secret_key,
                prefix,
            }) => {
                let value = secret_header(prefix, vault.value(secret_key)?.expose())?;
                put(request.headers_mut(), header_name(name)?, value)?;
            }
            Credential::Query(Placement {
                name,
                secret_key,
                prefix,
            }) => {
                let value = format!("{prefix}{}", vault.value(secret_key)?.expose());
                *request.uri_mut() =
                    credentials::with_parameter(request.uri(), name, &Zeroizing::new(value))?;
            }
            Credential::Signed(signing) => {
                return Ok(credentials::sign(
                    vault,
                    &signing.scheme,
                    &signing.parameters,
                    request,
                    SystemTime::now(),
                )?);
            }
        }
        Ok(Vec::new())
    }

    /// The answer as the guest may see it: values of the credentials are placeholders in it, and so are those it was to
    /// be captured from.
    pub(super) fn received(
        &self,
        mut answer: OutboundResponse,
        captures: &[Pointer],
    ) -> Result<OutboundResponse, Error> {
        let vault = &*self.vault;
        if !captures.is_empty() && answer.status.is_success() {
            answer.body = vault.capture(captures, answer.body)?;
        }
        if vault.is_sealing() {
            vault.scrub_headers(&mut answer.headers);
            answer.body = vault.scrub_body(answer.body);
        }
        Ok(answer)
    }
}

fn too_many_headers() -> Error {
    Error::Request("the connector set too many headers".to_owned())
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) -> Result<(), Error> {
    headers
        .try_insert(name, value)
        .map(drop)
        .map_err(|_| too_many_headers())
}

fn header_name(name: &str) -> Result<HeaderName, Error> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        Error::Request("the connector set a header whose name is malformed".to_owned())
    })
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| {
        Error::Request(format!(
            "the connector set the header \"{name}\" to a malformed value"
        ))
    })
}

/// A header that holds a secret behind a prefix.
fn secret_header(prefix: &str, secret: &str) -> Result<HeaderValue, SealError> {
    let text = Zeroizing::new(format!("{prefix}{secret}"));
    credentials::sensitive(HeaderValue::from_str(&text))
}

#[cfg(test)]
#[path = "outgoing_tests.rs"]
mod tests;
