//! A second opinion on the grammar: a recogniser that tries every way through the rules, compared with the parser on
//! random sequences of tokens. It shares no code with the parser and works on tokens, not on text.

use super::super::parse;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Tokens by class, each with a text.
const TOKENS: &[(char, &str)] = &[
    ('(', "("),
    (')', ")"),
    (',', ","),
    ('&', "and"),
    ('&', "AND"),
    ('|', "or"),
    ('|', "OR"),
    ('!', "not"),
    ('!', "NOT"),
    ('b', "between"),
    ('i', "in"),
    ('l', "limit"),
    ('n', "field"),
    ('n', "a.b-c_d"),
    ('n', "And"),
    ('n', "NULL"),
    ('=', "="),
    ('=', "!="),
    ('>', ">"),
    ('>', "<="),
    ('>', "contains"),
    ('t', "true"),
    ('t', "False"),
    ('v', "'text'"),
    ('v', "\"\""),
    ('v', "null"),
    ('v', "-1.5"),
    ('v', "0"),
    ('v', "2021-04-20"),
    ('v', "2021-04-20T01:02:03Z"),
    // Values that may also follow `limit`.
    ('c', "7"),
    ('c', "100"),
];

type Ends = BTreeSet<usize>;

/// The places where a rule can end that begins at one of these places.
fn then(from: &Ends, rule: impl Fn(usize) -> Ends) -> Ends {
    from.iter().flat_map(|at| rule(*at)).collect()
}

struct Grammar<'a>(&'a [char]);

impl Grammar<'_> {
    fn one(&self, at: usize, classes: &str) -> Ends {
        self.0
            .get(at)
            .filter(|class| classes.contains(**class))
            .map(|_| at + 1)
            .into_iter()
            .collect()
    }

    fn sequence(&self, at: usize, classes: &[&str]) -> Ends {
        classes.iter().fold(Ends::from([at]), |ends, class| {
            then(&ends, |at| self.one(at, class))
        })
    }

    /// `item { separator item }`
    fn separated(&self, at: usize, separator: &str, item: &dyn Fn(usize) -> Ends) -> Ends {
        let mut all = item(at);
        let mut last = all.clone();
        while !last.is_empty() {
            let separators = then(&last, |at| self.one(at, separator));
            last = then(&separators, item).difference(&all).copied().collect();
            all.extend(&last);
        }
        all
    }

    fn or_expr(&self, at: usize) -> Ends {
        self.separated(at, "|", &|at| {
            self.separated(at, "&", &|at| self.not_expr(at))
        })
    }

    fn not_expr(&self, at: usize) -> Ends {
        let mut ends = then(&self.one(at, "!"), |at| self.not_expr(at));
        ends.extend(then(
            &then(&self.one(at, "("), |at| self.or_expr(at)),
            |at| self.one(at, ")"),
        ));
        ends.extend(self.sequence(at, &["n", ">", "vc"]));
        ends.extend(self.sequence(at, &["n", "=", "vct"]));
        ends.extend(self.sequence(at, &["n", "b", "vc", "&", "vc"]));
        let list = then(&self.sequence(at, &["n", "i", "("]), |at| {
            self.separated(at, ",", &|at| self.one(at, "vc"))
        });
        ends.extend(then(&list, |at| self.one(at, ")")));
        ends
    }

    fn accepts(&self) -> bool {
        let mut ends = self.sequence(0, &["l", "c"]);
        let condition = self.or_expr(0);
        ends.extend(then(&condition, |at| self.sequence(at, &["l", "c"])));
        ends.extend(condition);
        ends.contains(&self.0.len())
    }
}

fn check(tokens: &[(char, &str)]) -> Result<(), TestCaseError> {
    let classes: Vec<char> = tokens.iter().map(|(class, _)| *class).collect();
    let text: Vec<&str> = tokens.iter().map(|(_, text)| *text).collect();
    let text = text.join(" ");
    let parsed = parse(&text);
    prop_assert_eq!(
        parsed.is_ok(),
        Grammar(&classes).accepts(),
        "{}: {:?}",
        text,
        parsed
    );
    Ok(())
}

fn token() -> impl Strategy<Value = (char, &'static str)> {
    prop::sample::select(TOKENS)
}

/// Mostly valid: predicates and connectives in the right places, with some tokens replaced at random.
fn nearly_valid() -> impl Strategy<Value = Vec<(char, &'static str)>> {
    let of = |classes: &'static str| {
        let tokens: Vec<_> = TOKENS
            .iter()
            .copied()
            .filter(|(class, _)| classes.contains(*class))
            .collect();
        prop::sample::select(tokens)
    };
    let sequence = |parts: Vec<&'static str>| parts.into_iter().map(of).collect::<Vec<_>>();
    let predicate = prop_oneof![
        sequence(vec!["n", ">", "vc"]),
        sequence(vec!["n", "=", "vct"]),
        sequence(vec!["n", "b", "vc", "&", "vc"]),
        sequence(vec!["n", "i", "(", "vc", ",", "vc", ")"]),
    ];
    let tree = predicate.prop_recursive(4, 24, 3, move |inner| {
        prop_oneof![
            (inner.clone(), of("&|"), inner.clone()).prop_map(|(left, between, right)| [
                left,
                vec![between],
                right
            ]
            .concat()),
            (of("!"), inner.clone()).prop_map(|(not, inner)| [vec![not], inner].concat()),
            (of("("), inner, of(")")).prop_map(|(open, inner, close)| [
                vec![open],
                inner,
                vec![close]
            ]
            .concat()),
        ]
    });
    let limited = (tree, prop::option::of((of("l"), of("c")))).prop_map(|(mut tokens, limit)| {
        tokens.extend(limit.into_iter().flat_map(|(limit, count)| [limit, count]));
        tokens
    });
    (
        limited,
        prop::collection::vec((any::<prop::sample::Index>(), token()), 0..2),
    )
        .prop_map(|(mut tokens, changes)| {
            for (place, token) in changes {
                let place = place.index(tokens.len());
                if let Some(slot) = tokens.get_mut(place) {
                    *slot = token;
                }
            }
            tokens
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_on_any_tokens(tokens in prop::collection::vec(token(), 0..9)) {
        check(&tokens)?;
    }

    #[test]
    fn agrees_on_nearly_valid_tokens(tokens in nearly_valid()) {
        check(&tokens)?;
    }
}
