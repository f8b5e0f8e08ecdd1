//! A tree back to text.

use super::ast::{Comparator, Expr, Filter, Literal};
use super::parse;
use std::fmt::Write;

/// A tree that no filter expression stands for. Besides trees that no parser makes (an `And` of one, a field name with a
/// space, a number that is none, nesting that is too deep), there is one kind of text that the language cannot always
/// hold: a text that ends with a backslash must not be followed by another text in the same quotes, nor by the same
/// quote in one. So at most two such texts can be in one expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the language of filter expressions has no text for this condition")]
pub struct Unprintable;

impl Filter {
    /// The filter expression of this tree, in small letters and with the parentheses it needs: [`parse`] makes the same
    /// tree of it. There is no `Display`, since the text holds the values a user filters by, which belong in no log.
    ///
    /// # Errors
    ///
    /// [`Unprintable`] if there is no such expression.
    pub fn to_text(&self) -> Result<String, Unprintable> {
        let mut texts = Vec::new();
        if let Some(condition) = &self.condition {
            collect(condition, &mut texts);
        }
        let mut printer = Printer {
            text: String::new(),
            quotes: choose_quotes(&texts)?.into_iter(),
        };
        if let Some(condition) = &self.condition {
            printer.expr(condition, Place::Top);
        }
        if let Some(limit) = self.limit {
            let gap = if self.condition.is_some() { " " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(printer.text, "{gap}limit {limit}");
        }
        match parse(&printer.text) {
            Ok(back) if back == *self => Ok(printer.text),
            _ => Err(Unprintable),
        }
    }
}

/// Where an expression stands, which decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    InOr,
    InAnd,
    InNot,
}

struct Printer {
    text: String,
    /// The quotes of the texts to come.
    quotes: std::vec::IntoIter<char>,
}

impl Printer {
    fn expr(&mut self, expr: &Expr, place: Place) {
        match expr {
            Expr::Or(parts) => self.chain(parts, " or ", Place::InOr, place != Place::Top),
            Expr::And(parts) => {
                self.chain(
                    parts,
                    " and ",
                    Place::InAnd,
                    matches!(place, Place::InAnd | Place::InNot),
                );
            }
            Expr::Not(inner) => {
                self.text.push_str("not ");
                self.expr(inner, Place::InNot);
            }
            Expr::Compare {
                field,
                operator,
                value,
            } => {
                self.text.push_str(field);
                self.text.push_str(match operator {
                    Comparator::Equal => " = ",
                    Comparator::NotEqual => " != ",
                    Comparator::Less => " < ",
                    Comparator::LessOrEqual => " <= ",
                    Comparator::Greater => " > ",
                    Comparator::GreaterOrEqual => " >= ",
                    Comparator::Contains => " contains ",
                });
                self.literal(value);
            }
            Expr::Between { field, low, high } => {
                self.text.push_str(field);
                self.text.push_str(" between ");
                self.literal(low);
                self.text.push_str(" and ");
                self.literal(high);
            }
            Expr::In { field, values } => {
                self.text.push_str(field);
                self.text.push_str(" in ");
                for (index, value) in values.iter().enumerate() {
                    self.text.push_str(if index == 0 { "(" } else { ", " });
                    self.literal(value);
                }
                self.text.push(')');
            }
        }
    }

    fn chain(&mut self, parts: &[Expr], between: &str, place: Place, parentheses: bool) {
        if parentheses {
            self.text.push('(');
        }
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.text.push_str(between);
            }
            self.expr(part, place);
        }
        if parentheses {
            self.text.push(')');
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Text(text) => {
                let quote = self.quotes.next().unwrap_or('\'');
                self.text.push(quote);
                for c in text.chars() {
                    match c {
                        '\\' => self.text.push_str(r"\\"),
                        '\t' => self.text.push_str(r"\t"),
                        '\n' => self.text.push_str(r"\n"),
                        '\r' => self.text.push_str(r"\r"),
                        _ if c == quote => self.text.extend(['\\', c]),
                        _ => self.text.push(c),
                    }
                }
                self.text.push(quote);
            }
            Literal::Number(text) | Literal::Date(text) | Literal::DateTime(text) => {
                self.text.push_str(text)
            }
            Literal::Boolean(value) => self.text.push_str(if *value { "true" } else { "false" }),
            Literal::Null => self.text.push_str("null"),
        }
    }
}

/// The texts of an expression, in the order in which they are printed.
fn collect<'a>(expr: &'a Expr, texts: &mut Vec<&'a str>) {
    let mut take = |literal: &'a Literal| {
        if let Literal::Text(text) = literal {
            texts.push(text);
        }
    };
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| collect(part, texts)),
        Expr::Not(inner) => collect(inner, texts),
        Expr::Compare { value, .. } => take(value),
        Expr::Between { low, high, .. } => {
            take(low);
            take(high);
        }
        Expr::In { values, .. } => values.iter().for_each(take),
    }
}

const QUOTES: [char; 2] = ['\'', '"'];

/// Chooses the quotes of all texts together. Whatever is done about a backslash at a text's end, the closing quote comes
/// right behind one, so it only closes if no such quote comes later (the longest match counts). Going from the last text
/// to the first, the state is which quotes come later; for each of the four states the cheapest way is kept, where cost
/// is quotes to escape, and then double quotes, so that ordinary texts stand in single ones.
fn choose_quotes(texts: &[&str]) -> Result<Vec<char>, Unprintable> {
    type Cheapest = [Option<(usize, usize)>; 4];
    let bit = |quote: char| usize::from(quote == '"') + 1;
    let mut states: Cheapest = [Some((0, 0)), None, None, None];
    // For each text, from the last: for each state after it, the quote taken and the state before it.
    let mut steps: Vec<[(char, usize); 4]> = Vec::with_capacity(texts.len());
    for text in texts.iter().rev() {
        let mut next: Cheapest = [None; 4];
        let mut step = [('\'', 0); 4];
        let content = QUOTES
            .into_iter()
            .filter(|quote| text.contains(*quote))
            .fold(0, |bits, quote| bits | bit(quote));
        for (state, cost) in states.iter().enumerate() {
            let Some((escapes, doubles)) = *cost else {
                continue;
            };
            for quote in QUOTES {
                if text.ends_with('\\') && state & bit(quote) != 0 {
                    continue;
                }
                let cost = (
                    escapes + text.matches(quote).count(),
                    doubles + usize::from(quote == '"'),
                );
                let reached = state | bit(quote) | content;
                if let (Some(best), Some(way)) = (next.get_mut(reached), step.get_mut(reached))
                    && best.is_none_or(|best| cost < best)
                {
                    *best = Some(cost);
                    *way = (quote, state);
                }
            }
        }
        states = next;
        steps.push(step);
    }
    let reached = states
        .iter()
        .enumerate()
        .filter_map(|(state, cost)| cost.map(|cost| (cost, state)));
    let (_, mut state) = reached.min().ok_or(Unprintable)?;
    let mut quotes = Vec::with_capacity(texts.len());
    for step in steps.iter().rev() {
        let (quote, before) = step.get(state).copied().ok_or(Unprintable)?;
        quotes.push(quote);
        state = before;
    }
    Ok(quotes)
}
