//! A guest's request as it goes out, with the credentials it named.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Uri;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::imported::http::{self as wit_http, Body, Credential, Placement};
use super::state::HostState;
use crate::Error;
use crate::credentials::Secret;
use crate::egress::{self, EgressError};

impl HostState {
    /// The request as it goes out, credentials included.
    pub(super) fn prepare(
        &self,
        request: wit_http::Request,
    ) -> Result<http::Request<Bytes>, Error> {
        let mut uri = egress::parse_url(&request.url).map_err(EgressError::from)?;
        let mut headers = http::HeaderMap::new();
        for (name, value) in &request.headers {
            headers
                .try_append(header_name(name)?, header_value(name, value)?)
                .map_err(|_| too_many_headers())?;
        }
        if let Some(credential) = &request.credential {
            self.authorize(credential, &mut uri, &mut headers)?;
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
        Ok(prepared)
    }

    fn authorize(
        &self,
        credential: &Credential,
        uri: &mut Uri,
        headers: &mut http::HeaderMap,
    ) -> Result<(), Error> {
        match credential {
            Credential::Bearer => {
                let token = self
                    .secret("accessToken")
                    .or_else(|_| self.secret("apiKey"))?;
                put(
                    headers,
                    AUTHORIZATION,
                    secret_header("Bearer ", token.expose())?,
                )?;
            }
            Credential::Basic => {
                let (user, password) = (self.secret("username")?, self.secret("password")?);
                let pair =
                    BASE64_STANDARD.encode(format!("{}:{}", user.expose(), password.expose()));
                put(headers, AUTHORIZATION, secret_header("Basic ", &pair)?)?;
            }
            Credential::Header(Placement {
                name,
                secret_key,
                prefix,
            }) => {
                let secret = self.secret(secret_key)?;
                put(
                    headers,
                    header_name(name)?,
                    secret_header(prefix, secret.expose())?,
                )?;
            }
            Credential::Query(Placement {
                name,
                secret_key,
                prefix,
            }) => {
                let secret = self.secret(secret_key)?;
                *uri = with_parameter(uri, name, &format!("{prefix}{}", secret.expose()))?;
            }
            Credential::Signed(signing) => {
                return Err(Error::Unsupported(format!(
                    "this host does not know the signature scheme \"{}\"",
                    signing.scheme
                )));
            }
        }
        Ok(())
    }

    fn secret(&self, key: &str) -> Result<&Secret, Error> {
        self.credentials.value(key).ok_or_else(|| Error::Connector {
            code: crate::appflow::ErrorCode::InvalidCredentials,
            message: format!("the connection's credentials have no \"{key}\""),
            retry_after_seconds: None,
        })
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

/// The address with one more query parameter.
fn with_parameter(uri: &Uri, name: &str, value: &str) -> Result<Uri, Error> {
    let pair = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish();
    let separator = if uri.query().is_some() { '&' } else { '?' };
    format!("{uri}{separator}{pair}").parse().map_err(|_| {
        Error::Request("the connector asked for an address that is too long".to_owned())
    })
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

/// A header that holds a secret. It is marked so that no client or log shows it.
fn secret_header(prefix: &str, secret: &str) -> Result<HeaderValue, Error> {
    let mut value =
        HeaderValue::from_str(&format!("{prefix}{secret}")).map_err(|_| Error::Connector {
            code: crate::appflow::ErrorCode::InvalidCredentials,
            message: "the connection's credentials hold characters that a header cannot".to_owned(),
            retry_after_seconds: None,
        })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_the_query_is_encoded_and_stands_last() {
        for (address, expected) in [
            (
                "https://h.example/p",
                "https://h.example/p?k=a+b%26c%3Dd%23",
            ),
            (
                "https://h.example/p?x=1",
                "https://h.example/p?x=1&k=a+b%26c%3Dd%23",
            ),
        ] {
            let uri = with_parameter(&address.parse().unwrap(), "k", "a b&c=d#").unwrap();
            assert_eq!(uri.to_string(), expected);
        }
    }

    #[test]
    fn headers_with_secrets_are_marked_and_refuse_line_breaks() {
        let value = secret_header("Bearer ", "token").unwrap();
        assert!(value.is_sensitive());
        assert_eq!(format!("{value:?}"), "Sensitive");
        let error = secret_header("Bearer ", "tok\r\nx: SECRET").unwrap_err();
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}
