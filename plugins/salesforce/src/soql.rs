//! SOQL from AppFlow's filters.
//!
//! * Every group has its parentheses, since SOQL does not mix AND and OR without them.
//! * Values are written by the type of their field: a text that is a number becomes a bare number against a numeric
//!   field, a number becomes a quoted text against a text field. What does not fit the type is refused here.
//! * Salesforce compares texts without regard to letter case, and counts null as unequal to every value: `!=`, and NOT
//!   around a comparison, find records without a value. An empty text is null.
//! * BETWEEN includes both bounds. A null in a list, as in `x in (1, null)`, finds records without a value.
//! * A day against a point in time means its first moment in UTC, and the other way round.

use appflow_connector::filter::{Comparator, Condition, Literal};
use appflow_connector::schema::Operator;
use appflow_connector::{Error, Result};

use crate::columns::{Column, Columns};
use crate::kind::Kind;

/// The condition behind WHERE.
pub(crate) fn condition(columns: Columns<'_>, condition: &Condition) -> Result<String> {
    Ok(match condition {
        Condition::All(parts) => group(columns, parts, " AND ")?,
        Condition::Any(parts) => group(columns, parts, " OR ")?,
        Condition::Not(inner) => format!("(NOT {})", self::condition(columns, inner)?),
        Condition::Compare {
            field,
            operator,
            value,
        } => compare(&columns.column(field)?, *operator, value)?,
        Condition::Between { field, low, high } => {
            let column = columns.column(field)?;
            column.check(Operator::Between)?;
            let low = ordered(&column, Comparator::GreaterOrEqual, low)?;
            let high = ordered(&column, Comparator::LessOrEqual, high)?;
            format!("({low} AND {high})")
        }
        Condition::OneOf { field, values } => one_of(&columns.column(field)?, values)?,
        Condition::Other(_) => {
            return Err(Condition::unsupported(
                "a kind of filter condition newer than this connector",
            ));
        }
    })
}

fn group(columns: Columns<'_>, parts: &[Condition], word: &str) -> Result<String> {
    let mut parts = parts
        .iter()
        .map(|part| condition(columns, part))
        .collect::<Result<Vec<_>>>()?;
    match parts.len() {
        1 => Ok(parts.remove(0)),
        _ => Ok(format!("({})", parts.join(word))),
    }
}

fn compare(column: &Column<'_>, comparator: Comparator, value: &Literal) -> Result<String> {
    match comparator {
        Comparator::Equal => {
            column.check(Operator::EqualTo)?;
            same_day(column, value)?;
            Ok(format!("{} = {}", column.path, literal(column, value)?))
        }
        Comparator::NotEqual => {
            column.check(Operator::NotEqualTo)?;
            same_day(column, value)?;
            Ok(format!("{} != {}", column.path, literal(column, value)?))
        }
        Comparator::Contains => contains(column, value),
        Comparator::Less
        | Comparator::LessOrEqual
        | Comparator::Greater
        | Comparator::GreaterOrEqual => {
            column.check(match comparator {
                Comparator::Less => Operator::LessThan,
                Comparator::LessOrEqual => Operator::LessThanOrEqualTo,
                Comparator::Greater => Operator::GreaterThan,
                _ => Operator::GreaterThanOrEqualTo,
            })?;
            ordered(column, comparator, value)
        }
    }
}

fn ordered(column: &Column<'_>, comparator: Comparator, value: &Literal) -> Result<String> {
    if *value == Literal::Null {
        return Err(Error::invalid_argument(format!(
            "in the filter, '{}' is compared with null by order; use = or !=",
            column.path
        )));
    }
    let mut comparator = comparator;
    if column.kind() == Some(Kind::Date) && !is_midnight(value) {
        // A day is its first moment: later than yesterday noon is today, and so is at or after it.
        comparator = match comparator {
            Comparator::Less => Comparator::LessOrEqual,
            Comparator::GreaterOrEqual => Comparator::Greater,
            other => other,
        };
    }
    let symbol = match comparator {
        Comparator::Less => "<",
        Comparator::LessOrEqual => "<=",
        Comparator::Greater => ">",
        _ => ">=",
    };
    Ok(format!(
        "{} {symbol} {}",
        column.path,
        literal(column, value)?
    ))
}

