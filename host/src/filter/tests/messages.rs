//! Errors: where they point and what they say.

use super::super::parse;

#[test]
fn positions_and_messages() {
    for (expression, position, message) in [
        ("", 1, "the expression is empty"),
        ("a = 5;", 6, "the character `;` is not allowed here"),
        ("_a = 5", 1, "the character `_` is not allowed here"),
        ("a ! = 5", 3, "the character `!` is not allowed here"),
        ("a = 5\u{7}", 6, "the character U+0007 is not allowed here"),
        ("é = 5", 1, "the character `é` is not allowed here"),
        ("a = 'éé' é", 10, "the character `é` is not allowed here"),
        ("a = 2021-02-31", 5, "there is no such day in the calendar"),
        (
            "a = 2021-02-21T24:00:00Z",
            5,
            "there is no hour 24; midnight is hour 00 of the next day",
        ),
        (
            "a = 2021-04-20T12:30Z",
            5,
            "a date-time must have the form YYYY-MM-DDThh:mm:ssZ, with seconds and in UTC",
        ),
        (
            "a = 2021-13-01",
            5,
            "a date must have the form YYYY-MM-DD, with a month from 01 to 12 and a day from 01 to 31",
        ),
        (
            "email",
            1,
            "the field `email` is not compared with anything",
        ),
        (
            "a = 1 and (email)",
            12,
            "the field `email` is not compared with anything",
        ),
        (
            "'x' = a",
            1,
            "a condition begins with the name of a field, not with a value",
        ),
        (
            "a Between 1 and 2",
            3,
            "`between` must be written in capitals or in small letters",
        ),
        ("a = NULL", 5, "`null` must be written in small letters"),
        (
            "a = hunter2",
            5,
            "expected a value, found a name; a text must stand in quotes",
        ),
        ("a not in (1)", 3, "`not` stands before the field: not a …"),
        (
            "a is null",
            3,
            "expected an operator after the field `a`, found a name",
        ),
        ("a == 5", 4, "expected a value, found `=`"),
        (
            "a > true",
            5,
            "`true` and `false` can only be compared by `=` and `!=`",
        ),
        (
            "a = 1 b = 2",
            7,
            "expected `and`, `or`, `limit` or the end, found a name",
        ),
        ("(a = 1", 7, "expected `and`, `or` or `)`, found the end"),
        ("a in (1, ", 10, "expected a value, found the end"),
        (
            "limit 0",
            7,
            "the number after `limit` must be whole, 1 or more, without sign and leading zeros",
        ),
        ("a = 'x", 5, "the text that begins here has no end"),
    ] {
        let error = parse(expression).unwrap_err();
        assert_eq!(
            (error.position, error.message.as_str()),
            (position, message),
            "{expression}"
        );
    }
}

#[test]
fn values_are_not_repeated() {
    let secret = "s3cr3t";
    for expression in [
        format!("a = '{secret}' '{secret}'"),
        format!("a = '{secret}"),
        format!("a = {secret}"),
        format!("a in ('{secret}' {secret})"),
        format!("a = '{secret}';"),
        format!("'{secret}' = a"),
        format!("a = 1 {secret}"),
        format!("a b {secret}"),
        format!("limit {secret}"),
    ] {
        let message = parse(&expression).unwrap_err().to_string();
        assert!(!message.contains(secret), "{expression}: {message}");
    }
    for expression in [
        "a = 48151623 48151623",
        "48151623",
        "a = 48151623-42",
        "limit -48151623",
    ] {
        let message = parse(expression).unwrap_err().to_string();
        assert!(!message.contains("48151623"), "{expression}: {message}");
    }
}

#[test]
fn long_names_are_cut() {
    let message = parse(&"a".repeat(50_000)).unwrap_err().message;
    assert!(message.len() < 200, "{message}");
}
