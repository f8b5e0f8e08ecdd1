//! A condition against the entity it is about: fields that are there, operators they have, values of their kind.

use crate::evaluate::Decimal;
use crate::filter::{Comparator, Condition, Literal};
use crate::schema::{DataType, EntityDefinition, Field, Operator, ReadProperties};
use crate::time::Moment;
use crate::{Error, Result};

impl Condition {
    /// The same condition with each value in the kind of its field: AppFlow's users may write `zip = 10115` for a text and
    /// `age > "18"` for a number. After it, numbers meet numbers, and texts texts.
    ///
    /// ```
    /// use appflow_connector::filter::{Comparator, Condition, Literal};
    /// use appflow_connector::schema::{Entity, Field};
    ///
    /// let people = Entity::new("people").with_fields([Field::text("zip"), Field::long("age")]);
    /// let asked = Condition::equal("zip", Literal::number("10115"));
    /// assert_eq!(asked.fit(&people)?, Condition::equal("zip", Literal::text("10115")));
    /// assert!(Condition::equal("age", Literal::text("old")).fit(&people).is_err());
    /// # Ok::<(), appflow_connector::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a field the entity has not, or that cannot be filtered, an operator it has not, or a value that
    /// is not of its kind. The message has the field's name and not the value.
    pub fn fit(&self, definition: &EntityDefinition) -> Result<Self> {
        let all = |parts: &[Self]| -> Result<Vec<Self>> {
            parts.iter().map(|part| part.fit(definition)).collect()
        };
        let field = |name: &str| {
            let known = definition.field(name);
            known
                .ok_or_else(|| Error::invalid_argument(format!("the entity has no field '{name}'")))
        };
        Ok(match self {
            Self::All(parts) => Self::All(all(parts)?),
            Self::Any(parts) => Self::Any(all(parts)?),
            Self::Not(inner) => Self::Not(Box::new(inner.fit(definition)?)),
            Self::Compare {
                field: name,
                operator,
                value,
            } => {
                let field = field(name)?;
                check(field, &[operator_of(*operator)])?;
                let ordered = !matches!(operator, Comparator::Equal | Comparator::NotEqual);
                Self::Compare {
                    field: name.clone(),
                    operator: *operator,
                    value: fit(field, value, ordered)?,
                }
            }
            Self::Between {
                field: name,
                low,
                high,
            } => {
                let field = field(name)?;
                // It is two comparisons, for a field that has no operator of its own for it.
                let both = [Operator::GreaterThanOrEqualTo, Operator::LessThanOrEqualTo];
                check(field, &[Operator::Between]).or_else(|_| check(field, &both))?;
                Self::Between {
                    field: name.clone(),
                    low: fit(field, low, true)?,
                    high: fit(field, high, true)?,
                }
            }
            Self::OneOf {
                field: name,
                values,
            } => {
                let field = field(name)?;
                check(field, &[Operator::EqualTo])?;
                let values = values.iter().map(|value| fit(field, value, false));
                Self::OneOf {
                    field: name.clone(),
                    values: values.collect::<Result<_>>()?,
                }
            }
            Self::Other(text) => Self::Other(text.clone()),
        })
    }
}

fn operator_of(comparator: Comparator) -> Operator {
    match comparator {
        Comparator::Equal => Operator::EqualTo,
        Comparator::NotEqual => Operator::NotEqualTo,
        Comparator::Less => Operator::LessThan,
        Comparator::LessOrEqual => Operator::LessThanOrEqualTo,
        Comparator::Greater => Operator::GreaterThan,
        Comparator::GreaterOrEqual => Operator::GreaterThanOrEqualTo,
        Comparator::Contains => Operator::Contains,
    }
}

/// Whether a field has these operators: those it names, else what AppFlow takes for granted for its type.
fn check(field: &Field, operators: &[Operator]) -> Result<()> {
    // Nothing said at all is left to AppFlow, which takes the field as one to be filtered by.
    let hidden = !field.read.is_empty() && !field.read.contains(ReadProperties::QUERYABLE);
    let has = |operator: &Operator| match &field.filter_operators {
        Some(own) => own.contains(operator),
        None => usual(field.data_type, *operator),
    };
    if !hidden && operators.iter().all(has) {
        return Ok(());
    }
    Err(Error::invalid_argument(format!(
        "the field '{}' cannot be filtered like this",
        field.name
    )))
}

