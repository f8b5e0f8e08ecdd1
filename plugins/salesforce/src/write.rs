//! Writing through Salesforce's sObject collections: up to 200 records a request, one result each.

use std::collections::{BTreeMap, VecDeque};

use appflow_connector::http::Response;
use appflow_connector::schema::{EntityDefinition, Field, WriteProperties};
use appflow_connector::write::{Operation, WriteRequest, WriteResults};
use appflow_connector::{Context, Error, Result, invocation};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::describe::check_entity_name;
use crate::failure;
use crate::instance::Instance;
use crate::kind::Kind;
use crate::soql::{is_id, number};

/// Most records of one request.
const CHUNK: usize = 200;
/// Requests of one invocation. Splitting a refused chunk costs requests; at some point the rest is given up.
const MAX_REQUESTS: u32 = 60;
/// Time below which no further request is sent, so that its result can still be reported.
const MIN_MILLIS: u32 = 5_000;

/// What a record says about itself; the values stay as they came, so that numbers keep all their digits.
type Values = BTreeMap<String, Box<RawValue>>;

/// A record that is fit to be sent.
struct Ready {
    /// Place among the records of the request.
    index: usize,
    /// Identifier it came with; empty if none.
    id: String,
    /// JSON for Salesforce; the key for a removal.
    body: String,
}

/// Result of one record as Salesforce says it.
#[derive(Debug, Deserialize)]
struct Outcome {
    id: Option<String>,
    success: bool,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Problem {
    status_code: String,
    fields: Vec<String>,
}

/// Writes records; one result for each, in order.
pub(crate) fn write(context: &Context, request: &WriteRequest) -> Result<WriteResults> {
    let instance = Instance::of(context)?;
    check_entity_name(&request.entity)?;
    let key = key_field(request)?;
    let mut results = request.results();
    if request.records.is_empty() {
        return Ok(results);
    }
    if request.all_or_none && request.records.len() > CHUNK {
        return Err(Error::unsupported(format!(
            "writing more than {CHUNK} records at once as all or none; Salesforce does that for up to {CHUNK}"
        )));
    }
    let definition = invocation::entity().filter(|definition| {
        definition.entity.id == request.entity && !definition.fields.is_empty()
    });
    if let Some(definition) = &definition {
        check_key(definition, key, request.operation)?;
    }
    let mut ready = Vec::new();
    for (index, record) in request.records.iter().enumerate() {
        match prepare(request, definition.as_ref(), key, record) {
            Ok((id, body)) => ready.push(Ready { index, id, body }),
            Err((id, why)) => results.failed(index, id, why),
        }
    }
    if request.all_or_none && ready.len() < request.records.len() {
        for record in &ready {
            results.failed(
                record.index,
                &record.id,
                "not written, because another record failed",
            );
        }
        return Ok(results);
    }
    send_all(&instance, request, key, &ready, &mut results)?;
    Ok(results)
}

/// The field that identifies records; none in an insert.
fn key_field(request: &WriteRequest) -> Result<Option<&str>> {
    let named = match request.id_fields.as_slice() {
        _ if request.operation == Operation::Insert => return Ok(None),
        [] => "Id",
        [one] => one.as_str(),
        _ => {
            return Err(Error::invalid_argument(
                "Salesforce identifies records by one field",
            ));
        }
    };
    let word = named.starts_with(|first: char| first.is_ascii_alphabetic())
        && named
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !word {
        return Err(Error::invalid_argument(
            "the identifying field's name is not one that Salesforce has",
        ));
    }
    if request.operation != Operation::Upsert && !named.eq_ignore_ascii_case("Id") {
        return Err(Error::invalid_argument(format!(
            "the field '{named}' identifies records in upserts only; updates and removals need Id"
        )));
    }
    Ok(Some(if named.eq_ignore_ascii_case("Id") {
        "Id"
    } else {
        named
    }))
}

fn check_key(definition: &EntityDefinition, key: Option<&str>, operation: Operation) -> Result<()> {
    let (Some(key), Operation::Upsert) = (key, operation) else {
        return Ok(());
    };
    let field = find(definition, key)
        .ok_or_else(|| Error::invalid_argument(format!("the entity has no field '{key}'")))?;
    let known = !field.id_for.is_empty()
        || field
            .properties
            .iter()
            .any(|(name, _)| name == crate::kind::TYPE_PROPERTY);
    if known
        && !field
            .id_for
            .contains(appflow_connector::schema::WriteOperations::UPSERT)
    {
        return Err(Error::invalid_argument(format!(
            "the field '{key}' is no external id, and cannot identify records in upserts"
        )));
    }
    Ok(())
}

fn find<'a>(definition: &'a EntityDefinition, name: &str) -> Option<&'a Field> {
    definition.field(name).or_else(|| {
        definition
            .fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
    })
}

