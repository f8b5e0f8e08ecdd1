//! Values against literals: types, equality, order, `LIKE`.

use std::cmp::Ordering;

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use super::evaluate::{Problem, problem};
use super::parser::{Comparison, Literal};
use crate::salesforce::data::long_id;
use crate::salesforce::schema::{Field, FieldType};

pub(super) fn check_literal(field: &Field, literal: &Literal) -> Result<(), Problem> {
    let kind = field.kind;
    let fits = match literal {
        Literal::Null => true,
        Literal::Text(text) => {
            if matches!(kind, FieldType::Id | FieldType::Reference)
                && long_id(&text.text()).is_none()
            {
                return problem(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    format!("invalid ID field: {}", text.text()),
                );
            }
            kind.is_textual()
        }
        Literal::Number(number) => {
            if matches!(kind, FieldType::Int | FieldType::Long) && number.contains('.') {
                return problem("INVALID_FIELD", format!("For input string: {number}"));
            }
            kind.is_numeric()
        }
        Literal::Boolean(_) => kind == FieldType::Boolean,
        Literal::Date(text) => {
            if day(text).is_none() {
                return problem("MALFORMED_QUERY", format!("line 1: invalid date {text}"));
            }
            kind == FieldType::Date
        }
        Literal::DateTime(text) => {
            if moment(text).is_none() {
                return problem(
                    "MALFORMED_QUERY",
                    format!("line 1: invalid date and time {text}"),
                );
            }
            kind == FieldType::DateTime
        }
        Literal::Time(_) => kind == FieldType::Time,
    };
    if fits {
        return Ok(());
    }
    let quotes = if kind.is_textual() {
        "should be enclosed in quotes"
    } else {
        "should not be enclosed in quotes"
    };
    problem(
        "INVALID_FIELD",
        format!(
            "value of filter criterion for field '{}' must be of type {} and {quotes}",
            field.name,
            kind.name()
        ),
    )
}

pub(super) fn compare(
    kind: FieldType,
    value: &Value,
    comparison: Comparison,
    literal: &Literal,
) -> bool {
    if let (Comparison::Like, Literal::Text(pattern)) = (comparison, literal) {
        return !value.is_null()
            && like(
                &fold(&text_of(Some(value))),
                &pattern
                    .0
                    .iter()
                    .flat_map(|(char, escaped)| {
                        char.to_lowercase().map(move |lower| (lower, *escaped))
                    })
                    .collect::<Vec<_>>(),
            );
    }
    // The service keeps no empty texts: '' means null.
    let wants_null = match literal {
        Literal::Null => true,
        Literal::Text(text) => text.0.is_empty(),
        _ => false,
    };
    let ordering = match (value.is_null(), wants_null) {
        (true, true) => Some(Ordering::Equal),
        (true, false) | (false, true) => None,
        (false, false) => order_values(kind, value, &literal_value(literal)),
    };
    match comparison {
        Comparison::Equal => ordering == Some(Ordering::Equal),
        Comparison::NotEqual => ordering != Some(Ordering::Equal),
        Comparison::Less => ordering == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => ordering == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Like => false,
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => Value::String(text.text()),
        Literal::Number(text)
        | Literal::Date(text)
        | Literal::DateTime(text)
        | Literal::Time(text) => Value::String(text.clone()),
        Literal::Boolean(value) => Value::Bool(*value),
        Literal::Null => Value::Null,
    }
}

pub(super) fn order_values(kind: FieldType, a: &Value, b: &Value) -> Option<Ordering> {
    let (a, b) = (text_of(Some(a)), text_of(Some(b)));
    match kind {
        FieldType::Id | FieldType::Reference => Some(long_id(&a)?.cmp(&long_id(&b)?)),
        kind if kind.is_numeric() => Some(scaled(&a)?.cmp(&scaled(&b)?)),
        FieldType::Date => Some(day(&a)?.cmp(&day(&b)?)),
        FieldType::DateTime => Some(moment(&a)?.cmp(&moment(&b)?)),
        FieldType::MultiPicklist => {
            let set = |text: &str| {
                let mut all: Vec<String> = fold(text).split(';').map(str::to_owned).collect();
                all.sort();
                all
            };
            Some(set(&a).cmp(&set(&b)))
        }
        _ => Some(fold(&a).cmp(&fold(&b))),
    }
}

fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn like(text: &str, pattern: &[(char, bool)]) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Standard two-row table: reach[i] says whether the pattern so far can end before text[i].
    let mut reach = vec![false; text.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    for &(char, escaped) in pattern {
        let mut next = vec![false; text.len() + 1];
        let mut seen = false;
        for place in 0..=text.len() {
            let here = reach.get(place).copied().unwrap_or(false);
            let before = place
                .checked_sub(1)
                .and_then(|before| reach.get(before).copied())
                .unwrap_or(false);
            let meets = match (char, escaped) {
                ('%', false) => {
                    seen |= here;
                    seen
                }
                ('_', false) => before,
                _ => {
                    before
                        && place.checked_sub(1).and_then(|before| text.get(before)) == Some(&char)
                }
            };
            if let Some(slot) = next.get_mut(place) {
                *slot = meets;
            }
        }
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}

/// A decimal as a whole number of 10⁻⁹.
fn scaled(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let padded: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let value = whole
        .parse::<i128>()
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(padded.parse().ok()?)?;
    Some(if negative { -value } else { value })
}

fn day(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse::<u8>().ok()?,
        parts.next()?.parse().ok()?,
    );
    Date::from_calendar_date(year, month.try_into().ok()?, day).ok()
}

/// A point in time as ISO 8601 or as Salesforce writes it (`+0000`).
fn moment(text: &str) -> Option<OffsetDateTime> {
    let fixed = match text
        .len()
        .checked_sub(5)
        .and_then(|at| text.split_at_checked(at))
    {
        Some((front, zone))
            if zone.starts_with(['+', '-'])
                && zone.bytes().skip(1).all(|byte| byte.is_ascii_digit()) =>
        {
            format!("{front}{}:{}", zone.get(..3)?, zone.get(3..)?)
        }
        _ => text.to_owned(),
    };
    OffsetDateTime::parse(&fixed, &Rfc3339).ok()
}

pub(super) fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
