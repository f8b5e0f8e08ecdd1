//! Salesforce's metadata as AppFlow's.

use appflow_connector::schema::{
    Bounds, Constraints, Entity, EntityDefinition, EntityPage, Field, ListRequest, ReadProperties,
    WriteOperations, WriteProperties,
};
use appflow_connector::{Error, Result, token};
use serde::Deserialize;

use crate::failure;
use crate::instance::Instance;
use crate::kind::{Kind, TYPE_PROPERTY};

/// Property of a reference field: the name by which fields of the other record are reached, `Owner` for `OwnerId`.
pub(crate) const RELATIONSHIP_PROPERTY: &str = "relationshipName";
/// Property of a field that queries cannot be sorted by.
pub(crate) const UNSORTABLE_PROPERTY: &str = "unsortable";

/// Seconds AppFlow may keep metadata: half an hour, since administrators add fields at any time.
const CACHE_SECONDS: u32 = 1800;
/// Points in time that grow with each change of a record, or at least with its creation.
const INCREMENTAL: [&str; 3] = ["SystemModstamp", "LastModifiedDate", "CreatedDate"];
/// Longest picklist value AppFlow takes.
const MAX_CHOICE_CHARS: usize = 128;
/// Tag of tokens of the list of entities.
const TOKEN_TAG: &str = "entities-1";

#[derive(Debug, Deserialize)]
struct Global {
    sobjects: Vec<Object>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Object {
    name: String,
    label: Option<String>,
    createable: bool,
    updateable: bool,
    deletable: bool,
    queryable: bool,
    deprecated_and_hidden: bool,
    fields: Vec<Column>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Column {
    name: String,
    label: Option<String>,
    r#type: String,
    length: u32,
    digits: u32,
    precision: u32,
    scale: u32,
    nillable: bool,
    createable: bool,
    updateable: bool,
    defaulted_on_create: bool,
    default_value: Option<serde_json::Value>,
    filterable: bool,
    sortable: bool,
    external_id: bool,
    deprecated_and_hidden: bool,
    inline_help_text: Option<String>,
    restricted_picklist: bool,
    picklist_values: Vec<Choice>,
    relationship_name: Option<String>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default)]
struct Choice {
    active: bool,
    value: Option<String>,
}

/// Lists what can be queried, sorted by name. With a path, the entity of that name: Salesforce has no categories.
pub(crate) fn list(instance: &Instance, request: &ListRequest) -> Result<EntityPage> {
    let answer = failure::send(instance.get(&["sobjects"]), "listing entities")?;
    let mut objects = answer
        .json::<Global>()
        .map_err(|error| error.context("listing entities"))?
        .sobjects;
    objects.retain(|object| object.queryable && !object.deprecated_and_hidden);
    objects.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    if let Some(path) = request.path.as_deref().filter(|path| !path.is_empty()) {
        objects.retain(|object| object.name.eq_ignore_ascii_case(path));
        if objects.is_empty() {
            return Err(unknown_entity());
        }
    }
    if let Some(token) = &request.token {
        let parts = token::decode(token)?;
        let [tag, last] = parts.as_slice() else {
            return Err(token::invalid());
        };
        if tag != TOKEN_TAG {
            return Err(token::invalid());
        }
        objects.retain(|object| object.name.as_str() > last.as_str());
    }
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX).max(1);
    let more = objects.len() > limit;
    objects.truncate(limit);
    let next = match objects.last() {
        Some(last) if more => Some(token::encode(&[TOKEN_TAG, &last.name])?),
        _ => None,
    };
    Ok(EntityPage::new(objects.iter().map(entity))
        .next_token(next)
        .cache_for(CACHE_SECONDS))
}

/// Describes one entity.
pub(crate) fn describe(instance: &Instance, name: &str) -> Result<EntityDefinition> {
    check_entity_name(name)?;
    let doing = "describing the entity";
    let response = instance
        .get(&["sobjects", name, "describe"])
        .send()
        .map_err(|error| error.context(doing))?;
    if response.status() == 404 {
        return Err(unknown_entity());
    }
    if !response.is_ok() {
        return Err(failure::of(response).context(doing));
    }
    let object: Object = response.json().map_err(|error| error.context(doing))?;
    if object.fields.is_empty() {
        return Err(Error::server_error(
            "Salesforce described an entity without fields",
        ));
    }
    Ok(definition(&object))
}

/// Seconds AppFlow may keep a description.
pub(crate) fn cache_seconds() -> u32 {
    CACHE_SECONDS
}

/// An object's name is a word, and may have a name space and a suffix, as in `ns__Thing__c`.
pub(crate) fn check_entity_name(name: &str) -> Result<()> {
    let fits = name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits {
        Ok(())
    } else {
        Err(Error::invalid_argument(
            "the entity's name is not one that Salesforce has: letters, digits and underscores",
        ))
    }
}

fn unknown_entity() -> Error {
    Error::invalid_argument(
        "there is no such entity in this organisation, or this user may not see it",
    )
}

