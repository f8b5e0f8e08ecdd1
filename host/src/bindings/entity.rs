//! Entities and their fields, both ways: as a connector describes them, and as AppFlow hands them back.

use super::convert::{
    data_type_to_guest, data_type_to_wire, operator_to_guest, operator_to_wire, other, writes,
};
use super::imported::common;
use crate::Error;
use crate::appflow::{
    self, Decimal, Entity, EntityDefinition, FieldConstraints, FieldDefinition, OrUnknown,
    RangeConstraint, ReadOperationProperty, WriteOperationProperty, WriteOperationType,
};

/// An entity as the connector named it.
pub(super) fn entity(entity: common::Entity) -> Entity {
    Entity {
        entity_identifier: entity.id,
        has_nested_entities: entity.has_nested,
        is_writable: entity.writable,
        label: entity.label,
        description: entity.description,
        custom_properties: entity.properties.into(),
    }
}

/// A definition, with the fields' flags spelled out as the booleans AppFlow knows.
pub(super) fn definition(definition: common::EntityDefinition) -> Result<EntityDefinition, Error> {
    Ok(EntityDefinition {
        entity: entity(definition.entity),
        fields: definition
            .fields
            .into_iter()
            .map(field)
            .collect::<Result<_, _>>()?,
        custom_properties: definition.properties.into(),
    })
}

fn field(field: common::Field) -> Result<FieldDefinition, Error> {
    let place = |what: &str| format!("field \"{}\", {what}", field.name);
    let data_type = data_type_to_wire(field.data_type).ok_or_else(|| other(&place("data type")))?;
    let filter_operators = match field.filter_operators {
        None => None,
        Some(operators) => Some(
            operators
                .into_iter()
                .map(|operator| {
                    operator_to_wire(operator)
                        .map(OrUnknown::Known)
                        .ok_or_else(|| other(&place("filter operators")))
                })
                .collect::<Result<Vec<_>, _>>()?,
        ),
    };
    let constraints = match field.constraints {
        None => None,
        Some(constraints) => Some(FieldConstraints {
            allowed_length_range: range(constraints.length, || place("length"))?,
            allowed_value_range: range(constraints.value, || place("value"))?,
            allowed_values: constraints.allowed_values,
            allowed_values_regex_pattern: constraints.pattern,
            allowed_date_format: constraints.date_format,
        }),
    };
    Ok(FieldDefinition {
        data_type: OrUnknown::Known(data_type),
        data_type_label: field.type_label,
        label: field.label,
        description: field.description,
        is_primary_key: Some(field.primary_key),
        default_value: field.default_value,
        is_deprecated: field.deprecated.then_some(true),
        constraints,
        read_properties: (field.read != common::ReadProperties::empty()).then(|| {
            ReadOperationProperty {
                is_retrievable: Some(field.read.contains(common::ReadProperties::RETRIEVABLE)),
                is_nullable: Some(field.read.contains(common::ReadProperties::NULLABLE)),
                is_queryable: Some(field.read.contains(common::ReadProperties::QUERYABLE)),
                is_timestamp_field_for_incremental_queries: Some(
                    field.read.contains(common::ReadProperties::INCREMENTAL),
                ),
            }
        }),
        write_properties: Some(WriteOperationProperty {
            is_creatable: Some(field.write.contains(common::WriteProperties::CREATABLE)),
            is_updatable: Some(field.write.contains(common::WriteProperties::UPDATABLE)),
            is_nullable: Some(field.write.contains(common::WriteProperties::NULLABLE)),
            is_upsertable: Some(field.write.contains(common::WriteProperties::UPSERTABLE)),
            is_defaulted_on_create: Some(
                field
                    .write
                    .contains(common::WriteProperties::DEFAULTED_ON_CREATE),
            ),
            supported_write_operations: writes(field.id_for)
                .into_iter()
                .map(OrUnknown::Known)
                .collect(),
        }),
        filter_operators,
        custom_properties: field.properties.into(),
        field_name: field.name,
    })
}

fn range(
    bounds: Option<common::Bounds>,
    place: impl Fn() -> String,
) -> Result<Option<RangeConstraint>, Error> {
    let Some(bounds) = bounds else {
        return Ok(None);
    };
    let number = |text: &str| {
        Decimal::parse(text)
            .ok_or_else(|| Error::Output(format!("{}: a bound is not a JSON number", place())))
    };
    Ok(Some(RangeConstraint {
        min_range: number(&bounds.min)?,
        max_range: number(&bounds.max)?,
    }))
}

