//! What there is to read and write: buckets, their collections, and the fields of a collection.
//!
//! A collection may have a JSON schema, which is then its description. Without one its newest records are looked at.

use std::collections::BTreeMap;

use appflow_connector::schema::{
    DataType, Entity, EntityDefinition, EntityPage, Field, ListRequest, WriteOperations,
};
use appflow_connector::{Result, http, invocation, log, token};
use serde::Deserialize;
use serde_json::Value;

use crate::server::{Collection, Server, is_id, send};

/// Seconds AppFlow may keep metadata: half an hour, since collections change at any time.
pub(crate) const CACHE_SECONDS: u32 = 1800;
/// Property of a field whose values are of several types, which come as their JSON text.
pub(crate) const MIXED: &str = "mixed";

/// Records looked at where there is no schema.
const SAMPLE: u32 = 100;
/// Entities of one page.
const PAGE: u32 = 1000;
/// Tag of tokens of lists.
const TOKEN_TAG: &str = "list-1";
/// Longest name of an entity that AppFlow lists, and of a field.
const MAX_NAME_CHARS: usize = 128;
/// Kinto's own fields.
const OWN: [&str; 4] = ["id", "last_modified", "schema", "deleted"];

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
}

#[derive(Deserialize)]
struct Single {
    data: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(default)]
    schema: Value,
}

/// Lists buckets, which are categories; the collections of a bucket; or the one collection that the path names.
pub(crate) fn list(
    server: &Server,
    request: &ListRequest,
    only: Option<&str>,
) -> Result<EntityPage> {
    let path = request.path.as_deref().unwrap_or_default();
    if path.contains('/') {
        let collection = Collection::parse(path)?;
        send(server.get(&collection.path()), "looking for the collection")?;
        return Ok([entity(path)].into());
    }
    if path.is_empty()
        && let Some(bucket) = only
    {
        return Ok([Entity::category(bucket)].into());
    }
    let segments = if path.is_empty() {
        vec!["buckets"]
    } else if is_id(path) {
        vec!["buckets", path, "collections"]
    } else {
        // The error says what a name is.
        return Collection::parse(path).map(|_| EntityPage::new([]));
    };
    let cursor = match &request.token {
        None => None,
        Some(token) => match token::decode(token)?.as_slice() {
            [tag, of, cursor] if tag == TOKEN_TAG && of == path => Some(cursor.clone()),
            _ => return Err(token::invalid()),
        },
    };
    let page = server
        .get(&segments)
        .query("_sort", "id")
        .query("_limit", request.limit.clamp(1, PAGE))
        .query_if("_token", cursor);
    let answer = send(page, "listing entities")?;
    let next = answer.header("next-page");
    let next = next.and_then(|link| http::parameter(&link, "_token"));
    let next = next.map(|cursor| token::encode(&[TOKEN_TAG, path, &cursor]));
    let mut entities = Vec::new();
    for Item { id } in answer.json::<List<Item>>()?.data {
        let name = match path {
            "" => id,
            bucket => format!("{bucket}/{id}"),
        };
        if name.chars().count() > MAX_NAME_CHARS {
            log::warn(
                "an entity is left out, as its name is longer than AppFlow takes",
                &[("name", &name)],
            );
        } else if path.is_empty() {
            entities.push(Entity::category(name));
        } else {
            entities.push(entity(&name));
        }
    }
    let page = EntityPage::new(entities).next_token(next.transpose()?);
    Ok(page.cache_for(CACHE_SECONDS))
}

/// The entity as AppFlow sent it, else as it is described now.
pub(crate) fn known(
    server: &Server,
    collection: &Collection,
    entity: &str,
    tombstones: bool,
) -> Result<EntityDefinition> {
    let sent = invocation::entity();
    match sent.filter(|sent| sent.entity.id == entity && !sent.fields.is_empty()) {
        Some(definition) => Ok(definition),
        None => describe(server, collection, tombstones),
    }
}

