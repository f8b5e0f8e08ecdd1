//! What there is to read and write: buckets, their collections, and the fields of a collection.
//!
//! A collection may have a JSON schema, which is then its description. Without one its newest records are looked at.

use appflow_connector::schema::{
    Entity, EntityDefinition, EntityPage, Field, ListRequest, WriteOperations, sampled,
};
use appflow_connector::{Result, http, invocation, log, token};
use serde::Deserialize;
use serde_json::Value;

use crate::server::{Collection, Server, is_id, send};

/// Seconds AppFlow may keep metadata: half an hour, since collections change at any time.
pub(crate) const CACHE_SECONDS: u32 = 1800;

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
    let own: Vec<Field> = match schema["properties"].as_object() {
        Some(properties) => properties
            .iter()
            .map(|(name, schema)| Field::of_json_schema(name, schema))
            .collect(),
        None => of_newest(server, collection)?,
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
    let own = own.into_iter().filter(is_describable);
    fields.extend(own.map(|field| field.writable().null_writable()));
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

/// The fields of the newest records.
fn of_newest(server: &Server, collection: &Collection) -> Result<Vec<Field>> {
    let page = server.get(&collection.records()).query("_limit", SAMPLE);
    let answer = send(page, "looking at records of the collection")?;
    log::info(
        "the collection has no schema: its fields are those of its newest records",
        &[],
    );
    Ok(sampled(answer.json::<List<_>>()?.data))
}
