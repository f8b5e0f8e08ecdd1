//! What a guest can call.

use std::collections::BTreeMap;

use http::header::SET_COOKIE;
use wasmtime::component::Resource;

use super::host_calls::count;
use super::imported::common::{self, Pairs};
use super::imported::http as wit_http;
use super::imported::{credentials, invocation, log, page};
use super::state::{HeldBody, HeldResponse, HostState, MAX_LOG_LINES, MAX_RESOURCES, to_usize};
use super::trail::Failure;
use super::{convert, entity, outgoing};
use crate::Error;
use crate::credentials::{Credentials, Secret};
use crate::egress::OutboundResponse;
use crate::mechanism;
use crate::page::{Pick, Pointer};

/// Longest log message of a guest, in characters.
const MAX_LOG_CHARS: usize = 2048;
/// Most fields of one log line.
const MAX_LOG_FIELDS: usize = 32;

impl common::Host for HostState {
    fn convert_error(&mut self, error: Error) -> wasmtime::Result<common::Error> {
        Ok(convert::error_to_guest(&error))
    }
}

impl wit_http::Host for HostState {
    async fn send(&mut self, request: wit_http::Request) -> Result<Resource<HeldResponse>, Error> {
        count(&mut self.calls.http);
        // Compared are the requests of one page with those of the next; no other operation has use for them.
        if self.page.takes_records() {
            self.requests.add(&request);
        }
        let outgoing::Prepared { request, captures } = self.prepare(request)?;
        let limits = self.limits.of_requests();
        let deadline = tokio::time::Instant::from_std(self.info.deadline);
        let answer = self
            .egress
            .send(&self.policy, request, deadline, limits)
            .await?;
        let answer = self.received(answer, &captures)?;
        self.hold(answer)
    }
}

impl HostState {
    /// Keeps an answer for the guest.
    pub(super) fn hold(
        &mut self,
        answer: OutboundResponse,
    ) -> Result<Resource<HeldResponse>, Error> {
        let headers: usize = answer
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        let held_bytes = self.held_bytes.saturating_add(answer.body.len() + headers);
        if held_bytes > to_usize(self.limits.held_bodies_bytes)
            && !mechanism::off("limits.held-bodies")
        {
            return Err(Error::Limit(format!(
                "the connector holds {held_bytes} bytes of answers, more than the {} it may; read fewer pages in one call",
                self.limits.held_bodies_bytes
            )));
        }
        let mut response = HeldResponse {
            status: answer.status,
            headers: answer.headers,
            body: Some(HeldBody::Bytes(answer.body)),
            host: answer.host,
            retry_after_seconds: answer.retry_after_seconds,
            header_bytes: headers,
            failure: None,
        };
        response.failure = response
            .failed()
            .map(|failure| self.unexamined.add(failure));
        let held = self.table.push(response).map_err(|_| {
            Error::Limit(format!(
                "the connector holds more than the {MAX_RESOURCES} answers and other resources it may; let go of those it has read"
            ))
        })?;
        self.held_bytes = held_bytes;
        self.held_peak_bytes = self.held_peak_bytes.max(held_bytes);
        Ok(held)
    }

    fn response(&self, response: &Resource<HeldResponse>) -> wasmtime::Result<&HeldResponse> {
        Ok(self.table.get(response)?)
    }

    /// Notes that the guest has been told whether an answer is a success.
    fn examined(&mut self, response: &Resource<HeldResponse>) {
        let number = self.table.get(response).ok().and_then(|held| held.failure);
        if let Some(number) = number {
            self.unexamined.examined(number);
        }
    }
}

impl HeldResponse {
    fn body(&self) -> Result<&[u8], Error> {
        let body = self.body.as_ref().map(HeldBody::as_bytes);
        body.ok_or_else(used_up)
    }

    /// A value of the body. Where the body of an unsuccessful answer is no JSON, such as a proxy's page, the status is what
    /// there is to say.
    fn find(&self, pointer: &Pointer) -> Result<Option<&str>, Error> {
        pointer.find(self.body()?).map_err(|error| {
            let status = self.ensure_ok().err();
            status
                .filter(|_| !mechanism::off("answer.status"))
                .unwrap_or_else(|| error.into())
        })
    }

    fn ensure_ok(&self) -> Result<(), Error> {
        self.failed().map_or(Ok(()), |failure| Err(failure.into()))
    }

    fn failed(&self) -> Option<Failure> {
        (!self.status.is_success()).then(|| Failure {
            status: self.status.as_u16(),
            message: format!("{} answered {}", self.host, self.status),
            retry_after_seconds: self.retry_after_seconds,
        })
    }
}

fn used_up() -> Error {
    Error::Request("the connector asked for a body that it has used up".to_owned())
}

impl wit_http::HostResponse for HostState {
    fn status(&mut self, response: Resource<HeldResponse>) -> wasmtime::Result<u16> {
        count(&mut self.calls.response);
        self.examined(&response);
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
        self.examined(&response);
        self.held(&response)?.ensure_ok()
    }