fn usual(data_type: DataType, operator: Operator) -> bool {
    let equality = matches!(operator, Operator::EqualTo | Operator::NotEqualTo);
    let order = matches!(
        operator,
        Operator::LessThan
            | Operator::LessThanOrEqualTo
            | Operator::GreaterThan
            | Operator::GreaterThanOrEqualTo
    );
    match data_type {
        DataType::Text => equality || operator == Operator::Contains,
        DataType::Boolean => equality,
        DataType::Date | DataType::DateTime => equality || order || operator == Operator::Between,
        _ if is_number(data_type) => equality || order,
        _ => false,
    }
}

fn is_number(data_type: DataType) -> bool {
    matches!(
        data_type,
        DataType::Integer
            | DataType::Long
            | DataType::Short
            | DataType::BigInteger
            | DataType::Float
            | DataType::Double
            | DataType::BigDecimal
    )
}

/// A value in the kind of its field.
fn fit(field: &Field, value: &Literal, ordered: bool) -> Result<Literal> {
    let plain = match value {
        Literal::Text(text)
        | Literal::Number(text)
        | Literal::Date(text)
        | Literal::DateTime(text) => Some(text.as_str()),
        Literal::Boolean(_) | Literal::Null => None,
    };
    let fitting = match (field.data_type, value, plain) {
        (_, Literal::Null, _) if !ordered => Some(Literal::Null),
        (DataType::Boolean, Literal::Boolean(value), _) => Some(Literal::Boolean(*value)),
        (DataType::Boolean, Literal::Text(text), _) => [true, false]
            .into_iter()
            .find(|word| text.eq_ignore_ascii_case(&word.to_string()))
            .map(Literal::Boolean),
        (DataType::Text, _, Some(text)) => Some(Literal::text(text)),
        (DataType::Date | DataType::DateTime, Literal::Date(_) | Literal::DateTime(_), _) => {
            Some(value.clone())
        }
        (DataType::Date | DataType::DateTime, Literal::Text(text), _) => {
            Moment::parse(text).map(|_| Literal::date_time(text))
        }
        (kind, Literal::Number(_) | Literal::Text(_), Some(text)) if is_number(kind) => {
            Decimal::parse(text).map(|_| Literal::number(text.trim()))
        }
        _ => None,
    };
    fitting.ok_or_else(|| {
        Error::invalid_argument(format!(
            "a value in the filter does not fit the field '{}'",
            field.name
        ))
    })
}

