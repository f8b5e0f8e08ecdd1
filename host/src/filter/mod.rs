//! AppFlow's filter expressions, as they come in `QueryData` requests: text to tree ([`parse`]) and back
//! ([`Filter::to_text`]).
//!
//! The language is that of the grammar in AppFlow's connector SDKs:
//!
//! ```text
//! filter     = ( or-expr [ limit ] | limit ) end
//! limit      = LIMIT whole-number
//! or-expr    = and-expr { OR and-expr }
//! and-expr   = not-expr { AND not-expr }
//! not-expr   = NOT not-expr | "(" or-expr ")" | predicate
//! predicate  = name ( ">" | ">=" | "<" | "<=" | CONTAINS ) value
//!            | name ( "=" | "!=" ) ( value | TRUE | FALSE )
//!            | name BETWEEN value AND value
//!            | name IN "(" value { "," value } ")"
//! value      = text | null | number | date | date-time
//! ```
//!
//! A name is a letter and then letters, digits, `_`, `.` and `-`. Keywords are written in capitals or in small letters,
//! not mixed; `true` and `false` also as `True` and `False`, `null` only so. Numbers have no exponent and no `+`.
//! A date is `2021-04-20`, a date-time `2021-04-20T12:30:45.123Z`, always in UTC and with seconds.
//!
//! **Where this parser differs from the SDKs'**, which drop characters they do not know and then parse what is left:
//!
//! | text | SDKs | here |
//! | --- | --- | --- |
//! | `a = 5;`, `a$ = 5`, `_a = 5`, `a ! = 5` | the odd character is dropped | refused |
//! | `a`, `5`, `a and 'x'` | a condition without meaning | refused |
//! | `2021-02-31`, day 00, hour 24 | taken | refused: not in the calendar |
//! | `LIMIT 5` | refused: at least two digits | taken |
//! | more than 200 nested `(` and `not` | taken | refused |
//! | more than 100,000 characters | taken | refused |
//!
//! # Texts
//!
//! A text stands in `'…'` or `"…"`. A quote behind a backslash belongs to the text, *if* there is a later quote that can
//! end it: the longest match counts, as in the SDKs. So `'x\'` by itself is the text `x\`, but in `a = 'x\' and b = 'y'`
//! the first text goes on to `b = `, and the expression is refused. In a text, `\'`, `\"`, `\\`, `\t`, `\n` and `\r` are
//! replaced by what they stand for, from left to right; a backslash before anything else, or at the end, stays:
//!
//! | written | text |
//! | --- | --- |
//! | `'it\'s'`, `"it's"` | it's |
//! | `'a\\b'`, `'a\b'` | a\b |
//! | `'a\tb'` | a, tab, b |
//! | `'a\\'` at the end of the expression | a\ |
//! | `''` | the empty text |
//!
//! The SDKs' parsers leave all of them as they stand. These six are the escapes that the language's authors intended.

mod ast;
mod lexer;
mod parser;
mod printer;
#[cfg(test)]
mod tests;

pub use ast::{Comparator, Expr, Filter, Literal, ParseError};
pub use printer::Unprintable;

/// Longest expression, in characters. AppFlow's own are a few lines long; this leaves room for long `in` lists.
pub const MAX_CHARS: usize = 100_000;

/// Most parentheses and `not` around a condition. Everything that walks the tree may recurse this deep.
pub const MAX_DEPTH: usize = 200;

/// Parses a filter expression.
///
/// `a and b and c` is one [`Expr::And`] of three; parentheses make a node of their own where they hold one: `(a and b)
/// and c` is an `And` of an `And` and `c`. A `LIMIT` beyond 2^32-1 is cut to that.
///
/// # Errors
///
/// Whatever is not in the language, an empty text included: callers take a blank expression as none. The message may
/// name a field or an odd character, never a value.
pub fn parse(text: &str) -> Result<Filter, ParseError> {
    if text.len() > MAX_CHARS && text.chars().nth(MAX_CHARS).is_some() {
        return Err(ParseError {
            position: MAX_CHARS + 1,
            message: format!("the expression is longer than {MAX_CHARS} characters"),
        });
    }
    parser::parse(text)
}
