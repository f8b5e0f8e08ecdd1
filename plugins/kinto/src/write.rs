//! Writing, in batches of as many requests as the server takes, 25 mostly.
//!
//! | operation | request of a record | if it is not as expected |
//! | --- | --- | --- |
//! | insert | `PUT` with `If-None-Match: *`, or `POST` for a record without identifier | there is such a record |
//! | update | `PATCH`; `PUT` with `If-Match: *` where records are replaced | there is no such record |
//! | upsert | `PATCH`, and for those that are not there `PUT` with `If-None-Match: *`; `PUT` where records are replaced | |
//! | delete | `DELETE` | there is no such record |
//!
//! A record with `last_modified` is written only if that is still its last change (`If-Match`).

use std::collections::BTreeMap;

use appflow_connector::time::Moment;
use appflow_connector::write::{Batches, Operation, Ready, WriteRequest, WriteResults};
use appflow_connector::{Context, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::filter::MODIFIED;
use crate::server::{BACKOFF, Collection, REPLACE, Server, is_id, meaning, send};

/// Values stay as they came, so that numbers keep all their digits.
type Values = BTreeMap<String, Box<RawValue>>;

/// One request of a batch.
#[derive(Debug, Clone, Serialize)]
struct Part {
    method: &'static str,
    path: String,
    headers: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body>,
}

#[derive(Debug, Clone, Serialize)]
struct Body {
    data: Values,
}

#[derive(Serialize)]
struct Batch<'a> {
    requests: Vec<&'a Part>,
}

#[derive(Deserialize)]
struct Answers {
    responses: Vec<Answer>,
}

/// The answer to one request of a batch.
#[derive(Deserialize)]
struct Answer {
    status: u16,
    #[serde(default)]
    body: AnswerBody,
}

#[derive(Deserialize, Default)]
struct AnswerBody {
    #[serde(default)]
    data: Written,
}

#[derive(Deserialize, Default)]
struct Written {
    #[serde(default)]
    id: String,
}

/// Writes records; one result for each, in order.
pub(crate) fn write(context: &Context, request: &WriteRequest) -> Result<WriteResults> {
    let server = Server::of(&context.settings)?;
    let collection = Collection::parse(&request.entity)?;
    let replace = context.settings.flag(REPLACE)?;
    if request.operation != Operation::Insert && !matches!(request.id_fields.as_slice(), [] | [_])
        || request.id_fields.iter().any(|field| field != "id")
    {
        return Err(Error::invalid_argument(
            "Kinto identifies records by the field 'id'",
        ));
    }
    let mut results = request.results();
    let mut ready = Vec::new();
    for (index, record) in request.records.iter().enumerate() {
        match part(&collection, request.operation, replace, record) {
            Ok((id, body)) => ready.push(Ready { index, id, body }),
            Err((id, why)) => results.failed(index, id, why),
        }
    }
    if ready.is_empty() {
        return Ok(results);
    }
    // A batch is answered to everybody, and each of its requests refused; so the user is made sure of first.
    let most = server.welcome()?;
    Batches::of(request, most).send(&ready, &mut results, |batch, results| {
        let mut pause = 0;
        let parts: Vec<(&Ready<Part>, &Part)> =
            batch.iter().map(|record| (record, &record.body)).collect();
        let (answers, seconds) = exchange(&server, &parts)?;
        pause = pause.max(seconds);
        let mut missing = Vec::new();
        for (record, answer) in batch.iter().zip(answers) {
            let is_new = request.operation == Operation::Upsert
                && record.body.method == "PATCH"
                && answer.status == 404
                && !record.body.headers.contains_key("If-Match");
            if is_new {
                missing.push((record, record.body.creation()));
            } else {
                report(results, record, &record.body, &answer);
            }
        }
        if !missing.is_empty() {
            let parts: Vec<(&Ready<Part>, &Part)> = missing
                .iter()
                .map(|(record, part)| (*record, part))
                .collect();
            let (answers, seconds) = exchange(&server, &parts)?;
            pause = pause.max(seconds);
            for ((record, part), answer) in parts.into_iter().zip(answers) {
                report(results, record, part, &answer);
            }
        }
        Ok(pause)
    })?;
    Ok(results)
}

impl Part {
    /// The request that makes the record of one that changes it.
    fn creation(&self) -> Self {
        Self {
            method: "PUT",
            headers: [("If-None-Match", "*".to_owned())].into(),
            ..self.clone()
        }
    }
}

