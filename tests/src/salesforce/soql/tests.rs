#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::salesforce::{Record, objects, record_id, soql};

fn found(soql: &str, records: Vec<Record>) -> Result<Vec<String>, soql::Problem> {
    let all = BTreeMap::from([("Everything__c".to_owned(), records)]);
    soql::run(soql, &objects(), &all, "v61.0").map(|evaluated| {
        evaluated
            .records
            .iter()
            .map(|record| record["Name"].as_str().unwrap_or("-").to_owned())
            .collect()
    })
}

fn rows(field: &str, values: &[(&str, Value)]) -> Vec<Record> {
    values
        .iter()
        .enumerate()
        .map(|(number, (name, value))| {
            Record::from([
                ("Id".to_owned(), json!(record_id("a00", number as u64))),
                ("Name".to_owned(), json!(name)),
                (field.to_owned(), value.clone()),
            ])
        })
        .collect()
}

#[track_caller]
fn finds(field: &str, values: &[(&str, Value)], condition: &str, expected: &[&str]) {
    assert_eq!(
        found(
            &format!("SELECT Name FROM Everything__c WHERE {condition}"),
            rows(field, values)
        )
        .unwrap(),
        expected,
        "{condition}"
    );
}

#[track_caller]
fn refuses(condition: &str, code: &str) {
    let problem = found(
        &format!("SELECT Name FROM Everything__c WHERE {condition}"),
        Vec::new(),
    )
    .unwrap_err();
    assert_eq!(problem.code, code, "{condition}: {}", problem.message);
}

#[test]
fn texts_compare_without_case_and_null_is_unequal_to_all() {
    let values = [("a", json!("Abc")), ("b", json!("abd")), ("n", Value::Null)];
    finds("Text__c", &values, "Text__c = 'aBC'", &["a"]);
    finds("Text__c", &values, "Text__c != 'abc'", &["b", "n"]);
    finds("Text__c", &values, "NOT Text__c = 'abc'", &["b", "n"]);
    finds("Text__c", &values, "Text__c NOT IN ('abc')", &["b", "n"]);
    finds("Text__c", &values, "Text__c IN ('abc', null)", &["a", "n"]);
    finds("Text__c", &values, "Text__c = null", &["n"]);
    finds("Text__c", &values, "Text__c = ''", &["n"]);
    finds("Text__c", &values, "Text__c != null", &["a", "b"]);
    finds("Text__c", &values, "Text__c > 'abc'", &["b"]);
}

#[test]
fn like_has_wildcards_and_escapes() {
    let values = [
        ("p", json!("100%")),
        ("x", json!("1000")),
        ("u", json!("a_b")),
        ("y", json!("axb")),
        ("s", json!("a\\b")),
        ("n", Value::Null),
    ];
    finds("Text__c", &values, "Text__c LIKE '%0\\%%'", &["p"]);
    finds("Text__c", &values, "Text__c LIKE '100_'", &["p", "x"]);
    finds("Text__c", &values, "Text__c LIKE 'A\\_B'", &["u"]);
    finds("Text__c", &values, "Text__c LIKE 'a_b'", &["u", "y", "s"]);
    finds("Text__c", &values, "Text__c LIKE '%\\\\%'", &["s"]);
    finds(
        "Text__c",
        &values,
        "Text__c LIKE '%'",
        &["p", "x", "u", "y", "s"],
    );
}

