//! Evaluation of a condition in memory: for applications that cannot filter, and as a reference in tests.
//!
//! Two-valued, without surprises: a comparison with a record that has no value there is false, except that an absent
//! value equals `null` and differs from everything else. Numbers are compared exactly, whatever their length; a text
//! that reads as a number compares with numbers, and texts of dates with dates. Texts are compared by code point.

use std::cmp::Ordering;

use crate::filter::{Comparator, Condition, Literal};
use crate::time::Moment;
use crate::{Error, Result};

impl Condition {
    /// Whether a record meets the condition. The function gives the record's value of a field, none where it has none.
    ///
    /// A value that is missing is the same as null, which equals only null. Values of different kinds differ and have
    /// no order. `NOT` turns the result around, so that it is true of records without the value.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for [`Condition::Other`].
    pub fn evaluate(&self, value_of: &dyn Fn(&str) -> Option<Literal>) -> Result<bool> {
        let value = |field: &str| value_of(field).unwrap_or(Literal::Null);
        Ok(match self {
            Self::All(parts) => {
                for part in parts {
                    if !part.evaluate(value_of)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.evaluate(value_of)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(inner) => !inner.evaluate(value_of)?,
            Self::Compare {
                field,
                operator,
                value: wanted,
            } => compare(&value(field), *operator, wanted),
            Self::Between { field, low, high } => {
                let value = value(field);
                compare(&value, Comparator::GreaterOrEqual, low)
                    && compare(&value, Comparator::LessOrEqual, high)
            }
            Self::OneOf { field, values } => {
                let value = value(field);
                values
                    .iter()
                    .any(|wanted| compare(&value, Comparator::Equal, wanted))
            }
            Self::Other(text) => {
                return Err(Error::unsupported(format!(
                    "a filter condition of {} characters",
                    text.len()
                )));
            }
        })
    }
}

fn compare(value: &Literal, operator: Comparator, wanted: &Literal) -> bool {
    let order = order(value, wanted);
    match operator {
        Comparator::Equal => order == Some(Ordering::Equal),
        Comparator::NotEqual => order != Some(Ordering::Equal),
        Comparator::Less => order == Some(Ordering::Less),
        Comparator::LessOrEqual => {
            matches!(order, Some(Ordering::Less | Ordering::Equal)) && !is_null(value)
        }
        Comparator::Greater => order == Some(Ordering::Greater),
        Comparator::GreaterOrEqual => {
            matches!(order, Some(Ordering::Greater | Ordering::Equal)) && !is_null(value)
        }
        Comparator::Contains => match (value, wanted) {
            (Literal::Text(value), Literal::Text(part)) => value.contains(part.as_str()),
            _ => false,
        },
    }
}

fn is_null(value: &Literal) -> bool {
    matches!(value, Literal::Null)
}

/// Order of two values, none where they have none.
fn order(value: &Literal, wanted: &Literal) -> Option<Ordering> {
    match (value, wanted) {
        (Literal::Null, Literal::Null) => Some(Ordering::Equal),
        (Literal::Null, _) | (_, Literal::Null) => None,
        (Literal::Text(a), Literal::Text(b)) => Some(a.cmp(b)),
        (Literal::Boolean(a), Literal::Boolean(b)) => Some(a.cmp(b)),
        (Literal::Number(a) | Literal::Text(a), Literal::Number(b))
        | (Literal::Number(a), Literal::Text(b)) => {
            Some(Decimal::parse(a)?.cmp(&Decimal::parse(b)?))
        }
        (
            Literal::Date(a) | Literal::DateTime(a) | Literal::Text(a),
            Literal::Date(b) | Literal::DateTime(b),
        )
        | (Literal::Date(a) | Literal::DateTime(a), Literal::Text(b)) => {
            Some(Moment::parse(a)?.cmp(&Moment::parse(b)?))
        }
        (Literal::Boolean(_), _) | (_, Literal::Boolean(_)) => None,
        (Literal::Number(_), Literal::Date(_) | Literal::DateTime(_))
        | (Literal::Date(_) | Literal::DateTime(_), Literal::Number(_)) => None,
    }
}

/// A decimal number: 0.`digits` times ten to the power of `exponent`; no digits for zero, none leading or trailing 0.
pub(crate) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            // Exponents beyond 32 bits are not numbers anyone has.
            Some((mantissa, power)) => (mantissa, i64::from(power.parse::<i32>().ok()?)),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let mut digits: Vec<u8> = all().skip_while(|digit| *digit == b'0').collect();
        let leading = whole.len() + fraction.len() - digits.len();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let exponent = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()? + power;
        Some(Self {
            negative: negative && !digits.is_empty(),
            digits,
            exponent,
        })
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.digits.is_empty() {
            return by_sign;
        }
        let by_size = self
            .exponent
            .cmp(&other.exponent)
            .then_with(|| self.digits.cmp(&other.digits));
        if self.negative {
            by_size.reverse()
        } else {
            by_size
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use proptest::prelude::*;

    use super::*;
    use Comparator::{Contains, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};

    fn holds(value: Literal, operator: Comparator, wanted: Literal) -> bool {
        let condition = Condition::compare("f", operator, wanted);
        condition.evaluate(&|_| Some(value.clone())).unwrap()
    }

    #[test]
    fn numbers_are_compared_exactly() {
        let number = |text: &str| Literal::number(text);
        assert!(holds(number("1.0"), Equal, number("1")));
        assert!(holds(number("1e3"), Equal, number("1000.00")));
        assert!(holds(number("-0"), Equal, number("0.000")));
        assert!(holds(
            number("9007199254740993"),
            Greater,
            number("9007199254740992")
        ));
        assert!(holds(number("-2"), Less, number("-1")));
        assert!(holds(number("-1"), Less, number("0.001")));
        assert!(holds(number("0.0012"), Less, number("0.0103")));
        assert!(
            holds(Literal::text("10"), Greater, number("9")),
            "a text that reads as a number is one"
        );
        assert!(!holds(Literal::text("x"), Less, number("9")));
        assert!(holds(Literal::text("x"), NotEqual, number("9")));
        assert!(
            !holds(number("1e99999999999"), Equal, number("1")),
            "not a number"
        );
    }

    #[test]
    fn times_are_compared_as_moments() {
        let time = |text: &str| Literal::date_time(text);
        assert!(holds(
            time("2024-02-29T12:00:00.000+0000"),
            Equal,
            time("2024-02-29T12:00:00Z")
        ));
        assert!(holds(
            time("2024-03-01T00:30:00+01:00"),
            Equal,
            time("2024-02-29T23:30:00Z")
        ));
        assert!(holds(
            time("2024-01-01T00:00:00.5Z"),
            Greater,
            time("2024-01-01T00:00:00.499999Z")
        ));
        assert!(holds(
            Literal::date("2024-01-01"),
            Equal,
            time("2024-01-01T00:00:00Z")
        ));
        assert!(holds(
            Literal::text("2023-12-31"),
            Less,
            Literal::date("2024-01-01")
        ));
        assert!(!holds(
            Literal::text("rubbish"),
            Less,
            Literal::date("2024-01-01")
        ));
    }

    #[test]
    fn null_equals_only_null() {
        let one = || Literal::number(1);
        assert!(holds(Literal::Null, Equal, Literal::Null));
        assert!(!holds(Literal::Null, NotEqual, Literal::Null));
        assert!(!holds(Literal::Null, LessOrEqual, Literal::Null));
        assert!(!holds(Literal::Null, GreaterOrEqual, one()));
        assert!(holds(Literal::Null, NotEqual, one()));
        assert!(holds(one(), NotEqual, Literal::Null));
        let absent = Condition::equal("f", Literal::Null).evaluate(&|_| None);
        assert_eq!(absent, Ok(true));
    }

    #[test]
    fn groups_lists_and_ranges() {
        let seven = |_: &str| Some(Literal::number(7));
        let equal = |n: i32| Condition::equal("f", Literal::number(n));
        assert_eq!(equal(7).and(equal(8)).evaluate(&seven), Ok(false));
        assert_eq!(equal(7).or(equal(8)).evaluate(&seven), Ok(true));
        assert_eq!(equal(8).negated().evaluate(&seven), Ok(true));
        let between = |low: i32, high: i32| Condition::Between {
            field: "f".to_owned(),
            low: Literal::number(low),
            high: Literal::number(high),
        };
        assert_eq!(between(7, 9).evaluate(&seven), Ok(true));
        assert_eq!(between(5, 7).evaluate(&seven), Ok(true));
        assert_eq!(between(8, 9).evaluate(&seven), Ok(false));
        let one_of = Condition::OneOf {
            field: "f".to_owned(),
            values: vec![Literal::number(1), Literal::number(7)],
        };
        assert_eq!(one_of.evaluate(&seven), Ok(true));
        assert!(holds(Literal::text("abc"), Contains, Literal::text("b")));
        assert!(!holds(Literal::text("abc"), Contains, Literal::text("B")));
        assert!(Condition::Other("new".to_owned()).evaluate(&seven).is_err());
    }

    proptest! {
        #[test]
        fn integers_keep_their_order(a in any::<i64>(), b in any::<i64>()) {
            let order = Decimal::parse(&a.to_string()).unwrap().cmp(&Decimal::parse(&b.to_string()).unwrap());
            prop_assert_eq!(order, a.cmp(&b));
        }

        #[test]
        fn scaled_numbers_stay_equal(a in any::<i32>(), zeros in 0_usize..6, power in -9_i32..9) {
            let scaled = format!("{a}.{}e{power}", "0".repeat(zeros));
            let plain = format!("{a}e{power}");
            prop_assert!(holds(Literal::number(scaled), Equal, Literal::number(plain)));
        }

        #[test]
        fn rubbish_never_panics(a in ".{0,24}", b in "[-0-9T:.Z+]{0,28}") {
            for value in [Literal::Text(a.clone()), Literal::Number(a), Literal::DateTime(b.clone())] {
                holds(value.clone(), LessOrEqual, Literal::DateTime(b.clone()));
                holds(value, LessOrEqual, Literal::Number(b.clone()));
            }
        }
    }
}
