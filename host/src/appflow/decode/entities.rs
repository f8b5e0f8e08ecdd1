//! Entity definitions that AppFlow hands back.

use super::reader::{Fault, Object};
use crate::appflow::{
    Entity, EntityDefinition, FieldConstraints, FieldDefinition, RangeConstraint,
    ReadOperationProperty, WriteOperationProperty,
};

pub(super) fn definition(object: Object<'_, '_>) -> Result<EntityDefinition, Fault> {
    Ok(EntityDefinition {
        entity: object.required_object("entity", entity)?,
        fields: object.objects("fields", field)?,
        custom_properties: object.pairs("customProperties")?,
    })
}

pub(super) fn entity(object: Object<'_, '_>) -> Result<Entity, Fault> {
    Ok(Entity {
        entity_identifier: object.required_name("entityIdentifier")?,
        has_nested_entities: object.boolean("hasNestedEntities")?.unwrap_or(false),
        is_writable: object.boolean("isWritable")?.unwrap_or(true),
        label: object.text("label")?,
        description: object.text("description")?,
        custom_properties: object.pairs("customProperties")?,
    })
}

fn field(object: Object<'_, '_>) -> Result<FieldDefinition, Fault> {
    Ok(FieldDefinition {
        field_name: object.required_name("fieldName")?,
        data_type: object.required_described("dataType")?,
        data_type_label: object.text("dataTypeLabel")?,
        label: object.text("label")?,
        description: object.text("description")?,
        is_primary_key: object.boolean("isPrimaryKey")?,
        default_value: object.text("defaultValue")?,
        is_deprecated: object.boolean("isDeprecated")?,
        constraints: object.object("constraints", constraints)?,
        read_properties: object.object("readProperties", read_properties)?,
        write_properties: object.object("writeProperties", write_properties)?,
        filter_operators: object.described_list("filterOperators")?,
        custom_properties: object.pairs("customProperties")?,
    })
}

fn constraints(object: Object<'_, '_>) -> Result<FieldConstraints, Fault> {
    Ok(FieldConstraints {
        allowed_length_range: object.object("allowedLengthRange", range)?,
        allowed_value_range: object.object("allowedValueRange", range)?,
        allowed_values: object.texts("allowedValues")?.unwrap_or_default(),
        allowed_values_regex_pattern: object.text("allowedValuesRegexPattern")?,
        allowed_date_format: object.text("allowedDateFormat")?,
    })
}

fn range(object: Object<'_, '_>) -> Result<RangeConstraint, Fault> {
    Ok(RangeConstraint {
        min_range: object.required_decimal("minRange")?,
        max_range: object.required_decimal("maxRange")?,
    })
}

fn read_properties(object: Object<'_, '_>) -> Result<ReadOperationProperty, Fault> {
    Ok(ReadOperationProperty {
        is_retrievable: object.boolean("isRetrievable")?,
        is_nullable: object.boolean("isNullable")?,
        is_queryable: object.boolean("isQueryable")?,
        is_timestamp_field_for_incremental_queries: object
            .boolean("isTimestampFieldForIncrementalQueries")?,
    })
}

fn write_properties(object: Object<'_, '_>) -> Result<WriteOperationProperty, Fault> {
    Ok(WriteOperationProperty {
        is_creatable: object.boolean("isCreatable")?,
        is_updatable: object.boolean("isUpdatable")?,
        is_nullable: object.boolean("isNullable")?,
        is_upsertable: object.boolean("isUpsertable")?,
        is_defaulted_on_create: object.boolean("isDefaultedOnCreate")?,
        supported_write_operations: object
            .described_list("supportedWriteOperations")?
            .unwrap_or_default(),
    })
}