/// A definition on its way back to the guest that once gave it.
pub(super) fn to_guest(definition: &EntityDefinition) -> common::EntityDefinition {
    let pairs = |pairs: &appflow::Pairs| pairs.as_slice().to_vec();
    common::EntityDefinition {
        entity: common::Entity {
            id: definition.entity.entity_identifier.clone(),
            label: definition.entity.label.clone(),
            description: definition.entity.description.clone(),
            has_nested: definition.entity.has_nested_entities,
            writable: definition.entity.is_writable,
            properties: pairs(&definition.entity.custom_properties),
        },
        fields: definition.fields.iter().map(field_to_guest).collect(),
        properties: pairs(&definition.custom_properties),
    }
}

fn field_to_guest(field: &FieldDefinition) -> common::Field {
    let bounds = |range: &Option<RangeConstraint>| {
        range.as_ref().map(|range| common::Bounds {
            min: range.min_range.as_str().to_owned(),
            max: range.max_range.as_str().to_owned(),
        })
    };
    // Without a word AppFlow takes a field as readable, and as not writable.
    let mut read = common::ReadProperties::RETRIEVABLE
        | common::ReadProperties::NULLABLE
        | common::ReadProperties::QUERYABLE;
    if let Some(properties) = &field.read_properties {
        read = common::ReadProperties::empty();
        read.set_if(
            common::ReadProperties::RETRIEVABLE,
            properties.is_retrievable,
        );
        read.set_if(common::ReadProperties::NULLABLE, properties.is_nullable);
        read.set_if(common::ReadProperties::QUERYABLE, properties.is_queryable);
        read.set_if(
            common::ReadProperties::INCREMENTAL,
            properties.is_timestamp_field_for_incremental_queries,
        );
    }
    let mut write = common::WriteProperties::empty();
    let mut id_for = common::WriteOperations::empty();
    if let Some(properties) = &field.write_properties {
        write.set_if(common::WriteProperties::CREATABLE, properties.is_creatable);
        write.set_if(common::WriteProperties::UPDATABLE, properties.is_updatable);
        write.set_if(common::WriteProperties::NULLABLE, properties.is_nullable);
        write.set_if(
            common::WriteProperties::UPSERTABLE,
            properties.is_upsertable,
        );
        write.set_if(
            common::WriteProperties::DEFAULTED_ON_CREATE,
            properties.is_defaulted_on_create,
        );
        for operation in properties
            .supported_write_operations
            .iter()
            .filter_map(OrUnknown::known)
        {
            id_for |= match operation {
                WriteOperationType::Insert => common::WriteOperations::INSERT,
                WriteOperationType::Update => common::WriteOperations::UPDATE,
                WriteOperationType::Upsert => common::WriteOperations::UPSERT,
                WriteOperationType::Delete => common::WriteOperations::DELETE,
            };
        }
    }
    common::Field {
        name: field.field_name.clone(),
        data_type: field
            .data_type
            .known()
            .map_or(common::DataType::Other, data_type_to_guest),
        type_label: field.data_type_label.clone(),
        label: field.label.clone(),
        description: field.description.clone(),
        primary_key: field.is_primary_key.unwrap_or(false),
        deprecated: field.is_deprecated.unwrap_or(false),
        default_value: field.default_value.clone(),
        constraints: field
            .constraints
            .as_ref()
            .map(|constraints| common::Constraints {
                length: bounds(&constraints.allowed_length_range),
                value: bounds(&constraints.allowed_value_range),
                allowed_values: constraints.allowed_values.clone(),
                pattern: constraints.allowed_values_regex_pattern.clone(),
                date_format: constraints.allowed_date_format.clone(),
            }),
        read,
        write,
        id_for,
        filter_operators: field.filter_operators.as_ref().map(|operators| {
            operators
                .iter()
                .map(|operator| {
                    operator
                        .known()
                        .map_or(common::Operator::Other, operator_to_guest)
                })
                .collect()
        }),
        properties: field.custom_properties.as_slice().to_vec(),
    }
}

/// Flags from AppFlow's optional booleans.
trait SetIf: Sized {
    fn set_if(&mut self, flag: Self, value: Option<bool>);
}

macro_rules! set_if {
    ($($flags:path),+) => {$(
        impl SetIf for $flags {
            fn set_if(&mut self, flag: Self, value: Option<bool>) {
                if value == Some(true) {
                    *self |= flag;
                }
            }
        }
    )+};
}

set_if!(common::ReadProperties, common::WriteProperties);