#[test]
fn numbers_dates_booleans_and_times_compare_by_value() {
    let numbers = [
        ("a", json!(-1.5)),
        ("b", json!(2)),
        ("c", json!(10)),
        ("n", Value::Null),
    ];
    finds("Double__c", &numbers, "Double__c < 10", &["a", "b"]);
    finds("Double__c", &numbers, "Double__c = 2.0", &["b"]);
    finds("Double__c", &numbers, "NOT (Double__c < 10)", &["c", "n"]);
    let moments = [
        ("a", json!("2025-01-01T00:00:00.000+0000")),
        ("b", json!("2025-01-01T00:00:01.000+0000")),
    ];
    finds(
        "DateTime__c",
        &moments,
        "DateTime__c >= 2025-01-01T00:00:01Z",
        &["b"],
    );
    finds(
        "DateTime__c",
        &moments,
        "DateTime__c = 2025-01-01T01:00:00.000+01:00",
        &["a"],
    );
    finds(
        "Date__c",
        &[("a", json!("2025-02-01")), ("b", json!("2025-10-01"))],
        "Date__c > 2025-09-30",
        &["b"],
    );
    finds(
        "Flag__c",
        &[("a", json!(true)), ("b", json!(false))],
        "Flag__c = TRUE",
        &["a"],
    );
    finds(
        "Time__c",
        &[("a", json!("10:30:00.000Z"))],
        "Time__c = 10:30:00.000Z",
        &["a"],
    );
    finds(
        "Multi__c",
        &[("a", json!("red;blue")), ("b", json!("green"))],
        "Multi__c INCLUDES ('blue', 'x')",
        &["a"],
    );
    finds(
        "Multi__c",
        &[("a", json!("red;blue")), ("b", json!("green"))],
        "Multi__c EXCLUDES ('blue')",
        &["b"],
    );
}

#[test]
fn literals_of_the_wrong_type_are_refused() {
    for condition in [
        "Int__c = '5'",
        "Text__c = 5",
        "Flag__c = 'true'",
        "Date__c = '2025-01-01'",
        "DateTime__c = 2025-01-01",
        "Date__c = 2025-01-01T00:00:00Z",
        "Int__c = 1.5",
        "Long_Text__c = 'a'",
        "Nowhere__c = 1",
        "Nowhere__r.Name = 'a'",
    ] {
        refuses(condition, "INVALID_FIELD");
    }
    for condition in [
        "Id LIKE '%a%'",
        "Int__c LIKE '1'",
        "Flag__c > true",
        "Id = 'nonsense'",
        "Account__c = 'x'",
        "Text__c < null",
    ] {
        refuses(condition, "INVALID_QUERY_FILTER_OPERATOR");
    }
}

#[test]
fn text_outside_the_grammar_is_refused() {
    for condition in [
        "",
        "Int__c",
        "Int__c = ",
        "Int__c == 5",
        "Int__c = 5 OR",
        "Text__c = 'a",
        "Text__c = 'a\\'",
        "Text__c = 'a\\q'",
        "Text__c = 'it''s'",
        "Int__c = 1 AND Int__c = 2 OR Int__c = 3",
        "Int__c = 1 OR Int__c = 2 AND Int__c = 3",
        "(Int__c = 1",
        "Int__c = 1)",
        "NOT NOT Int__c = 1",
        "NOT Int__c = 1 AND Int__c = 2",
        "Int__c = 1 AND NOT Int__c = 2",
        "Int__c IN ()",
        "Int__c IN (1,)",
        "Int__c = 1; DROP",
        "Int__c = 1 -- x",
        "Date__c = 2025-02-31",
        "Text__c = \"a\"",
    ] {
        refuses(condition, "MALFORMED_QUERY");
    }
    let deep = format!("{}Int__c = 1{}", "(".repeat(200), ")".repeat(200));
    refuses(&deep, "MALFORMED_QUERY");
}

#[test]
fn boolean_structure_is_kept() {
    let values = [("a", json!(1)), ("b", json!(2)), ("c", json!(3))];
    finds(
        "Int__c",
        &values,
        "(Int__c = 1 OR Int__c = 2) AND (NOT Int__c = 2)",
        &["a"],
    );
    finds(
        "Int__c",
        &values,
        "Int__c = 1 OR (Int__c > 1 AND Int__c < 3)",
        &["a", "b"],
    );
    finds("Int__c", &values, "NOT (NOT (Int__c = 3))", &["c"]);
}
