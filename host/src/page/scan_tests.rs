//! The scanner agrees with `serde_json` on what is JSON.

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;

/// The text of the one value in a text.
fn scan(text: &str) -> Result<Raw<'_>, Broken> {
    let mut scanner = Scanner::new(text);
    let value = scanner.value()?;
    scanner.end()?;
    Ok(value)
}

fn agrees(text: &str) {
    let known = serde_json::from_str::<IgnoredAny>(text);
    assert_eq!(scan(text).is_ok(), known.is_ok(), "{text:?}: {known:?}");
    if let Ok(found) = scan(text) {
        let trimmed = text.trim_matches([' ', '\n', '\r', '\t']);
        assert_eq!(found.text, trimmed);
    }
}

#[test]
fn what_is_json_and_what_is_not() {
    for text in [
        "",
        " ",
        "null",
        "nul",
        "nulll",
        "true",
        "tru",
        "false",
        "falsy",
        "True",
        "0",
        "-0",
        "00",
        "-",
        "01",
        "1.",
        ".5",
        "1.5",
        "1.5.",
        "1e",
        "1e+",
        "1e+9",
        "1E-09",
        "-1.5e10x",
        "+1",
        "123456789012345678901",
        "12345678",
        "1234567a",
        "12345678.87654321e12345678",
        "\"\"",
        "\"",
        "\"\\\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\n\\r\\t\\b\\f\\/\\\\\\\"\"",
        "\"\n\"",
        "\"\u{1f}\"",
        "\"\u{7f}\"",
        "\"é🦀\"",
        "[]",
        "[ ]",
        "[",
        "]",
        "[,]",
        "[1,]",
        "[1 2]",
        "[1,2]",
        "[1}",
        "{}",
        "{ }",
        "{",
        "}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" : 1 , \"b\" : [ { } ] }",
        "{\"a\":1]",
        "{1:2}",
        "{\"a\":1 \"b\":2}",
        "[[[[]]]]",
        "[[[[]]]",
        "[{\"a\":[{}]}]",
        "\u{feff}{}",
        "{} {}",
        "//",
        "NaN",
        "\u{c}1",
        "\u{a0}1",
    ] {
        agrees(text);
    }
}

#[test]
fn strings_end_where_they_end_wherever_they_lie() {
    for before in 0..140 {
        for length in [0, 1, 15, 16, 17, 63, 64, 65, 200] {
            let space = " ".repeat(before);
            let inside = "x".repeat(length);
            agrees(&format!("{space}\"{inside}\""));
            agrees(&format!("{space}\"{inside}"));
            agrees(&format!("{space}\"{inside}\\\"{inside}\""));
            agrees(&format!("{space}\"{inside}\u{1}\""));
            agrees(&format!("{space}[\"{inside}\",1{inside}]"));
        }
    }
}

#[test]
fn plain_is_what_needs_no_backslash_inside() {
    for (text, plain) in [
        ("\"a\"", true),
        ("\"\"", true),
        ("\"\\n\"", false),
        ("-1.5", true),
        ("null", true),
        ("{}", false),
        ("[1]", false),
    ] {
        assert_eq!(scan(text).unwrap(), Raw { text, plain });
    }
}

#[test]
fn nesting_costs_no_stack() {
    let deep = format!("{}{}", "[{\"a\":".repeat(200_000), "1");
    assert_eq!(scan(&deep), Err(Broken));
    assert!(scan(&format!("{deep}{}", "}]".repeat(200_000))).is_ok());
}

#[test]
fn names_are_decoded() {
    let mut names = Vec::new();
    let mut scanner = Scanner::new(r#"{"a":1,"\u0061\n":2}"#);
    let walked = scanner.object(|scanner, key| {
        names.push(key.name()?.into_owned());
        scanner.value().map(drop)
    });
    assert_eq!(
        (walked, names),
        (Ok(()), vec!["a".to_owned(), "a\n".to_owned()])
    );
    let mut scanner = Scanner::new(r#"{"\ud800":1}"#);
    let walked = scanner.object(|_, key| key.name().map(drop));
    assert_eq!(walked, Err(Broken));
}

proptest! {
    #[test]
    fn agrees_with_serde_json(text in r#"[\[\]{}:,"\\ \n0-9a-fu.eE+\-truefalsn]{0,40}"#) {
        agrees(&text);
    }

    #[test]
    fn agrees_with_serde_json_on_json_with_one_byte_changed(
        value in proptest::collection::vec(".{0,70}", 0..6), at in 0usize..400, with in proptest::char::range('\0', '~')
    ) {
        let text = serde_json::to_string(&serde_json::json!({ "k": value, "n": [1.5e9, -7, true, null] })).unwrap();
        agrees(&text);
        let mut chars: Vec<char> = text.chars().collect();
        let at = at % chars.len();
        chars[at] = with;
        agrees(&chars.into_iter().collect::<String>());
    }
}
