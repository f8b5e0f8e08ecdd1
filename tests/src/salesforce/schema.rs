//! What the stand-in knows about its objects, and the describe documents made of it.

use serde_json::{Value, json};

/// Salesforce's field types, named as `describe` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// `id`: the record's own key.
    Id,
    /// `reference`: key of another record.
    Reference,
    /// `string`.
    String,
    /// `textarea`; here always a long one, which cannot be filtered.
    TextArea,
    /// `email`.
    Email,
    /// `phone`.
    Phone,
    /// `url`.
    Url,
    /// `picklist`.
    Picklist,
    /// `multipicklist`: values joined by `;`.
    MultiPicklist,
    /// `combobox`.
    Combobox,
    /// `encryptedstring`, which cannot be filtered.
    EncryptedString,
    /// `boolean`, never null.
    Boolean,
    /// `int`, 32 bits.
    Int,
    /// `long`, 64 bits.
    Long,
    /// `double`.
    Double,
    /// `currency`.
    Currency,
    /// `percent`.
    Percent,
    /// `date`.
    Date,
    /// `datetime`.
    DateTime,
    /// `time`.
    Time,
    /// `base64`; queries answer with an address.
    Base64,
    /// `address`, a compound of other fields.
    Address,
    /// `location`, a compound of latitude and longitude.
    Location,
}

impl FieldType {
    /// The name in describe documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Reference => "reference",
            Self::String => "string",
            Self::TextArea => "textarea",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Picklist => "picklist",
            Self::MultiPicklist => "multipicklist",
            Self::Combobox => "combobox",
            Self::EncryptedString => "encryptedstring",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Time => "time",
            Self::Base64 => "base64",
            Self::Address => "address",
            Self::Location => "location",
        }
    }

    /// True for types whose literals are quoted strings.
    #[must_use]
    pub fn is_textual(self) -> bool {
        use FieldType as T;
        matches!(
            self,
            T::Id
                | T::Reference
                | T::String
                | T::TextArea
                | T::Email
                | T::Phone
                | T::Url
                | T::Picklist
                | T::MultiPicklist
                | T::Combobox
                | T::EncryptedString
        )
    }

    /// True for types whose literals are bare numbers.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        use FieldType as T;
        matches!(
            self,
            T::Int | T::Long | T::Double | T::Currency | T::Percent
        )
    }

    /// True where `LIKE` is allowed.
    #[must_use]
    pub fn takes_like(self) -> bool {
        use FieldType as T;
        matches!(
            self,
            T::String | T::Email | T::Phone | T::Url | T::Picklist | T::Combobox
        )
    }

    /// True where `<` and its like are allowed.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        use FieldType as T;
        !matches!(
            self,
            T::Boolean | T::MultiPicklist | T::Base64 | T::Address | T::Location
        )
    }

    fn filterable(self) -> bool {
        use FieldType as T;
        !matches!(
            self,
            T::TextArea | T::EncryptedString | T::Base64 | T::Address | T::Location
        )
    }
}

/// One field of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// API name.
    pub name: String,
    /// Type.
    pub kind: FieldType,
    /// Greatest length of a text in characters.
    pub length: u32,
    /// Digits of a number in all, and after the point.
    pub precision: (u32, u32),
    /// Can be null.
    pub nillable: bool,
    /// Can be set when a record is made.
    pub createable: bool,
    /// Can be changed.
    pub updateable: bool,
    /// Has a value even if none is given.
    pub defaulted: bool,
    /// Can be a key of an upsert, and is unique.
    pub external_id: bool,
    /// Values of a picklist.
    pub choices: Vec<&'static str>,
    /// Object referred to, and the name of the relationship.
    pub refers_to: Option<(&'static str, &'static str)>,
}

impl Field {
    /// A field that can be read, created, changed and null.
    #[must_use]
    pub fn new(name: &str, kind: FieldType) -> Self {
        let writable = !matches!(
            kind,
            FieldType::Id | FieldType::Address | FieldType::Location
        );
        let length = match kind {
            FieldType::Id | FieldType::Reference => 18,
            FieldType::TextArea => 32_000,
            FieldType::MultiPicklist => 4_099,
            FieldType::Email => 80,
            FieldType::Phone => 40,
            kind if kind.is_textual() => 255,
            _ => 0,
        };
        let precision = match kind {
            FieldType::Int => (8, 0),
            FieldType::Long => (18, 0),
            FieldType::Double => (18, 4),
            FieldType::Currency => (18, 2),
            FieldType::Percent => (5, 2),
            _ => (0, 0),
        };
        Self {
            name: name.to_owned(),
            kind,
            length,
            precision,
            nillable: !matches!(kind, FieldType::Boolean | FieldType::Id),
            createable: writable,
            updateable: writable,
            defaulted: matches!(kind, FieldType::Boolean | FieldType::Id),
            external_id: false,
            choices: Vec::new(),
            refers_to: None,
        }
    }