/// The record as Salesforce takes it, or its identifier and why it cannot be sent.
fn prepare(
    request: &WriteRequest,
    definition: Option<&EntityDefinition>,
    key: Option<&str>,
    record: &str,
) -> Result<(String, String), (String, String)> {
    let nameless = |why: &str| (String::new(), why.to_owned());
    let mut values: Values =
        serde_json::from_str(record).map_err(|_| nameless("the record is not a JSON object"))?;
    values.remove("attributes");
    let mut id = String::new();
    if let Some(key) = key {
        let found = values
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .and_then(|(_, value)| scalar(value))
            .filter(|id| !id.is_empty());
        // Removals and updates need nothing else to be refused: no request is made for a record that names none.
        id = found.ok_or_else(|| {
            nameless(&format!(
                "the record has no value for the identifying field '{key}'"
            ))
        })?;
        if key == "Id" && !is_id(&id) {
            return Err((id, "the value of 'Id' is not a Salesforce id".to_owned()));
        }
    }
    if request.operation == Operation::Delete {
        return Ok((id.clone(), id));
    }
    let mut body = format!(
        "{{\"attributes\":{{\"type\":{}}}",
        json_text(&request.entity)
    );
    for (name, value) in &values {
        let is_key = key.is_some_and(|key| name.eq_ignore_ascii_case(key));
        let value = match definition {
            None => value.get().to_owned(),
            Some(definition) => checked(definition, request.operation, name, value, is_key)
                .map_err(|why| (id.clone(), why))?,
        };
        body.push(',');
        body.push_str(&json_text(name));
        body.push(':');
        body.push_str(&value);
    }
    body.push('}');
    Ok((id, body))
}

/// A value in the form its field takes; the error is a reason without the value.
fn checked(
    definition: &EntityDefinition,
    operation: Operation,
    name: &str,
    value: &RawValue,
    is_key: bool,
) -> Result<String, String> {
    let Some(field) = find(definition, name) else {
        return Err(format!("the entity has no field '{}'", printable(name)));
    };
    let name = &field.name;
    let said = !field.write.is_empty()
        || field
            .properties
            .iter()
            .any(|(property, _)| property == crate::kind::TYPE_PROPERTY);
    let writable = match operation {
        Operation::Insert => field.write.contains(WriteProperties::CREATABLE),
        Operation::Update => field.write.contains(WriteProperties::UPDATABLE),
        Operation::Upsert | Operation::Delete => field.write.contains(WriteProperties::UPSERTABLE),
    };
    if said && !is_key && !writable {
        return Err(format!(
            "the field '{name}' cannot be written in this operation"
        ));
    }
    let json = value.get();
    if json == "null" {
        return Ok(json.to_owned());
    }
    let quoted = json
        .starts_with('"')
        .then(|| scalar(value).unwrap_or_default());
    let fitting = match (Kind::of_field(field), &quoted) {
        // AppFlow's own transfer formats, such as CSV, know texts only.
        (Kind::Boolean, Some(text)) => ["true", "false"]
            .into_iter()
            .find(|word| word.eq_ignore_ascii_case(text))
            .map(str::to_owned),
        (Kind::Boolean, None) => matches!(json, "true" | "false").then(|| json.to_owned()),
        (Kind::Whole | Kind::Decimal, Some(text)) if text.is_empty() => Some("null".to_owned()),
        (Kind::Whole | Kind::Decimal, Some(text)) => number(text.trim()),
        (Kind::Whole | Kind::Decimal, None) => json
            .starts_with(|first: char| first == '-' || first.is_ascii_digit())
            .then(|| json.to_owned()),
        (Kind::Compound, _) => Some(json.to_owned()),
        (_, Some(_)) => Some(json.to_owned()),
        // A number or a boolean for a text field: as a text.
        (Kind::Text | Kind::Opaque | Kind::Id | Kind::MultiPicklist, None)
            if !json.starts_with(['{', '[']) =>
        {
            Some(json_text(json))
        }
        (_, None) => None,
    };
    fitting.ok_or_else(|| format!("the value of '{name}' is not of the field's type"))
}

/// Text of a string, number or boolean.
fn scalar(value: &RawValue) -> Option<String> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(json.to_owned()),
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A name from a record, if it can be shown.
fn printable(name: &str) -> &str {
    let fits = name.len() <= 80
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { name } else { "?" }
}

