//! What the stand-in holds, and how it answers one request.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::Config;
use super::catalog::objects;
use super::data::{Record, generate, record_id};
use super::faults::{Fault, Faults, Request};
use super::schema::Object;
use super::soql;
use super::write::{self, Operation};

/// Longest address the service takes, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 16_384;
/// Longest SOQL statement the service takes, in characters.
pub const MAX_SOQL_CHARS: usize = 100_000;

/// An answer before faults.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json;charset=UTF-8",
            body: body.to_string(),
        }
    }

    fn error(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            content_type: "application/json;charset=UTF-8",
            body: super::error_body(code, message),
        }
    }
}

#[derive(Debug)]
struct Cursor {
    records: Vec<Value>,
}

/// The whole state.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: Config,
    pub(super) objects: Vec<Object>,
    pub(super) records: BTreeMap<String, Vec<Record>>,
    pub(super) requests: Vec<Request>,
    pub(super) faults: Faults,
    pub(super) inserted: u64,
    cursors: Vec<Cursor>,
}

impl State {
    pub(super) fn new(config: Config) -> Self {
        let mut objects = objects();
        for number in 0..config.extra_objects {
            let mut extra = Object {
                name: format!("Extra{number}__c"),
                key_prefix: "a9z",
                writable: true,
                fields: Vec::new(),
            };
            if let Some(model) = objects.iter().find(|object| object.name == "Everything__c") {
                extra.fields = model.fields.clone();
            }
            objects.push(extra);
        }
        let records = seeded(&objects, &config);
        let mut faults = Faults::default();
        for fault in &config.faults {
            faults.add(fault.clone());
        }
        Self {
            config,
            objects,
            records,
            requests: Vec::new(),
            faults,
            inserted: 0,
            cursors: Vec::new(),
        }
    }

    pub(super) fn reset(&mut self) {
        self.records = seeded(&self.objects, &self.config);
        self.requests = Vec::new();
        self.cursors = Vec::new();
    }

    pub(super) fn object(&self, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .find(|object| object.name.eq_ignore_ascii_case(name))
    }

    /// Changes data as a fault says.
    pub(super) fn change(&mut self, fault: &Fault) {
        let name = if fault.object.is_empty() {
            "Account"
        } else {
            &fault.object
        };
        let Some(object) = self.object(name).cloned() else {
            return;
        };
        for number in 0..fault.insert {
            self.inserted += 1;
            let mut fresh = generate(
                &object,
                1,
                self.config.seed + u64::from(number) + self.inserted,
            );
            if let Some(mut record) = fresh.pop() {
                record.insert(
                    "Id".to_owned(),
                    json!(record_id(object.key_prefix, 2_000_000 + self.inserted)),
                );
                self.records
                    .entry(object.name.clone())
                    .or_default()
                    .insert(0, record);
            }
        }
        if let Some(records) = self.records.get_mut(&object.name) {
            records.drain(..records.len().min(fault.delete as usize));
        }
    }

    pub(super) fn answer(&mut self, request: &Request, token: Option<&str>) -> Reply {
        if request.path.len() + request.query.len() > MAX_ADDRESS_BYTES {
            return Reply::error(414, "URI_TOO_LONG", "URI too long");
        }
        let parts: Vec<String> = request.path.split('/').skip(1).map(decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let known =
            token.is_some_and(|token| self.config.tokens.iter().any(|known| known == token));
        match parts.as_slice() {
            ["services", "oauth2", "userinfo"] if known => Reply::json(200, &json!({
                "sub": "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA", "user_id": "005000000000001AAA",
                "organization_id": "00D000000000001EAA", "preferred_username": "user@example.com", "name": "Example User", "active": true,
            })),
            // So the real one answers a bad token here: 403 and plain text.
            ["services", "oauth2", "userinfo"] => Reply { status: 403, content_type: "text/plain", body: "Bad_OAuth_Token".to_owned() },
            ["services", "data"] => Reply::json(200, &self.config.versions.iter().map(|version| json!({
                "version": version.trim_start_matches('v'), "label": version, "url": format!("/services/data/{version}"),
            })).collect()),
            ["services", "data", version, rest @ ..] => {
                if !self.config.versions.iter().any(|known| known == version) {
                    return Reply::error(404, "NOT_FOUND", "The requested resource does not exist");
                }
                if !known {
                    return Reply::error(401, "INVALID_SESSION_ID", "Session expired or invalid");
                }
                self.data(request, version, rest)
            }
            _ => Reply::error(404, "NOT_FOUND", "The requested resource does not exist"),
        }
    }

    fn data(&mut self, request: &Request, version: &str, rest: &[&str]) -> Reply {
        let base = format!("/services/data/{version}");
        match (request.method.as_str(), rest) {
            ("GET", [] | [""]) => Reply::json(
                200,
                &json!({
                    "sobjects": format!("{base}/sobjects"), "query": format!("{base}/query"), "composite": format!("{base}/composite"),
                }),
            ),
            ("GET", ["sobjects"]) => {
                let all: Vec<Value> = self
                    .objects
                    .iter()
                    .map(|object| object.summary(version))
                    .collect();
                Reply::json(
                    200,
                    &json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": all }),
                )
            }
            ("GET", ["sobjects", name, "describe"]) => match self.object(name) {
                Some(object) => Reply::json(200, &object.describe(version)),
                None => Reply::error(404, "NOT_FOUND", "The requested resource does not exist"),
            },
            ("GET", ["query"]) => self.query(request, version),
            ("GET", ["query", locator]) => self.more(request, version, locator),
            ("POST", ["composite", "sobjects"]) => self.collection(Operation::Insert, request),
            ("PATCH", ["composite", "sobjects"]) => self.collection(Operation::Update, request),
            ("PATCH", ["composite", "sobjects", object, field]) => {
                self.collection(Operation::Upsert(object, field), request)
            }
            ("DELETE", ["composite", "sobjects"]) => {
                let (mut ids, mut all_or_none) = (String::new(), false);
                for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
                    match name.as_ref() {
                        "ids" => ids = value.into_owned(),
                        "allOrNone" => all_or_none = value == "true",
                        _ => {}
                    }
                }
                let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
                reply(write::delete(self, &ids, all_or_none))
            }
            (_, ["sobjects" | "query", ..] | ["composite", "sobjects", ..]) => Reply::error(
                405,
                "METHOD_NOT_ALLOWED",
                "HTTP Method not allowed for this resource.",
            ),
            _ => Reply::error(404, "NOT_FOUND", "The requested resource does not exist"),
        }
    }