    fn text(&mut self, _: Resource<HeldResponse>) -> Result<String, Error> {
        Err(in_place())
    }

    fn data(&mut self, _: Resource<HeldResponse>) -> Result<Vec<u8>, Error> {
        Err(in_place())
    }

    fn json_at(
        &mut self,
        response: Resource<HeldResponse>,
        pointer: String,
    ) -> Result<Option<String>, Error> {
        count(&mut self.calls.response);
        let found = self.held(&response)?.find(&Pointer::parse(&pointer)?)?;
        Ok(found.map(str::to_owned))
    }

    fn text_at(
        &mut self,
        response: Resource<HeldResponse>,
        pointer: String,
    ) -> Result<Option<String>, Error> {
        count(&mut self.calls.response);
        let found = self.held(&response)?.find(&Pointer::parse(&pointer)?)?;
        let Some(value) = found else { return Ok(None) };
        match value {
            "null" => Ok(None),
            // A string that cannot be read, such as half a surrogate pair, must not pass for an absent one: a connector would
            // take that for the last page.
            text if text.starts_with('"') => Ok(Some(crate::page::string(text)?)),
            text => Ok(Some(text.to_owned())),
        }
    }

    fn drop(&mut self, response: Resource<HeldResponse>) -> wasmtime::Result<()> {
        let response = self.table.delete(response)?;
        self.held_bytes -=
            response.header_bytes + response.body.map_or(0, |body| body.as_bytes().len());
        Ok(())
    }
}

impl HostState {
    /// A body that is asked for as a whole.
    pub(super) fn body(
        &mut self,
        response: &Resource<HeldResponse>,
    ) -> Result<&mut HeldBody, Error> {
        count(&mut self.calls.response);
        let held = self.table.get_mut(response);
        let held = held.map_err(|error| Error::Internal(error.to_string()))?;
        held.body.as_mut().ok_or_else(used_up)
    }

    fn held(&self, response: &Resource<HeldResponse>) -> Result<&HeldResponse, Error> {
        self.table
            .get(response)
            .map_err(|error| Error::Internal(error.to_string()))
    }
}

/// What no guest ever hears: the functions in `in_place` stand where those that return this would be called.
#[cold]
fn in_place() -> Error {
    Error::Internal("a call went to the generated function in place of the host's own".to_owned())
}

impl page::Host for HostState {
    fn emit(&mut self, _: String) -> Result<bool, Error> {
        Err(in_place())
    }

    fn emit_batch(&mut self, _: String, _: Vec<u32>) -> Result<u32, Error> {
        Err(in_place())
    }

    fn emit_json(
        &mut self,
        response: Resource<HeldResponse>,
        pointer: String,
        picks: Vec<page::FieldPick>,
        skip: u32,
    ) -> Result<page::Emitted, Error> {
        count(&mut self.calls.page);
        self.examined(&response);
        let held = self
            .table
            .get_mut(&response)
            .map_err(|error| Error::Internal(error.to_string()))?;
        held.ensure_ok()?;
        let body = held.body.take().ok_or_else(used_up)?;
        let body = body.as_bytes();
        self.held_bytes -= body.len();
        let picks: Vec<Pick> = picks
            .into_iter()
            .map(|pick| Pick {
                name: pick.name,
                path: pick.path,
            })
            .collect();
        let emitted = self.page.emit_json(
            body,
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
            millis_left: self.info.millis_left().min(self.page.millis_left()),
        })
    }
}

pub(super) fn to_u32(number: usize) -> u32 {
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
        let show = |value: &Secret, key: &str| self.vault.show(key, value);
        Ok(match self.vault.credentials() {
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

impl log::Host for HostState {
    fn write(&mut self, level: log::Level, message: String, fields: Pairs) -> wasmtime::Result<()> {
        count(&mut self.calls.log);
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines > MAX_LOG_LINES && !mechanism::off("limits.log-lines") {
            return Ok(());
        }
        let text = self.vault.message(&message, MAX_LOG_CHARS);
        let fields: BTreeMap<String, String> = fields
            .into_iter()
            .take(MAX_LOG_FIELDS)
            .map(|(name, value)| {
                let value = self.vault.message(&value, MAX_LOG_CHARS);
                (self.vault.message(&name, MAX_LOG_CHARS), value)
            })
            .collect();
        let fields = serde_json::to_string(&fields).unwrap_or_default();
        match level {
            log::Level::Debug => tracing::debug!(target: "connector", fields, "{text}"),
            log::Level::Info => {
                tracing::info!(target: "connector", fields, "{text}")
            }
            log::Level::Warn => {
                tracing::warn!(target: "connector", fields, "{text}")
            }
            log::Level::Error => tracing::error!(target: "connector", fields, "{text}"),
        }
        Ok(())
    }
}
