//! Requests made to break the decoder: it answers, names no value, and does not fall over.

use super::super::super::{MAX_REQUEST_BYTES, Operation, Request};
use super::super::decode;
use super::samples::{self, SECRET};
use super::{ok, sample, with};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Decodes, and decodes the entity definition too; checks what is true of every error.
fn decodes(body: &[u8], operation: Option<Operation>) {
    let error = match decode(body) {
        Ok(request) => {
            assert_eq!(Some(request.operation()), operation);
            match request
                .context()
                .and_then(|context| context.entity_definition.as_ref())
                .map(|text| text.decode())
            {
                Some(Err(error)) => error,
                _ => return,
            }
        }
        Err(error) => {
            assert_eq!(error.operation, operation, "{}", error.message);
            error
        }
    };
    assert!(!error.message.contains(SECRET), "{}", error.message);
    assert!(!error.message.contains('\n'), "{}", error.message);
    assert!(error.message.len() < 400, "{}", error.message);
}

#[test]
fn every_property_of_every_other_type() {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5),
        json!(u64::MAX),
        json!(""),
        json!(SECRET),
        json!([]),
        json!([null]),
        json!([[SECRET]]),
        json!([{}]),
        json!({}),
        json!({SECRET: {}}),
        json!({"a": SECRET}),
    ];
    let mut count = 0;
    for (operation, sample) in samples::all() {
        for pointer in samples::pointers(&sample, "") {
            let known = (pointer != "/type").then_some(operation);
            let mut changes: Vec<Option<Value>> = values.iter().cloned().map(Some).collect();
            changes.push(None);
            for change in changes {
                let mut request = sample.clone();
                samples::set(&mut request, &pointer, change);
                let body = request.to_string();
                // A key that is named must look like one of AppFlow's; this one does and is not a value.
                if !body.contains(&format!("{{\"{SECRET}\":{{}}}}")) {
                    decodes(body.as_bytes(), known);
                } else {
                    let _ = decode(body.as_bytes());
                }
                count += 1;
            }
        }
    }
    assert!(count > 4000, "{count}");
}

#[test]
fn every_beginning_of_a_request() {
    for (operation, sample) in samples::all() {
        // `type` first, so that it can be found.
        let body = sample.to_string();
        let head = format!("{{\"type\":\"{}\"", operation.request_type());
        let body = format!("{head},{}", &body[1..]);
        for end in 0..body.len() {
            if body.is_char_boundary(end) {
                decodes(
                    &body.as_bytes()[..end],
                    (end >= head.len()).then_some(operation),
                );
            }
        }
    }
}

#[test]
fn nesting() {
    const DEPTH: usize = 100_000;
    let bodies = |inner: &str| {
        vec![
            format!(
                r#"{{"type":"ValidateCredentialsRequest","credentials":{{}},"unknown":{inner}}}"#
            ),
            format!(
                r#"{{"type":"ValidateCredentialsRequest","credentials":{{"unknown":{inner}}}}}"#
            ),
        ]
    };
    let lists = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    for inner in [&lists, &objects] {
        for body in bodies(inner) {
            assert!(matches!(
                decode(body.as_bytes()),
                Ok(Request::ValidateCredentials(_))
            ));
        }
        let body = format!(r#"{{"type":"ValidateCredentialsRequest","credentials":{inner}}}"#);
        let _ = decode(body.as_bytes());
        let body = format!(
            r#"{{"type":"ValidateCredentialsRequest","credentials":{{"secretArn":{inner}}}}}"#
        );
        decodes(body.as_bytes(), Some(Operation::ValidateCredentials));
        decodes(inner.as_bytes(), None);
        decodes(&inner.as_bytes()[..inner.len() / 2], None);
    }
}

#[test]
fn a_text_that_fills_the_request() {
    let room = MAX_REQUEST_BYTES - 200;
    let long = "x".repeat(room);
    let body = |property: &str| {
        format!(
            r#"{{"type":"QueryDataRequest","entityIdentifier":"a","{property}":"{long}","connectorContext":{{"apiVersion":"1"}}}}"#
        )
    };
    for property in [
        "nextToken",
        "unknown",
        "filterExpression",
        "maxResults",
        "selectedFieldNames",
    ] {
        decodes(body(property).as_bytes(), Some(Operation::QueryData));
    }
    let body = format!(
        r#"{{"type":"WriteDataRequest","entityIdentifier":"a","operation":"INSERT","records":["{long}"],"connectorContext":{{"apiVersion":"1"}}}}"#
    );
    let Request::WriteData(request) = decode(body.as_bytes()).unwrap() else {
        panic!("not WriteData")
    };
    assert_eq!(request.records[0].len(), room);
}

#[test]
fn many_small_things() {
    let many = vec!["\"\""; 600_000].join(",");
    let body = format!(
        r#"{{"type":"WriteDataRequest","entityIdentifier":"a","operation":"INSERT","records":[{many}],"connectorContext":{{"apiVersion":"1"}}}}"#
    );
    let error = decode(body.as_bytes()).unwrap_err();
    assert_eq!(
        (error.operation, error.message.as_str()),
        (
            Some(Operation::WriteData),
            "records: more than 500000 items"
        )
    );

    let settings: Vec<String> = (0..100_000)
        .map(|index| format!("\"k{index}\":\"{index}\""))
        .collect();
    let body = format!(
        r#"{{"type":"ValidateCredentialsRequest","credentials":{{}},"connectorRuntimeSettings":{{{}}}}}"#,
        settings.join(",")
    );
    let Request::ValidateCredentials(request) = decode(body.as_bytes()).unwrap() else {
        panic!("not credentials")
    };
    assert_eq!(request.connector_runtime_settings.len(), 100_000);

    let body = format!(
        r#"{{"type":"ValidateCredentialsRequest",{}"credentials":{{}}}}"#,
        "\"\":0,".repeat(600_000)
    );
    let error = decode(body.as_bytes()).unwrap_err();
    assert_eq!(error.operation, Some(Operation::ValidateCredentials));
    assert_eq!(error.message, "request: too many properties");
}

#[test]
fn keys_are_data_too() {
    let settings = "/connectorContext/connectorRuntimeSettings";
    let request = with(
        Operation::QueryData,
        settings,
        json!({"": "a", "\u{0}": "b", "__proto__": "c", "type": "d"}),
    );
    assert_eq!(
        ok(&request)
            .context()
            .unwrap()
            .connector_runtime_settings
            .len(),
        4
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&body);
    }

    #[test]
    fn changed_bytes(
        operation in prop::sample::select(Operation::ALL),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"{}[]\":,\\0n\x00\xff".to_vec())), 1..4),
    ) {
        let mut body = sample(operation).to_string().into_bytes();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if let Ok(request) = decode(&body) {
            let _ = request.context().and_then(|context| context.entity_definition.as_ref()).map(|text| text.decode());
        }
    }
}
