use appflow_connector::filter::{Comparator, Condition, Filter, Literal};
use appflow_connector::testing::{Answer, FakeHost};
use appflow_connector::{ErrorCode, QueryRequest, Result, RetrieveRequest, Source as _};
use appflow_testkit::kinto::{Kinto as Server, authorization};
use kinto::Kinto;
use serde_json::{Value, json};

use crate::support::{World, basic, context, forward, ids, numbered, parsed, with_setting};

/// All records of a request, page by page.
fn read(host: &FakeHost, request: &QueryRequest) -> Result<Vec<String>> {
    let host = host.clone().limit(request.limit);
    let pages = host.pages(|token| Kinto::query(&context(), request.clone().token(token)))?;
    Ok(pages.into_iter().flat_map(|page| page.records).collect())
}

fn times(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number:03}")).collect()
}

#[test]
fn every_record_comes_once_whatever_the_page() {
    let world = World::with(Value::Null, &numbered(53));
    let host = world.described();
    for limit in [1, 7, 52, 53, 54, 1000] {
        for fields in [vec![], vec!["id"], vec!["id", "last_modified"]] {
            let request = QueryRequest::new(world.things())
                .limit(limit)
                .fields(fields);
            let records = read(&host, &request).unwrap();
            assert_eq!(ids(&records), times(53), "{limit} {:?}", request.fields);
        }
    }
}

#[test]
fn records_that_change_between_two_pages_come_once() {
    let world = World::with(Value::Null, &numbered(30));
    let host = world.described().limit(10);
    let request = QueryRequest::new(world.things()).limit(10);
    let mut records = Vec::new();
    let mut token = None;
    for page in 0..3 {
        let run = host.run(|| Kinto::query(&context(), request.clone().token(token.take())));
        records.extend(run.records);
        token = run.result.unwrap();
        // One that was read already, the last one read, and one that was not.
        for number in [page * 10, page * 10 + 9, 29] {
            let path = format!("/collections/things/records/r{number:03}");
            world.bucket.put(&path, &json!({"number": 1000})).unwrap();
        }
        // One that was read is removed, and it does not shift the others.
        let path = format!("/collections/things/records/r{:03}", page * 10 + 1);
        world.bucket.delete(&path).unwrap();
    }
    assert_eq!(token, None);
    assert_eq!(ids(&records), times(30));
    assert_eq!(
        parsed(&records)[29]["number"],
        1000,
        "as it is when it is read"
    );
}

#[test]
fn a_server_with_small_pages_of_its_own_is_followed() {
    let kinto = Server::start(&[
        ("kinto.paginate_by", "4"),
        ("kinto.batch_max_requests", "25"),
    ])
    .unwrap();
    let bucket = kinto.bucket().unwrap();
    bucket.fill("things", &Value::Null, &numbered(25)).unwrap();
    let entity = bucket.entity("things");
    drop(bucket);
    let login = authorization();
    let host = FakeHost::new(move |sent| forward(&kinto, sent, Some(&login))).secret(basic());
    let records = read(&host, &QueryRequest::new(entity).limit(10)).unwrap();
    assert_eq!(ids(&records), times(25));
}

