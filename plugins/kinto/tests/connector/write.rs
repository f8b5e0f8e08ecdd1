use appflow_connector::testing::{Answer, FakeHost, Run};
use appflow_connector::time::Moment;
use appflow_connector::write::{Operation, WriteRequest, WriteResult};
use appflow_connector::{Context, Destination as _, ErrorCode, Result};
use appflow_testkit::kinto::Kinto as Server;
use kinto::Kinto;
use serde_json::{Value, json};

use crate::support::{World, basic, context, forward, numbered, with_setting};

const REPLACE: &str = "replaceRecords";

fn run(host: &FakeHost, context: &Context, request: WriteRequest) -> Run<Result<Vec<WriteResult>>> {
    host.run(|| Ok(Kinto::write(context, request)?.into_results()))
}

fn write(world: &World, context: &Context, operation: Operation, records: &[Value]) -> Vec<String> {
    let records: Vec<String> = records.iter().map(Value::to_string).collect();
    let request = WriteRequest {
        id_fields: match operation {
            Operation::Insert => vec![],
            _ => vec!["id".to_owned()],
        },
        ..WriteRequest::new(world.things(), operation, records)
    };
    let results = run(&world.host, context, request).result.unwrap();
    results
        .into_iter()
        .map(|result| result.error.unwrap_or_else(|| "ok".to_owned()))
        .collect()
}

/// A record as it is stored, without its last change.
fn stored(world: &World, id: &str) -> Option<Value> {
    let record = world
        .bucket
        .get(&format!("/collections/things/records/{id}"));
    let mut record = record.ok()?;
    record.as_object_mut()?.remove("last_modified");
    Some(record)
}

fn modified(world: &World, id: &str) -> i64 {
    let record = world
        .bucket
        .get(&format!("/collections/things/records/{id}"))
        .unwrap();
    record["last_modified"].as_i64().unwrap()
}

#[test]
fn inserts_make_new_records_only() {
    let world = World::with(Value::Null, &numbered(1));
    let records = [
        json!({"id": "new", "number": 1.50}),
        json!({"id": "r000", "number": 99}),
        json!({"number": 7}),
        json!({"id": "not an id"}),
        json!([1]),
        json!({"id": 42, "last_modified": "2020-01-01T00:00:00Z"}),
    ];
    assert_eq!(
        write(&world, &context(), Operation::Insert, &records),
        [
            "ok",
            "there is a record with this id already",
            "ok",
            "the value of 'id' is not one that Kinto takes: letters, digits, - and _",
            "the record is not a JSON object",
            "ok",
        ]
    );
    assert_eq!(stored(&world, "r000").unwrap()["number"], 0);
    assert_eq!(
        stored(&world, "new").unwrap(),
        json!({"id": "new", "number": 1.5})
    );
    assert!(stored(&world, "42").is_some());
    assert_eq!(world.bucket.records("things").unwrap().len(), 4);
}

#[test]
fn a_new_record_has_the_identifier_kinto_made() {
    let world = World::with(Value::Null, &[]);
    let request = WriteRequest::new(world.things(), Operation::Insert, ["{\"number\":7}"]);
    let results = run(&world.host, &context(), request).result.unwrap();
    assert_eq!(stored(&world, &results[0].record_id).unwrap()["number"], 7);
}

#[test]
fn updates_and_upserts_keep_or_drop_what_is_not_given() {
    let none = "there is no such record";
    for (operation, replace, absent) in [
        (Operation::Update, false, none),
        (Operation::Update, true, none),
        (Operation::Upsert, false, "ok"),
        (Operation::Upsert, true, "ok"),
    ] {
        let world = World::with(Value::Null, &numbered(1));
        let context = with_setting(REPLACE, if replace { "true" } else { "false" });
        let records = [
            json!({"id": "r000", "number": null}),
            json!({"id": "absent", "number": 5}),
        ];
        assert_eq!(
            write(&world, &context, operation, &records),
            ["ok", absent],
            "{operation:?} {replace}"
        );
        let expected = match replace {
            true => json!({"id": "r000", "number": null}),
            false => json!({"id": "r000", "number": null, "text": "text 0"}),
        };
        assert_eq!(
            stored(&world, "r000").unwrap(),
            expected,
            "{operation:?} {replace}"
        );
        assert_eq!(stored(&world, "absent").is_some(), absent == "ok");
    }
}

