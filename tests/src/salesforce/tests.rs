#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::*;

/// One request over a plain socket; none if the connection closed without a whole answer.
fn send(
    stand_in: &SalesforceStandIn,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, String, String)> {
    let mut stream = TcpStream::connect(stand_in.url().trim_start_matches("http://")).unwrap();
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream
        .write_all(format!("{text}\r\n{body}").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length: usize = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse()
            .ok()
    })?;
    (body.len() == length).then(|| {
        (
            head[9..12].parse().unwrap(),
            head.to_owned(),
            body.to_owned(),
        )
    })
}

fn call(stand_in: &SalesforceStandIn, method: &str, path: &str, body: &str) -> (u16, Value) {
    let bearer = format!("Bearer {}", stand_in.token());
    let (status, _, body) =
        send(stand_in, method, path, &[("authorization", &bearer)], body).unwrap();
    (
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    )
}

fn query(stand_in: &SalesforceStandIn, soql: &str) -> (u16, Value) {
    let encoded: String = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect();
    call(
        stand_in,
        "GET",
        &format!("/services/data/v61.0/query?q={encoded}"),
        "",
    )
}

fn start(config: Config) -> SalesforceStandIn {
    SalesforceStandIn::start(config).unwrap()
}

#[test]
fn related_fields_order_and_limit() {
    let stand_in = start(Config::default());
    let (status, body) = query(
        &stand_in,
        "SELECT Id, Owner.Name FROM Contact WHERE Account.NumberOfEmployees > 0 ORDER BY LastName DESC, Id LIMIT 7",
    );
    assert_eq!(status, 200, "{body}");
    let records = body["records"].as_array().unwrap();
    assert!(!records.is_empty() && records.len() <= 7);
    for record in records {
        assert_eq!(record["attributes"]["type"], "Contact");
        assert!(record["Owner"].is_null() || record["Owner"]["attributes"]["type"] == "User");
    }
}

