//! Tokens to a tree, by recursive descent. Recursion is bounded by [`MAX_DEPTH`]; chains of `and` and `or` are loops.

use super::MAX_DEPTH;
use super::ast::{Comparator, Expr, Filter, Literal, ParseError};
use super::lexer::{Kind, Lexer, Token, unescape};
use crate::mechanism;

/// Most characters of a field name in a message.
const MAX_SHOWN_CHARS: usize = 60;

pub(super) fn parse(text: &str) -> Result<Filter, ParseError> {
    let mut lexer = Lexer::new(text);
    let next = lexer.next();
    let mut parser = Parser { text, lexer, next };
    parser.filter()
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// The token to be read next.
    next: Token<'a>,
}

impl<'a> Parser<'a> {
    fn filter(&mut self) -> Result<Filter, ParseError> {
        let condition = match self.next.kind {
            Kind::Limit => None,
            Kind::End => return Err(self.error("the expression is empty")),
            _ => Some(self.or_expr(0)?),
        };
        let limit = if self.accept(&Kind::Limit) {
            Some(self.count()?)
        } else {
            None
        };
        match (&self.next.kind, limit) {
            (Kind::End, _) => Ok(Filter { condition, limit }),
            (_, Some(_)) => Err(self.unexpected("the end")),
            (_, None) => Err(self.unexpected("`and`, `or`, `limit` or the end")),
        }
    }

