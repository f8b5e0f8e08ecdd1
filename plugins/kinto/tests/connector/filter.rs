//! Filters made at random: what the connector gives must be what an evaluation of its own finds among all records.
//!
//! The evaluation here is plain and knows nothing of the connector's; it says what a condition means to AppFlow.

use std::cell::Cell;
use std::cmp::Ordering;

use appflow_connector::filter::{Comparator, Condition, Literal};
use appflow_connector::schema::{Entity, Field};
use appflow_connector::testing::FakeHost;
use appflow_connector::time::Moment;
use appflow_connector::{QueryRequest, Source as _};
use kinto::Kinto;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::support::{World, context, ids};

/// Texts that are easy to take for something else in an address, a list, a pattern or JSON.
const TEXTS: [&str; 14] = [
    "", "a", "A", "ab", "a,b", "a b", "\"a\"", "a%2Cb", "a*", "a.b", "1", "true", "ä", "a&n=1",
];
const NUMBERS: [i64; 7] = [-7, -1, 0, 1, 2, 10, 1_000_000];

fn any_number() -> impl Strategy<Value = Value> {
    let whole = prop::sample::select(&NUMBERS[..]);
    prop_oneof![
        whole.prop_map(|number| json!(number)),
        (-40..40_i32).prop_map(|quarter| json!(f64::from(quarter) / 4.0)),
    ]
}

/// A value, mostly of the field's type.
fn any_value(own: BoxedStrategy<Value>) -> BoxedStrategy<Option<Value>> {
    let text = prop::sample::select(&TEXTS[..]).prop_map(|text| json!(text));
    let other = prop_oneof![
        text,
        any_number(),
        any::<bool>().prop_map(|value| json!(value)),
        Just(json!([1])),
        Just(json!({"a": 1})),
        Just(Value::Null),
    ];
    prop_oneof![6 => own.prop_map(Some), 1 => other.prop_map(Some), 1 => Just(None)].boxed()
}

fn any_record() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(&TEXTS[..])
        .prop_map(|text| json!(text))
        .boxed();
    let flag = any::<bool>().prop_map(|value| json!(value)).boxed();
    let time = (0..5_i64).prop_map(|day| json!(Moment::from_seconds(day * 43_200).to_string()));
    (
        any_value(text.clone()),
        any_value(any_number().boxed()),
        any_value(flag),
        any_value(time.boxed()),
        any_value(text),
    )
        .prop_map(|(text, number, flag, time, dashed)| {
            let mut record = json!({});
            for (name, value) in [
                ("text", text),
                ("number", number),
                ("flag", flag),
                ("time", time),
                ("text-2", dashed),
            ] {
                if let Some(value) = value {
                    record[name] = value;
                }
            }
            record
        })
}

fn any_literal(field: &'static str) -> BoxedStrategy<Literal> {
    let number = any_number().prop_map(|number| Literal::number(number.to_string()));
    let time = (0..10_i64)
        .prop_map(|quarter| Literal::date_time(Moment::from_seconds(quarter * 21_600).to_string()));
    match field {
        "number" => number.boxed(),
        "flag" => any::<bool>().prop_map(Literal::Boolean).boxed(),
        "time" => time.boxed(),
        "id" => (0..40_u32)
            .prop_map(|number| Literal::text(format!("r{number:03}")))
            .boxed(),
        // Filled in by the place of a record: all of them were written within a moment.
        "last_modified" => (0..42_i64).prop_map(Literal::number).boxed(),
        _ => prop::sample::select(&TEXTS[..])
            .prop_map(Literal::text)
            .boxed(),
    }
}

