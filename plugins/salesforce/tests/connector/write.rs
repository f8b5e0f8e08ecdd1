use appflow_connector::testing::Run;
use appflow_connector::write::{Operation, WriteRequest, WriteResult};
use appflow_connector::{Destination as _, ErrorCode, Result};
use appflow_testkit::salesforce::{Config, Fault, Preset};
use salesforce::Salesforce;
use serde_json::json;

use crate::support::{World, context};

fn request(operation: Operation, key: &[&str], records: Vec<String>) -> WriteRequest {
    WriteRequest {
        id_fields: key.iter().map(|key| (*key).to_owned()).collect(),
        ..WriteRequest::new("Contact", operation, records)
    }
}

fn write(world: &World, request: WriteRequest) -> Run<Result<Vec<WriteResult>>> {
    let run = world
        .host_with("Contact")
        .run(|| Salesforce::write(&context(), request));
    Run {
        result: run
            .result
            .map(appflow_connector::write::WriteResults::into_results),
        records: run.records,
        requests: run.requests,
        logs: run.logs,
        waited_millis: run.waited_millis,
    }
}

fn plain(world: &World, request: WriteRequest) -> Run<Result<Vec<WriteResult>>> {
    let run = world.host.run(|| Salesforce::write(&context(), request));
    Run {
        result: run
            .result
            .map(appflow_connector::write::WriteResults::into_results),
        records: run.records,
        requests: run.requests,
        logs: run.logs,
        waited_millis: run.waited_millis,
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| json!({ "LastName": format!("Name {number}"), "ExternalKey__c": format!("new-{number}") }).to_string()).collect()
}

fn id(world: &World, place: usize) -> String {
    world.salesforce.records("Contact")[place]["Id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn stored(world: &World, id: &str, field: &str) -> serde_json::Value {
    world
        .salesforce
        .records("Contact")
        .iter()
        .find(|record| record["Id"] == id)
        .map(|record| record[field].clone())
        .unwrap_or_default()
}

#[test]
fn records_are_inserted_in_chunks_and_results_keep_their_order() {
    let world = World::new(Config::default());
    let run = write(&world, request(Operation::Insert, &[], names(450)));
    let results = run.result.unwrap();
    assert_eq!(results.len(), 450);
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result.error, None);
        assert_eq!(
            stored(&world, &result.record_id, "LastName"),
            format!("Name {number}")
        );
    }
    assert_eq!(run.requests.len(), 3);
    assert!(
        write(&world, request(Operation::Insert, &[], vec![]))
            .requests
            .is_empty()
    );
}

#[test]
fn records_are_updated_upserted_and_deleted() {
    let world = World::new(Config::default());
    let (first, second) = (id(&world, 0), id(&world, 1));
    let run = write(&world, request(Operation::Update, &["Id"], vec![
        json!({ "Id": first, "FirstName": "Ada", "Email": null, "attributes": { "type": "Account" } }).to_string(),
        json!({ "FirstName": "Without key" }).to_string(),
        json!({ "Id": "nonsense,001", "FirstName": "x" }).to_string(),
        json!({ "Id": "003000000zzzzzz", "FirstName": "Gone" }).to_string(),
    ]));
    let results = run.result.unwrap();
    assert_eq!(
        results[0],
        WriteResult {
            record_id: first.clone(),
            error: None
        }
    );
    assert_eq!(stored(&world, &first, "FirstName"), "Ada");
    assert!(stored(&world, &first, "Email").is_null());
    assert!(
        results[1].error.as_deref().unwrap().contains("'Id'") && results[1].record_id.is_empty()
    );
    assert!(
        results[2]
            .error
            .as_deref()
            .unwrap()
            .contains("not a Salesforce id")
    );
    assert!(
        results[3]
            .error
            .as_deref()
            .unwrap()
            .starts_with("ENTITY_IS_DELETED")
    );
    assert!(
        !run.requests[0].body.contains("Without key") && !run.requests[0].body.contains("nonsense")
    );

    for round in 0..2 {
        let run = write(
            &world,
            request(
                Operation::Upsert,
                &["ExternalKey__c"],
                vec![
                    json!({ "ExternalKey__c": "key-1", "LastName": format!("Changed {round}") })
                        .to_string(),
                    json!({ "ExternalKey__c": "brand-new", "LastName": "New" }).to_string(),
                    json!({ "LastName": "No key" }).to_string(),
                    json!({ "ExternalKey__c": "", "LastName": "Empty key" }).to_string(),
                ],
            ),
        );
        let results = run.result.unwrap();
        assert_eq!(results[0].record_id, second);
        assert!(
            results[1].error.is_none() && results[2].error.is_some() && results[3].error.is_some()
        );
        assert_eq!(
            world.salesforce.records("Contact").len(),
            51,
            "the second upsert changes and does not add"
        );
    }
    assert_eq!(stored(&world, &second, "LastName"), "Changed 1");

    let run = write(
        &world,
        request(
            Operation::Delete,
            &["Id"],
            vec![
                json!({ "Id": first, "x": 1 }).to_string(),
                json!({ "Id": first }).to_string(),
                "{}".to_owned(),
            ],
        ),
    );
    let results = run.result.unwrap();
    assert!(results[0].error.is_none() && results[1].error.is_some() && results[2].error.is_some());
    assert_eq!(results[1].record_id, first);
    assert_eq!(world.salesforce.records("Contact").len(), 50);
}