fn entity(object: &Object) -> Entity {
    let mut entity = Entity::new(&object.name);
    entity.label = object.label.clone().filter(|label| !label.is_empty());
    entity.writable = object.createable || object.updateable || object.deletable;
    entity
}

fn definition(object: &Object) -> EntityDefinition {
    let writable = object.createable || object.updateable;
    let fields = object
        .fields
        .iter()
        .filter(|column| !column.deprecated_and_hidden);
    entity(object).with_fields(fields.map(|column| field(column, object, writable)))
}

fn field(column: &Column, object: &Object, writable: bool) -> Field {
    let kind = Kind::of_type(&column.r#type);
    let mut field = Field::new(&column.name, kind.data_type(&column.r#type));
    let is_key = column.r#type == "id";
    field.type_label = Some(column.r#type.clone());
    field.label = column.label.clone().filter(|label| !label.is_empty());
    field.description = column
        .inline_help_text
        .clone()
        .filter(|text| !text.is_empty());
    field.primary_key = is_key;
    field.default_value = match &column.default_value {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(text)) => Some(text.clone()).filter(|text| !text.is_empty()),
        Some(other) => Some(other.to_string()),
    };
    field.constraints = constraints(column, kind);

    let filterable = column.filterable && !kind.operators().is_empty();
    let incremental =
        filterable && kind == Kind::DateTime && INCREMENTAL.contains(&column.name.as_str());
    // Queries answer with the address of bytes instead of the bytes.
    let retrievable = kind != Kind::Bytes;
    field.read = [
        (retrievable, ReadProperties::RETRIEVABLE),
        (column.nillable, ReadProperties::NULLABLE),
        (filterable, ReadProperties::QUERYABLE),
        (incremental, ReadProperties::INCREMENTAL),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .fold(ReadProperties::empty(), |all, (_, one)| all | one);
    field.filter_operators = Some(if filterable {
        kind.operators().to_vec()
    } else {
        Vec::new()
    });

    let creatable = writable && object.createable && column.createable;
    let updatable = writable && object.updateable && column.updateable;
    field.write = [
        (creatable, WriteProperties::CREATABLE),
        (updatable, WriteProperties::UPDATABLE),
        (creatable || updatable, WriteProperties::UPSERTABLE),
        (
            (creatable || updatable) && column.nillable,
            WriteProperties::NULLABLE,
        ),
        (
            column.defaulted_on_create,
            WriteProperties::DEFAULTED_ON_CREATE,
        ),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .fold(WriteProperties::empty(), |all, (_, one)| all | one);
    let both = object.createable && object.updateable;
    field.id_for = [
        (is_key && object.updateable, WriteOperations::UPDATE),
        (
            (is_key || column.external_id) && both,
            WriteOperations::UPSERT,
        ),
        (is_key && object.deletable, WriteOperations::DELETE),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .fold(WriteOperations::empty(), |all, (_, one)| all | one);

    field = field.property(TYPE_PROPERTY, &column.r#type);
    if let Some(name) = column
        .relationship_name
        .as_deref()
        .filter(|name| !name.is_empty())
    {
        field = field.property(RELATIONSHIP_PROPERTY, name);
    }
    if !column.sortable {
        field = field.property(UNSORTABLE_PROPERTY, "true");
    }
    field
}

fn constraints(column: &Column, kind: Kind) -> Option<Constraints> {
    let bounds = |min: String, max: String| Some(Bounds { min, max });
    let nines = |count: u32| "9".repeat(usize::try_from(count).unwrap_or_default());
    let length = match kind {
        Kind::Id | Kind::Text | Kind::MultiPicklist | Kind::Opaque if column.length > 0 => {
            bounds("0".to_owned(), column.length.to_string())
        }
        _ => None,
    };
    // More digits than Salesforce has would be a mistake, and not worth a long text.
    let value = match kind {
        Kind::Whole if (1..=38).contains(&column.digits) => {
            bounds(format!("-{}", nines(column.digits)), nines(column.digits))
        }
        Kind::Decimal
            if (1..=38).contains(&column.precision) && column.scale <= column.precision =>
        {
            let whole = Some(nines(column.precision - column.scale))
                .filter(|whole| !whole.is_empty())
                .unwrap_or_else(|| "0".to_owned());
            let most = if column.scale == 0 {
                whole
            } else {
                format!("{whole}.{}", nines(column.scale))
            };
            bounds(format!("-{most}"), most)
        }
        _ => None,
    };
    let mut allowed_values = Vec::new();
    // Of an open picklist the values are suggestions, and of a multi-select picklist any of them may be joined.
    if column.r#type == "picklist" && column.restricted_picklist {
        allowed_values = column
            .picklist_values
            .iter()
            .filter(|choice| choice.active)
            .filter_map(|choice| choice.value.clone())
            .collect();
        if allowed_values
            .iter()
            .any(|value| value.chars().count() > MAX_CHOICE_CHARS)
        {
            allowed_values.clear();
        }
    }
    if length.is_none() && value.is_none() && allowed_values.is_empty() {
        return None;
    }
    Some(Constraints {
        length,
        value,
        allowed_values,
        pattern: None,
        date_format: None,
    })
}