#[test]
fn only_what_is_wanted_is_asked_for_and_emitted() {
    let world = World::with(Value::Null, &numbered(3));
    let request = QueryRequest::new(world.things()).fields(["text", "id"]);
    let run = world
        .described()
        .run(|| Kinto::query(&context(), request.clone()));
    assert_eq!(run.records[0], r#"{"text":"text 0","id":"r000"}"#);
    assert_eq!(run.requests.len(), 1, "the definition was sent along");
    assert_eq!(run.requests[0].query("_fields").as_deref(), Some("text,id"));
    // Without AppFlow's copy the collection is described first.
    let run = world.host.run(|| Kinto::query(&context(), request));
    assert_eq!((run.requests.len(), run.records.len()), (3, 3));
}

#[test]
fn values_come_in_appflows_forms() {
    let records = [
        json!({"id": "a", "mixed": 1, "big": 12345678901234567_u64, "nested": {"a": [1]}}),
        json!({"id": "b", "mixed": "x", "big": 1}),
        json!({"id": "c", "mixed": [1, {"b": null}]}),
        json!({"id": "d", "mixed": null}),
    ];
    let world = World::with(Value::Null, &records);
    let request = QueryRequest::new(world.things());
    let records = parsed(&read(&world.described(), &request).unwrap());
    let mixed: Vec<_> = records
        .iter()
        .map(|record| record["mixed"].clone())
        .collect();
    assert_eq!(json!(mixed), json!(["1", "x", "[1,{\"b\":null}]", null]));
    assert_eq!(records[0]["big"], 12345678901234567_u64);
    assert_eq!(records[0]["nested"], json!({"a": [1]}));
    assert!(
        records[3].get("big").is_none(),
        "what is not there is left out"
    );
    let stored = world.bucket.records("things").unwrap();
    let modified = records[0]["last_modified"].as_str().unwrap();
    let moment = appflow_connector::time::Moment::parse(modified).unwrap();
    assert_eq!(json!(moment.millis()), stored[0]["last_modified"]);
}

#[test]
fn incremental_reads_take_changes_and_leave_out_what_was_deleted() {
    let world = World::with(Value::Null, &numbered(6));
    world
        .bucket
        .delete("/collections/things/records/r001")
        .unwrap();
    let stored = world.bucket.records("things").unwrap();
    let modified = |place: usize| {
        let millis = stored[place]["last_modified"].as_i64().unwrap();
        Literal::date_time(appflow_connector::time::Moment::from_millis(millis).to_string())
    };
    let between = Condition::Between {
        field: "last_modified".to_owned(),
        low: modified(1),
        high: modified(3),
    };
    let request = QueryRequest::new(world.things())
        .fields(["id"])
        .filter(between);
    let host = world.described();
    let run = host.run(|| Kinto::query(&context(), request.clone()));
    assert_eq!(ids(&run.records), ["r002", "r003", "r004"]);
    assert!(run.logs.is_empty(), "Kinto decided: {:?}", run.logs);

    let since = Condition::compare("last_modified", Comparator::Greater, modified(3));
    let request = request.clone().filter(since).fields(["id", "deleted"]);
    let with = with_setting("includeDeleted", "true");
    let host = world.host.clone().entity(world.definition(&with));
    let run = host.run(|| Kinto::query(&with, request.clone()));
    assert_eq!(
        run.records,
        [r#"{"id":"r001","deleted":true}"#, r#"{"id":"r005"}"#]
    );
    let without = host.run(|| Kinto::query(&context(), request));
    assert_eq!(ids(&without.records), ["r005"]);
}

#[test]
fn a_limit_counts_records_that_meet_the_condition() {
    let world = World::with(Value::Null, &numbered(60));
    // Kinto does not decide of either.
    let either = Condition::equal("text", Literal::text("text 3"))
        .or(Condition::equal("number", Literal::number(0)));
    let request = QueryRequest {
        filter: Some(Filter {
            condition: Some(either),
            limit: Some(5),
            ..Filter::default()
        }),
        ..QueryRequest::new(world.things()).limit(2)
    };
    let records = read(&world.described(), &request).unwrap();
    assert_eq!(ids(&records), ["r000", "r003", "r010", "r017", "r024"]);
}

#[test]
fn records_are_retrieved_by_any_field() {
    let world = World::with(Value::Null, &numbered(400));
    let host = world.described();
    let retrieve = |field: Option<&str>, values: Vec<String>| {
        let mut request = RetrieveRequest::new(world.things(), values);
        request.id_field = field.map(str::to_owned);
        request.fields = vec!["id".to_owned()];
        host.run(|| Kinto::retrieve(&context(), request))
    };
    let run = retrieve(
        None,
        (0..400)
            .rev()
            .map(|number| format!("r{number:03}"))
            .collect(),
    );
    run.result.unwrap();
    let mut found = ids(&run.records);
    found.sort();
    assert_eq!(found, times(400));
    assert!(run.requests.len() > 1 && run.requests.iter().all(|sent| sent.url.len() < 6000));

    let values = ["7", "not a number", "7", "1000"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(ids(&retrieve(Some("number"), values).records), ["r007"]);
    let hostile = ["a,b", "\"", "..", "r1&_limit=1", "\u{0}", ""]
        .map(str::to_owned)
        .to_vec();
    let run = retrieve(None, hostile);
    assert_eq!((run.result, run.records.len()), (Ok(()), 0));
    assert!(retrieve(None, vec![]).requests.is_empty());
    let unknown = retrieve(Some("nowhere"), vec!["x".to_owned()]);
    assert_eq!(
        unknown.result.unwrap_err().code(),
        ErrorCode::InvalidArgument
    );
    let host = host.clone().limit(5);
    let many = RetrieveRequest::new(world.things(), times(9));
    let error = host
        .run(|| Kinto::retrieve(&context(), many))
        .result
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
}

#[test]
fn errors_are_appflows_and_repeat_nothing() {
    let kinto = Server::shared().unwrap();
    let world = World::with(Value::Null, &numbered(1));
    let wrong = ("authorization".to_owned(), "Basic dTpw".to_owned());
    let stranger = FakeHost::new(move |sent| forward(kinto, sent, Some(&wrong))).secret(basic());
    let nowhere = QueryRequest::new(world.bucket.entity("nowhere"));
    let things = QueryRequest::new(world.things());
    let down =
        |status: u16| FakeHost::new(move |_| Answer::status(status).header("retry-after", "7"));
    for (host, request, code, retry) in [
        (stranger, &things, ErrorCode::InvalidCredentials, None),
        (
            world.host.clone(),
            &nowhere,
            ErrorCode::InvalidArgument,
            None,
        ),
        (down(503), &things, ErrorCode::ServiceUnavailable, Some(7)),
        (down(429), &things, ErrorCode::RateLimitExceeded, Some(7)),
        (down(500), &things, ErrorCode::ServerError, Some(7)),
        (
            FakeHost::new(|_| Answer::json("<html>")),
            &things,
            ErrorCode::ServerError,
            None,
        ),
        (
            FakeHost::new(|_| Answer::json("{}")),
            &things,
            ErrorCode::ServerError,
            None,
        ),
    ] {
        let error = host
            .run(|| Kinto::query(&context(), request.clone()))
            .result
            .unwrap_err();
        assert_eq!(
            (error.code(), error.retry_after_seconds()),
            (code, retry),
            "{error}"
        );
    }
    // What Kinto says of a value that is refused has the value in it.
    let host = FakeHost::new(|_| {
        Answer::status(400).body(
            r#"{"errno":107,"message":"CANARY-value is wrong","details":[{"name":"CANARY"}]}"#,
        )
    });
    let error = host
        .run(|| Kinto::query(&context(), things))
        .result
        .unwrap_err();
    assert!(!error.message().contains("CANARY"), "{error}");
}