#[test]
fn a_record_that_changed_meanwhile_is_not_written() {
    for operation in [Operation::Update, Operation::Upsert, Operation::Delete] {
        for replace in ["false", "true"] {
            let world = World::with(Value::Null, &numbered(4));
            let context = with_setting(REPLACE, replace);
            let expected = |id: &str, later: i64| {
                Moment::from_millis(modified(&world, id) + later).to_string()
            };
            let records = [
                json!({"id": "r000", "number": 10, "last_modified": expected("r000", 0)}),
                json!({"id": "r001", "number": 10, "last_modified": expected("r001", -1)}),
                json!({"id": "r002", "number": 10, "last_modified": modified(&world, "r002")}),
                json!({"id": "r003", "number": 10, "last_modified": "soon"}),
                json!({"id": "gone", "number": 10, "last_modified": "2020-01-01T00:00:00Z"}),
            ];
            let results = write(&world, &context, operation, &records);
            let what = format!("{operation:?} {replace}: {results:?}");
            assert_eq!(
                results[..4],
                [
                    "ok",
                    "the record was changed or deleted meanwhile",
                    "ok",
                    "the value of 'last_modified' is not a point in time",
                ],
                "{what}"
            );
            assert_ne!(results[4], "ok", "{what}");
            assert!(stored(&world, "gone").is_none(), "{what}");
            let number = |id: &str| stored(&world, id).map(|record| record["number"].clone());
            let written = (operation != Operation::Delete).then(|| json!(10));
            assert_eq!(
                [number("r000"), number("r001")],
                [written, Some(json!(1))],
                "{what}"
            );
        }
    }
}

#[test]
fn batches_are_as_large_as_the_server_takes() {
    let world = World::with(Value::Null, &numbered(60));
    let records: Vec<Value> = (0..60)
        .map(|number| json!({"id": format!("r{number:03}")}))
        .collect();
    let texts: Vec<String> = records.iter().map(Value::to_string).collect();
    let request = WriteRequest {
        id_fields: vec!["id".to_owned()],
        ..WriteRequest::new(world.things(), Operation::Delete, texts.clone())
    };
    let run_ = run(&world.host, &context(), request.clone());
    assert!(
        run_.result
            .unwrap()
            .iter()
            .all(|result| result.error.is_none())
    );
    let sizes: Vec<usize> = run_.requests[1..]
        .iter()
        .map(|sent| sent.body.matches("DELETE").count())
        .collect();
    assert_eq!(sizes, [25, 25, 10]);
    assert!(world.bucket.records("things").unwrap().is_empty());

    let small = Server::start(&[("kinto.batch_max_requests", "10")]).unwrap();
    let login = appflow_testkit::kinto::authorization();
    let host = FakeHost::new(move |sent| forward(&small, sent, Some(&login))).secret(basic());
    let run_ = run(&host, &context(), request);
    assert_eq!(run_.requests.len(), 7);
    assert!(
        run_.result
            .unwrap()
            .iter()
            .all(|result| result.error.is_some()),
        "there is no such bucket"
    );
}

#[test]
fn values_that_the_schema_refuses_are_single_failures_and_not_repeated() {
    let schema = json!({"type": "object", "properties": {"number": {"type": "integer"}}});
    let world = World::with(schema, &[]);
    let records = [
        json!({"number": 1}),
        json!({"number": "CANARY-text"}),
        json!({"number": 2}),
    ];
    let results = write(&world, &context(), Operation::Insert, &records);
    assert_eq!([results[0].as_str(), results[2].as_str()], ["ok", "ok"]);
    assert!(
        results[1].contains("schema") && !results[1].contains("CANARY"),
        "{results:?}"
    );
}

#[test]
fn all_or_none_stops_at_the_first_failure() {
    let world = World::with(Value::Null, &numbered(5));
    let write = |ids: &[&str]| {
        let records = ids
            .iter()
            .map(|id| json!({"id": id, "number": 9}).to_string());
        let request = WriteRequest {
            all_or_none: true,
            ..WriteRequest::new(
                world.things(),
                Operation::Update,
                records.collect::<Vec<_>>(),
            )
        };
        let results = run(&world.host, &context(), request).result.unwrap();
        results
            .iter()
            .map(|result| result.error.is_none())
            .collect::<Vec<_>>()
    };
    assert_eq!(write(&["r000", "nobody", "r001"]), [true, false, false]);
    assert_eq!(stored(&world, "r001").unwrap()["number"], 1);
    assert_eq!(
        write(&["r002", "not an id", "r003"]),
        [false; 3],
        "none, where one is not fit"
    );
    assert_eq!(stored(&world, "r002").unwrap()["number"], 2);
    assert_eq!(write(&["r002", "r003"]), [true; 2]);
}

