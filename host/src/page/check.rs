//! Records against the entity's definition, where AppFlow sent it along.
//!
//! What does not fit is counted by field and kind, never by value: a connector that sends a number as text is told so in
//! the log, and AppFlow decides whether it minds. With `APPFLOW_STRICT` the invocation fails instead.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use super::kinds::{Found, mismatch};
use super::names::Names;
use super::scan::Scanner;
use crate::appflow::{FieldDataType, FieldDefinition};

/// The fields of an entity, as far as records are held against them.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// Names of the fields, and the fields in the same order.
    names: Names,
    fields: Vec<Field>,
    keys: usize,
}

#[derive(Debug, Clone)]
struct Field {
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
            let known = Field {
                data_type: field.data_type.known(),
                // What is not said is allowed, but for a key: one that is null names no record.
                nullable: !key
                    && field
                        .read_properties
                        .is_none_or(|read| read.is_nullable != Some(false)),
                key,
                selected: wanted.is_empty() || wanted.contains(field.field_name.as_str()),
            };
            // Of two fields of one name the last one counts.
            match all.fields.get_mut(all.names.add(field.field_name)) {
                Some(before) => *before = known,
                None => all.fields.push(known),
            }
        }
        all.keys = all.fields.iter().filter(|field| field.key).count();
        all
    }

    /// Whether a field may be a point in time: unless the definition says that it is something else.
    #[must_use]
    pub fn may_be_moment(&self, name: &str) -> bool {
        let field = self.place(name).and_then(|place| self.fields.get(place));
        field
            .and_then(|field| field.data_type)
            .is_none_or(|data_type| data_type == FieldDataType::DateTime)
    }

    /// The place of a field.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.place(name)
    }
}

/// What was found in the records of a page.
#[derive(Debug, Clone, Default)]
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
        let mut hint = 0;
        // An error ends the look at this record. The page has found it to be JSON, so what is left are names that no text
        // can hold, such as half a surrogate pair.
        let _ = Scanner::new(record).object(|scanner, name| {
            let place = fields.names.find(name, hint)?;
            let value = scanner.value()?;
            keys += usize::from(self.member(fields, place, value.text));
            hint = place.map_or(hint, |place| place + 1);
            Ok(())
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
            let name = || fields.names.get(place).map(str::to_owned);
            let counts = self.wrong.get(place).and_then(Option::as_deref);
            for (found, count) in Found::ALL.into_iter().zip(counts.into_iter().flatten()) {
                if let Some(data_type) = field.data_type.filter(|_| *count > 0) {
                    all.push(Deviation {
                        field: name(),
                        types: Some((data_type, found)),
                        count: *count,
                    });
                }
            }
            if let Some(count) = self.unselected.get(place).filter(|count| **count > 0) {
                all.push(Deviation {
                    field: name(),
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
