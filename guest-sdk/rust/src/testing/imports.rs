//! The host's imports, answered by the fake of the running call.

use super::{Answer, Sent, details, json, with_call};
use crate::bindings::wit_host::{http, invocation, log, page};
use crate::credentials::Secret;
use crate::schema::EntityDefinition;
use crate::{Error, Result};

/// An answer's body on the fake host.
pub(crate) struct Response(Answer);

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self
            .0
            .headers
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        if values.is_empty() {
            None
        } else {
            Some(values.join(", "))
        }
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.0.headers.clone()
    }

    pub(crate) fn ensure_ok(&self) -> Result<()> {
        if (200..300).contains(&self.0.status) {
            return Ok(());
        }
        let error = Error::http(
            self.0.status,
            format!("the application answered with status {}", self.0.status),
        );
        let seconds = self
            .header("retry-after")
            .and_then(|seconds| seconds.parse().ok());
        Err(match seconds {
            Some(seconds) => error.retry_after(seconds),
            None => error,
        })
    }

    pub(crate) fn text(&self) -> Result<String> {
        self.utf8().map(str::to_owned)
    }

    pub(crate) fn data(&self) -> Result<Vec<u8>> {
        Ok(self.0.body.clone())
    }

    pub(crate) fn json_at(&self, pointer: &str) -> Result<Option<String>> {
        Ok(json::at(self.utf8()?, pointer)?.map(str::to_owned))
    }

    pub(crate) fn text_at(&self, pointer: &str) -> Result<Option<String>> {
        Ok(json::at(self.utf8()?, pointer)?.and_then(json::plain))
    }

    fn utf8(&self) -> Result<&str> {
        std::str::from_utf8(&self.0.body).map_err(|_| Error::server_error("the body is not UTF-8"))
    }
}

pub(crate) fn send(request: &http::Request) -> Result<Response> {
    let body = match &request.body {
        None => String::new(),
        Some(http::Body::Text(text)) => text.clone(),
        Some(http::Body::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
    };
    let sent = Sent {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.clone(),
        body,
        credential: request.credential.clone(),
    };
    let application = with_call(|call| {
        call.requests.push(sent.clone());
        call.millis_left = call
            .millis_left
            .saturating_sub(call.host.millis_per_request);
        call.host.application.clone()
    });
    let answer = application(&sent);
    match answer.failure {
        Some(error) => Err(error),
        None => Ok(Response(answer)),
    }
}

pub(crate) fn emit(record: &str) -> Result<bool> {
    json::check_object(record)?;
    with_call(|call| call.take(record))
}

pub(crate) fn emit_batch(text: &str, ends: &[u32]) -> Result<u32> {
    let mut taken = 0;
    let mut start = 0;
    for end in ends {
        let end = usize::try_from(*end)?;
        let record = text
            .get(start..end)
            .ok_or_else(|| Error::invalid_argument("an end is not in the text"))?;
        if !emit(record)? {
            break;
        }
        taken += 1;
        start = end;
    }
    Ok(taken)
}

pub(crate) fn emit_json(
    response: &Response,
    pointer: &str,
    picks: &[page::FieldPick],
    skip: u32,
) -> Result<page::Emitted> {
    response.ensure_ok()?;
    let array = json::at(response.utf8()?, pointer)?;
    let records =
        json::array(array.ok_or_else(|| Error::server_error("there is no array of records"))?)?;
    let total = u32::try_from(records.len())?;
    let mut taken = 0;
    for record in records.iter().skip(usize::try_from(skip)?) {
        if !with_call(|call| call.take(&json::pick(record, picks)?))? {
            break;
        }
        taken += 1;
    }
    let left = total.saturating_sub(skip).saturating_sub(taken);
    Ok(page::Emitted {
        taken,
        left,
        total,
        rest: json::rest(response.utf8()?, pointer)?,
    })
}

pub(crate) fn room() -> page::Space {
    with_call(|call| page::Space {
        records_left: call.records_left(),
        bytes_left: call.host.bytes.saturating_sub(call.bytes),
        millis_left: call.millis_left,
    })
}

pub(crate) fn current() -> invocation::Details {
    details()
}

pub(crate) fn entity() -> Option<EntityDefinition> {
    with_call(|call| call.host.entity.clone())
}

pub(crate) fn entity_json() -> Option<String> {
    None
}

pub(crate) fn millis_left() -> u32 {
    with_call(|call| call.millis_left)
}

/// Time is simulated, so nobody waits.
pub(crate) fn sleep(millis: u32) {
    with_call(|call| {
        call.millis_left = call.millis_left.saturating_sub(millis);
        call.waited_millis = call.waited_millis.saturating_add(millis);
    });
}

pub(crate) fn credentials() -> Result<Secret> {
    Ok(with_call(|call| call.host.secret.clone()))
}

pub(crate) fn log(level: log::Level, message: &str, _fields: &[(String, String)]) {
    // Logging needs no host: functions that log are tested without one.
    super::CALL.with_borrow_mut(|call| {
        if let Some(call) = call {
            call.logs.push((level, message.to_owned()));
        }
    });
}