fn contains(column: &Column<'_>, value: &Literal) -> Result<String> {
    column.check(Operator::Contains)?;
    let text = match value {
        Literal::Text(text)
        | Literal::Number(text)
        | Literal::Date(text)
        | Literal::DateTime(text) => text,
        Literal::Boolean(_) | Literal::Null => return Err(misfit(column, "a text to search for")),
    };
    match column.kind() {
        Some(Kind::MultiPicklist) => Ok(format!("{} INCLUDES ({})", column.path, quoted(text))),
        _ => Ok(format!("{} LIKE '%{}%'", column.path, escaped(text, true))),
    }
}

fn one_of(column: &Column<'_>, values: &[Literal]) -> Result<String> {
    column.check(Operator::EqualTo)?;
    let mut texts = Vec::new();
    for value in values.iter().filter(|value| **value != Literal::Null) {
        same_day(column, value)?;
        texts.push(literal(column, value)?);
    }
    let has_null = texts.len() < values.len();
    match (texts.is_empty(), has_null) {
        (true, _) => Ok(format!("{} = null", column.path)),
        (false, false) => Ok(format!("{} IN ({})", column.path, texts.join(","))),
        (false, true) => Ok(format!(
            "({} IN ({}) OR {} = null)",
            column.path,
            texts.join(","),
            column.path
        )),
    }
}

/// `WHERE` for records whose field has one of these values; values that cannot be any record's are left out. None if no
/// value is left.
pub(crate) fn values(column: &Column<'_>, values: &[String]) -> Result<Vec<String>> {
    column.check(Operator::EqualTo)?;
    let mut texts: Vec<String> = Vec::new();
    // An empty text would find records without a value.
    for value in values.iter().filter(|value| !value.is_empty()) {
        if let Ok(text) = literal(column, &Literal::Text(value.clone())) {
            texts.push(text);
        }
    }
    texts.sort_unstable();
    texts.dedup();
    Ok(texts)
}

/// A value as SOQL writes it for a field.
fn literal(column: &Column<'_>, value: &Literal) -> Result<String> {
    let Some(kind) = column.kind() else {
        // A field of another record: its type is not known here, the value says what it is.
        return Ok(match value {
            Literal::Text(text) => quoted(text),
            Literal::Number(text) => number(text).ok_or_else(|| misfit(column, "a number"))?,
            Literal::Boolean(value) => value.to_string(),
            Literal::Date(text) => date(text)
                .ok_or_else(|| misfit(column, "a day"))?
                .to_owned(),
            Literal::DateTime(text) => {
                date_time(text).ok_or_else(|| misfit(column, "a point in time"))?
            }
            Literal::Null => "null".to_owned(),
        });
    };
    let text = match value {
        Literal::Null => return Ok("null".to_owned()),
        Literal::Boolean(value) if kind == Kind::Boolean => return Ok(value.to_string()),
        Literal::Boolean(_) => return Err(misfit(column, "not true or false")),
        Literal::Text(text)
        | Literal::Number(text)
        | Literal::Date(text)
        | Literal::DateTime(text) => text.as_str(),
    };
    let (written, expected) = match kind {
        Kind::Id => (
            is_id(text).then(|| quoted(text)),
            "a Salesforce id of 15 or 18 characters",
        ),
        Kind::Text | Kind::MultiPicklist | Kind::Opaque => (Some(quoted(text)), ""),
        Kind::Boolean => {
            let known = ["true", "false"]
                .into_iter()
                .find(|word| word.eq_ignore_ascii_case(text));
            (known.map(str::to_owned), "true or false")
        }
        Kind::Whole => (
            number(text).filter(|number| !number.contains('.')),
            "a whole number",
        ),
        Kind::Decimal => (number(text), "a number"),
        Kind::Date => (day_of(text).map(str::to_owned), "a day such as 2025-01-31"),
        Kind::DateTime => (
            date_time(text).or_else(|| date(text).map(|day| format!("{day}T00:00:00Z"))),
            "a point in time such as 2025-01-31T12:00:00Z",
        ),
        Kind::Time => (time(text), "a time of day such as 12:00:00.000Z"),
        Kind::Bytes | Kind::Compound => (None, "a field that can be filtered"),
    };
    written.ok_or_else(|| misfit(column, expected))
}