    /// The number of a limit. AppFlow's grammar wants two digits or more; one is taken too.
    fn count(&mut self) -> Result<u32, ParseError> {
        let Kind::Number(digits) = self.next.kind else {
            return Err(self.unexpected("a whole number of 1 or more after `limit`"));
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('0') {
            return Err(self.error(
                "the number after `limit` must be whole, 1 or more, without sign and leading zeros",
            ));
        }
        self.advance();
        // Only digits: what does not fit is too large.
        Ok(digits.parse().unwrap_or(u32::MAX))
    }

    fn or_expr(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let first = self.and_expr(depth)?;
        if self.next.kind != Kind::Or {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.accept(&Kind::Or) {
            parts.push(self.and_expr(depth)?);
        }
        Ok(Expr::Or(parts))
    }

    fn and_expr(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let first = self.not_expr(depth)?;
        if self.next.kind != Kind::And {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.accept(&Kind::And) {
            parts.push(self.not_expr(depth)?);
        }
        Ok(Expr::And(parts))
    }

    fn not_expr(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let mut inner = depth;
        while self.next.kind == Kind::Not {
            inner = self.deeper(inner)?;
            self.advance();
        }
        let mut expr = self.primary(inner)?;
        for _ in depth..inner {
            expr = Expr::Not(Box::new(expr));
        }
        Ok(expr)
    }

    fn primary(&mut self, depth: usize) -> Result<Expr, ParseError> {
        match self.next.kind {
            Kind::Name(field) => self.predicate(field),
            Kind::Open => {
                let inner = self.deeper(depth)?;
                self.advance();
                let expr = self.or_expr(inner)?;
                self.expect(&Kind::Close, "`and`, `or` or `)`")?;
                Ok(expr)
            }
            Kind::Text(_) | Kind::Number(_) | Kind::Date(_) | Kind::DateTime(_) | Kind::Null => {
                Err(self.error("a condition begins with the name of a field, not with a value"))
            }
            _ => Err(self.unexpected("the name of a field, `(` or `not`")),
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, ParseError> {
        if depth == MAX_DEPTH && !mechanism::off("limits.filter-depth") {
            return Err(self.error(format!(
                "more than {MAX_DEPTH} nested parentheses and `not`"
            )));
        }
        Ok(depth + 1)
    }

    fn predicate(&mut self, name: &'a str) -> Result<Expr, ParseError> {
        let start = self.next.start;
        self.advance();
        let field = name.to_owned();
        let operator = match self.next.kind {
            Kind::Equal => Comparator::Equal,
            Kind::NotEqual => Comparator::NotEqual,
            Kind::Less => Comparator::Less,
            Kind::LessOrEqual => Comparator::LessOrEqual,
            Kind::Greater => Comparator::Greater,
            Kind::GreaterOrEqual => Comparator::GreaterOrEqual,
            Kind::Contains => Comparator::Contains,
            Kind::Between => return self.between(field),
            Kind::In => return self.one_of(field),
            _ => return Err(self.no_operator(name, start)),
        };
        self.advance();
        let equality = matches!(operator, Comparator::Equal | Comparator::NotEqual);
        let value = match self.next.kind {
            Kind::True if equality => Literal::Boolean(true),
            Kind::False if equality => Literal::Boolean(false),
            _ => {
                return Ok(Expr::Compare {
                    field,
                    operator,
                    value: self.value()?,
                });
            }
        };
        self.advance();
        Ok(Expr::Compare {
            field,
            operator,
            value,
        })
    }

    fn between(&mut self, field: String) -> Result<Expr, ParseError> {
        self.advance();
        let low = self.value()?;
        self.expect(&Kind::And, "`and` and the upper bound")?;
        let high = self.value()?;
        Ok(Expr::Between { field, low, high })
    }

    fn one_of(&mut self, field: String) -> Result<Expr, ParseError> {
        self.advance();
        self.expect(&Kind::Open, "`(` and a list of values")?;
        let mut values = vec![self.value()?];
        while self.accept(&Kind::Comma) {
            values.push(self.value()?);
        }
        self.expect(&Kind::Close, "`,` or `)`")?;
        Ok(Expr::In { field, values })
    }

    fn value(&mut self) -> Result<Literal, ParseError> {
        let literal = match &self.next.kind {
            Kind::Text(inside) => Literal::Text(unescape(inside)),
            Kind::Number(digits) => Literal::Number((*digits).to_owned()),
            Kind::Date(day) => Literal::Date((*day).to_owned()),
            Kind::DateTime(time) => Literal::DateTime((*time).to_owned()),
            Kind::Null => Literal::Null,
            Kind::True | Kind::False => {
                return Err(self.error("`true` and `false` can only be compared by `=` and `!=`"));
            }
            Kind::Name(name) if name.eq_ignore_ascii_case("null") => {
                return Err(self.error("`null` must be written in small letters"));
            }
            // The name is not shown: it may be a value without its quotes.
            Kind::Name(_) => {
                return Err(
                    self.error("expected a value, found a name; a text must stand in quotes")
                );
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.advance();
        Ok(literal)
    }

    /// What to say about a field that is not followed by an operator.
    fn no_operator(&self, name: &str, start: usize) -> ParseError {
        let field: String = name.chars().take(MAX_SHOWN_CHARS).collect();
        match self.next.kind {
            Kind::Bad(_) => self.unexpected("an operator"),
            Kind::Name(word) if self.misses_its_case(word) => {
                let message = format!(
                    "`{}` must be written in capitals or in small letters",
                    word.to_ascii_lowercase()
                );
                self.error(message)
            }
            Kind::Not => self.error(format!("`not` stands before the field: not {field} …")),
            Kind::End | Kind::And | Kind::Or | Kind::Close | Kind::Limit | Kind::Comma => {
                ParseError {
                    position: self.position(start),
                    message: format!("the field `{field}` is not compared with anything"),
                }
            }
            _ => self.unexpected(&format!("an operator after the field `{field}`")),
        }
    }

    fn misses_its_case(&self, word: &str) -> bool {
        ["and", "or", "between", "contains", "in", "limit"]
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(word))
    }

    fn advance(&mut self) {
        self.next = self.lexer.next();
    }

    fn accept(&mut self, kind: &Kind<'_>) -> bool {
        let same = self.next.kind == *kind;
        if same {
            self.advance();
        }
        same
    }

    fn expect(&mut self, kind: &Kind<'_>, expected: &str) -> Result<(), ParseError> {
        if self.accept(kind) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn position(&self, start: usize) -> usize {
        self.text
            .get(..start)
            .map_or(0, |before| before.chars().count())
            + 1
    }

    fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError {
            position: self.position(self.next.start),
            message: message.into(),
        }
    }

    fn unexpected(&self, expected: &str) -> ParseError {
        match &self.next.kind {
            Kind::Bad(message) => self.error(message.as_str()),
            found => self.error(format!("expected {expected}, found {}", describe(found))),
        }
    }
}

/// A token without its value.
fn describe(kind: &Kind<'_>) -> &'static str {
    match kind {
        Kind::And => "`and`",
        Kind::Or => "`or`",
        Kind::Not => "`not`",
        Kind::True => "`true`",
        Kind::False => "`false`",
        Kind::Null => "`null`",
        Kind::Greater => "`>`",
        Kind::GreaterOrEqual => "`>=`",
        Kind::Less => "`<`",
        Kind::LessOrEqual => "`<=`",
        Kind::Equal => "`=`",
        Kind::NotEqual => "`!=`",
        Kind::Contains => "`contains`",
        Kind::Between => "`between`",
        Kind::In => "`in`",
        Kind::Limit => "`limit`",
        Kind::Open => "`(`",
        Kind::Close => "`)`",
        Kind::Comma => "`,`",
        Kind::Name(_) => "a name",
        Kind::Number(_) => "a number",
        Kind::Text(_) => "a text",
        Kind::Date(_) => "a date",
        Kind::DateTime(_) => "a date-time",
        Kind::Bad(_) => "an odd character",
        Kind::End => "the end",
    }
}
