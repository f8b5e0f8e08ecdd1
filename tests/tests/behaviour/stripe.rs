//! The connector for Stripe against two stateful stand-ins that others have written, as servers on loopback.

use std::collections::BTreeMap;

use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::setup::{SECRET_ARN, SecretsFile};
use appflow_testkit::stripe::{Kind, Stripe};
use serde_json::{Value, json};

use crate::support::{ask, code, function};

/// The connector with a key, and the server it asks.
struct Flow {
    server: Stripe,
    lambda: Lambda,
    _secrets: SecretsFile,
}

impl Flow {
    fn start(kind: Kind) -> Self {
        Self::with_key(kind, Stripe::KEY)
    }

    fn with_key(kind: Kind, key: &str) -> Self {
        let server = Stripe::start(kind).unwrap_or_else(|error| panic!("{error:#}"));
        let secrets =
            SecretsFile::create(&BTreeMap::from([("apiKey".to_owned(), key.to_owned())])).unwrap();
        let function = function("stripe")
            .env("APPFLOW_SECRETS_FILE", secrets.path().display().to_string())
            .env(
                "APPFLOW_LOCAL_TARGETS",
                format!("api.stripe.com={}", server.url()),
            )
            .env("APPFLOW_LOG", "debug");
        Self {
            server,
            lambda: Lambda::start(function).unwrap(),
            _secrets: secrets,
        }
    }

    fn ask(&self, mut request: Value, execution: &str) -> Value {
        request["connectorContext"] = json!({"apiVersion": "2024-06-20", "connectorRuntimeSettings": {}, "flowName": "flow",
            "executionId": execution, "connectorProfileLabel": "profile",
            "credentials": {"secretArn": SECRET_ARN, "authenticationType": "ApiKey"}});
        let (answer, invoked) = ask(&self.lambda, &request);
        let log = invoked.log.join("\n");
        assert!(!log.contains(Stripe::KEY), "{log}");
        answer
    }

    /// Every record, page after page, and the number of pages.
    fn read(
        &self,
        entity: &str,
        fields: &[&str],
        most: usize,
        filter: Option<&str>,
    ) -> (Vec<Value>, usize) {
        let (mut records, mut pages, mut token) = (Vec::new(), 0, Value::Null);
        loop {
            let request = json!({"type": "QueryDataRequest", "entityIdentifier": entity, "maxResults": most,
                "selectedFieldNames": fields, "filterExpression": filter, "nextToken": token});
            let answer = self.ask(request, "execution-1");
            assert_eq!(answer["isSuccess"], true, "{answer}");
            let page = parsed(&answer);
            assert!(page.len() <= most);
            records.extend(page);
            pages += 1;
            token = answer["nextToken"].clone();
            if token.is_null() {
                return (records, pages);
            }
        }
    }

    fn write(&self, entity: &str, operation: &str, records: &[Value], execution: &str) -> Value {
        let records: Vec<String> = records.iter().map(Value::to_string).collect();
        let ids: &[&str] = if operation == "INSERT" { &[] } else { &["id"] };
        let request = json!({"type": "WriteDataRequest", "entityIdentifier": entity, "operation": operation,
            "idFieldNames": ids, "records": records});
        self.ask(request, execution)
    }

    /// Writes records that the server takes; their identifiers.
    fn written(&self, entity: &str, operation: &str, records: &[Value]) -> Vec<String> {
        let answer = self.write(entity, operation, records, "execution-1");
        assert_eq!(answer["isSuccess"], true, "{answer}");
        let results = answer["writeRecordResults"].as_array().unwrap();
        let ids = results
            .iter()
            .map(|result| result["recordId"].as_str().unwrap_or_default().to_owned());
        ids.collect()
    }
}

/// The records of an answer.
fn parsed(answer: &Value) -> Vec<Value> {
    let texts = answer["records"].as_array().into_iter().flatten();
    texts
        .map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap())
        .collect()
}

const KINDS: [Kind; 2] = [Kind::LocalStripe, Kind::StatefulMock];

fn customers(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| {
            json!({"description": format!("Customer {number} & = c"), "email": format!("c{}@example.com", number % 2),
                "metadata": {"tier": "gold", "number": number}})
        })
        .collect()
}

