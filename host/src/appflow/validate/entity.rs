//! Entities, fields and how long they may be kept.

use super::Report;
use crate::appflow::{
    CacheControl, Entity, EntityDefinition, FieldConstraints, FieldDataType, FieldDefinition,
    OrUnknown, Pairs, RangeConstraint,
};
use std::collections::HashSet;

const UNKNOWN: &str = "is no value that AppFlow knows, so it could not read the answer";

pub(super) fn check_list(entities: &[Entity], report: &mut Report) {
    let mut identifiers = HashSet::new();
    report.each("entities", entities, |report, entity| {
        check_entity(entity, 128, report);
        report.warning_if(
            !identifiers.insert(&entity.entity_identifier),
            "entityIdentifier",
            "comes twice",
        );
    });
}

pub(super) fn check_definition(definition: &EntityDefinition, report: &mut Report) {
    report.within("entity", |report| {
        check_entity(&definition.entity, 1024, report)
    });
    let mut names = HashSet::new();
    report.warning_if(
        definition.fields.is_empty(),
        "fields",
        "is empty, so nothing can be chosen",
    );
    report.each("fields", &definition.fields, |report, field| {
        check_field(field, report);
        report.warning_if(!names.insert(&field.field_name), "fieldName", "comes twice");
    });
    check_properties(&definition.custom_properties, report);
}

/// AppFlow keeps metadata for ten minutes at least.
pub(super) fn check_cache(control: Option<CacheControl>, report: &mut Report) {
    let short = control.is_some_and(|control| control.time_to_live_seconds < 600);
    report.within("cacheControl", |report| {
        report.warning_if(
            short,
            "timeToLive",
            "below 600 seconds, which AppFlow takes as 600",
        );
    });
}

fn check_entity(entity: &Entity, max_chars: usize, report: &mut Report) {
    report.identifier("entityIdentifier", &entity.entity_identifier, max_chars);
    report.optional_length("label", entity.label.as_deref(), 128);
    report.optional_length("description", entity.description.as_deref(), 1024);
    check_properties(&entity.custom_properties, report);
}

fn check_field(field: &FieldDefinition, report: &mut Report) {
    report.identifier("fieldName", &field.field_name, 128);
    report.error_if(field.data_type.known().is_none(), "dataType", UNKNOWN);
    report.optional_length("dataTypeLabel", field.data_type_label.as_deref(), 256);
    report.optional_length("label", field.label.as_deref(), 128);
    report.optional_length("description", field.description.as_deref(), 1024);
    report.optional_length("defaultValue", field.default_value.as_deref(), 2048);
    if let Some(constraints) = &field.constraints {
        report.within("constraints", |report| {
            check_constraints(constraints, report)
        });
    }
    if let Some(read) = field.read_properties {
        let dated = matches!(
            field.data_type.known(),
            None | Some(FieldDataType::Date | FieldDataType::DateTime)
        );
        report.within("readProperties", |report| {
            report.warning_if(
                read.is_timestamp_field_for_incremental_queries == Some(true) && !dated,
                "isTimestampFieldForIncrementalQueries",
                "has a meaning for Date and DateTime only",
            );
        });
    }
    if let Some(write) = &field.write_properties {
        report.within("writeProperties", |report| {
            report.each(
                "supportedWriteOperations",
                &write.supported_write_operations,
                |report, operation| {
                    report.error_if(matches!(operation, OrUnknown::Unknown(_)), "", UNKNOWN);
                },
            );
        });
    }
    report.each(
        "filterOperators",
        field.filter_operators.as_deref().unwrap_or_default(),
        |report, operator| {
            report.error_if(matches!(operator, OrUnknown::Unknown(_)), "", UNKNOWN);
        },
    );
    check_properties(&field.custom_properties, report);
}

fn check_constraints(constraints: &FieldConstraints, report: &mut Report) {
    check_range(
        "allowedLengthRange",
        constraints.allowed_length_range.as_ref(),
        report,
    );
    check_range(
        "allowedValueRange",
        constraints.allowed_value_range.as_ref(),
        report,
    );
    report.each(
        "allowedValues",
        &constraints.allowed_values,
        |report, value| {
            report.length("", value, 128);
            report.warning_if(
                value.contains(char::is_whitespace),
                "",
                "has white space, which AppFlow's API does not take",
            );
        },
    );
    report.optional_length(
        "allowedValuesRegexPattern",
        constraints.allowed_values_regex_pattern.as_deref(),
        2048,
    );
    report.optional_length(
        "allowedDateFormat",
        constraints.allowed_date_format.as_deref(),
        2048,
    );
}

fn check_range(name: &str, range: Option<&RangeConstraint>, report: &mut Report) {
    let Some(range) = range else { return };
    // Rounded to 64 bits: AppFlow's own API shows the bounds as doubles.
    let bounds = (
        range.min_range.as_str().parse::<f64>(),
        range.max_range.as_str().parse::<f64>(),
    );
    let empty = matches!(bounds, (Ok(min), Ok(max)) if min > max);
    report.warning_if(empty, name, "has a smallest value above its largest");
}

/// The limits of AppFlow's public API, which shows these properties.
fn check_properties(properties: &Pairs, report: &mut Report) {
    const NAME: &str = "customProperties";
    report.warning_if(
        properties.len() > 50,
        NAME,
        "has more entries than the 50 of AppFlow's API",
    );
    let word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let keys = properties
        .iter()
        .all(|(key, _)| (1..=128).contains(&key.len()) && word(key));
    report.warning_if(
        !keys,
        NAME,
        "has a key that is not made of at most 128 letters, digits and underscores",
    );
    let value = |text: &str| {
        !text.is_empty() && !text.contains(char::is_whitespace) && text.chars().count() <= 2048
    };
    let values = properties.iter().all(|(_, text)| value(text));
    report.warning_if(
        !values,
        NAME,
        "has a value that is empty, has white space or is longer than 2048 characters",
    );
}
