//! Entities and their fields.

use super::enums::{ConnectorOperator, FieldDataType, OrUnknown, WriteOperationType};
use super::values::{Decimal, Pairs};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// A thing with records, or a category of such things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entity {
    /// Stable identifier, without white space, at most 128 characters.
    pub entity_identifier: String,
    /// True for a category, which AppFlow lists again with the identifier as `entitiesPath`.
    pub has_nested_entities: bool,
    /// False hides the entity as a destination. True if AppFlow does not say.
    pub is_writable: bool,
    /// Name for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Sentence for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The connector's own remarks.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub custom_properties: Pairs,
}

/// An entity with its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityDefinition {
    /// The entity.
    pub entity: Entity,
    /// Its fields.
    pub fields: Vec<FieldDefinition>,
    /// The connector's own remarks.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub custom_properties: Pairs,
}

/// A field of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldDefinition {
    /// Key in the record.
    pub field_name: String,
    /// AppFlow's type.
    pub data_type: OrUnknown<FieldDataType>,
    /// The application's own name of the type; none means the name of `data_type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type_label: Option<String>,
    /// Name for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Sentence for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// True for a key field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_primary_key: Option<bool>,
    /// Value used when none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// True if the field should no longer be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_deprecated: Option<bool>,
    /// Limits of its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<FieldConstraints>,
    /// Use when reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_properties: Option<ReadOperationProperty>,
    /// Use when writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_properties: Option<WriteOperationProperty>,
    /// Operators in filters; none means the usual ones of the type
    /// ([`FieldDataType::default_filter_operators`]), an empty list none at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_operators: Option<Vec<OrUnknown<ConnectorOperator>>>,
    /// The connector's own remarks.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub custom_properties: Pairs,
}

impl FieldDefinition {
    /// A field of which only name and type are said.
    #[must_use]
    pub fn new(field_name: impl Into<String>, data_type: FieldDataType) -> Self {
        Self {
            field_name: field_name.into(),
            data_type: OrUnknown::Known(data_type),
            data_type_label: None,
            label: None,
            description: None,
            is_primary_key: None,
            default_value: None,
            is_deprecated: None,
            constraints: None,
            read_properties: None,
            write_properties: None,
            filter_operators: None,
            custom_properties: Pairs::new(),
        }
    }
}

impl FieldDataType {
    /// Operators that AppFlow takes for a field that names none. Numbers get no `BETWEEN`, dates no `NOT_EQUAL_TO`.
    #[must_use]
    pub const fn default_filter_operators(self) -> &'static [ConnectorOperator] {
        use ConnectorOperator as Op;
        match self {
            Self::Integer
            | Self::Float
            | Self::Double
            | Self::Long
            | Self::Short
            | Self::BigInteger
            | Self::BigDecimal => &[
                Op::NotEqualTo,
                Op::EqualTo,
                Op::LessThan,
                Op::LessThanOrEqualTo,
                Op::GreaterThan,
                Op::GreaterThanOrEqualTo,
            ],
            Self::Date | Self::DateTime => &[
                Op::EqualTo,
                Op::LessThan,
                Op::LessThanOrEqualTo,
                Op::GreaterThan,
                Op::GreaterThanOrEqualTo,
                Op::Between,
            ],
            Self::String => &[Op::Contains, Op::EqualTo, Op::NotEqualTo],
            Self::Boolean => &[Op::EqualTo, Op::NotEqualTo],
            Self::Map | Self::List => &[Op::Contains],
            Self::Struct | Self::ByteArray => &[],
        }
    }
}

/// Limits of a field's values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldConstraints {
    /// Shortest and longest text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_length_range: Option<RangeConstraint>,
    /// Smallest and largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_value_range: Option<RangeConstraint>,
    /// The only values allowed; empty for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_values: Vec<String>,
    /// Regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_values_regex_pattern: Option<String>,
    /// Format of dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_date_format: Option<String>,
}

/// An inclusive interval of exact decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RangeConstraint {
    /// Smallest.
    pub min_range: Decimal,
    /// Largest.
    pub max_range: Decimal,
}

/// Use of a field when reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadOperationProperty {
    /// Can be in a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_retrievable: Option<bool>,
    /// Can be null. If false, a null in a record makes the flow fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_nullable: Option<bool>,
    /// Can be in a filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_queryable: Option<bool>,
    /// Can drive incremental flows; `Date` and `DateTime` fields only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_timestamp_field_for_incremental_queries: Option<bool>,
}

/// Use of a field when writing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteOperationProperty {
    /// Can be set in an insert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_creatable: Option<bool>,
    /// Can be set in an update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_updatable: Option<bool>,
    /// Can be set to null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_nullable: Option<bool>,
    /// Can be set in an upsert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_upsertable: Option<bool>,
    /// The application sets it if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_defaulted_on_create: Option<bool>,
    /// Operations in which the field may identify the record.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supported_write_operations: Vec<OrUnknown<WriteOperationType>>,
}

/// How long AppFlow may keep metadata. The unit is always seconds here: what a missing unit means is not documented.
/// AppFlow keeps metadata at least 600 seconds, and for an hour without this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheControl {
    /// Seconds.
    pub time_to_live_seconds: u32,
}

impl Serialize for CacheControl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("CacheControl", 2)?;
        object.serialize_field("timeToLive", &self.time_to_live_seconds)?;
        object.serialize_field("timeToLiveUnit", "SECONDS")?;
        object.end()
    }
}
