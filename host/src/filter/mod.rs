//! AppFlow's filter expressions.

mod ast;

pub use ast::{Comparator, Expr, Filter, Literal, ParseError};

/// Parses a filter expression.
pub fn parse(_text: &str) -> Result<Filter, ParseError> {
    Err(ParseError { position: 1, message: "not yet".to_owned() })
}
