//! The tree of a filter expression.

/// A parsed filter expression: a condition, a limit, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Which records; none for all.
    pub condition: Option<Expr>,
    /// Most records over all pages.
    pub limit: Option<u32>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All of two or more conditions.
    And(Vec<Expr>),
    /// At least one of two or more conditions.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// A field compared with a value.
    Compare {
        /// The field.
        field: String,
        /// How.
        operator: Comparator,
        /// The value; a boolean only with `Equal` and `NotEqual`.
        value: Literal,
    },
    /// A field between two values, both included, as in SQL. (AppFlow does not document whether they are; leaving them
    /// out would lose records.)
    Between {
        /// The field.
        field: String,
        /// Lower bound.
        low: Literal,
        /// Upper bound.
        high: Literal,
    },
    /// A field with one of the values.
    In {
        /// The field.
        field: String,
        /// The values, at least one.
        values: Vec<Literal>,
    },
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `contains`
    Contains,
}

/// A value in a filter expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Text, unescaped.
    Text(String),
    /// Digits, perhaps with a sign and a fraction: `-5.25`. Leading zeros are kept.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `YYYY-MM-DD`, a day of the calendar.
    Date(String),
    /// `YYYY-MM-DDThh:mm:ss[.digits]Z`, a point in time in UTC.
    DateTime(String),
    /// `null`.
    Null,
}

/// Why a filter expression is refused. It never contains a value of the expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter expression, character {position}: {message}")]
pub struct ParseError {
    /// Where, in characters from 1.
    pub position: usize,
    /// What is wrong.
    pub message: String,
}
