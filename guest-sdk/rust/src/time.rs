//! Points in time: applications count them or write them in their own way, AppFlow has ISO 8601.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time, in UTC, to the nanosecond.
///
/// ```
/// use appflow_connector::time::Moment;
///
/// let modified = Moment::from_millis(1_738_324_800_123);
/// assert_eq!(modified.to_string(), "2025-01-31T12:00:00.123Z");
/// assert_eq!(Moment::parse("2025-01-31T13:00:00.123+01:00"), Some(modified));
/// assert_eq!(modified.millis(), 1_738_324_800_123);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    seconds: i64,
    nanos: u32,
}

impl Moment {
    /// So many seconds after the beginning of 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self { seconds, nanos: 0 }
    }

    /// So many milliseconds after the beginning of 1970.
    pub fn from_millis(millis: i64) -> Self {
        let nanos = u32::try_from(millis.rem_euclid(1000) * 1_000_000).unwrap_or_default();
        Self {
            seconds: millis.div_euclid(1000),
            nanos,
        }
    }

    /// The time of the machine.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock that stands before 1970 was never set.
        let since = since.unwrap_or_default();
        Self {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nanos: since.subsec_nanos(),
        }
    }

    /// Reads a date (its first moment), or a date and time with `Z`, an offset, or none for UTC; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, nanos) = instant(text)?;
        Some(Self { seconds, nanos })
    }

    /// Seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Milliseconds since 1970, rounded down.
    pub fn millis(self) -> i64 {
        self.seconds
            .saturating_mul(1000)
            .saturating_add(i64::from(self.nanos / 1_000_000))
    }

    /// Whether nothing is lost by [`millis`](Self::millis).
    pub fn is_whole_millis(self) -> bool {
        self.nanos.is_multiple_of(1_000_000)
    }
}

/// `2025-01-31T12:00:00.123Z`, which AppFlow reads; the fraction is left out where it is zero, and cut to milliseconds.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.seconds.div_euclid(86_400));
        let second = self.seconds.rem_euclid(86_400);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        )?;
        match self.nanos / 1_000_000 {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

/// Seconds since 1970 and nanoseconds of a date (its first moment, UTC) or a point in time with `Z` or an offset.
fn instant(text: &str) -> Option<(i64, u32)> {
    let number = |text: &str, range: std::ops::RangeInclusive<i64>| -> Option<i64> {
        if !text.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().filter(|number| range.contains(number))
    };
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let days = days_since_1970(
        number(year, 0..=9999)?,
        number(month, 1..=12)?,
        number(day, 1..=31)?,
    );
    let Some(time) = time else {
        return Some((days * 86_400, 0));
    };

    let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at_checked(zone)?;
    let offset = match zone {
        "" | "Z" | "z" => 0,
        zone => {
            let digits = zone[1..].replace(':', "");
            let (hours, minutes) = digits.split_at_checked(2)?;
            let minutes = if minutes.is_empty() {
                0
            } else {
                number(minutes, 0..=59)?
            };
            let seconds = number(hours, 0..=23)? * 3600 + minutes * 60;
            if zone.starts_with('-') {
                -seconds
            } else {
                seconds
            }
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = time.splitn(3, ':');
    let (hours, minutes) = (
        number(parts.next()?, 0..=24)?,
        number(parts.next()?, 0..=59)?,
    );
    let seconds = parts
        .next()
        .map_or(Some(0), |seconds| number(seconds, 0..=60))?;
    let nanos = if fraction.is_empty() {
        0
    } else {
        number(fraction, 0..=i64::MAX)?;
        format!("{fraction:0<9}").get(..9)?.parse().ok()?
    };
    Some((
        days * 86_400 + hours * 3600 + minutes * 60 + seconds - offset,
        nanos,
    ))
}

/// Days of 400 years in the Gregorian calendar, which then repeats.
const DAYS_OF_400_YEARS: i64 = 146_097;

/// Days from 1970-01-01. Years begin in March here, so that the leap day is the last of them.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let cycle = days.div_euclid(DAYS_OF_400_YEARS);
    let day = days.rem_euclid(DAYS_OF_400_YEARS);
    // The leap days before it: one in 1,461 days, but none in the last year of a century, and again one in 400 years.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (cycle * 400 + year + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_read() {
        assert_eq!(instant("1970-01-01"), Some((0, 0)));
        assert_eq!(instant("2000-03-01T00:00:00Z"), Some((951_868_800, 0)));
        for odd in [
            "",
            "2024",
            "2024-13-01",
            "2024-01-01T",
            "2024-01-01T1",
            "2024-01-01T10:00:00+é",
            "é-é-é",
        ] {
            assert_eq!(instant(odd), None, "{odd}");
        }
    }

    #[test]
    fn moments_are_written_as_appflow_reads_them() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Moment::from_millis(millis).to_string(), text);
        }
        assert_eq!(Moment::from_seconds(60).to_string(), "1970-01-01T00:01:00Z");
        assert!(Moment::now() > Moment::from_seconds(1_700_000_000));
        // No number panics.
        assert!(!Moment::from_millis(i64::MIN).to_string().is_empty());
        assert!(!Moment::from_seconds(i64::MAX).to_string().is_empty());
    }

    #[test]
    fn what_is_finer_than_a_millisecond_is_known() {
        let fine = Moment::parse("1970-01-01T00:00:00.0015Z");
        assert_eq!(fine.map(Moment::millis), Some(1));
        assert_eq!(fine.map(Moment::is_whole_millis), Some(false));
        assert!(fine < Moment::parse("1970-01-01T00:00:00.002Z"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in -62_000_000_000_000_i64..=253_402_300_799_999) {
            let moment = Moment::from_millis(millis);
            prop_assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
            prop_assert_eq!(moment.millis(), millis);
        }
    }
}