#[test]
fn single_failures_are_single_results() {
    let world = World::new(Config::default());
    let records = vec![
        json!({ "LastName": "Good" }).to_string(),
        json!({ "FirstName": "No last name" }).to_string(),
        json!({ "LastName": "Bad mail", "Email": "CANARY-not-a-mail" }).to_string(),
        "[1]".to_owned(),
        "{\"LastName\":".to_owned(),
        "\"text\"".to_owned(),
        json!({ "LastName": "x", "Nope": 1 }).to_string(),
        json!({ "LastName": "x", "CreatedDate": "2025-01-01T00:00:00Z" }).to_string(),
        json!({ "LastName": { "a": 1 } }).to_string(),
        json!({ "LastName": "x", "DoNotCall": "perhaps" }).to_string(),
        json!({ "LastName": 5, "DoNotCall": "TRUE" }).to_string(),
    ];
    let run = write(&world, request(Operation::Insert, &[], records));
    let results = run.result.unwrap();
    let errors: Vec<&str> = results
        .iter()
        .map(|result| result.error.as_deref().unwrap_or("ok"))
        .collect();
    assert_eq!(
        errors,
        [
            "ok",
            "REQUIRED_FIELD_MISSING: a required field is missing (LastName)",
            "INVALID_EMAIL_ADDRESS: not an e-mail address (Email)",
            "the record is not a JSON object",
            "the record is not a JSON object",
            "the record is not a JSON object",
            "the entity has no field 'Nope'",
            "the field 'CreatedDate' cannot be written in this operation",
            "the value of 'LastName' is not of the field's type",
            "the value of 'DoNotCall' is not of the field's type",
            "ok",
        ]
    );
    assert_eq!(stored(&world, &results[10].record_id, "LastName"), "5");
    assert_eq!(stored(&world, &results[10].record_id, "DoNotCall"), true);
}

#[test]
fn numbers_keep_all_their_digits() {
    let world = World::new(Config::default());
    let record = r#"{"Name":"n","Currency__c":1234567890123456.78,"Long__c":999999999999999999,"Double__c":"0.10"}"#;
    let host = world.host_with("Everything__c");
    let run = host.run(|| {
        Salesforce::write(
            &context(),
            WriteRequest::new("Everything__c", Operation::Insert, [record]),
        )
    });
    assert!(run.result.unwrap().all_written());
    let body = &run.requests[0].body;
    assert!(
        body.contains("1234567890123456.78")
            && body.contains("999999999999999999")
            && body.contains("\"Double__c\":0.1"),
        "{body}"
    );
}

#[test]
fn one_bad_record_does_not_take_its_chunk_along() {
    // Without a definition nothing is checked here, and Salesforce refuses the whole body.
    let world = World::new(Config::default());
    let mut records = names(100);
    records[37] = json!({ "LastName": true }).to_string();
    let run = plain(&world, request(Operation::Insert, &[], records));
    let results = run.result.unwrap();
    let failed: Vec<usize> = results
        .iter()
        .enumerate()
        .filter(|(_, result)| result.error.is_some())
        .map(|(place, _)| place)
        .collect();
    assert_eq!(failed, [37]);
    assert_eq!(world.salesforce.records("Contact").len(), 149);
    assert!(run.requests.len() < 20);
}

