//! What a guest can call.

use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Uri;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, SET_COOKIE};
use wasmtime::component::Resource;

use super::host_calls::count;
use super::imported::common::{self, Pairs};
use super::imported::http::{self as wit_http, Body, Credential, Placement};
use super::imported::{credentials, invocation, log, page};
use super::state::{HeldResponse, HostState, MAX_LOG_LINES, to_usize};
use super::{convert, entity};
use crate::credentials::{Credentials, Secret};
use crate::egress::{self, EgressError, retry_after};
use crate::page::{Pick, Pointer};
use crate::{Error, log as host_log};

/// Longest log message of a guest, in characters.
const MAX_LOG_CHARS: usize = 2048;

impl common::Host for HostState {
    fn convert_error(&mut self, error: Error) -> wasmtime::Result<common::Error> {
        Ok(convert::error_to_guest(&error))
    }
}

impl wit_http::Host for HostState {
    async fn send(&mut self, request: wit_http::Request) -> Result<Resource<HeldResponse>, Error> {
        count(&mut self.calls.http);
        let prepared = self.prepare(request)?;
        let limits = egress::Limits {
            response_body_bytes: self.limits.response_body_bytes,
        };
        let deadline = tokio::time::Instant::from_std(self.info.deadline);
        let answer = self
            .egress
            .send(&self.policy, prepared, deadline, limits)
            .await?;
        let held_bytes = self.held_bytes.saturating_add(answer.body.len());
        if held_bytes > to_usize(self.limits.held_bodies_bytes) {
            return Err(Error::Limit(format!(
                "the connector holds {held_bytes} bytes of answers, more than the {} it may; read fewer pages in one call",
                self.limits.held_bodies_bytes
            )));
        }
        self.held_bytes = held_bytes;
        self.held_peak_bytes = self.held_peak_bytes.max(held_bytes);
        let response = HeldResponse {
            status: answer.status,
            headers: answer.headers,
            body: Some(answer.body),
            host: answer.host,
        };
        self.table
            .push(response)
            .map_err(|error| Error::Internal(error.to_string()))
    }
}