    fn collection(&mut self, operation: Operation<'_>, request: &Request) -> Reply {
        reply(write::write(self, operation, &request.body))
    }

    fn query(&mut self, request: &Request, version: &str) -> Reply {
        let Some(text) = &request.soql else {
            return Reply::error(400, "MALFORMED_QUERY", "unexpected token: <EOF>");
        };
        if text.chars().count() > MAX_SOQL_CHARS {
            return Reply::error(400, "QUERY_TOO_COMPLICATED", "SOQL statement too long");
        }
        let evaluated = match soql::run(text, &self.objects, &self.records, version) {
            Ok(evaluated) => evaluated,
            Err(problem) => return Reply::error(400, problem.code, &problem.message),
        };
        let number = self.cursors.len();
        let locator = format!("01g{number:012}AAA");
        self.cursors.push(Cursor {
            records: evaluated.records,
        });
        self.page(request, version, number, &locator, 0)
    }

    fn more(&self, request: &Request, version: &str, locator: &str) -> Reply {
        let parsed = locator.rsplit_once('-').and_then(|(cursor, offset)| {
            let number: usize = cursor
                .strip_prefix("01g")?
                .strip_suffix("AAA")?
                .parse()
                .ok()?;
            Some((cursor, number, offset.parse().ok()?))
        });
        match parsed {
            Some((cursor, number, offset)) if number < self.cursors.len() => {
                self.page(request, version, number, cursor, offset)
            }
            _ => Reply::error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        }
    }

    fn page(
        &self,
        request: &Request,
        version: &str,
        number: usize,
        locator: &str,
        offset: usize,
    ) -> Reply {
        let empty = Vec::new();
        let records = self
            .cursors
            .get(number)
            .map_or(&empty, |cursor| &cursor.records);
        let size = self.batch_size(request);
        let page: Vec<&Value> = records.iter().skip(offset).take(size).collect();
        let end = offset + page.len();
        let mut body =
            json!({ "totalSize": records.len(), "done": end >= records.len(), "records": page });
        if end < records.len()
            && let Value::Object(map) = &mut body
        {
            map.insert(
                "nextRecordsUrl".to_owned(),
                json!(format!("/services/data/{version}/query/{locator}-{end}")),
            );
        }
        Reply::json(200, &body)
    }

    fn batch_size(&self, request: &Request) -> usize {
        let asked = request
            .headers
            .get("sforce-query-options")
            .and_then(|options| {
                options.split(',').find_map(|option| {
                    option
                        .trim()
                        .strip_prefix("batchSize=")?
                        .trim()
                        .parse::<usize>()
                        .ok()
                })
            });
        asked.unwrap_or(self.config.default_batch).clamp(
            self.config.min_batch,
            self.config.max_batch.max(self.config.min_batch),
        )
    }
}

fn seeded(objects: &[Object], config: &Config) -> BTreeMap<String, Vec<Record>> {
    let count = |name: &str| match name {
        "User" => 20,
        _ if name.starts_with("Extra") && !config.records.contains_key(name) => 0,
        _ => config
            .records
            .get(name)
            .copied()
            .unwrap_or(config.records_per_object),
    };
    objects
        .iter()
        .map(|object| {
            let records = generate(object, count(&object.name), config.seed);
            (object.name.clone(), records)
        })
        .collect()
}

fn reply(result: Result<Value, write::CallError>) -> Reply {
    match result {
        Ok(results) => Reply::json(200, &results),
        Err((status, code, message)) => Reply::error(status, code, &message),
    }
}

fn decode(part: &str) -> String {
    // A plus is a plus in a path.
    form_urlencoded::parse(format!("p={}", part.replace('+', "%2B").replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
