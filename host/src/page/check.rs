//! Records against the entity's definition, where AppFlow sent it along.
//!
//! What does not fit is counted by field and kind, never by value: a connector that sends a number as text is told so in
//! the log, and AppFlow decides whether it minds. With `APPFLOW_STRICT` the invocation fails instead.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::kinds::{Found, mismatch};
use crate::appflow::{FieldDataType, FieldDefinition};

/// The fields of an entity, as far as records are held against them.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    keys: usize,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    /// None for a type that is newer than this code.
    data_type: Option<FieldDataType>,
    nullable: bool,
    key: bool,
    selected: bool,
}

/// The fields of the request's entity, made when they are first asked for; none if AppFlow sent no definition that can be
/// read.
pub type SharedFields = Arc<LazyLock<Option<Fields>, Box<dyn FnOnce() -> Option<Fields> + Send>>>;

impl Fields {
    /// The fields of an entity's definition. `selected` are the ones asked for; empty for all.
    #[must_use]
    pub fn new(definition: Vec<FieldDefinition>, selected: &[String]) -> Self {
        let wanted: HashSet<&str> = selected.iter().map(String::as_str).collect();
        let mut all = Self::default();
        for field in definition {
            let key = field.is_primary_key == Some(true);
            all.keys += usize::from(key);
            all.places
                .insert(field.field_name.clone(), all.fields.len());
            all.fields.push(Field {
                data_type: field.data_type.known(),
                // What is not said is allowed, but for a key: one that is null names no record.
                nullable: !key
                    && field
                        .read_properties
                        .is_none_or(|read| read.is_nullable != Some(false)),
                key,
                selected: wanted.is_empty() || wanted.contains(field.field_name.as_str()),
                name: field.field_name,
            });
        }
        all
    }

    /// Whether a field may be a point in time: unless the definition says that it is something else.
    #[must_use]
    pub fn may_be_moment(&self, name: &str) -> bool {
        let field = self.place(name, 0).and_then(|place| self.fields.get(place));
        field
            .and_then(|field| field.data_type)
            .is_none_or(|data_type| data_type == FieldDataType::DateTime)
    }

    /// The place of a field. Records hold their fields in the definition's order more often than not, so the one behind the
    /// last one found is tried first.
    pub(super) fn place(&self, name: &str, hint: usize) -> Option<usize> {
        if self
            .fields
            .get(hint)
            .is_some_and(|field| field.name == name)
        {
            return Some(hint);
        }
        self.places.get(name).copied()
    }
}

/// What was found in the records of a page.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By field: how often each kind was found.
    wrong: Vec<Option<Box<[u64; Found::COUNT]>>>,
    /// By field: how often it came though it was not selected.
    unselected: Vec<u64>,
    /// Members that the definition does not have. Their names come from the application, so they are not told.
    unknown: u64,
    /// Records that were looked at.
    looked_at: u64,
    /// Records that held all key fields.
    keyed: u64,
}

/// A kind of deviation from the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The field; none for members that the definition does not have.
    pub field: Option<String>,
    /// The type declared, and what was found; none for a field that was not asked for.
    pub types: Option<(FieldDataType, Found)>,
    /// How often.
    pub count: u64,
}

impl std::fmt::Display for Deviation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.field, self.types) {
            (Some(field), Some((declared, found))) => write!(
                formatter,
                "field \"{field}\" as {} where {declared} is declared",
                found.name()
            ),
            (Some(field), None) => write!(formatter, "field \"{field}\", which was not asked for"),
            (None, _) => formatter.write_str("a field that the entity's definition does not have"),
        }
    }
}

impl Tally {
    /// Whether every record held all key fields of the entity, and there was one of each.
    pub(super) fn all_keyed(&self, fields: &Fields) -> bool {
        fields.keys > 0 && self.looked_at > 0 && self.keyed == self.looked_at
    }

    /// Looks at one record, known to be a JSON object.
    pub(super) fn look_at(&mut self, fields: &Fields, record: &str) {
        let mut keys = 0;
        let mut reader = serde_json::Deserializer::from_str(record);
        // An error ends the look at this record. The page has found it to be JSON, so what is left are names that no text
        // can hold, such as half a surrogate pair.
        let _ = reader.deserialize_map(Members {
            fields,
            tally: self,
            keys: &mut keys,
        });
        self.record(fields, keys);
    }

    /// Counts a record whose members were looked at one by one, with `keys` key fields among them.
    pub(super) fn record(&mut self, fields: &Fields, keys: usize) {
        self.looked_at += 1;
        self.keyed += u64::from(fields.keys > 0 && keys >= fields.keys);
    }

    /// Looks at one member; returns whether it is a key field that is not null.
    pub(super) fn member(&mut self, fields: &Fields, place: Option<usize>, json: &str) -> bool {
        let Some((place, field)) = place.and_then(|place| Some((place, fields.fields.get(place)?)))
        else {
            self.unknown += 1;
            return false;
        };
        if !field.selected {
            self.unselected.resize(fields.fields.len(), 0);
            if let Some(count) = self.unselected.get_mut(place) {
                *count += 1;
            }
        }
        if let Some(data_type) = field.data_type
            && let Some(found) = mismatch(data_type, field.nullable, json.as_bytes())
        {
            self.wrong(fields, place, found);
        }
        field.key && json != "null"
    }

    #[cold]
    fn wrong(&mut self, fields: &Fields, place: usize, found: Found) {
        self.wrong.resize(fields.fields.len(), None);
        if let Some(slot) = self.wrong.get_mut(place)
            && let Some(count) = slot.get_or_insert_default().get_mut(found as usize)
        {
            *count += 1;
        }
    }