/// The request of a record, with its identifier; or the identifier and why there is none.
fn part(
    collection: &Collection,
    operation: Operation,
    replace: bool,
    record: &str,
) -> Result<(String, Part), (String, String)> {
    let no_object = |_| (String::new(), "the record is not a JSON object".to_owned());
    let mut data: Values = serde_json::from_str(record).map_err(no_object)?;
    let id = data
        .remove("id")
        .and_then(|value| scalar(&value))
        .unwrap_or_default();
    let fail = |why: &str| Err((id.clone(), why.to_owned()));
    let expected = data.remove(MODIFIED).filter(|value| value.get() != "null");
    let expected = match expected.as_deref().map(etag) {
        Some(None) => return fail("the value of 'last_modified' is not a point in time"),
        Some(Some(etag)) => Some(etag),
        None => None,
    };
    if id.is_empty() && operation != Operation::Insert {
        return fail("the record has no value for the identifying field 'id'");
    }
    if !id.is_empty() && !is_id(&id) {
        return fail("the value of 'id' is not one that Kinto takes: letters, digits, - and _");
    }
    let mut path = format!("/{}", collection.records().join("/"));
    let (method, header) = match (operation, id.as_str(), expected) {
        (Operation::Insert, "", _) => ("POST", None),
        (Operation::Insert, _, _) => ("PUT", Some(("If-None-Match", "*".to_owned()))),
        (Operation::Delete, _, expected) => ("DELETE", expected.map(|etag| ("If-Match", etag))),
        (_, _, Some(etag)) => (
            if replace { "PUT" } else { "PATCH" },
            Some(("If-Match", etag)),
        ),
        (Operation::Update, _, None) if replace => ("PUT", Some(("If-Match", "*".to_owned()))),
        (_, _, None) => (if replace { "PUT" } else { "PATCH" }, None),
    };
    if !id.is_empty() {
        path = format!("{path}/{id}");
    }
    let body = (operation != Operation::Delete).then_some(Body { data });
    let part = Part {
        method,
        path,
        headers: header.into_iter().collect(),
        body,
    };
    Ok((id, part))
}

/// Text of a string or number.
fn scalar(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str(value.get()).ok(),
        b'-' | b'0'..=b'9' => Some(value.get().to_owned()),
        _ => None,
    }
}

/// A last change as Kinto's mark of a version: milliseconds since 1970, in quotes.
fn etag(value: &RawValue) -> Option<String> {
    let text = scalar(value)?;
    let millis = match Moment::parse(&text) {
        Some(moment) => moment.millis(),
        None => text.parse().ok()?,
    };
    (millis >= 0).then(|| format!("\"{millis}\""))
}

/// Sends a batch; the answer to each request, and the seconds the server asks to be left alone.
fn exchange(server: &Server, parts: &[(&Ready<Part>, &Part)]) -> Result<(Vec<Answer>, u32)> {
    let doing = "writing records";
    let requests = parts.iter().map(|(_, part)| *part).collect();
    let body = to_raw_value(&Batch { requests })?;
    let answer = send(server.request("POST", &["batch"]).json(body.get()), doing)?;
    let pause = answer
        .header(BACKOFF)
        .and_then(|seconds| seconds.parse().ok());
    let answers = answer
        .json::<Answers>()
        .map_err(|error| error.context(doing))?
        .responses;
    if answers.len() != parts.len() {
        return Err(Error::server_error(format!(
            "{doing}: Kinto gave {} answers to {} requests",
            answers.len(),
            parts.len()
        )));
    }
    // A conflict between records undoes the whole batch where the storage can.
    let undone = answers.iter().any(|answer| answer.status == 409);
    let answers = answers.into_iter().map(|mut answer| {
        if undone && (200..300).contains(&answer.status) {
            answer.status = UNDONE;
        }
        answer
    });
    Ok((answers.collect(), pause.unwrap_or(0)))
}

/// Stands for the success of a record whose batch was undone; no status of HTTP.
const UNDONE: u16 = 0;

/// Sets the result of a record. Kinto's messages repeat values, and so are not passed on.
fn report(results: &mut WriteResults, record: &Ready<Part>, part: &Part, answer: &Answer) {
    let why = match answer.status {
        200..300 => {
            let id = if record.id.is_empty() {
                &answer.body.data.id
            } else {
                &record.id
            };
            return results.written(record.index, id);
        }
        UNDONE => {
            "not known to be written, as another record of the batch was in conflict".to_owned()
        }
        412 if part.headers.contains_key("If-None-Match") => {
            "there is a record with this id already".to_owned()
        }
        412 if part.headers.get("If-Match").is_some_and(|etag| etag == "*") => {
            "there is no such record".to_owned()
        }
        404 if part.method == "PATCH" || part.method == "DELETE" => {
            "there is no such record".to_owned()
        }
        status => meaning(status),
    };
    results.failed(record.index, &record.id, why);
}