/// Describes a collection.
pub(crate) fn describe(
    server: &Server,
    collection: &Collection,
    tombstones: bool,
) -> Result<EntityDefinition> {
    let answer = send(server.get(&collection.path()), "describing the collection")?;
    let schema = answer.json::<Single>()?.data.schema;
    let own = match schema["properties"].as_object() {
        Some(properties) => properties
            .iter()
            .map(|(name, schema)| by_schema(name, schema))
            .collect(),
        None => sampled(server, collection)?,
    };
    let id = Field::text("id")
        .primary_key()
        .description("Identifier; Kinto makes one where an insert has none")
        .creatable()
        .upsertable()
        .id_for(WriteOperations::UPDATE | WriteOperations::UPSERT | WriteOperations::DELETE);
    let modified = Field::date_time("last_modified")
        .description("Last change; in updates, upserts and removals the one expected, else the record is not written")
        .not_nullable()
        .incremental()
        .updatable()
        .upsertable();
    let mut fields = vec![id];
    fields.extend(own.into_iter().filter(is_describable));
    fields.push(modified);
    if tombstones {
        fields.push(Field::boolean("deleted").description("True for a record that was deleted"));
    }
    let name = format!("{}/{}", collection.bucket, collection.id);
    Ok(entity(&name).with_fields(fields))
}

fn entity(name: &str) -> Entity {
    Entity::new(name).writable()
}

fn is_describable(field: &Field) -> bool {
    let fits =
        field.name.chars().count() <= MAX_NAME_CHARS && !field.name.contains(char::is_whitespace);
    if !fits || field.name.is_empty() {
        log::warn("a field is left out, as AppFlow takes no such names", &[]);
        return false;
    }
    !OWN.contains(&field.name.as_str())
}

/// A field that JSON Schema describes.
fn by_schema(name: &str, schema: &Value) -> Field {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut types = types.into_iter().filter(|name| *name != "null");
    let data_type = match (types.next(), types.next(), schema["format"].as_str()) {
        (Some("string"), None, Some("date-time")) => Some(DataType::DateTime),
        (Some("string"), None, Some("date")) => Some(DataType::Date),
        (Some("string"), None, _) => Some(DataType::Text),
        (Some("integer"), None, _) => Some(DataType::Long),
        (Some("number"), None, _) => Some(DataType::Double),
        (Some("boolean"), None, _) => Some(DataType::Boolean),
        (Some("object"), None, _) => Some(DataType::Object),
        (Some("array"), None, _) => Some(DataType::Array),
        _ => None,
    };
    let mut field = field(name, data_type);
    let text = |key: &str| schema[key].as_str().filter(|text| !text.is_empty());
    field.label = text("title").map(str::to_owned);
    field.description = text("description").map(str::to_owned);
    field.default_value = match &schema["default"] {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    };
    let allowed: Option<Vec<&str>> = schema["enum"]
        .as_array()
        .and_then(|values| values.iter().map(Value::as_str).collect());
    // AppFlow takes no long values and none with spaces, and part of the list would forbid the others.
    let fits = |text: &&str| {
        !text.is_empty()
            && text.chars().count() <= MAX_NAME_CHARS
            && !text.contains(char::is_whitespace)
    };
    match allowed {
        Some(values) if values.iter().all(fits) => field.allowed_values(values),
        _ => field,
    }
}

/// The fields of the newest records.
fn sampled(server: &Server, collection: &Collection) -> Result<Vec<Field>> {
    let page = server.get(&collection.records()).query("_limit", SAMPLE);
    let answer = send(page, "looking at records of the collection")?;
    let records = answer.json::<List<BTreeMap<String, Value>>>()?.data;
    let mut types: BTreeMap<String, Vec<DataType>> = BTreeMap::new();
    for (name, value) in records.into_iter().flatten() {
        let types = types.entry(name).or_default();
        types.extend(type_of(&value));
    }
    log::info(
        "the collection has no schema: its fields are those of its newest records",
        &[],
    );
    Ok(types
        .iter()
        .map(|(name, types)| field(name, common(types)))
        .collect())
}

fn type_of(value: &Value) -> Option<DataType> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => DataType::Boolean,
        Value::Number(number) if number.is_i64() => DataType::Long,
        Value::Number(_) => DataType::Double,
        Value::String(_) => DataType::Text,
        Value::Array(_) => DataType::Array,
        Value::Object(_) => DataType::Object,
    })
}

/// The type that all of them fit; none if there is no such type.
fn common(types: &[DataType]) -> Option<DataType> {
    let first = *types.first()?;
    if types.iter().all(|one| *one == first) {
        return Some(first);
    }
    let number = |one: &DataType| matches!(one, DataType::Long | DataType::Double);
    types.iter().all(number).then_some(DataType::Double)
}

/// A field that can be read and written; of no type in particular, it comes as text.
fn field(name: &str, data_type: Option<DataType>) -> Field {
    let field = match data_type {
        Some(data_type) => Field::new(name, data_type),
        None => Field::text(name)
            .type_label("any")
            .not_queryable()
            .filter_operators([])
            .property(MIXED, "true"),
    };
    field.writable().null_writable()
}