/// A server that welcomes, and answers batches as told.
fn scripted(answer: impl Fn(usize) -> Answer + 'static) -> FakeHost {
    let count = std::cell::Cell::new(0);
    FakeHost::new(move |sent| {
        if sent.method == "GET" {
            return Answer::json(r#"{"http_api_version":"1.23","user":{"id":"u"},"settings":{"batch_max_requests":2}}"#);
        }
        count.set(count.get() + 1);
        answer(count.get())
    })
    .secret(basic())
}

fn statuses(statuses: &[u16]) -> String {
    let answers: Vec<String> = statuses
        .iter()
        .map(|status| format!(r#"{{"status":{status},"body":{{}}}}"#))
        .collect();
    format!(r#"{{"responses":[{}]}}"#, answers.join(","))
}

fn deletes(count: usize) -> WriteRequest {
    let records: Vec<String> = (0..count)
        .map(|number| format!(r#"{{"id":"r{number}"}}"#))
        .collect();
    WriteRequest::new("b/c", Operation::Delete, records)
}

#[test]
fn a_server_that_fails_leaves_no_record_without_a_result() {
    let down = || Answer::status(503).header("retry-after", "30");
    let run_ = run(&scripted(move |_| down()), &context(), deletes(3));
    let error = run_.result.unwrap_err();
    assert_eq!(
        (error.code(), error.retry_after_seconds()),
        (ErrorCode::ServiceUnavailable, Some(30))
    );
    assert_eq!(run_.requests.len(), 2, "sent again");

    let host = scripted(move |number| match number {
        1 => Answer::json(statuses(&[200, 503])),
        _ => down(),
    });
    let results = run(&host, &context(), deletes(5)).result.unwrap();
    let errors: Vec<String> = results
        .into_iter()
        .map(|result| result.error.unwrap_or_default())
        .collect();
    assert_eq!(errors[..2], ["", "Kinto is not available"]);
    assert!(
        errors[2].starts_with("not known to be written") && errors[4].starts_with("not sent"),
        "{errors:?}"
    );

    for body in ["[]", "{}", "<html>", r#"{"responses":[]}"#] {
        let run_ = run(
            &scripted(move |_| Answer::json(body)),
            &context(),
            deletes(2),
        );
        assert_eq!(
            run_.result.unwrap_err().code(),
            ErrorCode::ServerError,
            "{body}"
        );
    }
}

#[test]
fn a_conflict_undoes_the_other_records_of_its_batch() {
    let host = scripted(|_| Answer::json(statuses(&[200, 409])));
    let results = run(&host, &context(), deletes(2)).result.unwrap();
    assert!(
        results.iter().all(|result| result.error.is_some()),
        "{results:?}"
    );
}

#[test]
fn a_wait_that_the_server_asks_for_is_kept() {
    let host = scripted(|_| Answer::json(statuses(&[200, 200])).header("backoff", "3"));
    let run_ = run(&host, &context(), deletes(6));
    assert!(
        run_.result
            .unwrap()
            .iter()
            .all(|result| result.error.is_none())
    );
    assert_eq!(run_.waited_millis, 6000);
    let run_ = run(&host.time(9_000, 0), &context(), deletes(4));
    let results = run_.result.unwrap();
    assert!(results[1].error.is_none(), "{results:?}");
    assert!(
        run_.waited_millis == 3000 || results[2].error.as_deref().unwrap().contains("3 seconds")
    );
}

#[test]
fn other_keys_and_entities_are_refused_before_any_request() {
    let request = |entity: &str, keys: &[&str]| WriteRequest {
        id_fields: keys.iter().map(|key| (*key).to_owned()).collect(),
        ..WriteRequest::new(entity, Operation::Update, ["{}"])
    };
    for bad in [
        request("b/c", &["title"]),
        request("b/c", &["id", "x"]),
        request("b", &[]),
        request("b/../x", &[]),
    ] {
        let run_ = run(&scripted(|_| Answer::status(200)), &context(), bad);
        assert_eq!(run_.result.unwrap_err().code(), ErrorCode::InvalidArgument);
        assert!(run_.requests.is_empty());
    }
    let run_ = run(
        &scripted(|_| Answer::status(200)),
        &context(),
        WriteRequest::new("b/c", Operation::Update, ["{}", "7"]),
    );
    assert!(run_.requests.is_empty(), "no record is fit to be sent");
    assert!(
        run_.result
            .unwrap()
            .iter()
            .all(|result| result.error.is_some())
    );
}