fn any_comparison() -> impl Strategy<Value = Condition> {
    use Comparator::{Contains, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let fields = [
        "text",
        "number",
        "flag",
        "time",
        "text-2",
        "id",
        "last_modified",
    ];
    prop::sample::select(fields.to_vec()).prop_flat_map(|field| {
        let operators: &[Comparator] = match field {
            "number" => &[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual],
            "flag" => &[Equal, NotEqual],
            "time" | "last_modified" => &[Equal, Less, LessOrEqual, Greater, GreaterOrEqual],
            _ => &[Equal, NotEqual, Contains],
        };
        let compare = (prop::sample::select(operators.to_vec()), any_literal(field))
            .prop_map(move |(operator, value)| Condition::compare(field, operator, value));
        let null =
            prop::sample::select(&[Equal, NotEqual][..]).prop_map(move |operator| match field {
                "time" | "last_modified" => Condition::equal(field, Literal::Null),
                _ => Condition::compare(field, operator, Literal::Null),
            });
        let one_of = prop::collection::vec(any_literal(field), 1..4).prop_map(move |values| {
            Condition::OneOf {
                field: field.to_owned(),
                values,
            }
        });
        let between =
            (any_literal(field), any_literal(field)).prop_map(move |(low, high)| match field {
                "number" | "time" | "last_modified" => Condition::Between {
                    field: field.to_owned(),
                    low,
                    high,
                },
                _ => Condition::equal(field, low),
            });
        prop_oneof![5 => compare, 1 => null, 2 => one_of, 2 => between]
    })
}

fn any_condition() -> impl Strategy<Value = Condition> {
    any_comparison().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::All),
            1 => prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::Any),
            1 => inner.prop_map(Condition::negated),
        ]
    })
}

/// What a condition means to AppFlow.
fn meets(record: &Value, condition: &Condition) -> bool {
    let order = |field: &str, literal: &Literal| {
        order(field, record.get(field).unwrap_or(&Value::Null), literal)
    };
    match condition {
        Condition::All(parts) => parts.iter().all(|part| meets(record, part)),
        Condition::Any(parts) => parts.iter().any(|part| meets(record, part)),
        Condition::Not(inner) => !meets(record, inner),
        Condition::OneOf { field, values } => values
            .iter()
            .any(|value| order(field, value) == Some(Ordering::Equal)),
        Condition::Between { field, low, high } => {
            order(field, low).is_some_and(Ordering::is_ge)
                && order(field, high).is_some_and(Ordering::is_le)
        }
        Condition::Compare {
            field,
            operator,
            value,
        } => {
            let order = order(field, value);
            match operator {
                Comparator::Equal => order == Some(Ordering::Equal),
                Comparator::NotEqual => order != Some(Ordering::Equal),
                Comparator::Less => order == Some(Ordering::Less),
                Comparator::LessOrEqual => order.is_some_and(Ordering::is_le),
                Comparator::Greater => order == Some(Ordering::Greater),
                Comparator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
                Comparator::Contains => match (record.get(field), value) {
                    (Some(Value::String(text)), Literal::Text(part)) => {
                        text.contains(part.as_str())
                    }
                    _ => false,
                },
            }
        }
        Condition::Other(_) => unreachable!("none is made"),
    }
}

/// Order of a value and a literal; none if they are of different types, as they are then unequal without any.
fn order(field: &str, value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::String(text), Literal::Text(other)) => Some(text.as_str().cmp(other)),
        (Value::Number(number), Literal::Number(other)) => {
            number.as_f64()?.partial_cmp(&other.parse().ok()?)
        }
        (Value::Bool(value), Literal::Boolean(other)) => Some(value.cmp(other)),
        (Value::String(text), Literal::DateTime(other)) => {
            Moment::parse(text)?.partial_cmp(&Moment::parse(other)?)
        }
        (Value::Number(millis), Literal::DateTime(other)) if field == "last_modified" => {
            Moment::from_millis(millis.as_i64()?).partial_cmp(&Moment::parse(other)?)
        }
        _ => None,
    }
}