#[test]
fn pages_follow_a_locator_and_do_not_see_changes() {
    let stand_in = start(Config {
        records_per_object: 450,
        ..Config::default()
    });
    let bearer = format!("Bearer {}", stand_in.token());
    stand_in.fault(Fault {
        path: "/query".into(),
        delete: 10,
        ..Fault::default()
    });
    let mut path = "/services/data/v61.0/query?q=SELECT+Id+FROM+Account".to_owned();
    let mut sizes = Vec::new();
    loop {
        let (status, _, body) = send(
            &stand_in,
            "GET",
            &path,
            &[
                ("authorization", &bearer),
                ("sforce-query-options", "batchSize=100"),
            ],
            "",
        )
        .unwrap();
        assert_eq!(status, 200);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["totalSize"], 450);
        sizes.push(body["records"].as_array().unwrap().len());
        match body["nextRecordsUrl"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(sizes, [200, 200, 50]);
    assert_eq!(stand_in.records("Account").len(), 440);
    assert_eq!(
        call(
            &stand_in,
            "GET",
            "/services/data/v61.0/query/01gnonsense-5",
            ""
        )
        .1[0]["errorCode"],
        "INVALID_QUERY_LOCATOR"
    );
}

#[test]
fn tokens_versions_and_paths_are_checked() {
    let stand_in = start(Config::default());
    let (status, _, body) = send(
        &stand_in,
        "GET",
        "/services/data/v61.0/sobjects",
        &[("authorization", "Bearer wrong")],
        "",
    )
    .unwrap();
    assert_eq!(
        (status, body.as_str()),
        (
            401,
            r#"[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]"#
        )
    );
    assert_eq!(
        send(&stand_in, "GET", "/services/oauth2/userinfo", &[], "")
            .unwrap()
            .0,
        403
    );
    assert_eq!(
        call(&stand_in, "GET", "/services/oauth2/userinfo", "").0,
        200
    );
    assert_eq!(
        call(&stand_in, "GET", "/services/data/v1.0/sobjects", "").0,
        404
    );
    assert_eq!(
        call(
            &stand_in,
            "GET",
            "/services/data/v61.0/sobjects/Nothing/describe",
            ""
        )
        .0,
        404
    );
    assert_eq!(
        call(&stand_in, "POST", "/services/data/v61.0/query", "").0,
        405
    );
    assert!(
        stand_in
            .requests()
            .iter()
            .all(|request| !format!("{request:?}").contains(TOKEN)),
        "the log keeps tokens"
    );
    stand_in.set_tokens(vec!["other".to_owned()]);
    assert_eq!(
        call(&stand_in, "GET", "/services/data/v61.0/sobjects", "").0,
        401
    );
}

#[test]
fn collections_write_and_report_each_record() {
    let stand_in = start(Config::default());
    let base = "/services/data/v61.0/composite/sobjects";
    let body = json!({ "allOrNone": false, "records": [
        { "attributes": { "type": "Contact" }, "LastName": "Ada", "ExternalKey__c": "new" },
        { "attributes": { "type": "Contact" }, "FirstName": "No last name" },
        { "attributes": { "type": "Contact" }, "LastName": "B", "CreatedDate": "2025-01-01T00:00:00Z" },
        { "attributes": { "type": "Contact" }, "LastName": "C", "Nope": 1 },
    ] }).to_string();
    let (status, results) = call(&stand_in, "POST", base, &body);
    assert_eq!(status, 200);
    let codes: Vec<&str> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["errors"][0]["statusCode"].as_str().unwrap_or("ok"))
        .collect();
    assert_eq!(
        codes,
        [
            "ok",
            "REQUIRED_FIELD_MISSING",
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "INVALID_FIELD"
        ]
    );
    let id = results[0]["id"].as_str().unwrap().to_owned();
    let update =
        json!({ "records": [{ "attributes": { "type": "Contact" }, "Id": id, "FirstName": "" }] })
            .to_string();
    assert_eq!(
        call(&stand_in, "PATCH", base, &update).1[0]["success"],
        true
    );
    let upsert = json!({ "records": [{ "LastName": "Lovelace", "ExternalKey__c": "NEW" }, { "LastName": "X", "ExternalKey__c": "other" }, { "LastName": "Y" }] }).to_string();
    let (_, results) = call(
        &stand_in,
        "PATCH",
        &format!("{base}/Contact/ExternalKey__c"),
        &upsert,
    );
    assert_eq!(
        (
            &results[0]["created"],
            &results[1]["created"],
            &results[2]["errors"][0]["statusCode"]
        ),
        (&json!(false), &json!(true), &json!("MISSING_ARGUMENT"))
    );
    let (_, results) = call(
        &stand_in,
        "DELETE",
        &format!("{base}?ids={id},{id},bad&allOrNone=false"),
        "",
    );
    assert_eq!(
        (
            &results[0]["success"],
            &results[1]["errors"][0]["statusCode"],
            &results[2]["errors"][0]["statusCode"]
        ),
        (
            &json!(true),
            &json!("ENTITY_IS_DELETED"),
            &json!("MALFORMED_ID")
        )
    );
}

