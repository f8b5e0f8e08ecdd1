//! Invocations of different customers, one after the other in one process and beside each other in two: each sees its
//! own credentials, settings and records, and nothing of another's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::server::{Received, Server, json as answer};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{ask, function, query};

/// Invocations in each process.
const INVOCATIONS: usize = 50;

fn name(number: usize) -> String {
    format!("customer-{number:02}")
}

fn token(number: usize) -> String {
    format!("CANARY-TOKEN-OF-{number:02}")
}

fn arn(number: usize) -> String {
    format!(
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:appflow!111122223333-{}-AbCdEf",
        name(number)
    )
}

/// A store with a secret for each customer.
fn store() -> tempfile::NamedTempFile {
    let secrets: BTreeMap<String, Value> = (0..INVOCATIONS)
        .map(|number| (arn(number), json!({"accessToken": token(number)})))
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), serde_json::to_vec(&secrets).unwrap()).unwrap();
    file
}

/// One customer's request and everything that comes of it.
fn invoke(lambda: &Lambda, server: &Server, number: usize) {
    let name = name(number);
    let settings = json!({"upstream": server.url(), "name": name});
    let mut request = query("who-am-i", settings);
    let context = &mut request["connectorContext"];
    context["credentials"]["secretArn"] = json!(arn(number));
    context["flowName"] = json!(format!("flow-{name}"));
    let (answer, invoked) = ask(lambda, &request);
    assert_eq!(answer["isSuccess"], true, "{answer}");
    assert_eq!(
        answer["records"],
        json!([format!("{{\"name\":\"{name}\",\"status\":200}}")])
    );
    let log = invoked.log.join("\n");
    for text in [format!("printed by {name}"), format!("flow-{name}")] {
        assert!(log.contains(&text), "{text:?} is not in {log}");
    }
    let everything = format!("{answer}{log}");
    for other in (0..INVOCATIONS).filter(|other| *other != number) {
        assert!(
            !everything.contains(&self::name(other)),
            "{name} sees {other}: {everything}"
        );
    }
    assert!(!everything.contains("CANARY"), "{everything}");
}

#[test]
fn fifty_customers_in_turn_in_two_processes_see_nothing_of_each_other() {
    let seen: Arc<Mutex<Vec<(String, String, String)>>> = Arc::default();
    let shared = Arc::clone(&seen);
    let server = Server::start(move |received: Received| {
        let header = |name: &str| received.header(name).unwrap_or_default().to_owned();
        let query = received.uri.query().unwrap_or_default().to_owned();
        shared
            .lock()
            .unwrap()
            .push((header("x-name"), header("authorization"), query));
        async move { answer(StatusCode::OK, &json!({})) }
    })
    .unwrap();
    let store = store();
    let start = || {
        let config = function("hostile")
            .env("APPFLOW_SECRETS_FILE", store.path().display().to_string())
            .env("APPFLOW_LOCAL_TARGETS", server.url());
        Lambda::start(config).unwrap()
    };
    std::thread::scope(|scope| {
        // The second process goes through the customers the other way round.
        for backwards in [false, true] {
            let (lambda, server) = (start(), &server);
            scope.spawn(move || {
                for turn in 0..INVOCATIONS {
                    // Forth and back between the first and the second half.
                    let half = (turn % 2) * INVOCATIONS / 2;
                    let number = turn / 2 + half;
                    let number = if backwards {
                        INVOCATIONS - 1 - number
                    } else {
                        number
                    };
                    invoke(&lambda, server, number);
                }
                assert_eq!(lambda.starts(), 1);
            });
        }
    });
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2 * INVOCATIONS);
    for number in 0..INVOCATIONS {
        let name = name(number);
        let own: Vec<_> = seen.iter().filter(|(sent, _, _)| *sent == name).collect();
        assert_eq!(own.len(), 2, "{name}");
        for (_, authorization, query) in own {
            assert_eq!(*authorization, format!("Bearer {}", token(number)));
            assert_eq!(*query, format!("name={name}"));
        }
    }
}
