//! Filters: the SOQL they become, and that it finds what the filter means.

use appflow_connector::filter::{Comparator, Condition, Literal};
use appflow_connector::testing::FakeHost;
use appflow_connector::{ErrorCode, QueryRequest, Result, Source as _};
use appflow_testkit::salesforce::{Config, NASTY_TEXTS, Record};
use salesforce::Salesforce;

use crate::support::{World, column, context};

pub(crate) fn world() -> World {
    World::new(Config {
        records_per_object: 120,
        ..Config::default()
    })
}

pub(crate) fn find(host: &FakeHost, condition: Condition) -> Result<Vec<String>> {
    let run = host.run(|| {
        Salesforce::query(
            &context(),
            QueryRequest::new("Everything__c")
                .fields(["Id"])
                .filter(condition),
        )
    });
    run.result.map(|token| {
        assert_eq!(token, None);
        column(&run.records, "Id")
    })
}

fn soql(condition: Condition) -> String {
    let world = world();
    find(&world.host_with("Everything__c"), condition)
        .unwrap_or_else(|error| panic!("{error}; {:?}", world.soql()));
    let text = world.soql().remove(0);
    let text = text
        .strip_prefix("SELECT Id FROM Everything__c WHERE ")
        .unwrap()
        .strip_suffix(" ORDER BY Id")
        .unwrap();
    text.to_owned()
}

pub(crate) fn compare(field: &str, operator: Comparator, value: Literal) -> Condition {
    Condition::compare(field, operator, value)
}

fn equal(field: &str, value: Literal) -> Condition {
    Condition::equal(field, value)
}

pub(crate) fn between(field: &str, low: Literal, high: Literal) -> Condition {
    Condition::Between {
        field: field.to_owned(),
        low,
        high,
    }
}

pub(crate) fn one_of(field: &str, values: impl IntoIterator<Item = Literal>) -> Condition {
    Condition::OneOf {
        field: field.to_owned(),
        values: values.into_iter().collect(),
    }
}

#[test]
fn values_are_written_by_the_type_of_their_field() {
    use Literal as L;
    for (condition, expected) in [
        (equal("Text__c", L::text("x")), "Text__c = 'x'"),
        (equal("Text__c", L::number("5")), "Text__c = '5'"),
        (
            equal("Text__c", L::text("O'Neil \\ \"q\" % _")),
            r#"Text__c = 'O\'Neil \\ \"q\" % _'"#,
        ),
        (
            equal("Text__c", L::text("a\nb\r\t\u{8}\u{c}\u{1}")),
            r"Text__c = 'a\nb\r\t\b\f\u0001'",
        ),
        (equal("Text__c", L::text("")), "Text__c = ''"),
        (equal("Int__c", L::text("5")), "Int__c = 5"),
        (equal("Int__c", L::number("-007.00")), "Int__c = -7"),
        (equal("Double__c", L::number("1.50")), "Double__c = 1.5"),
        (equal("Flag__c", L::Boolean(true)), "Flag__c = true"),
        (equal("Flag__c", L::text("FALSE")), "Flag__c = false"),
        (equal("Text__c", L::Null), "Text__c = null"),
        (
            compare("Int__c", Comparator::NotEqual, L::Null),
            "Int__c != null",
        ),
        (
            equal("Date__c", L::date("2025-01-31")),
            "Date__c = 2025-01-31",
        ),
        (
            equal("Date__c", L::text("2025-01-31")),
            "Date__c = 2025-01-31",
        ),
        (
            equal("DateTime__c", L::date("2025-01-31")),
            "DateTime__c = 2025-01-31T00:00:00Z",
        ),
        (
            equal("DateTime__c", L::date_time("2025-01-31T10:00:00.1234567Z")),
            "DateTime__c = 2025-01-31T10:00:00.123Z",
        ),
        (
            compare(
                "Date__c",
                Comparator::Less,
                L::date_time("2025-01-31T10:00:00Z"),
            ),
            "Date__c <= 2025-01-31",
        ),
        (
            compare(
                "Date__c",
                Comparator::GreaterOrEqual,
                L::date_time("2025-01-31T10:00:00Z"),
            ),
            "Date__c > 2025-01-31",
        ),
        (
            compare(
                "Date__c",
                Comparator::Less,
                L::date_time("2025-01-31T00:00:00.000Z"),
            ),
            "Date__c < 2025-01-31",
        ),
        (
            compare("Time__c", Comparator::Greater, L::text("10:30:00")),
            "Time__c > 10:30:00.000Z",
        ),
        (
            equal("Account__c", L::text("001000000000001AAA")),
            "Account__c = '001000000000001AAA'",
        ),
        (equal("text__C", L::text("x")), "Text__c = 'x'"),
        (equal("Owner.Name", L::text("x")), "Owner.Name = 'x'"),
        (
            equal("Owner.IsActive", L::Boolean(true)),
            "Owner.IsActive = true",
        ),
        (
            compare("Text__c", Comparator::Contains, L::text("100%_\\'")),
            r"Text__c LIKE '%100\%\_\\\'%'",
        ),
        (
            compare("Multi__c", Comparator::Contains, L::text("red")),
            "Multi__c INCLUDES ('red')",
        ),
        (
            between("Int__c", L::number("1"), L::number("9")),
            "(Int__c >= 1 AND Int__c <= 9)",
        ),
        (
            one_of("Int__c", [L::number("1"), L::text("2")]),
            "Int__c IN (1,2)",
        ),
        (
            one_of("Text__c", [L::number("1"), L::Null, L::text("x")]),
            "(Text__c IN ('1','x') OR Text__c = null)",
        ),
        (one_of("Text__c", [L::Null]), "Text__c = null"),
    ] {
        assert_eq!(soql(condition), expected);
    }
}

