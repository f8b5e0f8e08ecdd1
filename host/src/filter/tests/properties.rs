//! Whatever the tree and whatever the text.

use super::super::{Comparator, Expr, Filter, Literal, parse};
use super::{equal, text};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9_.-]{0,8}".prop_filter("a keyword", |name| {
        let keywords = [
            "and", "or", "not", "true", "false", "contains", "between", "in", "limit", "null",
        ];
        !keywords.contains(&name.to_ascii_lowercase().as_str())
    })
}

/// Texts made of what is hard: quotes, backslashes, the letters of escapes.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![r#"['"\\ntr\n\t\r %_x]{0,6}"#, any::<String>()]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        4 => any_text().prop_map(Literal::Text),
        1 => "-?[0-9]{1,5}(\\.[0-9]{1,3})?".prop_map(Literal::Number),
        1 => "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])".prop_map(Literal::Date),
        1 => "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z"
            .prop_map(Literal::DateTime),
        1 => Just(Literal::Null),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    use Comparator::{Contains, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let comparator = prop::sample::select(vec![
        Equal,
        NotEqual,
        Less,
        LessOrEqual,
        Greater,
        GreaterOrEqual,
        Contains,
    ]);
    let equality = prop::sample::select(vec![Equal, NotEqual]);
    let leaf = prop_oneof![
        (name(), comparator, literal()).prop_map(|(field, operator, value)| Expr::Compare {
            field,
            operator,
            value
        }),
        (name(), equality, any::<bool>()).prop_map(|(field, operator, value)| Expr::Compare {
            field,
            operator,
            value: Literal::Boolean(value)
        }),
        (name(), literal(), literal()).prop_map(|(field, low, high)| Expr::Between {
            field,
            low,
            high
        }),
        (name(), prop::collection::vec(literal(), 1..4))
            .prop_map(|(field, values)| Expr::In { field, values }),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let limit = prop::option::of(1..=u32::MAX);
    (prop::option::of(expr()), limit).prop_filter_map("nothing", |(condition, limit)| {
        (condition.is_some() || limit.is_some()).then_some(Filter { condition, limit })
    })
}

fn ends_with_backslash(expr: &Expr) -> bool {
    let ends = |literal: &Literal| matches!(literal, Literal::Text(text) if text.ends_with('\\'));
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(ends_with_backslash),
        Expr::Not(inner) => ends_with_backslash(inner),
        Expr::Compare { value, .. } => ends(value),
        Expr::Between { low, high, .. } => ends(low) || ends(high),
        Expr::In { values, .. } => values.iter().any(ends),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_is_the_opposite_of_parsing(filter in filter()) {
        match filter.to_text() {
            Ok(text) => prop_assert_eq!(parse(&text).unwrap(), filter, "{}", text),
            Err(_) => prop_assert!(filter.condition.as_ref().is_some_and(ends_with_backslash), "{:?}", filter),
        }
    }

    #[test]
    fn one_text_can_always_be_printed(value in any_text()) {
        let filter = Filter { condition: Some(equal("a", text(&value))), limit: None };
        prop_assert_eq!(parse(&filter.to_text().unwrap()).unwrap(), filter);
    }

    #[test]
    fn what_parses_can_be_printed(expression in r#"(a = ['"][ab'"\\]{0,5}['"]( and | or )?){1,3}"#) {
        if let Ok(filter) = parse(&expression) {
            prop_assert_eq!(parse(&filter.to_text().unwrap()).unwrap(), filter, "{}", expression);
        }
    }

    #[test]
    fn no_text_panics(expression in any::<String>()) {
        let _ = parse(&expression);
    }

    #[test]
    fn nearly_good_text_does_not_panic(expression in r#"([a-c]|[ ()=<>!,'"\\;.-]|and |or |not |in |limit |null|[0-9TZ:]|2021-04-2|é){0,30}"#) {
        if let Err(error) = parse(&expression) {
            prop_assert!((1..=expression.chars().count() + 1).contains(&error.position));
            prop_assert!(!error.message.contains('\n'));
        }
    }
}

#[test]
fn two_texts_with_a_backslash_at_the_end() {
    let ends = |names: &[&str]| {
        let parts = names.iter().map(|name| equal(name, text("x\\"))).collect();
        Filter {
            condition: Some(Expr::And(parts)),
            limit: None,
        }
    };
    let two = ends(&["a", "b"]);
    assert_eq!(parse(&two.to_text().unwrap()).unwrap(), two);
    assert!(ends(&["a", "b", "c"]).to_text().is_err());
}

#[test]
fn trees_that_no_expression_stands_for() {
    let one = || equal("a", Literal::Null);
    for condition in [
        Expr::And(vec![]),
        Expr::Or(vec![one()]),
        equal("two words", Literal::Null),
        equal("null", Literal::Null),
        equal("", Literal::Null),
        equal("a", Literal::Number("1 or b = 1".to_owned())),
        equal("a", Literal::Date("2021-02-31".to_owned())),
        Expr::In {
            field: "a".to_owned(),
            values: vec![],
        },
        Expr::In {
            field: "a".to_owned(),
            values: vec![Literal::Boolean(true)],
        },
    ] {
        assert!(
            Filter {
                condition: Some(condition.clone()),
                limit: None
            }
            .to_text()
            .is_err(),
            "{condition:?}"
        );
    }
    assert!(
        Filter {
            condition: None,
            limit: None
        }
        .to_text()
        .is_err()
    );
    assert!(
        Filter {
            condition: Some(one()),
            limit: Some(0)
        }
        .to_text()
        .is_err()
    );
}

#[test]
fn ordinary_texts_stand_in_single_quotes() {
    let filter = parse(r#"a = "x" and not (b = "it's" or c in ("y", 5)) LIMIT 20"#).unwrap();
    assert_eq!(
        filter.to_text().unwrap(),
        r#"a = 'x' and not (b = "it's" or c in ('y', 5)) limit 20"#
    );
}