    pub(super) fn required(mut self) -> Self {
        self.nillable = false;
        self
    }

    pub(super) fn read_only(mut self) -> Self {
        self.createable = false;
        self.updateable = false;
        self.nillable = false;
        self.defaulted = true;
        self
    }

    pub(super) fn external(mut self) -> Self {
        self.external_id = true;
        self
    }

    pub(super) fn choices(mut self, choices: &[&'static str]) -> Self {
        self.choices = choices.to_vec();
        self
    }

    pub(super) fn to(mut self, object: &'static str, relationship: &'static str) -> Self {
        self.refers_to = Some((object, relationship));
        self
    }

    /// Its part of the describe document.
    #[must_use]
    pub fn describe(&self) -> Value {
        let (digits, precision, scale) = match self.kind {
            FieldType::Int | FieldType::Long => (self.precision.0, 0, 0),
            _ => (0, self.precision.0, self.precision.1),
        };
        json!({
            "name": self.name,
            "label": self.name.trim_end_matches("__c").replace('_', " "),
            "type": self.kind.name(),
            "length": self.length,
            "byteLength": self.length * 3,
            "digits": digits,
            "precision": precision,
            "scale": scale,
            "nillable": self.nillable,
            "createable": self.createable,
            "updateable": self.updateable,
            "defaultedOnCreate": self.defaulted,
            "defaultValue": if self.kind == FieldType::Boolean { Value::Bool(false) } else { Value::Null },
            "filterable": self.kind.filterable(),
            "sortable": self.kind.filterable() && self.kind != FieldType::MultiPicklist,
            "groupable": self.kind.filterable(),
            "unique": self.external_id,
            "externalId": self.external_id,
            "idLookup": self.external_id || self.kind == FieldType::Id,
            "nameField": self.name == "Name",
            "calculated": false,
            "autoNumber": false,
            "caseSensitive": false,
            "custom": self.name.ends_with("__c"),
            "deprecatedAndHidden": false,
            "inlineHelpText": null,
            "restrictedPicklist": self.kind == FieldType::Picklist && !self.choices.is_empty(),
            "picklistValues": self.choices.iter().map(|value| json!({
                "active": true, "defaultValue": false, "label": value, "validFor": null, "value": value,
            })).collect::<Vec<_>>(),
            "referenceTo": self.refers_to.map(|(object, _)| vec![object]).unwrap_or_default(),
            "relationshipName": self.refers_to.map(|(_, relationship)| relationship),
        })
    }

    /// True if a query may filter by it.
    #[must_use]
    pub fn filterable(&self) -> bool {
        self.kind.filterable()
    }
}

/// One object.
#[derive(Debug, Clone)]
pub struct Object {
    /// API name.
    pub name: String,
    /// First three characters of its keys.
    pub key_prefix: &'static str,
    /// False for objects that are only read.
    pub writable: bool,
    /// Its fields.
    pub fields: Vec<Field>,
}

impl Object {
    /// The field of a name, in any letter case, as in SOQL.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The field that holds the key of a relationship.
    #[must_use]
    pub fn relationship(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| {
            field
                .refers_to
                .is_some_and(|(_, relation)| relation.eq_ignore_ascii_case(name))
        })
    }

    /// Its entry in the list of objects.
    #[must_use]
    pub fn summary(&self, version: &str) -> Value {
        let base = format!("/services/data/{version}/sobjects/{}", self.name);
        json!({
            "name": self.name,
            "label": self.name.trim_end_matches("__c").replace('_', " "),
            "labelPlural": format!("{}s", self.name.trim_end_matches("__c")),
            "keyPrefix": self.key_prefix,
            "createable": self.writable,
            "updateable": self.writable,
            "deletable": self.writable,
            "undeletable": self.writable,
            "queryable": true,
            "retrieveable": true,
            "searchable": true,
            "replicateable": true,
            "triggerable": self.writable,
            "layoutable": true,
            "mergeable": false,
            "activateable": false,
            "custom": self.name.ends_with("__c"),
            "customSetting": false,
            "deprecatedAndHidden": false,
            "feedEnabled": false,
            "hasSubtypes": false,
            "isSubtype": false,
            "urls": { "sobject": base, "describe": format!("{base}/describe"), "rowTemplate": format!("{base}/{{ID}}") },
        })
    }

    /// Its describe document.
    #[must_use]
    pub fn describe(&self, version: &str) -> Value {
        let mut document = self.summary(version);
        if let Value::Object(map) = &mut document {
            map.insert(
                "fields".to_owned(),
                self.fields.iter().map(Field::describe).collect(),
            );
            map.insert("childRelationships".to_owned(), json!([]));
            map.insert("recordTypeInfos".to_owned(), json!([]));
        }
        document
    }
}