fn sorted(records: Vec<Value>) -> Vec<Value> {
    let mut records = records;
    records.sort_by_key(|record| {
        record["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    });
    records
}

#[test]
fn what_is_written_is_read_page_by_page() {
    for kind in KINDS {
        let flow = Flow::start(kind);
        let ids = flow.written("customers", "INSERT", &customers(7));
        assert!(ids.iter().all(|id| id.starts_with("cus_")), "{ids:?}");
        let fields = ["id", "email", "description", "metadata"];
        for (most, pages) in [(3, 3), (7, 1), (1000, 1)] {
            let (records, read) = flow.read("customers", &fields, most, None);
            assert_eq!(read, pages, "{kind:?} {most}");
            let records = sorted(records);
            assert_eq!(records.len(), 7, "{kind:?} {most}");
            for (number, record) in records.iter().enumerate() {
                // Stripe's metadata has texts only.
                assert_eq!(
                    record,
                    &json!({"id": ids[number], "description": format!("Customer {number} & = c"),
                        "email": format!("c{}@example.com", number % 2),
                        "metadata": {"tier": "gold", "number": number.to_string()}}),
                    "{kind:?}"
                );
            }
        }
        // A point in time is converted, and the rest of a filter checked after the fetch.
        let (records, _) = flow.read(
            "customers",
            &["description", "created"],
            2,
            Some("description contains 'r 3'"),
        );
        assert_eq!(records.len(), 1, "{kind:?} {records:?}");
        let created = records[0]["created"].as_str().unwrap();
        assert!(
            created.starts_with("20") && created.ends_with('Z'),
            "{created}"
        );
        let (records, _) = flow.read(
            "customers",
            &["description"],
            10,
            Some("description contains 'Customer' LIMIT 4"),
        );
        assert_eq!(records.len(), 4, "{kind:?}");
    }
}

#[test]
fn a_value_that_stripe_filters_by_goes_into_the_request() {
    // Only this one filters by the address.
    let flow = Flow::start(Kind::LocalStripe);
    flow.written("customers", "INSERT", &customers(7));
    let (records, _) = flow.read(
        "customers",
        &["description"],
        2,
        Some("email = 'c1@example.com'"),
    );
    let names: Vec<_> = sorted(records)
        .into_iter()
        .map(|record| record["description"].clone())
        .collect();
    assert_eq!(
        names,
        ["Customer 1 & = c", "Customer 3 & = c", "Customer 5 & = c"]
    );
    let log = flow.lambda.logs().unwrap().join("\n");
    assert!(!log.contains("checked after the fetch"), "{log}");
}

#[test]
fn more_records_than_a_page_of_stripes_holds() {
    let flow = Flow::start(Kind::StatefulMock);
    for number in 0..205 {
        let (status, body) = flow
            .server
            .ask(
                "POST",
                "/v1/customers",
                &format!("description=n{number:03}"),
            )
            .unwrap();
        assert_eq!(status, 200, "{body}");
    }
    for most in [150, 1000] {
        let (records, _) = flow.read("customers", &["description"], most, None);
        let mut names: Vec<_> = records
            .iter()
            .map(|record| record["description"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        let expected: Vec<String> = (0..205).map(|number| format!("n{number:03}")).collect();
        assert_eq!(names, expected, "{most}");
    }
}

#[test]
fn objects_are_changed_fetched_and_removed() {
    for kind in KINDS {
        let flow = Flow::start(kind);
        let ids = flow.written("customers", "INSERT", &customers(3));
        flow.written(
            "customers",
            "UPDATE",
            &[json!({"id": ids[1], "description": "Ada", "metadata": {"tier": "silver"}})],
        );
        let upserted = flow.written(
            "customers",
            "UPSERT",
            &[
                json!({"id": ids[2], "description": "Grace"}),
                json!({"description": "Hedy"}),
            ],
        );
        assert_eq!(upserted[0], ids[2]);
        let fetch = |ids: &[&String]| {
            let request = json!({"type": "RetrieveDataRequest", "entityIdentifier": "customers",
                "selectedFieldNames": ["id", "description"], "idFieldName": "id", "ids": ids});
            parsed(&flow.ask(request, "execution-1"))
        };
        let record = |id: &str, name: &str| json!({"id": id, "description": name});
        let unknown = "cus_unknown".to_owned();
        assert_eq!(
            fetch(&[&ids[1], &unknown, &ids[2], &upserted[1]]),
            vec![
                record(&ids[1], "Ada"),
                record(&ids[2], "Grace"),
                record(&upserted[1], "Hedy")
            ],
            "{kind:?}"
        );
        let (records, _) = flow.read("customers", &["description", "metadata"], 10, None);
        assert_eq!(sorted(records)[0]["metadata"]["tier"], "silver", "{kind:?}");
        if kind == Kind::LocalStripe {
            flow.written("customers", "DELETE", &[json!({"id": ids[0]})]);
            assert_eq!(fetch(&[&ids[0]]), Vec::<Value>::new());
            let again = flow.write(
                "customers",
                "DELETE",
                &[json!({"id": ids[0]})],
                "execution-1",
            );
            assert!(again.to_string().contains("status 404"), "{again}");
        }
    }
}

#[test]
fn nested_values_arrive() {
    let flow = Flow::start(Kind::LocalStripe);
    let products = flow.written(
        "products",
        "INSERT",
        &[json!({"name": "Gold plan", "type": "service"})],
    );
    let prices = [
        json!({"product": products[0], "currency": "eur", "unit_amount": 990,
        "recurring": {"interval": "month", "interval_count": 1}}),
    ];
    let answer = flow.write("prices", "INSERT", &prices, "execution-1");
    // localstripe knows no prices, which is told as a result of the record.
    assert!(answer.to_string().contains("status 404"), "{answer}");
    let (records, _) = flow.read("products", &["id", "name"], 10, None);
    assert_eq!(records, [json!({"id": products[0], "name": "Gold plan"})]);

    let flow = Flow::start(Kind::StatefulMock);
    let products = flow.written("products", "INSERT", &[json!({"name": "Gold plan"})]);
    let prices = [
        json!({"product": products[0], "currency": "eur", "unit_amount": 990,
        "recurring": {"interval": "month", "interval_count": 2}, "metadata": {"a": "b"}}),
    ];
    let ids = flow.written("prices", "INSERT", &prices);
    let (records, _) = flow.read(
        "prices",
        &["id", "product", "unit_amount", "recurring", "metadata"],
        10,
        None,
    );
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["id"], ids[0]);
    assert_eq!(records[0]["product"], products[0]);
    assert_eq!(records[0]["unit_amount"], 990);
    assert_eq!(records[0]["metadata"], json!({"a": "b"}));
    assert_eq!(records[0]["recurring"]["interval"], "month");
}

#[test]
fn a_request_that_appflow_repeats_writes_nothing_twice() {
    let flow = Flow::start(Kind::StatefulMock);
    let records = [
        json!({"description": "Ada"}),
        json!({"description": "Ada"}),
        json!({"description": "Grace"}),
    ];
    let first = flow.written("customers", "INSERT", &records);
    assert_eq!(
        flow.written("customers", "INSERT", &records),
        first,
        "the same run"
    );
    assert_eq!(flow.read("customers", &["id"], 10, None).0.len(), 3);
    let later = flow.write("customers", "INSERT", &records, "execution-2");
    assert_eq!(later["isSuccess"], true, "{later}");
    assert_eq!(
        flow.read("customers", &["id"], 10, None).0.len(),
        6,
        "another run writes anew"
    );
}

#[test]
fn a_wrong_key_is_told_as_such() {
    for kind in KINDS {
        let flow = Flow::with_key(kind, "rk_live_CANARY_0000");
        let request = json!({"type": "QueryDataRequest", "entityIdentifier": "customers"});
        assert_eq!(
            code(&flow.ask(request, "execution-1")),
            "InvalidCredentials",
            "{kind:?}"
        );
        let answer = flow.write("customers", "INSERT", &customers(2), "execution-1");
        assert_eq!(code(&answer), "InvalidCredentials", "{kind:?}");
        let request = json!({"type": "ValidateCredentialsRequest", "connectorRuntimeSettings": {},
            "credentials": {"secretArn": SECRET_ARN, "authenticationType": "ApiKey"}});
        let (answer, _) = ask(&flow.lambda, &request);
        assert_eq!(code(&answer), "InvalidCredentials", "{kind:?}");
    }
}

#[test]
fn what_stripe_refuses_is_told_without_quoting_the_record() {
    let flow = Flow::start(Kind::StatefulMock);
    let charge = |source: &str| json!({"amount": 500, "currency": "eur", "source": source});
    let declined = flow.write(
        "charges",
        "INSERT",
        &[
            charge("tok_visa"),
            charge("tok_chargeDeclined"),
            charge("tok_mastercard"),
        ],
        "execution-1",
    );
    let results = declined["writeRecordResults"].as_array().unwrap();
    let written: Vec<_> = results
        .iter()
        .map(|result| result["isSuccess"] == true)
        .collect();
    assert_eq!(written, [true, false, true], "{declined}");
    assert!(declined.to_string().contains("card_declined"), "{declined}");
    let (records, _) = flow.read(
        "charges",
        &["id", "amount", "status"],
        10,
        Some("status = 'succeeded'"),
    );
    assert_eq!(records.len(), 2, "{records:?}");

    let busy = flow.write("charges", "INSERT", &[charge("tok_429")], "execution-1");
    assert_eq!(code(&busy), "RateLimitExceeded", "{busy}");
    let broken = flow.write("charges", "INSERT", &[charge("tok_500")], "execution-1");
    assert_eq!(code(&broken), "ServerError", "{broken}");
    let request = json!({"type": "QueryDataRequest", "entityIdentifier": "unicorns"});
    let unknown = flow.ask(request, "execution-1");
    assert_eq!(code(&unknown), "InvalidArgument", "{unknown}");
    assert!(unknown.to_string().contains("customers"), "{unknown}");
}
