//! Filters made at random: Salesforce finds what the SDK's evaluation in memory finds, and no value changes a query.

use appflow_connector::filter::{Comparator, Condition, Literal};
use appflow_testkit::salesforce::{NASTY_TEXTS, Record};
use proptest::prelude::*;
use serde_json::Value;

use crate::filter::{between, compare, find, ids, one_of, world};

/// A record's value as the reference evaluation takes it. Letter case does not count in Salesforce.
fn value_of(record: &Record, field: &str) -> Option<Literal> {
    match &record[field] {
        Value::Null => None,
        Value::Bool(value) => Some(Literal::Boolean(*value)),
        Value::Number(number) => Some(Literal::number(number)),
        Value::String(text) if field == "Date__c" => Some(Literal::date(text)),
        Value::String(text) if field == "DateTime__c" || field == "SystemModstamp" => {
            Some(Literal::date_time(text))
        }
        Value::String(text) => Some(Literal::text(if field == "Account__c" {
            text.clone()
        } else {
            text.to_lowercase()
        })),
        other => panic!("{other}"),
    }
}

/// The same condition for the reference evaluation: texts in lower case, an empty one is null.
fn reference(condition: &Condition) -> Condition {
    let literal = |field: &str, value: &Literal| match value {
        Literal::Text(text) if text.is_empty() => Literal::Null,
        Literal::Text(text) if field != "Account__c" => Literal::text(text.to_lowercase()),
        other => other.clone(),
    };
    match condition {
        Condition::All(parts) => Condition::All(parts.iter().map(reference).collect()),
        Condition::Any(parts) => Condition::Any(parts.iter().map(reference).collect()),
        Condition::Not(inner) => reference(inner).negated(),
        Condition::Compare {
            field,
            operator: Comparator::Contains,
            value: Literal::Text(text),
        } => Condition::compare(
            field,
            Comparator::Contains,
            Literal::text(text.to_lowercase()),
        ),
        Condition::Compare {
            field,
            operator,
            value,
        } => Condition::compare(field, *operator, literal(field, value)),
        Condition::Between { field, low, high } => {
            between(field, literal(field, low), literal(field, high))
        }
        Condition::OneOf { field, values } => {
            one_of(field, values.iter().map(|value| literal(field, value)))
        }
        Condition::Other(text) => Condition::Other(text.clone()),
    }
}

fn texts() -> impl Strategy<Value = Literal> {
    prop_oneof![
        4 => proptest::sample::select(NASTY_TEXTS).prop_map(Literal::text),
        1 => "[a-z'\\\\%_\" ()\n\t-]{0,6}".prop_map(Literal::text),
        1 => "\\PC{0,4}".prop_map(Literal::text),
    ]
}

fn numbers() -> impl Strategy<Value = Literal> {
    (-1100_i32..1100).prop_map(|number| Literal::number(f64::from(number) / 4.0))
}

fn days() -> impl Strategy<Value = Literal> {
    prop_oneof![
        (1_u32..32).prop_map(|day| Literal::date(format!("2025-01-{day:02}"))),
        (1_u32..29, 0_u32..2).prop_map(|(day, hour)| Literal::date_time(format!(
            "2025-01-{day:02}T{:02}:00:00.000Z",
            hour * 12
        ))),
    ]
}

fn moments() -> impl Strategy<Value = Literal> {
    prop_oneof![
        4 => (1_u32..3, 0_u32..24, 0_u32..60).prop_map(|(day, hour, minute)| Literal::date_time(format!("2025-01-{day:02}T{hour:02}:{minute:02}:00Z"))),
        1 => (1_u32..3).prop_map(|day| Literal::date(format!("2025-01-{day:02}"))),
    ]
}

fn ordering() -> impl Strategy<Value = Comparator> {
    proptest::sample::select(
        [
            Comparator::Equal,
            Comparator::NotEqual,
            Comparator::Less,
            Comparator::LessOrEqual,
            Comparator::Greater,
            Comparator::GreaterOrEqual,
        ]
        .as_slice(),
    )
}

fn equality() -> impl Strategy<Value = Comparator> {
    proptest::sample::select([Comparator::Equal, Comparator::NotEqual].as_slice())
}

