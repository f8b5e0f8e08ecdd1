//! Conditions as query parameters: what Kinto decides, and what is left for the connector.
//!
//! Kinto compares values of all types: Object > Array > Boolean > Number > String > null, and what is absent is greater than
//! everything. To AppFlow a value of another type is unequal and has no order. So a range of numbers gets both bounds, and
//! a search in texts is kept to texts. What Kinto decides otherwise than AppFlow means it is asked for in a wider form and
//! checked again in each record:
//!
//! | condition | parameters | checked again |
//! | --- | --- | --- |
//! | `=`, `!=`, `NOT =`, `NOT !=` with a text, number or boolean | `eq_`, `not_` | |
//! | `<` `<=` `>` `>=`, BETWEEN of numbers | `lt_` `max_` `gt_` `min_`, with a second bound | |
//! | the same of `last_modified` | the same, in milliseconds | |
//! | IN with texts | `in_` | |
//! | IN with numbers | `in_` | yes: some servers take `true` for 1 |
//! | NOT IN with texts | `exclude_` | |
//! | CONTAINS | `like_` | yes: letter case counts for AppFlow |
//! | `!= null` | `has_` | yes: a field that is there may be null |
//! | OR, `= null`, other dates, longer numbers, anything else | | yes |

use appflow_connector::filter::{Comparator, Condition, Literal};
use appflow_connector::time::Moment;

/// Kinto's field of the last change: milliseconds since 1970 there, a point in time for AppFlow.
pub(crate) const MODIFIED: &str = "last_modified";

/// Bounds of all numbers that JSON is read with: a double goes no further.
const LEAST: &str = "-1e308";
const MOST: &str = "1e308";
/// Most digits of a number that mean the same as a decimal and as a double.
const EXACT_DIGITS: usize = 15;

/// How a condition is kept.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    /// Query parameters by name.
    pub(crate) parameters: Vec<(String, String)>,
    /// What must be checked record by record.
    pub(crate) rest: Option<Condition>,
    /// Kinto refuses moments that lie far ahead.
    now: Moment,
}

impl Plan {
    /// The plan for a condition that fits its entity; all records without one.
    pub(crate) fn of(condition: Option<&Condition>, now: Moment) -> Self {
        let mut plan = Self {
            parameters: Vec::new(),
            rest: None,
            now,
        };
        let parts = condition.map(Condition::conjuncts).unwrap_or_default();
        let rest: Vec<Condition> = parts
            .into_iter()
            .filter(|part| !plan.push(part))
            .cloned()
            .collect();
        plan.rest = match rest.len() {
            0 | 1 => rest.into_iter().next(),
            _ => Some(Condition::All(rest)),
        };
        plan
    }

    /// Whether a parameter is about the last change.
    pub(crate) fn looks_at_changes(&self) -> bool {
        let suffix = format!("_{MODIFIED}");
        self.parameters
            .iter()
            .any(|(name, _)| name.ends_with(&suffix))
    }

    /// Asks Kinto for a condition; whether that settles it.
    fn push(&mut self, condition: &Condition) -> bool {
        match condition {
            Condition::Compare {
                field,
                operator,
                value,
            } => self.compare(field, *operator, value),
            Condition::Between { field, low, high } => {
                // Each bound for itself: one that Kinto cannot take leaves the other.
                let low = self.compare(field, Comparator::GreaterOrEqual, low);
                self.compare(field, Comparator::LessOrEqual, high) && low
            }
            Condition::OneOf { field, values } => {
                let texts = values.iter().all(|value| matches!(value, Literal::Text(_)));
                match list(values) {
                    Some(list) if field != MODIFIED => self.set("in", field, list) && texts,
                    _ => false,
                }
            }
            Condition::Not(inner) => match &**inner {
                Condition::Compare {
                    field,
                    operator: Comparator::Equal,
                    value,
                } => self.compare(field, Comparator::NotEqual, value),
                Condition::Compare {
                    field,
                    operator: Comparator::NotEqual,
                    value,
                } => self.compare(field, Comparator::Equal, value),
                Condition::OneOf { field, values }
                    if values.iter().all(|value| matches!(value, Literal::Text(_))) =>
                {
                    list(values).is_some_and(|list| self.set("exclude", field, list))
                }
                _ => false,
            },
            Condition::All(_) | Condition::Any(_) | Condition::Other(_) => false,
        }
    }