#[test]
fn structure_is_kept() {
    let a = || equal("Int__c", Literal::number("1"));
    let b = || equal("Flag__c", Literal::Boolean(true));
    assert_eq!(
        soql(a().or(b()).and(a().negated())),
        "((Int__c = 1 OR Flag__c = true) AND (NOT Int__c = 1))"
    );
    assert_eq!(
        soql(a().and(b()).negated().negated()),
        "(NOT (NOT (Int__c = 1 AND Flag__c = true)))"
    );
    assert_eq!(
        soql(Condition::All(vec![Condition::Any(vec![a()])])),
        "Int__c = 1"
    );
    let deep = (0..120).fold(a(), |inner, _| inner.negated());
    assert!(soql(deep).ends_with(&")".repeat(120)));
}

#[test]
fn what_does_not_fit_is_refused_before_any_request() {
    use Literal as L;
    let world = world();
    let host = world.host_with("Everything__c");
    for condition in [
        equal("Int__c", L::text("x")),
        equal("Int__c", L::number("1.5")),
        equal("Int__c", L::Boolean(true)),
        equal("Double__c", L::text("1e5")),
        equal("Double__c", L::text("1 OR Id != null")),
        equal("Flag__c", L::text("yes")),
        equal("Flag__c", L::number("1")),
        equal("Date__c", L::text("2025-1-1")),
        equal("Date__c", L::text("today")),
        equal("Date__c", L::date_time("2025-01-31T10:00:00Z")),
        equal("DateTime__c", L::text("2025-01-01T00:00:00")),
        equal("DateTime__c", L::number("5")),
        equal("Time__c", L::text("noon")),
        equal("Account__c", L::text("Acme")),
        equal("Id", L::text("' OR Name != '")),
        equal("Text__c", L::Boolean(true)),
        compare("Int__c", Comparator::Less, L::Null),
        between("Int__c", L::Null, L::number("1")),
        compare("Text__c", Comparator::Less, L::text("a")),
        compare("Flag__c", Comparator::Greater, L::Boolean(true)),
        compare("Int__c", Comparator::Contains, L::number("1")),
        compare("Id", Comparator::Contains, L::text("001")),
        compare("Text__c", Comparator::Contains, L::Null),
        equal("Long_Text__c", L::text("a")),
        equal("Secret__c", L::text("a")),
        equal("Body__c", L::text("a")),
        equal("Address__c", L::text("a")),
        equal("Nope__c", L::text("a")),
        equal("Nope.Name", L::text("a")),
        equal("Text__c = 'a' OR Text__c", L::text("a")),
        equal("Owner.Name OR", L::text("a")),
        equal("Owner.Name", L::number("1 OR 1")),
        equal("Owner.Name", L::date("today")),
        equal("Text-c", L::text("a")),
        equal("", L::text("a")),
        Condition::Other("something new".to_owned()),
    ] {
        let run = host.run(|| {
            Salesforce::query(
                &context(),
                QueryRequest::new("Everything__c")
                    .fields(["Id"])
                    .filter(condition.clone()),
            )
        });
        let error = run.result.expect_err(&format!("{condition:?}"));
        assert_eq!(error.code(), ErrorCode::InvalidArgument, "{condition:?}");
        assert!(run.requests.is_empty(), "{condition:?}");
        assert!(
            !error.message().contains("1 OR"),
            "the value is in the message: {error}"
        );
    }
}

#[test]
fn types_are_looked_up_when_appflow_does_not_send_them() {
    let world = world();
    let condition = compare("Int__c", Comparator::Greater, Literal::text("0"));
    assert!(find(&world.host, condition).is_ok());
    assert_eq!(
        world.soql(),
        ["SELECT Id FROM Everything__c WHERE Int__c > 0 ORDER BY Id"]
    );
    assert_eq!(world.salesforce.requests().len(), 2);
}

#[test]
fn a_list_too_long_for_salesforce_is_refused_and_a_long_one_works() {
    let world = world();
    let host = world.host_with("Everything__c");
    let values = |count: usize| {
        one_of(
            "Text__c",
            (0..count).map(|number| Literal::text(format!("value {number:06}"))),
        )
    };
    assert!(find(&host, values(400)).is_ok());
    let error = find(&host, values(5_000)).unwrap_err();
    assert!(
        error.code() == ErrorCode::InvalidArgument
            && error.message().contains("longer than Salesforce takes"),
        "{error}"
    );
}

#[test]
fn nasty_texts_find_themselves_and_nothing_else() {
    let world = world();
    let host = world.host_with("Everything__c");
    let records = world.salesforce.records("Everything__c");
    for text in NASTY_TEXTS {
        let same = |record: &&Record| {
            record["Text__c"]
                .as_str()
                .is_some_and(|value| value.to_lowercase() == text.to_lowercase())
        };
        assert_eq!(
            find(&host, equal("Text__c", Literal::text(*text))).unwrap(),
            ids(records.iter().filter(same)),
            "{text}"
        );
        let part = |record: &&Record| {
            record["Text__c"]
                .as_str()
                .is_some_and(|value| value.to_lowercase().contains(&text.to_lowercase()))
        };
        assert_eq!(
            find(
                &host,
                compare("Text__c", Comparator::Contains, Literal::text(*text))
            )
            .unwrap(),
            ids(records.iter().filter(part)),
            "{text}"
        );
    }
}

pub(crate) fn ids<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<String> {
    records
        .map(|record| record["Id"].as_str().unwrap().to_owned())
        .collect()
}