fn leaf() -> impl Strategy<Value = Condition> {
    let text_fields = || {
        proptest::sample::select(
            ["Text__c", "Combo__c", "Picklist__c", "Email__c", "Url__c"].as_slice(),
        )
    };
    let number_fields = || {
        proptest::sample::select(
            ["Double__c", "Currency__c", "Percent__c", "Number_Key__c"].as_slice(),
        )
    };
    let moment_fields = || proptest::sample::select(["DateTime__c", "SystemModstamp"].as_slice());
    let all_fields = proptest::sample::select(
        [
            "Text__c",
            "Double__c",
            "Int__c",
            "Date__c",
            "DateTime__c",
            "Picklist__c",
            "Account__c",
            "Flag__c",
        ]
        .as_slice(),
    );
    prop_oneof![
        (text_fields(), equality(), texts())
            .prop_map(|(field, operator, value)| compare(field, operator, value)),
        (text_fields(), texts()).prop_map(|(field, value)| compare(
            field,
            Comparator::Contains,
            value
        )),
        (
            text_fields(),
            proptest::collection::vec(prop_oneof![5 => texts(), 1 => Just(Literal::Null)], 1..6)
        )
            .prop_map(|(field, values)| one_of(field, values)),
        (number_fields(), ordering(), numbers())
            .prop_map(|(field, operator, value)| compare(field, operator, value)),
        (number_fields(), numbers(), numbers())
            .prop_map(|(field, low, high)| between(field, low, high)),
        (ordering(), -1100_i64..1100).prop_map(|(operator, value)| compare(
            "Int__c",
            operator,
            Literal::number(value)
        )),
        (ordering(), -1100_i64..1100).prop_map(|(operator, value)| compare(
            "Long__c",
            operator,
            Literal::number(value * 9_007_199_254_741)
        )),
        (equality(), any::<bool>()).prop_map(|(operator, value)| compare(
            "Flag__c",
            operator,
            Literal::Boolean(value)
        )),
        (moment_fields(), ordering(), moments())
            .prop_map(|(field, operator, value)| compare(field, operator, value)),
        (moment_fields(), moments(), moments())
            .prop_map(|(field, low, high)| between(field, low, high)),
        (ordering(), days()).prop_map(|(operator, value)| {
            // A day equals no point in time but its first; the connector refuses to ask.
            let exact = matches!(operator, Comparator::Equal | Comparator::NotEqual)
                && matches!(&value, Literal::DateTime(text) if text.contains("T12"));
            compare(
                "Date__c",
                if exact { Comparator::Less } else { operator },
                value,
            )
        }),
        (days(), days()).prop_map(|(low, high)| between("Date__c", low, high)),
        (equality(), 1_u64..25).prop_map(|(operator, number)| compare(
            "Account__c",
            operator,
            Literal::text(appflow_testkit::salesforce::record_id("001", number))
        )),
        (all_fields, equality()).prop_map(|(field, operator)| compare(
            field,
            operator,
            Literal::Null
        )),
    ]
}

fn conditions() -> impl Strategy<Value = Condition> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Condition::All),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Condition::Any),
            inner.prop_map(Condition::negated),
        ]
    })
}

#[test]
fn soql_finds_what_the_filter_means() {
    let world = world();
    let host = world.host_with("Everything__c");
    let records = world.salesforce.records("Everything__c");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(&conditions(), |condition| {
        let reference = reference(&condition);
        let expected = ids(records.iter().filter(|record| {
            reference
                .evaluate(&|field| value_of(record, field))
                .unwrap()
        }));
        let found = find(&host, condition);
        prop_assert_eq!(found, Ok(expected), "{:?}", world.soql().last());
        Ok(())
    });
    result.unwrap();
}

#[test]
fn no_text_changes_the_query() {
    let world = world();
    let host = world.host_with("Everything__c");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let fields = proptest::sample::select(
        [
            "Text__c",
            "Id",
            "Int__c",
            "Double__c",
            "Date__c",
            "DateTime__c",
            "Time__c",
            "Flag__c",
            "Picklist__c",
            "Account__c",
            "Multi__c",
            "Owner.Name",
        ]
        .as_slice(),
    );
    let hostile = prop_oneof![
        "[-0-9T:.Z+'\"\\\\()=!<> ORandlike%_]{0,24}",
        "\\PC{0,12}",
        ".{0,12}"
    ];
    let literals = (hostile, 0..4).prop_map(|(text, kind)| match kind {
        0 => Literal::Text(text),
        1 => Literal::Number(text),
        2 => Literal::Date(text),
        _ => Literal::DateTime(text),
    });
    runner.run(&(fields, literals, any::<bool>()), |(field, value, negative)| {
        let operator = if negative { Comparator::NotEqual } else { Comparator::Equal };
        world.salesforce.clear_requests();
        // Whatever it is, Salesforce sees one comparison of that field or nothing at all.
        if find(&host, compare(field, operator, value)).is_ok() {
            let text = world.soql().remove(0);
            let query = appflow_testkit::salesforce::soql::parse(&text).unwrap();
            prop_assert!(matches!(&query.condition, Some(appflow_testkit::salesforce::soql::Condition::Compare(name, ..)) if name == field), "{}", text);
            prop_assert!(query.object == "Everything__c" && query.limit.is_none() && query.fields == ["Id"]);
        }
        Ok(())
    }).unwrap();
}
