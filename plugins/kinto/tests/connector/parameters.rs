//! Conditions and the parameters they become.

use appflow_connector::filter::{Comparator, Condition, Literal};
use appflow_connector::schema::{Entity, Field};
use appflow_connector::testing::{Answer, FakeHost};
use appflow_connector::{QueryRequest, Source as _};
use kinto::Kinto;

use crate::support::context;

/// What Kinto is asked for, without the parameters of every request; and whether it settles the condition.
fn asked(condition: Condition) -> (Vec<String>, bool) {
    let entity = "b/c";
    let fields = [
        Field::text("id"),
        Field::text("text"),
        Field::text("text-2"),
        Field::double("number"),
        Field::boolean("flag"),
        Field::date_time("time"),
        Field::date_time("last_modified"),
    ];
    let host = FakeHost::new(|_| Answer::json(r#"{"data":[]}"#));
    let host = host.entity(Entity::new(entity).with_fields(fields));
    let request = QueryRequest::new(entity).fields(["id"]).filter(condition);
    let run = host.run(|| Kinto::query(&context(), request));
    run.result.unwrap();
    let (_, query) = run.requests[0].url.split_once('?').unwrap();
    let own = query.split('&').filter(|pair| !pair.starts_with('_'));
    (own.map(str::to_owned).collect(), run.logs.is_empty())
}

#[test]
fn kinto_is_asked_for_what_it_can_decide() {
    use Comparator::{Contains, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let number =
        |operator, value: &str| Condition::compare("number", operator, Literal::number(value));
    let text = |operator, value: &str| Condition::compare("text", operator, Literal::text(value));
    let changed = |operator, value: &str| {
        Condition::compare("last_modified", operator, Literal::date_time(value))
    };
    let one_of = |field: &str, values: Vec<Literal>| Condition::OneOf {
        field: field.to_owned(),
        values,
    };
    let between = |low: &str, high: &str| Condition::Between {
        field: "number".to_owned(),
        low: Literal::number(low),
        high: Literal::number(high),
    };
    let texts = || vec![Literal::text("a,b"), Literal::text("c")];
    for (condition, parameters, settled) in [
        (text(Equal, "a"), "eq_text=%22a%22", true),
        (text(NotEqual, "1"), "not_text=%221%22", true),
        (text(Equal, "1").negated(), "not_text=%221%22", true),
        (text(NotEqual, "1").negated(), "eq_text=%221%22", true),
        (
            Condition::equal("flag", Literal::Boolean(true)),
            "eq_flag=true",
            true,
        ),
        (number(Equal, "007.50"), "eq_number=7.5", true),
        (number(Less, "5"), "lt_number=5&min_number=-1e308", true),
        (
            number(LessOrEqual, "5"),
            "max_number=5&min_number=-1e308",
            true,
        ),
        (number(Greater, "-5"), "gt_number=-5&max_number=1e308", true),
        (
            number(GreaterOrEqual, "5"),
            "min_number=5&max_number=1e308",
            true,
        ),
        (
            number(Less, "9").and(number(GreaterOrEqual, "1")),
            "lt_number=9&min_number=1",
            true,
        ),
        (between("1", "9"), "min_number=1&max_number=9", true),
        (
            number(Less, "9").and(number(Less, "5")),
            "lt_number=9&min_number=-1e308",
            false,
        ),
        (number(Less, "12345678901234567"), "", false),
        (
            one_of("text", texts()),
            "in_text=%22a%5Cu002cb%22%2C%22c%22",
            true,
        ),
        (
            one_of("id", texts()),
            "in_id=%22a%5Cu002cb%22%2C%22c%22",
            true,
        ),
        (
            one_of("text", texts()).negated(),
            "exclude_text=%22a%5Cu002cb%22%2C%22c%22",
            true,
        ),
        (
            one_of("number", vec![Literal::number(1)]),
            "in_number=1",
            false,
        ),
        (
            one_of("number", vec![Literal::number(1)]).negated(),
            "",
            false,
        ),
        (one_of("text", vec![Literal::Null]), "", false),
        (
            text(Contains, "x.longer part"),
            "min_text=%22%22&lt_text=-1e308&like_text=%22longer%20part%22",
            false,
        ),
        (
            Condition::compare("id", Contains, Literal::text("ab")),
            "like_id=%22ab%22",
            false,
        ),
        (text(Contains, "*"), "", false),
        (
            Condition::compare("text", NotEqual, Literal::Null),
            "has_text=true",
            false,
        ),
        (Condition::equal("text", Literal::Null), "", false),
        (
            number(Less, "5").and(Condition::compare("text", NotEqual, Literal::Null)),
            "has_text=true&lt_number=5&min_number=-1e308",
            false,
        ),
        (text(Equal, "a").or(text(Equal, "b")), "", false),
        (
            text(Equal, "a").and(text(Equal, "b").or(text(Equal, "c"))),
            "eq_text=%22a%22",
            false,
        ),
        (Condition::equal("text-2", Literal::text("a")), "", false),
        (
            Condition::compare("time", Less, Literal::date("2020-01-01")),
            "",
            false,
        ),
        (
            changed(GreaterOrEqual, "1970-01-01T00:00:01Z"),
            "min_last_modified=1000&not_deleted=true",
            true,
        ),
        (
            changed(GreaterOrEqual, "1970-01-01T00:00:01.0005Z"),
            "gt_last_modified=1000&not_deleted=true",
            true,
        ),
        (
            changed(Greater, "1970-01-01T00:00:01.0005Z"),
            "gt_last_modified=1000&not_deleted=true",
            true,
        ),
        (
            changed(Less, "1970-01-01T00:00:01.0005Z"),
            "max_last_modified=1000&not_deleted=true",
            true,
        ),
        (
            changed(LessOrEqual, "1970-01-01T00:00:01Z"),
            "max_last_modified=1000&not_deleted=true",
            true,
        ),
        (
            changed(Less, "1970-01-01T00:00:01Z"),
            "lt_last_modified=1000&not_deleted=true",
            true,
        ),
        (changed(Equal, "1970-01-01T00:00:01.0005Z"), "", false),
        (changed(Less, "1969-01-01T00:00:00Z"), "", false),
        (changed(Less, "2999-01-01T00:00:00Z"), "", false),
    ] {
        let what = format!("{condition:?}");
        let (asked, alone) = asked(condition);
        assert_eq!(
            (asked.join("&").as_str(), alone),
            (parameters, settled),
            "{what}"
        );
    }
}
