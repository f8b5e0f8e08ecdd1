//! What is said of many measurements of one thing.

use std::time::Duration;

use serde::Serialize;

/// Median and spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Stats {
    /// Half are smaller.
    pub(crate) median: f64,
    /// A quarter is smaller.
    pub(crate) low: f64,
    /// A quarter is larger.
    pub(crate) high: f64,
    /// The smallest.
    pub(crate) min: f64,
    /// How many there are.
    pub(crate) count: usize,
}

impl Stats {
    /// Of at least one value; none of none.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            low: quantile(&sorted, 0.25)?,
            high: quantile(&sorted, 0.75)?,
            min: *sorted.first()?,
            count: sorted.len(),
        })
    }

    /// Of something that was measured once, such as a size.
    pub(crate) fn one(value: f64) -> Self {
        Self {
            median: value,
            low: value,
            high: value,
            min: value,
            count: 1,
        }
    }

    /// Half of the distance between the quarters, as a share of the median: the spread that the table shows.
    pub(crate) fn spread(&self) -> f64 {
        if self.median == 0.0 {
            return 0.0;
        }
        (self.high - self.low) / 2.0 / self.median
    }
}

/// The value below which a share of the sorted ones lies, between two of them in proportion.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list of some hundred"
    )]
    let (place, below) = {
        let place = share * last as f64;
        (place, place as usize)
    };
    let lower = *sorted.get(below)?;
    let upper = *sorted.get(below + 1).unwrap_or(&lower);
    Some(lower + (upper - lower) * place.fract())
}

/// Milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_quarters() {
        let stats = Stats::of(&[4.0, 1.0, 3.0, 2.0, 5.0]);
        let expected = Stats {
            median: 3.0,
            low: 2.0,
            high: 4.0,
            min: 1.0,
            count: 5,
        };
        assert_eq!(stats, Some(expected));
        assert_eq!(
            stats.map(|stats| stats.spread()),
            Some(1.0 / 3.0),
            "half of the distance between the quarters"
        );
        let even = Stats::of(&[1.0, 2.0, 3.0, 10.0]);
        assert_eq!(even.map(|stats| stats.median), Some(2.5));
        assert_eq!(even.map(|stats| stats.high), Some(4.75));
    }

    #[test]
    fn one_value_and_none() {
        assert_eq!(Stats::of(&[7.0]), Some(Stats::one(7.0)));
        assert_eq!(Stats::of(&[]), None);
        assert!(Stats::one(0.0).spread().abs() < f64::EPSILON);
    }
}
