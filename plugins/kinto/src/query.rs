//! Reading: pages of a collection, and records by the values of a field.
//!
//! Kinto's pages are followed by the token in its `Next-Page` header, sorted by identifier. Identifiers never change, so a
//! record that is changed between two pages keeps its place: it comes once, whatever happens meanwhile.
//!
//! Where nothing of a record has to be looked at, the host takes it out of Kinto's answer without the connector.

use std::borrow::Cow;
use std::collections::BTreeMap;

use appflow_connector::filter::{Condition, Filter, Literal};
use appflow_connector::page::{Next, Paging, Record};
use appflow_connector::schema::{DataType, EntityDefinition, Field, ReadProperties};
use appflow_connector::time::Moment;
use appflow_connector::{Context, Error, QueryRequest, Result, RetrieveRequest, log};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::describe::known;
use crate::filter::{MODIFIED, Plan};
use crate::server::{BACKOFF, Collection, Server, TOMBSTONES, is_id, send};

/// Records of one page of Kinto's.
const PAGE: u32 = 1000;
/// Bytes of values in the address of one request of `retrieve`: servers take addresses of 8,000 and more.
const RETRIEVE_BYTES: usize = 4000;

/// Reads one page.
pub(crate) fn query(context: &Context, request: &QueryRequest) -> Result<Option<String>> {
    let reader = Reader::new(context, &request.entity)?;
    reader.read(request)
}

/// Fetches records by the values of a field.
pub(crate) fn retrieve(context: &Context, request: &RetrieveRequest) -> Result<()> {
    let reader = Reader::new(context, &request.entity)?;
    let key = request.id_field.as_deref().filter(|key| !key.is_empty());
    let key = key.unwrap_or("id");
    let mut values = Vec::new();
    // No record has an identifier of another form, and some would have to be looked for in all records.
    let possible = |id: &&String| key != "id" || is_id(id);
    for id in request.ids.iter().filter(possible) {
        let condition = Condition::equal(key, Literal::text(id));
        match condition.fit(&reader.definition) {
            Ok(Condition::Compare { value, .. }) => values.push((id.len(), value)),
            // A value that no record can have, such as a text for a number field, finds nothing.
            _ if reader.definition.field(key).is_some() => {}
            other => other.map(drop)?,
        }
    }
    let mut rest = values.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|(length, _)| {
            bytes += 3 * length + 10;
            bytes <= RETRIEVE_BYTES
        });
        let (some, later) = rest.split_at(fits.count().max(1));
        rest = later;
        let condition = Condition::OneOf {
            field: key.to_owned(),
            values: some.iter().map(|(_, value)| value.clone()).collect(),
        };
        let request = QueryRequest {
            entity: request.entity.clone(),
            fields: request.fields.clone(),
            filter: Some(Filter {
                condition: Some(condition),
                ..Filter::default()
            }),
            ..QueryRequest::default()
        };
        if reader.read(&request)?.is_some() {
            return Err(Error::invalid_argument(
                "the records do not fit into one answer or its time; ask for fewer",
            ));
        }
    }
    Ok(())
}

/// A collection to read from.
struct Reader {
    server: Server,
    collection: Collection,
    definition: EntityDefinition,
    tombstones: bool,
}

impl Reader {
    fn new(context: &Context, entity: &str) -> Result<Self> {
        let server = Server::of(&context.settings)?;
        let collection = Collection::parse(entity)?;
        let tombstones = context.settings.flag(TOMBSTONES)?;
        let definition = known(&server, &collection, entity, tombstones)?;
        Ok(Self {
            server,
            collection,
            definition,
            tombstones,
        })
    }

