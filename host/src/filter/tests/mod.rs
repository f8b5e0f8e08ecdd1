#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod examples;
mod messages;
mod properties;
mod recogniser;

use super::{Comparator, Expr, Literal};

fn number(text: &str) -> Literal {
    Literal::Number(text.to_owned())
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

fn compare(field: &str, operator: Comparator, value: Literal) -> Expr {
    Expr::Compare {
        field: field.to_owned(),
        operator,
        value,
    }
}

fn equal(field: &str, value: Literal) -> Expr {
    compare(field, Comparator::Equal, value)
}