fn misfit(column: &Column<'_>, expected: &str) -> Error {
    Error::invalid_argument(format!(
        "in the filter, the value for '{}' is not of the field's type: it must be {expected}",
        column.path
    ))
}

/// A day is never equal to a point in time within it.
fn same_day(column: &Column<'_>, value: &Literal) -> Result<()> {
    if column.kind() == Some(Kind::Date) && !is_midnight(value) {
        Err(misfit(column, "a day, without a time"))
    } else {
        Ok(())
    }
}

fn is_midnight(value: &Literal) -> bool {
    match value {
        Literal::DateTime(text) | Literal::Text(text) => match text.split_once('T') {
            Some((_, time)) => time
                .bytes()
                .all(|byte| matches!(byte, b'0' | b':' | b'.' | b'Z')),
            None => true,
        },
        _ => true,
    }
}

/// A text in single quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", escaped(text, false))
}

/// The inside of quotes; for LIKE with its wildcards made plain.
fn escaped(text: &str, like: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\'' | '\\' | '"' => {
                out.push('\\');
                out.push(char);
            }
            '%' | '_' if like => {
                out.push('\\');
                out.push(char);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control.is_control() => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)))
            }
            other => out.push(other),
        }
    }
    out
}

/// Whether a text has the form of a key.
pub(crate) fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A number without needless zeros in front, and without a fraction of zeros.
pub(crate) fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |part: &str| {
        !part.is_empty() && part.len() <= 60 && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !all_digits(whole) || fraction.is_some_and(|fraction| !all_digits(fraction)) {
        return None;
    }
    let whole = Some(whole.trim_start_matches('0'))
        .filter(|whole| !whole.is_empty())
        .unwrap_or("0");
    let fraction = fraction
        .map(|fraction| fraction.trim_end_matches('0'))
        .filter(|fraction| !fraction.is_empty());
    Some(match fraction {
        Some(fraction) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{whole}"),
    })
}

fn shape(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_ascii_digit() { '0' } else { char })
        .collect()
}

fn date(text: &str) -> Option<&str> {
    (shape(text) == "0000-00-00").then_some(text)
}

/// The day of a date or of a point in time.
fn day_of(text: &str) -> Option<&str> {
    date(text).or_else(|| {
        date_time(text)?;
        text.get(..10)
    })
}

/// A point in time in UTC, to the millisecond, which is as far as Salesforce goes.
fn date_time(text: &str) -> Option<String> {
    let bare = text.strip_suffix('Z')?;
    let (seconds, fraction) = match bare.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (bare, None),
    };
    if shape(seconds) != "0000-00-00T00:00:00" {
        return None;
    }
    match fraction {
        None => Some(format!("{seconds}Z")),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let millis: String = digits.chars().chain("000".chars()).take(3).collect();
            Some(format!("{seconds}.{millis}Z"))
        }
        Some(_) => None,
    }
}

fn time(text: &str) -> Option<String> {
    let bare = text.strip_suffix('Z').unwrap_or(text);
    let (seconds, fraction) = bare.split_once('.').unwrap_or((bare, "000"));
    let fits = shape(seconds) == "00:00:00" && shape(fraction) == "000";
    fits.then(|| format!("{seconds}.{fraction}Z"))
}
