use appflow_connector::filter::{Comparator, Condition, Filter, Literal};
use appflow_connector::{ErrorCode, QueryRequest, Source as _};
use appflow_testkit::salesforce::{Config, Fault, Preset, RECORD_CANARY, TOKEN};
use salesforce::Salesforce;

use crate::support::{World, column, context, parsed};

pub(crate) fn small_pages(records: usize) -> World {
    World::new(Config {
        records_per_object: records,
        min_batch: 10,
        max_batch: 50,
        ..Config::default()
    })
}

fn accounts(limit: u32) -> QueryRequest {
    QueryRequest::new("Account")
        .fields(["Id", "Name"])
        .limit(limit)
}

#[test]
fn pages_hold_every_record_once_for_any_page_size() {
    let expected = World::new(Config {
        records_per_object: 230,
        ..Config::default()
    })
    .salesforce
    .records("Account");
    let expected: Vec<&str> = expected
        .iter()
        .map(|record| record["Id"].as_str().unwrap())
        .collect();
    for limit in [1, 7, 49, 50, 51, 100, 199, 230, 1000] {
        let world = small_pages(230);
        let pages = world
            .host
            .clone()
            .limit(limit)
            .pages(|token| Salesforce::query(&context(), accounts(limit).token(token)))
            .unwrap();
        let mut ids = Vec::new();
        for page in &pages {
            assert!(
                page.records.len() <= limit as usize && !page.records.is_empty(),
                "limit {limit}"
            );
            ids.extend(column(&page.records, "Id"));
        }
        assert_eq!(ids, expected, "limit {limit}");
    }
}

#[test]
fn real_page_sizes_need_few_requests() {
    let world = World::new(Config {
        records_per_object: 4500,
        ..Config::default()
    });
    let pages = world
        .host
        .clone()
        .limit(5000)
        .pages(|token| Salesforce::query(&context(), accounts(5000).token(token)))
        .unwrap();
    let sizes: Vec<usize> = pages.iter().map(|page| page.records.len()).collect();
    assert_eq!(sizes, [4000, 500]);
    assert_eq!(world.salesforce.requests().len(), 3);
    assert_eq!(
        world.salesforce.requests()[0].headers["sforce-query-options"],
        "batchSize=2000"
    );
}