    fn read(&self, request: &QueryRequest) -> Result<Option<String>> {
        let condition = request.condition();
        let condition = condition.map(|condition| condition.fit(&self.definition));
        let plan = Plan::of(condition.transpose()?.as_ref(), Moment::now());
        let fields = self.fields(&request.fields);
        let selection = self.selection(&request.fields, plan.rest.as_ref());
        let convert = fields
            .iter()
            .any(|field| field.conversion != Conversion::None);
        let paging = Paging::new(request)
            .page_size(PAGE)
            .records("/data")
            .filtered()
            .backoff(BACKOFF);
        let paging = if plan.rest.is_none() && !convert {
            paging.picks(request.picks(fields.iter().map(|field| field.name)))
        } else {
            if let Some(rest) = &plan.rest {
                let fields = rest.fields().join(", ");
                log::info(
                    "conditions that Kinto cannot decide alone are checked after reading",
                    &[("fields", &fields)],
                );
            }
            paging.filter_map(|record| self.record(record, &fields, plan.rest.as_ref()))
        };
        paging.follow(Next::header("next-page").parameter("_token"), |at| {
            let mut page = self
                .server
                .get(&self.collection.records())
                .query("_sort", "id")
                .query("_limit", at.size())
                .query_if("_fields", selection.as_deref());
            for (name, value) in &plan.parameters {
                page = page.query(name, value);
            }
            // A condition on the last change makes Kinto tell of deleted records too.
            if plan.looks_at_changes() && !self.tombstones {
                page = page.query("not_deleted", "true");
            }
            send(page.query_if("_token", at.cursor()), "reading records")
        })
    }

    /// The fields wanted, in order.
    fn fields<'a>(&'a self, names: &'a [String]) -> Vec<Wanted<'a>> {
        let wanted = |name: &'a str, field: Option<&Field>| Wanted {
            name,
            conversion: match field {
                _ if name == MODIFIED => Conversion::Moment,
                Some(field) if field.is_any() => Conversion::Text,
                _ => Conversion::None,
            },
        };
        if !names.is_empty() {
            let names = names.iter();
            return names
                .map(|name| wanted(name, self.definition.field(name)))
                .collect();
        }
        let all = self.definition.fields.iter();
        // Nothing said at all is left to AppFlow, which takes the field as one to be read.
        all.filter(|field| {
            field.read.is_empty() || field.read.contains(ReadProperties::RETRIEVABLE)
        })
        .map(|field| wanted(&field.name, Some(field)))
        .collect()
    }

    /// The fields Kinto is asked for, where not all are wanted and it can be told which.
    fn selection(&self, names: &[String], rest: Option<&Condition>) -> Option<String> {
        let checked = rest.map(Condition::fields).unwrap_or_default();
        let own = self.tombstones.then_some("deleted");
        let all: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .chain(checked)
            .chain(own)
            .collect();
        let plain = |name: &&str| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        (!names.is_empty() && all.iter().all(plain)).then(|| all.join(","))
    }

    /// A record in AppFlow's form; none if it does not meet the rest of the condition.
    fn record(
        &self,
        json: &str,
        fields: &[Wanted],
        rest: Option<&Condition>,
    ) -> Result<Option<String>> {
        let malformed = |_| Error::server_error("a record of Kinto's answer is not a JSON object");
        let values: BTreeMap<Name, &RawValue> = serde_json::from_str(json).map_err(malformed)?;
        let value = |name: &str| values.get(name).map(|value| value.get());
        if let Some(rest) = rest
            && !rest.evaluate(&|name| {
                let data_type = self
                    .definition
                    .field(name)
                    .map_or(DataType::Text, |field| field.data_type);
                match value(name)? {
                    modified if name == MODIFIED => moment(modified).map(Literal::date_time),
                    json => Some(Literal::of_json(data_type, json)),
                }
            })?
        {
            return Ok(None);
        }
        let mut record = Record::new();
        for Wanted { name, conversion } in fields {
            let Some(json) = value(name) else { continue };
            record = match conversion {
                Conversion::Moment => match moment(json) {
                    Some(moment) => record.text(name, &moment),
                    None => record.json(name, json),
                },
                Conversion::Text if !json.starts_with(['"', 'n']) => record.text(name, json),
                Conversion::Text | Conversion::None => record.json(name, json),
            };
        }
        Ok(Some(record.into()))
    }
}

/// A field wanted, and what becomes of its values.
struct Wanted<'a> {
    name: &'a str,
    conversion: Conversion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conversion {
    None,
    /// Milliseconds since 1970 to a point in time.
    Moment,
    /// A value of any type to its JSON text.
    Text,
}

/// A name in a record; only names with escapes are copied.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::borrow::Borrow<str> for Name<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

fn moment(millis: &str) -> Option<String> {
    millis
        .parse()
        .ok()
        .map(|millis| Moment::from_millis(millis).to_string())
}
