//! SOQL as far as connectors need it: `SELECT fields FROM object [WHERE condition] [ORDER BY fields] [LIMIT n]`.
//!
//! The grammar is the published one, with its awkward corners, because a connector that passes here must pass there:
//! `AND` and `OR` do not mix without parentheses, and `NOT` stands at the front of a condition of its own. Literals are
//! typed: a quoted number against a numeric field, or a bare one against a text field, is refused as the service does.
//!
//! Meaning: two-valued logic. A null field is unequal to every value, so `!=`, `NOT IN` and `NOT (x = …)` find it, and
//! neither smaller nor greater than any; an empty text in a comparison means null. Texts compare without regard to letter case; keys with regard to it, in their
//! 15- or 18-character form. In `LIKE`, `%` and `_` are wildcards unless escaped by a backslash in the literal.

mod compare;
mod evaluate;
mod lexer;
mod parser;

#[cfg(test)]
mod tests;

pub use evaluate::{Evaluated, Problem, run};
pub use lexer::{StringLiteral, Token, tokens};
pub use parser::{Comparison, Condition, Literal, OrderBy, Query, parse};