/// Sends chunk after chunk. Once something may have been written, failures are results of their records; before, they
/// are the error of the whole.
fn send_all(
    instance: &Instance,
    request: &WriteRequest,
    key: Option<&str>,
    ready: &[Ready],
    results: &mut WriteResults,
) -> Result<()> {
    let mut waiting: VecDeque<&[Ready]> = ready.chunks(CHUNK).collect();
    let mut requests = 0;
    let mut answered = false;
    let mut first_refusal = None;
    while let Some(chunk) = waiting.pop_front() {
        if requests > 0 && (requests >= MAX_REQUESTS || invocation::millis_left() < MIN_MILLIS) {
            fail(results, chunk, "not sent, because the time was nearly over");
            continue;
        }
        requests += 1;
        match send(instance, request, key, chunk) {
            Ok(outcomes) => {
                answered = true;
                for (record, outcome) in chunk.iter().zip(outcomes) {
                    report(results, record, &outcome);
                }
            }
            // The body was refused as it stood, and nothing of it was written: find the record that spoils it.
            Err(Failed {
                error,
                refused: true,
            }) if chunk.len() > 1 && !request.all_or_none => {
                let (first, second) = chunk.split_at(chunk.len() / 2);
                waiting.push_front(second);
                waiting.push_front(first);
                first_refusal.get_or_insert(error);
            }
            Err(Failed {
                error,
                refused: true,
            }) => {
                fail(results, chunk, error.message());
                first_refusal.get_or_insert(error);
            }
            Err(Failed {
                error,
                refused: false,
            }) => {
                // Nothing was written, or nobody knows: AppFlow decides whether to try again.
                if !answered {
                    return Err(error);
                }
                let why = format!("not known to be written: {}", error.message());
                fail(results, chunk, &why);
                for rest in waiting.drain(..) {
                    fail(
                        results,
                        rest,
                        &format!(
                            "not sent, because an earlier request failed: {}",
                            error.message()
                        ),
                    );
                }
            }
        }
    }
    match first_refusal {
        // Nothing was written at all, and not one record by its own fault alone.
        Some(error) if !answered && ready.len() == request.records.len() => Err(error),
        _ => Ok(()),
    }
}

/// A request that failed.
struct Failed {
    error: Error,
    /// Salesforce refused the body as it stood: nothing was written.
    refused: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            refused: false,
        }
    }
}

fn send(
    instance: &Instance,
    request: &WriteRequest,
    key: Option<&str>,
    chunk: &[Ready],
) -> Result<Vec<Outcome>, Failed> {
    let doing = "writing records";
    let collections = ["composite", "sobjects"];
    let http = match (request.operation, key) {
        (Operation::Delete, _) => {
            let ids: Vec<&str> = chunk.iter().map(|record| record.id.as_str()).collect();
            instance
                .request("DELETE", &collections)
                .query("ids", ids.join(","))
                .query("allOrNone", request.all_or_none)
        }
        (operation, key) => {
            let bodies: Vec<&str> = chunk.iter().map(|record| record.body.as_str()).collect();
            let body = format!(
                "{{\"allOrNone\":{},\"records\":[{}]}}",
                request.all_or_none,
                bodies.join(",")
            );
            match (operation, key) {
                (Operation::Insert, _) => instance.request("POST", &collections),
                (Operation::Upsert, Some(key)) => {
                    instance.request("PATCH", &["composite", "sobjects", &request.entity, key])
                }
                _ => instance.request("PATCH", &collections),
            }
            .json(body)
        }
    };
    let response = http.send().map_err(|error| error.context(doing))?;
    if !response.is_ok() {
        let refused = response.status() == 400 && spoils(&response);
        return Err(Failed {
            error: failure::of(response).context(doing),
            refused,
        });
    }
    let outcomes: Vec<Outcome> = response.json().map_err(|error| error.context(doing))?;
    if outcomes.len() != chunk.len() {
        return Err(Error::server_error(format!(
            "{doing}: Salesforce gave {} results for {} records",
            outcomes.len(),
            chunk.len()
        ))
        .into());
    }
    Ok(outcomes)
}

/// Whether one record can have made Salesforce refuse the whole request.
fn spoils(response: &Response) -> bool {
    let code = failure::code_of(response);
    matches!(
        code.as_deref(),
        Some(
            "JSON_PARSER_ERROR"
                | "INVALID_FIELD"
                | "MALFORMED_ID"
                | "INVALID_TYPE_ON_FIELD_IN_RECORD"
                | "NUMBER_OUTSIDE_VALID_RANGE"
        )
    )
}

fn report(results: &mut WriteResults, record: &Ready, outcome: &Outcome) {
    if outcome.success {
        return results.written(
            record.index,
            outcome.id.clone().unwrap_or_else(|| record.id.clone()),
        );
    }
    // Salesforce's messages repeat values; its codes and the names of fields do not.
    let problem = outcome.errors.first();
    let code = problem
        .map(|problem| problem.status_code.as_str())
        .filter(|code| failure::is_code(code))
        .unwrap_or("UNKNOWN_EXCEPTION");
    let fields: Vec<&str> = problem
        .into_iter()
        .flat_map(|problem| &problem.fields)
        .map(|name| printable(name))
        .take(10)
        .collect();
    let mut why = format!("{code}: {}", failure::record_hint(code));
    if !fields.is_empty() {
        why.push_str(&format!(" ({})", fields.join(", ")));
    }
    results.failed(record.index, &record.id, why);
}

fn fail(results: &mut WriteResults, chunk: &[Ready], why: &str) {
    for record in chunk {
        results.failed(record.index, &record.id, why);
    }
}
