//! The tree of a query.

use super::lexer::{StringLiteral, Token, tokens};

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Fields, dotted for relationships.
    pub fields: Vec<String>,
    /// Object.
    pub object: String,
    /// Condition.
    pub condition: Option<Condition>,
    /// Order.
    pub order: Vec<OrderBy>,
    /// Most records.
    pub limit: Option<usize>,
}

/// One field of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    /// Field.
    pub field: String,
    /// Greatest first.
    pub descending: bool,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of them.
    And(Vec<Condition>),
    /// One of them.
    Or(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A field against a value.
    Compare(String, Comparison, Literal),
    /// A field among values, or not.
    In(String, bool, Vec<Literal>),
    /// A multi-select picklist with one of these, or without.
    Includes(String, bool, Vec<Literal>),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
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
    /// `LIKE`
    Like,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Quoted text.
    Text(StringLiteral),
    /// Number as written.
    Number(String),
    /// Boolean.
    Boolean(bool),
    /// Day.
    Date(String),
    /// Point in time.
    DateTime(String),
    /// Time of day.
    Time(String),
    /// `null`
    Null,
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// Parses a query; the error is the message of a `MALFORMED_QUERY`.
///
/// # Errors
/// Anything outside the grammar, and more than 150 levels of parentheses.
pub fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let query = parser.query()?;
    match parser.next() {
        None => Ok(query),
        Some(token) => Err(format!("unexpected token: {token:?}")),
    }
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), String> {
        if self.take_word(word) {
            Ok(())
        } else {
            Err(format!("expecting '{word}', found {:?}", self.peek()))
        }
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), String> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            Err(format!("expecting '{symbol}', found {:?}", self.peek()))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        const RESERVED: &[&str] = &[
            "and", "asc", "desc", "excludes", "first", "from", "group", "having", "in", "includes",
            "last", "like", "limit", "not", "null", "nulls", "or", "select", "using", "where",
            "with",
        ];
        match self.next() {
            Some(Token::Word(word)) if !RESERVED.contains(&word.to_ascii_lowercase().as_str()) => {
                Ok(word)
            }
            other => Err(format!("unexpected token: {other:?}")),
        }
    }

    fn query(&mut self) -> Result<Query, String> {
        self.expect_word("select")?;
        let mut fields = vec![self.name()?];
        while self.take_symbol(",") {
            fields.push(self.name()?);
        }
        self.expect_word("from")?;
        let object = self.name()?;
        let condition = if self.take_word("where") {
            Some(self.condition()?)
        } else {
            None
        };
        let mut order = Vec::new();
        if self.take_word("order") {
            self.expect_word("by")?;
            loop {
                let field = self.name()?;
                let descending = !self.take_word("asc") && self.take_word("desc");
                order.push(OrderBy { field, descending });
                if !self.take_symbol(",") {
                    break;
                }
            }
        }
        let limit = if self.take_word("limit") {
            match self.next() {
                Some(Token::Number(number)) => Some(
                    number
                        .parse()
                        .map_err(|_| "LIMIT takes a whole number".to_owned())?,
                ),
                other => return Err(format!("unexpected token: {other:?}")),
            }
        } else {
            None
        };
        Ok(Query {
            fields,
            object,
            condition,
            order,
            limit,
        })
    }

    fn condition(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > 150 {
            return Err("condition nested too deeply".to_owned());
        }
        let condition = self.condition_inside()?;
        self.depth -= 1;
        Ok(condition)
    }

    fn condition_inside(&mut self) -> Result<Condition, String> {
        if self.take_word("not") {
            return Ok(Condition::Not(Box::new(self.simple()?)));
        }
        let first = self.simple()?;
        for (word, other, build) in [
            (
                "and",
                "or",
                Condition::And as fn(Vec<Condition>) -> Condition,
            ),
            ("or", "and", Condition::Or),
        ] {
            if !self.is_word(word) {
                continue;
            }
            let mut parts = vec![first];
            while self.take_word(word) {
                parts.push(self.simple()?);
            }
            if self.is_word(other) {
                return Err(format!(
                    "unexpected token: '{other}': AND and OR need parentheses to be mixed"
                ));
            }
            return Ok(build(parts));
        }
        Ok(first)
    }

    fn simple(&mut self) -> Result<Condition, String> {
        if self.take_symbol("(") {
            let condition = self.condition()?;
            self.expect_symbol(")")?;
            return Ok(condition);
        }
        let field = self.name()?;
        if self.take_word("not") {
            self.expect_word("in")?;
            return Ok(Condition::In(field, false, self.values()?));
        }
        if self.take_word("in") {
            return Ok(Condition::In(field, true, self.values()?));
        }
        if self.take_word("includes") {
            return Ok(Condition::Includes(field, true, self.values()?));
        }
        if self.take_word("excludes") {
            return Ok(Condition::Includes(field, false, self.values()?));
        }
        let comparison = if self.take_word("like") {
            Comparison::Like
        } else {
            match self.next() {
                Some(Token::Symbol("=")) => Comparison::Equal,
                Some(Token::Symbol("!=")) => Comparison::NotEqual,
                Some(Token::Symbol("<")) => Comparison::Less,
                Some(Token::Symbol("<=")) => Comparison::LessOrEqual,
                Some(Token::Symbol(">")) => Comparison::Greater,
                Some(Token::Symbol(">=")) => Comparison::GreaterOrEqual,
                other => return Err(format!("unexpected token: {other:?}")),
            }
        };
        Ok(Condition::Compare(field, comparison, self.literal()?))
    }

    fn values(&mut self) -> Result<Vec<Literal>, String> {
        self.expect_symbol("(")?;
        let mut values = vec![self.literal()?];
        while self.take_symbol(",") {
            values.push(self.literal()?);
        }
        self.expect_symbol(")")?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Number(number)) => Ok(Literal::Number(number)),
            Some(Token::Date(date)) => Ok(Literal::Date(date)),
            Some(Token::DateTime(at)) => Ok(Literal::DateTime(at)),
            Some(Token::Time(time)) => Ok(Literal::Time(time)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => Ok(Literal::Null),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => {
                Ok(Literal::Boolean(true))
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => {
                Ok(Literal::Boolean(false))
            }
            other => Err(format!("unexpected token: {other:?}")),
        }
    }
}