#[test]
fn all_or_none_rolls_back_and_limits_hold() {
    let stand_in = start(Config::default());
    let base = "/services/data/v61.0/composite/sobjects";
    let body = json!({ "allOrNone": true, "records": [{ "attributes": { "type": "Contact" }, "LastName": "A" }, { "attributes": { "type": "Contact" } }] }).to_string();
    let (_, results) = call(&stand_in, "POST", base, &body);
    assert_eq!(
        results[0]["errors"][0]["statusCode"],
        "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    );
    assert_eq!(stand_in.records("Contact").len(), 50);
    let many: Vec<Value> = (0..201)
        .map(|_| json!({ "attributes": { "type": "Contact" }, "LastName": "A" }))
        .collect();
    let (status, error) = call(
        &stand_in,
        "POST",
        base,
        &json!({ "records": many }).to_string(),
    );
    assert_eq!(
        (status, &error[0]["errorCode"]),
        (400, &json!("EXCEEDED_ID_LIMIT"))
    );
    let wrong = json!({ "records": [{ "attributes": { "type": "Contact" }, "LastName": "A" }, { "attributes": { "type": "Contact" }, "LastName": 5 }] }).to_string();
    assert_eq!(
        call(&stand_in, "POST", base, &wrong).1[0]["errorCode"],
        "JSON_PARSER_ERROR"
    );
    assert_eq!(stand_in.records("Contact").len(), 50);
}

#[test]
fn faults_come_when_they_are_due() {
    let stand_in = start(Config::default());
    let path = "/services/data/v61.0/sobjects";
    stand_in.fault(Fault {
        path: "/sobjects".into(),
        nth: 2,
        preset: Some(Preset::Unavailable),
        ..Fault::default()
    });
    stand_in.fault(Fault {
        path: "/sobjects".into(),
        nth: 3,
        drop: true,
        ..Fault::default()
    });
    stand_in.fault(Fault {
        path: "/sobjects".into(),
        nth: 4,
        truncate: Some(10),
        ..Fault::default()
    });
    stand_in.fault(Fault {
        path: "/sobjects".into(),
        nth: 5,
        times: Some(0),
        status: Some(418),
        body: "tea".into(),
        ..Fault::default()
    });
    let bearer = format!("Bearer {}", stand_in.token());
    let get = || send(&stand_in, "GET", path, &[("authorization", &bearer)], "");
    assert_eq!(get().unwrap().0, 200);
    let (status, head, body) = get().unwrap();
    assert!(
        status == 503 && head.contains("retry-after: 60") && body.contains("SERVER_UNAVAILABLE")
    );
    assert!(get().is_none() && get().is_none());
    assert_eq!((get().unwrap().0, get().unwrap().0), (418, 418));
}

#[test]
fn held_answers_wait_for_release() {
    let stand_in = start(Config::default());
    stand_in.fault(Fault {
        path: "/sobjects".into(),
        hold: true,
        ..Fault::default()
    });
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| call(&stand_in, "GET", "/services/data/v61.0/sobjects", "").0);
        while stand_in.requests().is_empty() {
            std::thread::yield_now();
        }
        stand_in.release();
        assert_eq!(waiting.join().unwrap(), 200);
    });
}

#[test]
fn faults_read_from_text() {
    let config: Config = serde_json::from_value(json!({ "records_per_object": 3, "fault": [{ "path": "/query", "preset": "request-limit" }] })).unwrap();
    let stand_in = start(config);
    assert_eq!(query(&stand_in, "SELECT Id FROM Account").0, 403);
    assert_eq!(query(&stand_in, "SELECT Id FROM Account").1["totalSize"], 3);
    assert!(serde_json::from_value::<Config>(json!({ "recordz": 3 })).is_err());
}

#[test]
fn the_same_seed_makes_the_same_records() {
    let (one, two, other) = (
        start(Config::default()),
        start(Config::default()),
        start(Config {
            seed: 2,
            ..Config::default()
        }),
    );
    assert_eq!(one.records("Everything__c"), two.records("Everything__c"));
    assert_ne!(one.records("Everything__c"), other.records("Everything__c"));
    let everything = one.records("Everything__c");
    for field in one
        .shared
        .state()
        .object("Everything__c")
        .unwrap()
        .fields
        .clone()
    {
        assert!(
            everything
                .iter()
                .any(|record| !record[&field.name].is_null()),
            "{} is always null",
            field.name
        );
    }
    assert_eq!(
        long_id("001000000000001"),
        Some("001000000000001AAA".to_owned())
    );
    assert_eq!(
        long_id("001A0000006Vm9r"),
        Some("001A0000006Vm9rIAC".to_owned())
    );
    assert_eq!(long_id("001000000000001AAB"), None);
}