#[test]
fn all_or_none_writes_all_or_none() {
    let world = World::new(Config::default());
    let all_or_none = |records| WriteRequest {
        all_or_none: true,
        ..request(Operation::Insert, &[], records)
    };
    let mut records = names(3);
    records[1] = json!({ "FirstName": "No last name" }).to_string();
    let results = write(&world, all_or_none(records)).result.unwrap();
    assert!(results.iter().all(|result| result.error.is_some()));
    assert!(
        results[0]
            .error
            .as_deref()
            .unwrap()
            .contains("another record failed")
    );
    let mut records = names(3);
    records[1] = "rubbish".to_owned();
    let run = write(&world, all_or_none(records));
    assert!(
        run.requests.is_empty()
            && run
                .result
                .unwrap()
                .iter()
                .all(|result| result.error.is_some())
    );
    let run = write(&world, all_or_none(names(201)));
    assert!(run.requests.is_empty());
    assert_eq!(run.result.unwrap_err().code(), ErrorCode::InvalidArgument);
    assert_eq!(world.salesforce.records("Contact").len(), 50);
    assert!(
        write(&world, all_or_none(names(200)))
            .result
            .unwrap()
            .iter()
            .all(|result| result.error.is_none())
    );
}

#[test]
fn a_request_that_fails_is_an_error_while_nothing_was_written() {
    for (preset, code) in [
        (Preset::InvalidSession, ErrorCode::InvalidCredentials),
        (Preset::RequestLimit, ErrorCode::RateLimitExceeded),
        (Preset::Forbidden, ErrorCode::AccessDenied),
        (Preset::TooManyRequests, ErrorCode::RateLimitExceeded),
        (Preset::Unavailable, ErrorCode::ServiceUnavailable),
        (Preset::ServerError, ErrorCode::ServerError),
        (Preset::ErrorWith200, ErrorCode::ServerError),
        (Preset::MalformedJson, ErrorCode::ServerError),
        (Preset::HtmlPage, ErrorCode::ServerError),
        (Preset::Empty, ErrorCode::ServerError),
    ] {
        let world = World::new(Config::default());
        world.salesforce.fault(Fault {
            path: "/composite".into(),
            preset: Some(preset),
            ..Fault::default()
        });
        let run = write(&world, request(Operation::Insert, &[], names(450)));
        assert_eq!(run.result.unwrap_err().code(), code, "{preset:?}");
        assert_eq!(run.requests.len(), 1, "{preset:?}: sent again");
    }
}

#[test]
fn after_a_first_chunk_failures_are_results() {
    for fault in [
        Fault {
            preset: Some(Preset::RequestLimit),
            ..Fault::default()
        },
        Fault {
            drop: true,
            ..Fault::default()
        },
        Fault {
            status: Some(200),
            body: "[]".into(),
            ..Fault::default()
        },
    ] {
        let world = World::new(Config::default());
        world.salesforce.fault(Fault {
            path: "/composite".into(),
            nth: 2,
            ..fault
        });
        let run = write(&world, request(Operation::Insert, &[], names(450)));
        let results = run.result.unwrap();
        assert!(results[..200].iter().all(|result| result.error.is_none()));
        assert!(results[200..400].iter().all(|result| {
            result
                .error
                .as_deref()
                .unwrap()
                .starts_with("not known to be written")
        }));
        assert!(
            results[400..].iter().all(|result| result
                .error
                .as_deref()
                .unwrap()
                .starts_with("not sent"))
        );
        assert_eq!(run.requests.len(), 2);
    }
}

#[test]
fn time_ends_writing_and_says_what_was_not_sent() {
    let world = World::new(Config::default());
    let host = world.host_with("Contact").time(12_000, 4_000);
    let run =
        host.run(|| Salesforce::write(&context(), request(Operation::Insert, &[], names(600))));
    let results = run.result.unwrap().into_results();
    assert_eq!(run.requests.len(), 2);
    assert!(
        results[399].error.is_none() && results[400].error.as_deref().unwrap().contains("time")
    );
}

#[test]
fn keys_and_names_are_checked_before_any_request() {
    let world = World::new(Config::default());
    let records = || names(1);
    for (bad, what) in [
        (
            request(Operation::Update, &["Email"], records()),
            "update by a field that is no id",
        ),
        (
            request(Operation::Delete, &["ExternalKey__c"], records()),
            "delete by an external id",
        ),
        (
            request(Operation::Upsert, &["LastName"], records()),
            "upsert by a field that is no external id",
        ),
        (
            request(Operation::Upsert, &["Nope"], records()),
            "upsert by an unknown field",
        ),
        (
            request(Operation::Upsert, &["A", "B"], records()),
            "two keys",
        ),
        (request(Operation::Upsert, &["../x"], records()), "a path"),
        (
            WriteRequest::new("Contact/../x", Operation::Insert, records()),
            "an entity that is a path",
        ),
    ] {
        let run = write(&world, bad);
        assert_eq!(
            run.result.unwrap_err().code(),
            ErrorCode::InvalidArgument,
            "{what}"
        );
        assert!(run.requests.is_empty(), "{what}");
    }
}