    /// All kinds of deviation, in the definition's order.
    pub(super) fn deviations(&self, fields: &Fields) -> Vec<Deviation> {
        let mut all = Vec::new();
        for (place, field) in fields.fields.iter().enumerate() {
            let counts = self.wrong.get(place).and_then(Option::as_deref);
            for (found, count) in Found::ALL.into_iter().zip(counts.into_iter().flatten()) {
                if let Some(data_type) = field.data_type.filter(|_| *count > 0) {
                    all.push(Deviation {
                        field: Some(field.name.clone()),
                        types: Some((data_type, found)),
                        count: *count,
                    });
                }
            }
            if let Some(count) = self.unselected.get(place).filter(|count| **count > 0) {
                all.push(Deviation {
                    field: Some(field.name.clone()),
                    types: None,
                    count: *count,
                });
            }
        }
        if self.unknown > 0 {
            all.push(Deviation {
                field: None,
                types: None,
                count: self.unknown,
            });
        }
        all
    }
}

struct Members<'f, 't> {
    fields: &'f Fields,
    tally: &'t mut Tally,
    keys: &'t mut usize,
}

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut hint = 0;
        while let Some(place) = map.next_key_seed(Place {
            fields: self.fields,
            hint,
        })? {
            let Some(known) = place else {
                map.next_value::<IgnoredAny>()?;
                self.tally.member(self.fields, None, "");
                continue;
            };
            hint = known + 1;
            let value = map.next_value::<&RawValue>()?;
            *self.keys += usize::from(self.tally.member(self.fields, place, value.get()));
        }
        Ok(())
    }
}

struct Place<'f> {
    fields: &'f Fields,
    hint: usize,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.fields.place(name, self.hint))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn fields(selected: &[&str]) -> Fields {
        let definition = r#"{"entity":{"entityIdentifier":"e","hasNestedEntities":false},"fields":[
            {"fieldName":"id","dataType":"Long","isPrimaryKey":true,"readProperties":{"isNullable":false}},
            {"fieldName":"name","dataType":"String"},
            {"fieldName":"at","dataType":"DateTime"},
            {"fieldName":"new","dataType":"Tensor"}]}"#;
        let definition = crate::appflow::EntityDefinitionText(definition.into());
        let selected: Vec<String> = selected.iter().map(|name| (*name).to_owned()).collect();
        Fields::new(definition.decode().unwrap().fields, &selected)
    }

    fn deviations(selected: &[&str], records: &[&str]) -> (Vec<String>, bool) {
        let fields = fields(selected);
        let mut tally = Tally::default();
        for record in records {
            tally.look_at(&fields, record);
        }
        let found = tally.deviations(&fields);
        let found = found.iter().map(|one| format!("{} {one}", one.count));
        (found.collect(), tally.all_keyed(&fields))
    }

    #[test]
    fn records_of_the_definition_deviate_in_nothing() {
        let good = [
            r#"{"id":1,"name":"a","at":"2025-01-31T10:00:00Z","new":[7]}"#,
            r#"{ "name" : null , "id" : 2 }"#,
        ];
        assert_eq!(deviations(&[], &good), (vec![], true));
        assert_eq!(
            deviations(&["id", "name", "at", "new"], &good),
            (vec![], true)
        );
    }

    #[test]
    fn deviations_are_counted_by_field_and_kind_and_show_no_value() {
        let (found, keyed) = deviations(
            &["id", "name"],
            &[
                r#"{"id":"SECRET","name":"a"}"#,
                r#"{"id":null,"name":5}"#,
                r#"{"id":"SECRET","SECRET":1,"at":"SECRET"}"#,
            ],
        );
        assert!(!keyed, "a null is no key");
        assert_eq!(
            found,
            [
                "1 field \"id\" as null where Long is declared",
                "2 field \"id\" as text where Long is declared",
                "1 field \"name\" as an integer where String is declared",
                "1 field \"at\" as text of another form where DateTime is declared",
                "1 field \"at\", which was not asked for",
                "1 a field that the entity's definition does not have",
            ]
        );
    }

    #[test]
    fn a_key_is_never_null_whatever_its_definition_says() {
        for said in [
            "",
            r#","readProperties":{}"#,
            r#","readProperties":{"isNullable":true}"#,
        ] {
            let definition = format!(
                r#"{{"entity":{{"entityIdentifier":"e","hasNestedEntities":false}},"fields":[
                {{"fieldName":"id","dataType":"String","isPrimaryKey":true{said}}},
                {{"fieldName":"other","dataType":"String"{said}}}]}}"#
            );
            let definition = crate::appflow::EntityDefinitionText(definition.into());
            let fields = Fields::new(definition.decode().unwrap().fields, &[]);
            let mut tally = Tally::default();
            tally.look_at(&fields, r#"{"id":null,"other":null}"#);
            let found = tally.deviations(&fields);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(
                found,
                ["field \"id\" as null where String is declared"],
                "{said}"
            );
        }
    }

    #[test]
    fn a_page_has_its_keys_only_if_every_record_has_them() {
        assert!(deviations(&[], &[r#"{"id":1}"#, r#"{"id":2}"#]).1);
        assert!(!deviations(&[], &[r#"{"id":1}"#, r#"{"name":"a"}"#]).1);
        assert!(!deviations(&[], &[]).1);
    }

    #[test]
    fn escaped_names_are_the_same_names() {
        assert_eq!(deviations(&[], &[r#"{"\u0069d":1}"#]), (vec![], true));
    }
}