    fn compare(&mut self, field: &str, operator: Comparator, value: &Literal) -> bool {
        if field == MODIFIED {
            return modified(operator, value, self.now)
                .is_some_and(|(keyword, millis)| self.set(keyword, field, millis));
        }
        match (operator, value) {
            (Comparator::NotEqual, Literal::Null) => {
                // First and alone: Kinto's storage in memory forgets the parameters before it.
                let taken = self
                    .parameters
                    .iter()
                    .any(|(name, _)| name.starts_with("has_"));
                if !taken && is_plain(field) {
                    self.parameters
                        .insert(0, (format!("has_{field}"), "true".to_owned()));
                }
                false
            }
            (Comparator::Contains, Literal::Text(part)) => {
                // Case does not count for Kinto, and not all servers take other characters as they are, so a part that is
                // plain everywhere is asked for.
                let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ';
                let runs = part.split(|c| !plain(c));
                if let Some(run) = runs.max_by_key(|run| run.len()).filter(|run| !run.is_empty())
                    // Searching in anything but a text is an error in some servers; identifiers are all texts.
                    && (field == "id" || (self.set("min", field, json("")) && self.set("lt", field, LEAST.to_owned())))
                {
                    self.set("like", field, json(run));
                }
                false
            }
            _ => {
                let Some(json) = exact(value) else {
                    return false;
                };
                let (keyword, other) = match operator {
                    Comparator::Equal => ("eq", None),
                    Comparator::NotEqual => ("not", None),
                    Comparator::Less => ("lt", Some(("min", LEAST))),
                    Comparator::LessOrEqual => ("max", Some(("min", LEAST))),
                    Comparator::Greater => ("gt", Some(("max", MOST))),
                    Comparator::GreaterOrEqual => ("min", Some(("max", MOST))),
                    Comparator::Contains => return false,
                };
                let ordered = other.is_some();
                if ordered && !matches!(value, Literal::Number(_)) {
                    return false;
                }
                let settled = self.set(keyword, field, json);
                if let Some((keyword, bound)) = other.filter(|_| settled) {
                    self.bound(keyword, field, bound);
                }
                settled
            }
        }
    }

    /// Sets a parameter; false if it has another value already, or the field cannot be named in one.
    fn set(&mut self, keyword: &str, field: &str, value: String) -> bool {
        let name = format!("{keyword}_{field}");
        // A bound that only keeps to numbers makes room for one that is meant.
        let loose = [LEAST, MOST];
        let known = self.parameters.iter_mut().find(|(other, _)| *other == name);
        match known {
            Some((_, other)) if loose.contains(&other.as_str()) => *other = value,
            Some((_, other)) => return *other == value,
            None if !is_plain(field) => return false,
            None => self.parameters.push((name, value)),
        }
        true
    }

    /// Keeps a range to numbers, unless there is a bound on that side already.
    fn bound(&mut self, keyword: &str, field: &str, value: &str) {
        let same_side = match keyword {
            "min" => ["min", "gt"],
            _ => ["max", "lt"],
        };
        let names = same_side.map(|keyword| format!("{keyword}_{field}"));
        if !self.parameters.iter().any(|(name, _)| names.contains(name)) {
            self.parameters
                .push((format!("{keyword}_{field}"), value.to_owned()));
        }
    }
}

/// Keyword and milliseconds for a condition on the last change. Kinto's moments are whole milliseconds, so finer ones of a
/// condition are rounded to the same meaning; none where that cannot be said.
fn modified(operator: Comparator, value: &Literal, now: Moment) -> Option<(&'static str, String)> {
    let (Literal::Date(text) | Literal::DateTime(text)) = value else {
        return None;
    };
    let moment = Moment::parse(text)?;
    let keyword = match (operator, moment.is_whole_millis()) {
        (Comparator::Equal, true) => "eq",
        (Comparator::NotEqual, true) => "not",
        (Comparator::Less, true) => "lt",
        (Comparator::GreaterOrEqual, true) => "min",
        (Comparator::Greater, _) | (Comparator::GreaterOrEqual, false) => "gt",
        (Comparator::LessOrEqual, _) | (Comparator::Less, false) => "max",
        _ => return None,
    };
    let millis = moment.millis();
    // Kinto refuses moments before 1970, and those of the day after tomorrow and later.
    (millis >= 0 && moment <= now).then(|| (keyword, millis.to_string()))
}

/// Whether Kinto finds a field of this name in a parameter: other names are cut, or taken for a path.
fn is_plain(field: &str) -> bool {
    field
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A value as JSON, if it means exactly the same to Kinto.
fn exact(value: &Literal) -> Option<String> {
    match value {
        Literal::Text(text) if !text.contains('\0') => Some(json(text)),
        Literal::Boolean(value) => Some(value.to_string()),
        Literal::Number(number) => exact_number(number),
        _ => None,
    }
}

/// A number without needless zeros; none if it is longer than Kinto's doubles, or has an exponent.
fn exact_number(number: &str) -> Option<String> {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let whole = match whole.trim_start_matches('0') {
        "" if all(whole) => "0",
        whole => whole,
    };
    if !all(whole) || !all(fraction) || whole.len() + fraction.len() > EXACT_DIGITS {
        return None;
    }
    match fraction.trim_end_matches('0') {
        "" => Some(format!("{sign}{whole}")),
        fraction => Some(format!("{sign}{whole}.{fraction}")),
    }
}

/// Values as a list, if each means exactly the same to Kinto. It divides them by commas, so those in texts are escaped.
fn list(values: &[Literal]) -> Option<String> {
    let escaped = |value: &Literal| exact(value).map(|json| json.replace(',', "\\u002c"));
    let values: Option<Vec<String>> = values.iter().map(escaped).collect();
    values.map(|values| values.join(","))
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