#[test]
fn a_page_that_is_full_by_bytes_goes_on_where_it_ended() {
    let world = World::new(Config {
        records_per_object: 900,
        ..Config::default()
    });
    let host = world.host.clone().limit(1000).bytes(9_000);
    let pages = host
        .pages(|token| Salesforce::query(&context(), accounts(1000).token(token)))
        .unwrap();
    assert!(pages.len() > 3);
    let ids: Vec<String> = pages
        .iter()
        .flat_map(|page| column(&page.records, "Id"))
        .collect();
    let expected: Vec<String> = world
        .salesforce
        .records("Account")
        .iter()
        .map(|record| record["Id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, expected);
    let tiny = world.host.clone().bytes(10);
    assert!(
        tiny.run(|| Salesforce::query(&context(), accounts(1000)))
            .result
            .is_err()
    );
}

#[test]
fn time_ends_a_page_early() {
    let world = small_pages(200);
    let host = world.host.clone().time(19_000, 7_000);
    let run = host.run(|| Salesforce::query(&context(), accounts(1000)));
    assert!(run.result.unwrap().is_some());
    assert!(!run.records.is_empty() && run.requests.len() < 3);
}

#[test]
fn changes_between_pages_neither_double_nor_lose_other_records() {
    for (delete, insert) in [(5, 0), (0, 5), (5, 5)] {
        let world = World::new(Config {
            records_per_object: 230,
            min_batch: 10,
            max_batch: 50,
            faults: vec![Fault {
                path: "/query".into(),
                delete,
                insert,
                ..Fault::default()
            }],
            ..Config::default()
        });
        let before: Vec<String> = world
            .salesforce
            .records("Account")
            .iter()
            .map(|record| record["Id"].as_str().unwrap().to_owned())
            .collect();
        let pages = world
            .host
            .clone()
            .limit(50)
            .pages(|token| Salesforce::query(&context(), accounts(50).token(token)))
            .unwrap();
        let ids: Vec<String> = pages
            .iter()
            .flat_map(|page| column(&page.records, "Id"))
            .collect();
        assert_eq!(ids, before);
    }
}

#[test]
fn only_the_fields_asked_for_come_and_attributes_never() {
    let world = small_pages(20);
    let request = QueryRequest::new("Contact").fields([
        "LastName",
        "id",
        "Account.Name",
        "Owner.Email",
        "LastName",
    ]);
    let run = world
        .host_with("Contact")
        .run(|| Salesforce::query(&context(), request));
    assert_eq!(run.result, Ok(None));
    let allowed = ["LastName", "id", "Account.Name", "Owner.Email"];
    for record in parsed(&run.records) {
        let record = record.as_object().unwrap();
        assert!(
            record.keys().all(|key| allowed.contains(&key.as_str())),
            "{record:?}"
        );
        assert!(record.contains_key("LastName") && record.contains_key("id"));
    }
    assert!(
        run.records
            .iter()
            .any(|record| record.contains("\"Account.Name\""))
    );
    assert_eq!(
        world.soql(),
        ["SELECT LastName,Id,Account.Name,Owner.Email FROM Contact ORDER BY Id"]
    );
}

#[test]
fn no_fields_means_all_that_can_be_read() {
    for sent in [true, false] {
        let world = small_pages(20);
        let host = if sent {
            world.host_with("Everything__c")
        } else {
            world.host.clone()
        };
        let run = host.run(|| Salesforce::query(&context(), QueryRequest::new("Everything__c")));
        assert_eq!(run.result, Ok(None));
        let first = &parsed(&run.records)[0];
        assert!(
            first.get("Address__c").is_some()
                && first.get("Text__c").is_some()
                && first.get("Body__c").is_none()
                && first.get("attributes").is_none()
        );
        assert_eq!(run.requests.len(), if sent { 1 } else { 2 });
        assert!(
            run.records
                .iter()
                .any(|record| record.contains(RECORD_CANARY))
        );
    }
}

#[test]
fn a_limit_counts_over_all_pages() {
    let world = small_pages(230);
    let filter = Filter {
        limit: Some(120),
        ..Filter::default()
    };
    let pages = world
        .host
        .clone()
        .limit(50)
        .pages(|token| {
            Salesforce::query(
                &context(),
                QueryRequest {
                    filter: Some(filter.clone()),
                    ..accounts(50).token(token)
                },
            )
        })
        .unwrap();
    assert_eq!(
        pages
            .iter()
            .map(|page| page.records.len())
            .collect::<Vec<_>>(),
        [50, 50, 20]
    );
}

#[test]
fn unknown_fields_are_refused_before_any_request() {
    let world = small_pages(5);
    let host = world.host_with("Account");
    for field in [
        "Nope",
        "Nope.Name",
        "Name FROM User",
        "Name,Id",
        "(SELECT Id FROM Contacts)",
        "COUNT()",
        "",
        "Id\u{0}",
        "a-b",
        "Parent.Parent.Parent.Parent.Parent.Parent.Name",
        "Parent.",
    ] {
        let run = host
            .run(|| Salesforce::query(&context(), QueryRequest::new("Account").fields([field])));
        assert_eq!(
            run.result.unwrap_err().code(),
            ErrorCode::InvalidArgument,
            "{field}"
        );
        assert!(run.requests.is_empty(), "{field}");
    }
    let run = world.host.run(|| {
        Salesforce::query(
            &context(),
            QueryRequest::new("Account, User").fields(["Id"]),
        )
    });
    assert!(run.result.is_err() && run.requests.is_empty());
}

#[test]
fn tokens_are_checked() {
    let world = small_pages(230);
    let host = world.host.clone().limit(50);
    let token = host
        .run(|| Salesforce::query(&context(), accounts(50)))
        .result
        .unwrap()
        .unwrap();
    assert!(!token.contains(TOKEN));
    let mut changed = token.clone();
    changed.replace_range(8..9, if &token[8..9] == "A" { "B" } else { "A" });
    for token in [
        "None".to_owned(),
        "null".to_owned(),
        changed,
        token[..10].to_owned(),
    ] {
        let run = host.run(|| Salesforce::query(&context(), accounts(50).token(Some(token))));
        assert_eq!(run.result.unwrap_err().code(), ErrorCode::InvalidArgument);
        assert!(run.requests.is_empty());
    }
    let other = QueryRequest::new("Contact")
        .fields(["Id"])
        .limit(50)
        .token(Some(token.clone()));
    let run = host.run(|| Salesforce::query(&context(), other));
    assert!(run.result.unwrap_err().message().contains("another query") && run.requests.is_empty());
    // A whole token with a hostile locator in it.
    let parts = appflow_connector::token::decode(&token).unwrap();
    for locator in [
        "../../sobjects",
        "01g/x",
        "01g?x",
        "https://evil.example/",
        "..",
    ] {
        let forged = appflow_connector::token::encode(&[
            &parts[0], &parts[1], locator, &parts[3], &parts[4],
        ])
        .unwrap();
        let run = host.run(|| Salesforce::query(&context(), accounts(50).token(Some(forged))));
        assert!(run.result.is_err() && run.requests.is_empty(), "{locator}");
    }
    // A locator Salesforce no longer knows.
    let forged = appflow_connector::token::encode(&[
        &parts[0],
        &parts[1],
        "01g000000000999AAA-50",
        "0",
        "200",
    ])
    .unwrap();
    let run = host.run(|| Salesforce::query(&context(), accounts(50).token(Some(forged))));
    assert_eq!(run.result.unwrap_err().code(), ErrorCode::InvalidArgument);
}

#[test]
fn faults_are_mapped_and_never_success() {
    for (preset, code, retry) in [
        (
            Preset::RequestLimit,
            ErrorCode::RateLimitExceeded,
            Some(300),
        ),
        (Preset::InvalidSession, ErrorCode::InvalidCredentials, None),
        (Preset::Forbidden, ErrorCode::AccessDenied, None),
        (
            Preset::TooManyRequests,
            ErrorCode::RateLimitExceeded,
            Some(60),
        ),
        (Preset::Unavailable, ErrorCode::ServiceUnavailable, Some(60)),
        (Preset::ServerError, ErrorCode::ServerError, None),
        (Preset::MalformedJson, ErrorCode::ServerError, None),
        (Preset::HtmlPage, ErrorCode::ServerError, None),
        (Preset::ErrorWith200, ErrorCode::ServerError, None),
        (Preset::Empty, ErrorCode::ServerError, None),
    ] {
        for nth in [1, 2] {
            let world = small_pages(100);
            world.salesforce.fault(Fault {
                path: "/query".into(),
                nth,
                preset: Some(preset),
                ..Fault::default()
            });
            let host = world.host.clone().limit(100);
            let error = host
                .run(|| Salesforce::query(&context(), accounts(100)))
                .result
                .unwrap_err();
            assert_eq!(
                (error.code(), error.retry_after_seconds()),
                (code, retry),
                "{preset:?}, request {nth}"
            );
        }
    }
    for fault in [
        Fault {
            truncate: Some(40),
            ..Fault::default()
        },
        Fault {
            drop: true,
            ..Fault::default()
        },
    ] {
        let world = World::new(Config {
            faults: vec![fault],
            ..Config::default()
        });
        assert!(
            world
                .host
                .run(|| Salesforce::query(&context(), accounts(100)))
                .result
                .is_err()
        );
    }
    for body in [
        r#"{"totalSize":1,"records":[]}"#,
        r#"{"done":false,"records":[]}"#,
        r#"{"done":false,"nextRecordsUrl":"https://evil.example/","records":[]}"#,
        r#"{"done":true}"#,
        "[]",
    ] {
        let world = World::new(Config {
            faults: vec![Fault {
                status: Some(200),
                body: body.into(),
                ..Fault::default()
            }],
            ..Config::default()
        });
        let error = world
            .host
            .run(|| Salesforce::query(&context(), accounts(100)))
            .result
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerError, "{body}");
    }
}

#[test]
fn salesforces_own_words_stay_out_of_messages() {
    let world = small_pages(10);
    let filter = Condition::compare("Name", Comparator::Equal, Literal::text("CANARY-FILTER"));
    let body =
        r#"[{"errorCode":"MALFORMED_QUERY","message":"Name = 'CANARY-FILTER' ERROR at Row:1"}]"#;
    world.salesforce.fault(Fault {
        path: "/query".into(),
        status: Some(400),
        body: body.into(),
        ..Fault::default()
    });
    let run = world
        .host
        .run(|| Salesforce::query(&context(), accounts(10).filter(filter)));
    let error = run.result.unwrap_err();
    assert!(
        error.message().contains("MALFORMED_QUERY") && !error.message().contains("CANARY"),
        "{error}"
    );
}

#[test]
fn a_next_page_that_is_the_same_page_is_an_error() {
    let world = small_pages(100);
    let body = r#"{"done":false,"nextRecordsUrl":"/services/data/v61.0/query/01g-1","records":[{"Id":"1"}]}"#;
    world.salesforce.fault(Fault {
        path: "/query".into(),
        times: Some(0),
        status: Some(200),
        body: body.into(),
        ..Fault::default()
    });
    let run = world
        .host
        .clone()
        .limit(5000)
        .run(|| Salesforce::query(&context(), accounts(5000)));
    assert_eq!(run.result.unwrap_err().code(), ErrorCode::ServerError);
}
