#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

use serde_json::{Value, json};

use super::examples::good;
use super::tables::{Kind, Property, answer_of};
use super::{OPERATIONS, check};

fn problems(operation: &str, request: &Value, answer: &Value) -> Vec<String> {
    check(operation, request, answer.to_string().as_bytes())
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn good_answers_are_good() {
    for operation in OPERATIONS {
        let (request, answer) = good(operation);
        assert_eq!(
            problems(operation, &request, &answer),
            [""; 0],
            "{operation}"
        );
    }
}

/// Every object of the answer that a table describes, with the table and the JSON pointer.
fn objects(
    properties: &'static [Property],
    value: &Value,
    at: &str,
    found: &mut Vec<(&'static [Property], String)>,
) {
    found.push((properties, at.to_owned()));
    for property in properties {
        let inner = &value[property.name];
        let place = format!("{at}/{}", property.name);
        match property.kind {
            Kind::Object(properties) if inner.is_object() => {
                objects(properties, inner, &place, found)
            }
            Kind::List(Kind::Object(properties)) => {
                for index in 0..inner.as_array().map_or(0, Vec::len) {
                    objects(
                        properties,
                        &inner[index],
                        &format!("{place}/{index}"),
                        found,
                    );
                }
            }
            _ => {}
        }
    }
}

/// Applies `mutate` to every property of every object, and expects the checker to see each change that was made.
fn each_property_reported(what: &str, mutate: impl Fn(&Property, &mut Value) -> bool) {
    let mut mutations = 0;
    for operation in OPERATIONS {
        let (request, answer) = good(operation);
        let mut found = Vec::new();
        objects(answer_of(operation), &answer, "", &mut found);
        for (properties, at) in found {
            for property in properties {
                let mut changed = answer.clone();
                if mutate(property, changed.pointer_mut(&at).unwrap()) {
                    mutations += 1;
                    let problems = problems(operation, &request, &changed);
                    assert!(
                        !problems.is_empty(),
                        "{operation}{at}/{} {what}, unnoticed",
                        property.name
                    );
                }
            }
        }
    }
    assert!(mutations > 15, "only {mutations} mutations: {what}");
}

#[test]
fn missing_required_properties_are_reported() {
    each_property_reported("removed", |property, object| {
        property.required
            && object
                .as_object_mut()
                .unwrap()
                .remove(property.name)
                .is_some()
    });
    each_property_reported("made null", |property, object| {
        object[property.name] = Value::Null;
        property.required
    });
}

#[test]
fn values_of_another_type_are_reported() {
    for wrong in [
        json!("text"),
        json!(5),
        json!(1.5),
        json!(true),
        json!([null]),
        json!({"a": 1}),
        json!(1e30),
    ] {
        each_property_reported(&format!("made {wrong}"), |property, object| {
            let fits = match property.kind {
                Kind::Text => wrong.is_string(),
                Kind::Boolean => wrong.is_boolean(),
                Kind::Int32 | Kind::Int64 => wrong.is_i64(),
                Kind::Number => wrong.is_number(),
                _ => false,
            };
            object[property.name] = wrong.clone();
            !fits
        });
    }
}

#[test]
fn enumerations_are_exact() {
    let mutate = |text: &str| {
        if text.chars().any(char::is_lowercase) {
            text.to_uppercase()
        } else {
            text.to_lowercase()
        }
    };
    each_property_reported("in another letter case", |property, object| {
        let value = &mut object[property.name];
        match (property.kind, &mut *value) {
            (Kind::OneOf(_), Value::String(text)) => *text = mutate(text),
            (Kind::List(Kind::OneOf(_)), Value::Array(items)) if !items.is_empty() => {
                items[0] = json!(mutate(items[0].as_str().unwrap()));
            }
            _ => return false,
        }
        true
    });
}

#[test]
fn unknown_properties_are_reported() {
    each_property_reported("beside an unknown one", |_, object| {
        object["notInAnyTable"] = json!(1);
        true
    });
}

#[test]
fn rules_beyond_the_tables_are_kept() {
    // Operation, JSON pointer, value put there, part of the message expected.
    let long = "x".repeat(3_000);
    let cases = [
        (
            "DescribeConnectorConfiguration",
            "/connectorName",
            json!("AppFlowThing"),
            "reserved",
        ),
        (
            "DescribeConnectorConfiguration",
            "/connectorOwner",
            json!(""),
            "empty",
        ),
        (
            "DescribeConnectorConfiguration",
            "/connectorVersion",
            json!("1 0"),
            "white space",
        ),
        (
            "DescribeConnectorConfiguration",
            "/connectorModes",
            json!([]),
            "at least one",
        ),
        (
            "DescribeConnectorConfiguration",
            "/connectorModes",
            json!(["SOURCE"]),
            "only a destination",
        ),
        (
            "DescribeConnectorConfiguration",
            "/supportedWriteOperations",
            json!([]),
            "must be able to write",
        ),
        (
            "DescribeConnectorConfiguration",
            "/logoURL",
            json!("http://example.com"),
            "https",
        ),
        (
            "DescribeConnectorConfiguration",
            "/authenticationConfig/isOAuth2Supported",
            json!(false),
            "exactly if",
        ),
        (
            "DescribeConnectorConfiguration",
            "/authenticationConfig/customAuthConfig",
            json!([]),
            "exactly if",
        ),
        (
            "DescribeConnectorConfiguration",
            "/connectorRuntimeSetting/0/key",
            json!("base url"),
            "underscores",
        ),
        (
            "DescribeConnectorConfiguration",
            "/isSuccess",
            json!(false),
            "does not say why",
        ),
        (
            "ValidateConnectorRuntimeSettings",
            "/isSuccess",
            json!(true),
            "a success with errors",
        ),
        (
            "ValidateCredentials",
            "/isSuccess",
            json!(true),
            "a success with an error",
        ),
        (
            "ValidateCredentials",
            "/errorDetails/errorMessage",
            json!("two\nlines"),
            "one line",
        ),
        (
            "ValidateCredentials",
            "/errorDetails/errorMessage",
            json!(long),
            "1024",
        ),
        (
            "ValidateCredentials",
            "/errorDetails/errorMessage",
            json!(" "),
            "empty",
        ),
        (
            "ValidateCredentials",
            "/errorDetails/retryAfterSeconds",
            json!(-1),
            "past",
        ),
        (
            "ValidateCredentials",
            "/errorDetails/errorCode",
            json!("PartialWriteFailure"),
            "only a write",
        ),
        ("ListEntities", "/nextToken", json!(""), "empty token"),
        ("ListEntities", "/nextToken", json!("a b"), "white space"),
        ("ListEntities", "/nextToken", json!(long), "2048"),
        (
            "ListEntities",
            "/entities/0/entityIdentifier",
            json!("a b"),
            "white space",
        ),
        (
            "ListEntities",
            "/cacheControl/timeToLiveUnit",
            json!("SECONDS"),
            "600",
        ),
        (
            "DescribeEntity",
            "/entityDefinition",
            Value::Null,
            "missing from a success",
        ),
        (
            "DescribeEntity",
            "/entityDefinition/fields/0/dataType",
            json!("String"),
            "only dates",
        ),
        ("QueryData", "/nextToken", json!("t1"), "never end"),
        (
            "QueryData",
            "/records",
            json!(["{}", "{}", "{}"]),
            "more than the 2",
        ),
        (
            "QueryData",
            "/records/1",
            json!("[1]"),
            "instead of an object",
        ),
        ("QueryData", "/records/1", json!("{\"id\":1"), "not JSON"),
        (
            "QueryData",
            "/records/1",
            json!("{\"id\":1,\"id\":2}"),
            "twice",
        ),
        (
            "QueryData",
            "/records/1",
            json!("{\"id\":\"1\"}"),
            "a string instead of an integer",
        ),
        (
            "QueryData",
            "/records/1",
            json!("{\"other\":1}"),
            "not selected",
        ),
        (
            "QueryData",
            "/records/1",
            json!("{\"at\":\"2025-01-01T00:00:00+0100\"}"),
            "ISO 8601",
        ),
        (
            "QueryData",
            "/records",
            Value::Null,
            "missing from a success",
        ),
        (
            "QueryData",
            "/isSuccess",
            json!(false),
            "a failure with a next page",
        ),
        ("WriteData", "/isSuccess", json!(true), "1 records failed"),
        (
            "WriteData",
            "/writeRecordResults",
            json!([]),
            "0 results for 2",
        ),
        (
            "WriteData",
            "/writeRecordResults",
            Value::Null,
            "which records failed",
        ),
        (
            "WriteData",
            "/writeRecordResults/0/recordId",
            json!("b"),
            "another record",
        ),
        (
            "WriteData",
            "/writeRecordResults/0/errorMessage",
            json!("odd"),
            "with an error",
        ),
        (
            "WriteData",
            "/writeRecordResults/1/errorMessage",
            Value::Null,
            "does not say why",
        ),
        (
            "WriteData",
            "/writeRecordResults/1/isSuccess",
            json!(true),
            "every record was written",
        ),
    ];
    for (operation, pointer, value, expected) in cases {
        let (request, mut answer) = good(operation);
        match answer.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                answer.pointer_mut(parent).unwrap()[name] = value;
            }
        }
        let problems = problems(operation, &request, &answer);
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{operation}{pointer}: {problems:?}"
        );
    }
}

#[test]
fn a_request_nobody_knows_gets_the_bare_failure() {
    let request = json!({"type": "PurgeRequest"});
    let failure = json!({"isSuccess": false, "errorDetails": {"errorCode": "InvalidArgument", "errorMessage": "no such type"}});
    assert_eq!(problems("", &request, &failure), [""; 0]);
    assert!(!problems("", &request, &json!({"isSuccess": true})).is_empty());
    assert!(
        !problems(
            "",
            &request,
            &json!({"errorMessage": "broken", "errorType": "x"})
        )
        .is_empty()
    );
}

#[test]
fn what_is_no_json_is_reported() {
    for bytes in [
        &b""[..],
        b"null",
        b"{",
        b"{} {}",
        b"\xff",
        b"{\"isSuccess\":true,\"isSuccess\":true}",
        b"[]",
    ] {
        assert!(
            !check("ValidateCredentials", &json!({}), bytes).is_empty(),
            "{bytes:?}"
        );
    }
}