impl HostState {
    /// The request as it goes out, credentials included.
    fn prepare(&self, request: wit_http::Request) -> Result<http::Request<Bytes>, Error> {
        let mut uri = egress::parse_url(&request.url).map_err(EgressError::from)?;
        let mut headers = http::HeaderMap::new();
        for (name, value) in &request.headers {
            headers.append(header_name(name)?, header_value(name, value)?);
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
                headers.insert(AUTHORIZATION, secret_header("Bearer ", token.expose())?);
            }
            Credential::Basic => {
                let (user, password) = (self.secret("username")?, self.secret("password")?);
                let pair =
                    BASE64_STANDARD.encode(format!("{}:{}", user.expose(), password.expose()));
                headers.insert(AUTHORIZATION, secret_header("Basic ", &pair)?);
            }
            Credential::Header(Placement {
                name,
                secret_key,
                prefix,
            }) => {
                let secret = self.secret(secret_key)?;
                headers.insert(header_name(name)?, secret_header(prefix, secret.expose())?);
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

    fn response(&self, response: &Resource<HeldResponse>) -> wasmtime::Result<&HeldResponse> {
        Ok(self.table.get(response)?)
    }
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

impl HeldResponse {
    fn body(&self) -> Result<&Bytes, Error> {
        self.body.as_ref().ok_or_else(|| {
            Error::Request("the connector asked for a body that it has used up".to_owned())
        })
    }

    fn ensure_ok(&self) -> Result<(), Error> {
        if self.status.is_success() {
            return Ok(());
        }
        Err(Error::Upstream {
            status: self.status.as_u16(),
            message: format!("{} answered {}", self.host, self.status),
            retry_after_seconds: retry_after(&self.headers, std::time::SystemTime::now()),
        })
    }
}

impl wit_http::HostResponse for HostState {
    fn status(&mut self, response: Resource<HeldResponse>) -> wasmtime::Result<u16> {
        count(&mut self.calls.response);
        Ok(self.response(&response)?.status.as_u16())
    }

    fn header(
        &mut self,
        response: Resource<HeldResponse>,
        name: String,
    ) -> wasmtime::Result<Option<String>> {
        count(&mut self.calls.response);
        let values = self.response(&response)?.headers.get_all(&name);
        let values: Vec<_> = values
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        Ok(
            if values.is_empty() || name.eq_ignore_ascii_case("set-cookie") {
                None
            } else {
                Some(values.join(", "))
            },
        )
    }

    fn headers(&mut self, response: Resource<HeldResponse>) -> wasmtime::Result<Pairs> {
        count(&mut self.calls.response);
        let headers = &self.response(&response)?.headers;
        Ok(headers
            .iter()
            .filter(|(name, _)| *name != SET_COOKIE)
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect())
    }

    fn ensure_ok(&mut self, response: Resource<HeldResponse>) -> Result<(), Error> {
        count(&mut self.calls.response);
        self.held(&response)?.ensure_ok()
    }

    fn text(&mut self, response: Resource<HeldResponse>) -> Result<String, Error> {
        count(&mut self.calls.response);
        let body = self.held(&response)?.body()?;
        match std::str::from_utf8(body) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(crate::page::JsonError::NotUtf8.into()),
        }
    }

    fn data(&mut self, response: Resource<HeldResponse>) -> Result<Vec<u8>, Error> {
        count(&mut self.calls.response);
        Ok(self.held(&response)?.body()?.to_vec())
    }

    fn json_at(
        &mut self,
        response: Resource<HeldResponse>,
        pointer: String,
    ) -> Result<Option<String>, Error> {
        count(&mut self.calls.response);
        let found = Pointer::parse(&pointer)?.find(self.held(&response)?.body()?)?;
        Ok(found.map(|value| value.get().to_owned()))
    }

    fn text_at(
        &mut self,
        response: Resource<HeldResponse>,
        pointer: String,
    ) -> Result<Option<String>, Error> {
        count(&mut self.calls.response);
        let found = Pointer::parse(&pointer)?.find(self.held(&response)?.body()?)?;
        Ok(found.and_then(|value| match value.get() {
            "null" => None,
            text if text.starts_with('"') => serde_json::from_str(text).ok(),
            text => Some(text.to_owned()),
        }))
    }

    fn drop(&mut self, response: Resource<HeldResponse>) -> wasmtime::Result<()> {
        let response = self.table.delete(response)?;
        self.held_bytes -= response.body.map_or(0, |body| body.len());
        Ok(())
    }
}

impl HostState {
    fn held(&self, response: &Resource<HeldResponse>) -> Result<&HeldResponse, Error> {
        self.table
            .get(response)
            .map_err(|error| Error::Internal(error.to_string()))
    }
}

impl page::Host for HostState {
    fn emit(&mut self, json: String) -> Result<bool, Error> {
        count(&mut self.calls.page);
        Ok(self.page.emit(&json)?)
    }

    fn emit_batch(&mut self, text: String, ends: Vec<u32>) -> Result<u32, Error> {
        count(&mut self.calls.page);
        Ok(to_u32(self.page.emit_batch(&text, &ends)?))
    }

    fn emit_json(
        &mut self,
        response: Resource<HeldResponse>,
        pointer: String,
        picks: Vec<page::FieldPick>,
        skip: u32,
    ) -> Result<page::Emitted, Error> {
        count(&mut self.calls.page);
        let held = self
            .table
            .get_mut(&response)
            .map_err(|error| Error::Internal(error.to_string()))?;
        held.ensure_ok()?;
        let body = held.body()?.clone();
        held.body = None;
        self.held_bytes -= body.len();
        let picks: Vec<Pick> = picks
            .into_iter()
            .map(|pick| Pick {
                name: pick.name,
                path: pick.path,
            })
            .collect();
        let emitted = self.page.emit_json(
            &body,
            &pointer,
            &picks,
            usize::try_from(skip).unwrap_or(usize::MAX),
        )?;
        Ok(page::Emitted {
            taken: to_u32(emitted.taken),
            left: to_u32(emitted.left),
            total: to_u32(emitted.total),
            rest: emitted.rest,
        })
    }

    fn room(&mut self) -> wasmtime::Result<page::Space> {
        count(&mut self.calls.page);
        Ok(page::Space {
            records_left: to_u32(self.page.records_left()),
            bytes_left: to_u32(self.page.bytes_left()),
            millis_left: self.info.millis_left(),
        })
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl invocation::Host for HostState {
    fn current(&mut self) -> wasmtime::Result<invocation::Details> {
        count(&mut self.calls.invocation);
        let context = self.context.as_deref();
        Ok(invocation::Details {
            request_id: self.info.request_id.clone(),
            flow_name: context.and_then(|context| context.flow_name.clone()),
            execution_id: context.and_then(|context| context.execution_id.clone()),
            profile_label: context.and_then(|context| context.connector_profile_label.clone()),
        })
    }

    fn entity(&mut self) -> wasmtime::Result<Option<common::EntityDefinition>> {
        count(&mut self.calls.invocation);
        let json = self
            .context
            .as_deref()
            .and_then(|context| context.entity_definition.as_ref());
        // One that cannot be read is as good as none: AppFlow's own copy is broken, which is not the connector's fault.
        Ok(json
            .and_then(|json| json.decode().ok())
            .map(|definition| entity::to_guest(&definition)))
    }

    fn entity_json(&mut self) -> wasmtime::Result<Option<String>> {
        count(&mut self.calls.invocation);
        let context = self.context.as_deref();
        Ok(context
            .and_then(|context| context.entity_definition.as_ref())
            .map(|json| json.as_str().to_owned()))
    }

    fn millis_left(&mut self) -> wasmtime::Result<u32> {
        count(&mut self.calls.invocation);
        Ok(self.info.millis_left())
    }
}

impl credentials::Host for HostState {
    fn get(&mut self) -> Result<credentials::Secret, Error> {
        count(&mut self.calls.credentials);
        let show = |value: &Secret, key: &str| {
            if self.readable {
                value.expose().to_owned()
            } else {
                placeholder(key)
            }
        };
        Ok(match &*self.credentials {
            Credentials::Absent => credentials::Secret::Absent,
            Credentials::Basic { username, password } => {
                credentials::Secret::Basic(credentials::Basic {
                    username: show(username, "username"),
                    password: show(password, "password"),
                })
            }
            Credentials::ApiKey { key, secret_key } => {
                credentials::Secret::ApiKey(credentials::ApiKey {
                    key: show(key, "apiKey"),
                    secret: secret_key
                        .as_ref()
                        .map(|secret| show(secret, "apiSecretKey")),
                })
            }
            Credentials::OAuth2 { access_token } => {
                credentials::Secret::Oauth2(show(access_token, "accessToken"))
            }
            Credentials::Custom { scheme, values } => {
                credentials::Secret::Custom(credentials::Custom {
                    scheme: scheme.clone(),
                    values: values
                        .iter()
                        .map(|(key, value)| (key.clone(), show(value, key)))
                        .collect(),
                })
            }
        })
    }
}

/// What a guest sees in place of a secret it may not read.
fn placeholder(key: &str) -> String {
    format!("<sealed:{key}>")
}

impl log::Host for HostState {
    fn write(&mut self, level: log::Level, message: String, fields: Pairs) -> wasmtime::Result<()> {
        count(&mut self.calls.log);
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines > MAX_LOG_LINES {
            return Ok(());
        }
        let text = self
            .credentials
            .scrub(&host_log::message(&message, MAX_LOG_CHARS));
        let fields = serde_json::to_string(
            &fields
                .into_iter()
                .collect::<std::collections::BTreeMap<_, _>>(),
        )
        .unwrap_or_default();
        let fields = self
            .credentials
            .scrub(&host_log::message(&fields, MAX_LOG_CHARS));
        let request_id = self.info.request_id.as_str();
        match level {
            log::Level::Debug => tracing::debug!(target: "connector", request_id, fields, "{text}"),
            log::Level::Info => {
                tracing::info!(target: "connector", request_id, fields, "{text}")
            }
            log::Level::Warn => {
                tracing::warn!(target: "connector", request_id, fields, "{text}")
            }
            log::Level::Error => tracing::error!(target: "connector", request_id, fields, "{text}"),
        }
        Ok(())
    }
}

/// Asked by the alarm: is this store's time over?
pub(crate) fn is_over(deadline: Instant) -> bool {
    Instant::now() >= deadline
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