#[cfg(feature = "json")]
impl Literal {
    /// A value of a record, as JSON text, for [`Condition::evaluate`]. One that is not of the field's type, such as a text
    /// where numbers belong, comes out as a literal that equals nothing [`fit`](Condition::fit) leaves in a condition, and
    /// has no order with it.
    pub fn of_json(data_type: DataType, json: &str) -> Self {
        let own = match (data_type, json.as_bytes().first()) {
            (_, Some(b'n')) => Some(Self::Null),
            (DataType::Text, Some(b'"')) => serde_json::from_str(json).ok().map(Self::Text),
            (DataType::Date | DataType::DateTime, Some(b'"')) => {
                serde_json::from_str(json).ok().map(Self::DateTime)
            }
            (DataType::Boolean, Some(b't')) => Some(Self::Boolean(true)),
            (DataType::Boolean, Some(b'f')) => Some(Self::Boolean(false)),
            (kind, Some(b'-' | b'0'..=b'9')) if is_number(kind) => Some(Self::number(json)),
            _ => None,
        };
        own.unwrap_or(match data_type {
            DataType::Boolean => Self::text(""),
            _ => Self::Boolean(false),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use crate::ErrorCode;
    use crate::schema::Entity;
    use Comparator::{Contains, Equal, GreaterOrEqual, Less, NotEqual};

    fn definition() -> EntityDefinition {
        Entity::new("e").with_fields([
            Field::text("text"),
            Field::long("long"),
            Field::boolean("flag"),
            Field::date_time("time"),
            Field::object("object"),
            Field::text("hidden").not_queryable(),
            Field::text("exact").filter_operators([Operator::EqualTo]),
            Field::long("range").filter_operators([Operator::Between]),
        ])
    }

    fn fitted(field: &str, operator: Comparator, value: Literal) -> Result<Literal> {
        let condition = Condition::compare(field, operator, value).fit(&definition())?;
        let Condition::Compare { value, .. } = condition else {
            return Err(Error::unknown(format!("{condition:?}")));
        };
        Ok(value)
    }

    #[test]
    fn values_take_the_kind_of_their_field() {
        for (field, given, expected) in [
            ("text", Literal::number("007"), Literal::text("007")),
            (
                "text",
                Literal::date("2024-01-01"),
                Literal::text("2024-01-01"),
            ),
            ("text", Literal::Null, Literal::Null),
            ("long", Literal::text(" 5 "), Literal::number("5")),
            ("long", Literal::number("-1.50"), Literal::number("-1.50")),
            ("flag", Literal::text("TRUE"), Literal::Boolean(true)),
            (
                "time",
                Literal::text("2024-01-01"),
                Literal::date_time("2024-01-01"),
            ),
            (
                "time",
                Literal::date("2024-01-01"),
                Literal::date("2024-01-01"),
            ),
        ] {
            assert_eq!(fitted(field, Equal, given), Ok(expected), "{field}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_without_its_value() {
        for (field, operator, value) in [
            ("nope", Equal, Literal::text("s3cr3t")),
            ("long", Equal, Literal::text("s3cr3t")),
            ("long", Contains, Literal::text("s3cr3t")),
            ("long", Less, Literal::Null),
            ("flag", Equal, Literal::number(1)),
            ("flag", Less, Literal::Boolean(true)),
            ("time", Equal, Literal::number(2024)),
            ("time", Equal, Literal::text("s3cr3t")),
            ("text", Equal, Literal::Boolean(true)),
            ("text", Less, Literal::text("s3cr3t")),
            ("object", Equal, Literal::Null),
            ("hidden", Equal, Literal::text("s3cr3t")),
            ("exact", NotEqual, Literal::text("s3cr3t")),
            ("range", GreaterOrEqual, Literal::number(1)),
        ] {
            let error = fitted(field, operator, value).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidArgument, "{field}");
            assert!(error.message().contains(field), "{error}");
            assert!(!error.message().contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn the_tree_keeps_its_shape() {
        let between = |field: &str| Condition::Between {
            field: field.to_owned(),
            low: Literal::text("1"),
            high: Literal::number(2),
        };
        let one_of = Condition::OneOf {
            field: "text".to_owned(),
            values: vec![Literal::number(1), Literal::Null],
        };
        let whole = one_of
            .and(between("long").or(between("range")))
            .negated()
            .fit(&definition())
            .unwrap();
        assert_eq!(whole.fields(), ["long", "range", "text"]);
        let record = |_: &str| Some(Literal::number("1.5"));
        assert_eq!(whole.evaluate(&record), Ok(true));
        assert!(between("text").fit(&definition()).is_err());
        let other = Condition::Other("new".to_owned());
        assert_eq!(other.fit(&definition()), Ok(other));
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_value_of_another_kind_equals_nothing_and_has_no_order() {
        let kinds = [
            ("text", DataType::Text, Literal::text("1")),
            ("long", DataType::Long, Literal::number(1)),
            ("flag", DataType::Boolean, Literal::Boolean(false)),
            ("time", DataType::DateTime, Literal::date("2024-01-01")),
        ];
        let values = ["\"1\"", "1", "false", "\"2024-01-01\"", "{}", "[1]", "null"];
        for (field, data_type, wanted) in kinds {
            let own: Vec<&str> = values
                .into_iter()
                .filter(|json| {
                    let value = Literal::of_json(data_type, json);
                    let equal = Condition::equal(field, wanted.clone());
                    let equal = equal.fit(&definition()).unwrap();
                    equal.evaluate(&|_| Some(value.clone())).unwrap()
                })
                .collect();
            assert_eq!(own.len(), 1, "{field}: {own:?}");
        }
        assert_eq!(Literal::of_json(DataType::Long, "null"), Literal::Null);
        let far = Condition::compare("long", GreaterOrEqual, Literal::number(0));
        let text = Literal::of_json(DataType::Long, "\"7\"");
        assert_eq!(far.evaluate(&|_| Some(text.clone())), Ok(false));
    }
}