/// The condition with moments of records in place of their numbers.
fn with_moments(condition: &Condition, stored: &[Value]) -> Condition {
    let literal = |field: &str, value: &Literal| match value {
        Literal::Number(place) if field == "last_modified" => {
            let place: usize = place.parse().unwrap();
            let millis = match stored.get(place) {
                Some(record) => record["last_modified"].as_i64().unwrap(),
                // Before all of them, and tomorrow and later.
                None if place.is_multiple_of(2) => -1,
                None => 4_000_000_000_000,
            };
            let moment = Moment::from_millis(millis).to_string();
            // Some of them finer than Kinto's.
            let moment = match place % 3 {
                0 if moment.contains('.') => moment.replace('Z', "4Z"),
                _ => moment,
            };
            Literal::DateTime(moment)
        }
        other => other.clone(),
    };
    let all = |parts: &[Condition]| {
        parts
            .iter()
            .map(|part| with_moments(part, stored))
            .collect()
    };
    match condition {
        Condition::All(parts) => Condition::All(all(parts)),
        Condition::Any(parts) => Condition::Any(all(parts)),
        Condition::Not(inner) => with_moments(inner, stored).negated(),
        Condition::Compare {
            field,
            operator,
            value,
        } => Condition::compare(field, *operator, literal(field, value)),
        Condition::Between { field, low, high } => Condition::Between {
            field: field.clone(),
            low: literal(field, low),
            high: literal(field, high),
        },
        Condition::OneOf { field, values } => Condition::OneOf {
            field: field.clone(),
            values: values.iter().map(|value| literal(field, value)).collect(),
        },
        Condition::Other(text) => Condition::Other(text.clone()),
    }
}

/// A collection with forty records of many kinds, and how they are stored.
fn shelf(runner: &mut TestRunner) -> (World, Vec<Value>) {
    let records: Vec<Value> = (0..40)
        .map(|number| {
            let mut record = any_record().new_tree(runner).unwrap().current();
            record["id"] = json!(format!("r{number:03}"));
            record
        })
        .collect();
    let world = World::with(Value::Null, &records);
    // A record that was deleted is in no result.
    world
        .bucket
        .delete("/collections/things/records/r039")
        .unwrap();
    let stored = world.bucket.records("things").unwrap();
    (world, stored)
}

/// A host that sends along of what types the fields should be.
fn host(world: &World) -> FakeHost {
    let fields = [
        Field::text("id").primary_key(),
        Field::text("text"),
        Field::text("text-2"),
        Field::double("number"),
        Field::boolean("flag"),
        Field::date_time("time"),
        Field::date_time("last_modified").incremental(),
    ];
    world
        .host
        .clone()
        .entity(Entity::new(world.things()).with_fields(fields))
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn any_filter_gives_what_an_evaluation_of_its_own_finds() {
    let mut runner = runner(400);
    let (world, stored) = shelf(&mut runner);
    let decided = Cell::new(0);
    let conditions = (any_condition(), prop::sample::select(&[1_u32, 7, 1000][..]));
    let outcome = runner.run(&conditions, |(condition, limit)| {
        let condition = with_moments(&condition, &stored);
        let request = QueryRequest::new(world.things())
            .limit(limit)
            .fields(["id"])
            .filter(condition.clone());
        let pages = host(&world)
            .limit(limit)
            .pages(|token| Kinto::query(&context(), request.clone().token(token)));
        let pages = pages.map_err(|error| TestCaseError::fail(error.to_string()))?;
        if pages.iter().all(|page| page.logs.is_empty()) {
            decided.set(decided.get() + 1);
        }
        let found: Vec<String> = pages.iter().flat_map(|page| ids(&page.records)).collect();
        let expected: Vec<&str> = stored
            .iter()
            .filter(|record| meets(record, &condition))
            .map(|record| record["id"].as_str().unwrap())
            .collect();
        prop_assert_eq!(found, expected);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // A connector that asked Kinto for nothing would pass as well, and so would one that never checked.
    assert!(
        (50..350).contains(&decided.get()),
        "Kinto decided {} conditions alone",
        decided.get()
    );
}
