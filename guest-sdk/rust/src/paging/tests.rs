#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use proptest::prelude::*;

use super::*;
use crate::ErrorCode;
use crate::filter::Filter;
use crate::testing::{Answer, FakeHost, Run, Sent};

const URL: &str = "https://api.example.com/items";

/// How the application of a test pages.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Link,
    LinkHeader,
    Cursor,
    Offset,
    OffsetWithTotal,
    PageNumber,
    ShortPage,
}

const KINDS: [Kind; 7] = [
    Kind::Link,
    Kind::LinkHeader,
    Kind::Cursor,
    Kind::Offset,
    Kind::OffsetWithTotal,
    Kind::PageNumber,
    Kind::ShortPage,
];

/// An application with `count` records that never gives more than `most` on a page.
fn application(kind: Kind, count: u64, most: u64) -> impl Fn(&Sent) -> Answer {
    move |request| {
        let number = |name: &str| {
            request
                .query(name)
                .and_then(|text| text.parse::<u64>().ok())
        };
        let asked = number("size").unwrap_or(u64::MAX);
        assert!(asked > 0, "no page is empty on purpose: {}", request.url);
        let size = match kind {
            // Links keep the size of the first page.
            Kind::Link | Kind::LinkHeader => number("fixed").unwrap_or(asked.min(most)),
            // It keeps its word.
            Kind::ShortPage | Kind::PageNumber => asked,
            _ => asked.min(most),
        };
        let start = match kind {
            Kind::PageNumber => number("at").unwrap_or(1).saturating_sub(1) * size,
            _ => number("at").unwrap_or(0),
        };
        let end = start.saturating_add(size).min(count);
        let records: Vec<String> = (start..end)
            .map(|id| format!(r#"{{"id":{id},"x":"abc"}}"#))
            .collect();
        let next = (end < count).then(|| match kind {
            Kind::Link | Kind::LinkHeader => format!("/items?at={end}&fixed={size}"),
            _ => end.to_string(),
        });
        let body = format!(
            r#"{{"meta":{{"next":{},"total":{count}}},"data":[{}]}}"#,
            next.as_ref()
                .map_or("null".to_owned(), |next| format!("\"{next}\"")),
            records.join(",")
        );
        let answer = Answer::json(body);
        match next {
            Some(next) => answer.header(
                "Link",
                format!("<https://api.example.com{next}>; rel=\"next\""),
            ),
            None => answer,
        }
    }
}

fn read(kind: Kind, request: &QueryRequest) -> Result<Option<String>> {
    let next = match kind {
        Kind::Link => Next::link("/meta/next"),
        Kind::LinkHeader => Next::link_header(),
        Kind::Cursor => Next::cursor("/meta/next"),
        Kind::Offset => Next::offset(),
        Kind::OffsetWithTotal => Next::offset().total_at("/meta/total"),
        Kind::PageNumber => Next::page_number(1),
        Kind::ShortPage => Next::offset().short_page_ends(),
    };
    Paging::new(request)
        .page_size(7)
        .records("/data")
        .picks(Pick::same(["id"]))
        .follow(next, |at| match kind {
            Kind::Link | Kind::LinkHeader => {
                http::get(at.url(&format!("{URL}?size={}", at.size()))).send()
            }
            Kind::Cursor => http::get(URL)
                .query("size", at.size())
                .query_if("at", at.cursor())
                .send(),
            _ => http::get(URL)
                .query("size", at.size())
                .query("at", at.number())
                .send(),
        })
}

fn ids(pages: &[Run<()>]) -> Vec<u64> {
    let records = pages.iter().flat_map(|page| &page.records);
    records
        .map(|record| {
            record
                .trim_matches(|c: char| !c.is_ascii_digit())
                .parse()
                .unwrap()
        })
        .collect()
}

fn request(limit: u32, total: Option<u32>, token: Option<String>) -> QueryRequest {
    let filter = total.map(|total| Filter {
        limit: Some(total),
        ..Filter::default()
    });
    QueryRequest {
        filter,
        ..QueryRequest::new("item").limit(limit).token(token)
    }
}

proptest! {
    #[test]
    fn every_record_comes_once_and_in_order(
        kind in proptest::sample::select(&KINDS[..]),
        count in 0_u64..60,
        most in 1_u64..12,
        limit in 1_u32..30,
        bytes in 10_u32..200,
        (millis, per_request) in prop_oneof![Just((60_000, 0)), (2_000_u32..10_000, 500_u32..1_500)],
    ) {
        let host = FakeHost::new(application(kind, count, most)).limit(limit).bytes(bytes).time(millis, per_request);
        let pages = host.pages(|token| read(kind, &request(limit, None, token))).unwrap();
        prop_assert_eq!(ids(&pages), (0..count).collect::<Vec<_>>());
        let full = pages.iter().all(|page| u32::try_from(page.records.len()).unwrap() <= limit);
        prop_assert!(full);
    }

    #[test]
    fn a_total_limit_is_exact(
        kind in proptest::sample::select(&KINDS[..]),
        count in 0_u64..40,
        most in 1_u64..12,
        limit in 1_u32..30,
        total in 1_u32..40,
        bytes in 10_u32..200,
    ) {
        let host = FakeHost::new(application(kind, count, most)).limit(limit).bytes(bytes);
        let pages = host.pages(|token| read(kind, &request(limit, Some(total), token))).unwrap();
        prop_assert_eq!(ids(&pages), (0..count.min(u64::from(total))).collect::<Vec<_>>());
    }

    #[test]
    fn records_at_hand_come_once_and_in_order(
        count in 0_u64..60, limit in 1_u32..30, bytes in 10_u32..200, total in proptest::option::of(1_u32..70),
    ) {
        let host = FakeHost::new(|_| Answer::status(404)).limit(limit).bytes(bytes);
        let pages = host.pages(|token| {
            let request = request(limit, total, token);
            let fields = ["id".to_owned()];
            let record = |id: u64| Record::only(&fields).integer("id", id).text("other", "9");
            Paging::new(&request).emit((0..count).map(record))
        }).unwrap();
        prop_assert_eq!(ids(&pages), (0..total.map_or(count, |total| count.min(u64::from(total)))).collect::<Vec<_>>());
    }

    #[test]
    fn no_token_panics(parts in proptest::collection::vec("[0-9a-z]{0,12}", 0..9), kind in proptest::sample::select(&KINDS[..])) {
        let token = token::encode(&parts).unwrap();
        let host = FakeHost::new(|_| Answer::json(r#"{"data":[]}"#));
        prop_assert!(host.run(|| read(kind, &request(5, None, Some(token)))).result.is_err());
    }
}

#[test]
fn small_pages_are_asked_for_where_few_records_are_wanted() {
    let host = FakeHost::new(application(Kind::Cursor, 100, 100)).limit(3);
    let run = host.run(|| read(Kind::Cursor, &request(3, None, None)));
    let urls: Vec<&str> = run.requests.iter().map(|sent| sent.url.as_str()).collect();
    assert_eq!(urls, ["https://api.example.com/items?size=3"]);
    let run = host.run(|| read(Kind::Cursor, &request(3, Some(2), None)));
    assert_eq!(
        (run.requests.len(), run.records.len(), run.result),
        (1, 2, Ok(None))
    );
    assert_eq!(run.requests[0].query("size").as_deref(), Some("2"));
}

#[test]
fn a_page_too_large_for_one_answer_makes_the_next_ones_smaller() {
    // 15 bytes a record with the comma: six fit.
    let host = FakeHost::new(application(Kind::Cursor, 100, 100)).bytes(50);
    let first = host.run(|| read(Kind::Cursor, &request(1000, None, None)));
    let taken = first.records.len();
    assert!((1..7).contains(&taken), "{taken}");
    let second = host.run(|| read(Kind::Cursor, &request(1000, None, first.result.unwrap())));
    let sizes: Vec<_> = second
        .requests
        .iter()
        .map(|sent| sent.query("size").unwrap())
        .collect();
    assert_eq!(
        sizes,
        ["7".to_owned(), taken.to_string()],
        "the cut page in its size, then smaller ones"
    );
}

#[test]
fn no_request_is_begun_that_the_time_does_not_allow() {
    let host = FakeHost::new(application(Kind::Cursor, 100, 100)).time(10_000, 2_000);
    let run = host.run(|| read(Kind::Cursor, &request(1000, None, None)));
    assert_eq!(
        (run.requests.len(), run.records.len()),
        (3, 21),
        "6 seconds used, a fourth would leave too little"
    );
    assert!(run.result.unwrap().is_some());

    let host = host.time(1_000, 2_000);
    let error = host
        .run(|| read(Kind::Cursor, &request(1000, None, None)))
        .result
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestTimeout);
}

#[test]
fn a_next_page_that_leads_back_is_an_error() {
    for (next, follow) in [("\"a\"", "a"), ("\"b\"", "ab")] {
        let host = FakeHost::new(move |sent| {
            let cursor = sent.query("at");
            let next = match (follow, cursor.as_deref()) {
                ("ab", Some("b")) => "\"a\"",
                ("ab", Some("a")) => "\"b\"",
                _ => next,
            };
            Answer::json(format!(
                r#"{{"data":[{{"id":1}}],"meta":{{"next":{next}}}}}"#
            ))
        });
        let error = host
            .run(|| read(Kind::Cursor, &request(1000, None, None)))
            .result
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerError, "{error}");
        assert!(error.message().contains("never end"), "{error}");
        // Also where each call reads one page only.
        let host = host.limit(1);
        assert!(
            host.pages(|token| read(Kind::Cursor, &request(1, None, token)))
                .is_err()
        );
    }
}

#[test]
fn errors_and_empty_answers_of_the_application() {
    let run = |answer: Answer| {
        FakeHost::new(move |_| answer.clone())
            .run(|| read(Kind::Cursor, &request(10, None, None)))
            .result
    };
    let slow = run(Answer::status(429).header("Retry-After", "17")).unwrap_err();
    assert_eq!(
        (slow.code(), slow.retry_after_seconds()),
        (ErrorCode::RateLimitExceeded, Some(17))
    );
    assert_eq!(run(Answer::status(204)), Ok(None));
    assert_eq!(
        run(Answer::json("not JSON")).unwrap_err().code(),
        ErrorCode::ServerError
    );
    assert_eq!(
        run(Answer::json(r#"{"other":[]}"#)).unwrap_err().code(),
        ErrorCode::ServerError
    );
    let failure = Error::access_denied("not granted");
    assert_eq!(run(Answer::failure(failure.clone())), Err(failure));
}

#[test]
fn more_and_custom_cursors() {
    // As Stripe does it: the cursor is the identifier of the last record.
    let host = FakeHost::new(|sent| {
        let after: u64 = sent
            .query("after")
            .map_or(0, |after| after.parse().unwrap());
        let data: Vec<String> = (after + 1..=(after + 2).min(5))
            .map(|id| format!(r#"{{"id":{id}}}"#))
            .collect();
        Answer::json(format!(
            r#"{{"has_more":{},"data":[{}]}}"#,
            after + 2 < 5,
            data.join(",")
        ))
    });
    let read = |request: &QueryRequest| {
        let last = Next::with(|response, _| {
            let mut last = None;
            for index in 0.. {
                match response.text_at(&format!("/data/{index}/id"))? {
                    Some(id) => last = Some(id),
                    None => break,
                }
            }
            Ok(last)
        });
        Paging::new(request)
            .page_size(2)
            .records("/data")
            .follow(last.more_at("/has_more"), |at| {
                http::get(URL).query_if("after", at.cursor()).send()
            })
    };
    for limit in 1..6 {
        let pages = host
            .clone()
            .limit(limit)
            .pages(|token| read(&request(limit, None, token)))
            .unwrap();
        assert_eq!(ids(&pages), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_token_of_another_query_is_refused() {
    let host = FakeHost::new(application(Kind::Cursor, 100, 100)).limit(3);
    let token = host
        .run(|| read(Kind::Cursor, &request(3, None, None)))
        .result
        .unwrap();
    let other = QueryRequest {
        entity: "other".to_owned(),
        ..request(3, None, token.clone())
    };
    let error = host.run(|| read(Kind::Cursor, &other)).result.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(
        host.run(|| read(Kind::Link, &request(3, None, token)))
            .result
            .is_err()
    );
}

#[test]
fn a_place_too_long_for_a_token_is_an_error() {
    let long = "x".repeat(2000);
    let body = format!(r#"{{"data":[{{"id":1}}],"meta":{{"next":"{long}"}}}}"#);
    let host = FakeHost::new(move |_| Answer::json(body.clone())).limit(1);
    let error = host
        .run(|| read(Kind::Cursor, &request(1, None, None)))
        .result
        .unwrap_err();
    assert!(error.message().contains("1475"), "{error}");
}

#[test]
fn a_condition_is_never_ignored() {
    use crate::filter::{Condition, Literal};
    let request = QueryRequest::new("item").filter(Condition::equal("id", Literal::number(1)));
    let host = FakeHost::new(|_| Answer::json("[]"));
    let follow = |paging: Paging| paging.follow(Next::link_header(), |_| http::get(URL).send());
    let refused = host.run(|| follow(Paging::new(&request)));
    assert!(matches!(refused.result, Err(Error::Unsupported(_))));
    assert!(refused.requests.is_empty());
    assert!(
        host.run(|| Paging::new(&request).emit(["{}"]))
            .result
            .is_err()
    );
    assert_eq!(
        host.run(|| follow(Paging::new(&request).filtered())).result,
        Ok(None)
    );
}

/// Three pages of a hundred records, linked by a header of the application's own, with a wait asked for after each.
fn linked(sent: &Sent) -> Answer {
    let at: u64 = sent.query("at").map_or(0, |at| at.parse().unwrap());
    let records: Vec<String> = (at..at + 100)
        .map(|id| format!(r#"{{"id":{id}}}"#))
        .collect();
    let answer = Answer::json(format!("[{}]", records.join(","))).header("Pause", "2");
    match at {
        200 => answer,
        at => answer.header("Next", format!("http://elsewhere/?x=%20&at={}", at + 100)),
    }
}

fn follow_parameter(paging: Paging) -> Result<Option<String>> {
    paging.follow(Next::header("next").parameter("at"), |at| {
        http::get(URL).query_if("at", at.cursor()).send()
    })
}

#[test]
fn of_a_link_in_a_header_a_parameter_is_taken() {
    for limit in [7, 100, 150, 1000] {
        let request = QueryRequest::new("item").limit(limit);
        let pages = FakeHost::new(linked)
            .limit(limit)
            .pages(|token| follow_parameter(Paging::new(&request.clone().token(token))));
        let pages = pages.unwrap();
        let sent = pages.iter().flat_map(|page| &page.requests);
        assert!(sent.map(|sent| &sent.url).all(|url| url.starts_with(URL)));
        let records: Vec<String> = pages.into_iter().flat_map(|page| page.records).collect();
        let expected: Vec<String> = (0..300).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        assert_eq!(records, expected, "{limit}");
    }
}

#[test]
fn a_link_without_its_parameter_is_no_end() {
    let host = FakeHost::new(|_| Answer::json("[{}]").header("Next", "https://a.example/?other=1"));
    let request = QueryRequest::new("item");
    let error = host
        .run(|| follow_parameter(Paging::new(&request)))
        .result
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServerError);
}

#[test]
fn a_wait_is_kept_to_or_ends_the_page() {
    let request = QueryRequest::new("item").limit(1000);
    let read = |millis| {
        let host = FakeHost::new(linked).time(millis, 0);
        let run = host.run(|| follow_parameter(Paging::new(&request).backoff("pause")));
        (
            run.records.len(),
            run.waited_millis,
            run.result.unwrap().is_some(),
        )
    };
    assert_eq!(read(60_000), (300, 4000, false));
    // A wait needs time for a request behind it.
    assert_eq!(read(8000), (200, 2000, true));
    assert_eq!(read(6000), (100, 0, true));
}

#[cfg(feature = "json")]
mod each;
