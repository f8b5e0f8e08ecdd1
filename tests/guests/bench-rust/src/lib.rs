//! One request, one page: for measuring what a page costs, by `cargo xtask bench`.
//!
//! The setting `url` is the address of the page, whose records are at `/records`; the fields of the request are picked. The
//! setting `parse` says who reads the JSON: the host (`emit-json`, the default) or the connector (`own`, or `single` to hand
//! its records over one by one). All make the same records. The native twin (`tests/native`) has the same file linked in; `bench-js` and `bench-python` do the same in other
//! languages.

use std::fmt;

use appflow_connector::page::{self, Batch};
use appflow_connector::prelude::*;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The connector.
pub struct Bench;
appflow_connector::export!(Bench: source);

impl Configuration for Bench {
    fn describe(_locale: &str) -> Result<Description> {
        Ok(Description::new("Example", "bench-rust", "0.1.0"))
    }
    fn validate_credentials(_settings: &Settings) -> Result<()> {
        Ok(())
    }
}

impl Metadata for Bench {
    fn list_entities(_context: &Context, _request: ListRequest) -> Result<EntityPage> {
        Ok([Entity::new("records")].into())
    }
    fn describe_entity(_context: &Context, entity: &str) -> Result<EntityDescription> {
        let fields = [Field::text("id").primary_key()];
        Ok(Entity::new(entity)
            .with_fields(fields)
            .without_filters()
            .into())
    }
}

impl Source for Bench {
    fn query(context: &Context, request: QueryRequest) -> Result<Option<String>> {
        let url = context.settings.get("url");
        let answer = http::get(url.unwrap_or("https://bench.example.com/page")).send()?;
        let batch = match context.settings.get("parse") {
            Some("own") => Some(Batch::new()),
            Some("single") => None,
            _ => {
                let picks = Pick::same(&request.fields);
                page::emit_json(&answer, "/records", &picks)?.all()?;
                return Ok(None);
            }
        };
        parse(&answer.ensure_ok()?.text()?, &request.fields, batch)?;
        Ok(None)
    }
}

/// Picks the fields out of an answer, record by record, without making a tree of it.
fn parse(text: &str, fields: &[String], batch: Option<Batch>) -> Result<()> {
    let mut page = Page {
        fields,
        batch,
        record: String::new(),
        failure: None,
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let outcome = Body(&mut page).deserialize(&mut reader);
    if let Some(error) = page.failure {
        return Err(error);
    }
    outcome.map_err(|error| Error::server_error(format!("the answer is no page: {error}")))?;
    match page.batch {
        Some(batch) => batch.finish().map(drop),
        None => Ok(()),
    }
}

/// Records on their way out.
struct Page<'f> {
    fields: &'f [String],
    /// Collects records; without it each goes out by itself.
    batch: Option<Batch>,
    record: String,
    failure: Option<Error>,
}

/// The answer, of which only `records` counts.
struct Body<'p, 'f>(&'p mut Page<'f>);

impl<'de> DeserializeSeed<'de> for Body<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with records")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            if key == "records" {
                map.next_value_seed(Records(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Records<'p, 'f>(&'p mut Page<'f>);

impl<'de> DeserializeSeed<'de> for Records<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        let Page {
            fields,
            batch,
            record,
            failure,
        } = self.0;
        let mut values = vec![None; fields.len()];
        loop {
            values.fill(None);
            let picked = Picked {
                fields,
                values: &mut values,
            };
            if records.next_element_seed(picked)?.is_none() {
                return Ok(());
            }
            record.clear();
            for (name, value) in fields.iter().zip(&values) {
                let Some(value) = value else { continue };
                record.push_str(if record.is_empty() { "{\"" } else { ",\"" });
                record.push_str(name);
                record.push_str("\":");
                record.push_str(value.get());
            }
            record.push_str(if record.is_empty() { "{}" } else { "}" });
            let pushed = match batch {
                Some(batch) => batch.push(&*record),
                None => page::emit(&*record),
            };
            if let Err(error) = pushed {
                *failure = Some(error);
                return Err(serde::de::Error::custom("the page refused a record"));
            }
        }
    }
}

/// Values of a record's fields, as they stand in the answer.
struct Picked<'p, 'de> {
    fields: &'p [String],
    values: &'p mut [Option<&'de RawValue>],
}

impl<'de> DeserializeSeed<'de> for Picked<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Picked<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            let place = self.fields.iter().position(|name| name == key);
            match place.and_then(|place| self.values.get_mut(place)) {
                Some(value) => *value = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}
