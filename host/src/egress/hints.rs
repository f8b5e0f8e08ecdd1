//! How long an application asks to be left alone.
//!
//! | header | form | source |
//! | --- | --- | --- |
//! | `Retry-After` | seconds, or a date | RFC 9110, section 10.2.3 |
//! | `RateLimit` | `"default";r=0;t=30`, or `limit=100, remaining=0, reset=30` | drafts of the IETF, new and old |
//! | `RateLimit-Reset` | seconds | drafts of the IETF up to 7 |
//! | `X-RateLimit-Reset`, `X-Rate-Limit-Reset` | seconds, or a time of day as seconds or milliseconds since 1970 | custom |
//!
//! `Retry-After` always counts. The others are sent with answers of every kind and tell when a quota begins anew, so they
//! count only where the quota is what the answer fails for: 429 and 503 that do not say that some of it is left, and any
//! failure that says that nothing is. Where two of them speak, the longer wait holds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use crate::mechanism;

/// The wait where a quota is used up and nobody says until when. GitHub asks for it in words: a minute at least.
const NO_TIME_NAMED: u32 = 60;

const REMAINING: [&str; 3] = [
    "ratelimit-remaining",
    "x-ratelimit-remaining",
    "x-rate-limit-remaining",
];
const RESET: [&str; 3] = ["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"];

/// Seconds to wait before asking again, rounded up; `None` for a success, or if nothing asks for a wait.
///
/// With 403 it means that the request was refused for its rate and not for who asked: an application that forbids says
/// nothing of later.
#[must_use]
pub(crate) fn retry_after(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    if status.is_success() || mechanism::off("egress.hints") {
        return None;
    }
    if let Some(seconds) = retry_after_header(headers, now) {
        return Some(seconds);
    }
    let quota = Quota::of(headers, now);
    match (status.as_u16(), quota.remaining) {
        (_, Some(0)) => Some(quota.reset.unwrap_or(NO_TIME_NAMED)),
        (429 | 503, None) => quota.reset,
        _ => None,
    }
}

/// A date in the past is 0. `None` if the header is absent, given twice or not understood.
fn retry_after_header(headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    let mut values = headers.get_all(RETRY_AFTER).iter();
    let value = values.next()?.to_str().ok()?.trim();
    if values.next().is_some() {
        return None;
    }
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    Some(until(httpdate::parse_http_date(value).ok()?, now))
}

/// What is left of a quota, and the seconds until it begins anew.
#[derive(Debug, Default, PartialEq, Eq)]
struct Quota {
    remaining: Option<u64>,
    reset: Option<u32>,
}

impl Quota {
    fn of(headers: &HeaderMap, now: SystemTime) -> Self {
        let mut quota = Self::default();
        let texts = |name: &'static str| {
            let values = headers.get_all(name).iter();
            values.filter_map(|value| value.to_str().ok())
        };
        for text in texts("ratelimit") {
            quota.add_structured(text);
        }
        for text in REMAINING.into_iter().flat_map(texts) {
            quota.add(text.trim().parse().ok(), None);
        }
        for text in RESET.into_iter().flat_map(texts) {
            quota.add(None, reset(text.trim(), now));
        }
        quota
    }

    /// The least that is left, the longest wait.
    fn add(&mut self, remaining: Option<u64>, reset: Option<u32>) {
        self.remaining = match (self.remaining, remaining) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.reset = self.reset.max(reset);
    }

    /// `"burst";r=0;t=1, "daily";r=50;t=7200`, where only what is used up matters; or `limit=10, remaining=0, reset=5`.
    fn add_structured(&mut self, text: &str) {
        for item in text.split(',') {
            let (mut remaining, mut reset) = (None, None);
            for part in item.split(';') {
                let Some((key, value)) = part.split_once('=') else {
                    continue;
                };
                let value: Option<u64> = value.trim().parse().ok();
                match key.trim() {
                    "r" | "remaining" => remaining = value,
                    "t" | "reset" => reset = value,
                    _ => {}
                }
            }
            let used_up = remaining.is_none_or(|left| left == 0);
            let reset = reset.filter(|_| used_up);
            self.add(
                remaining,
                reset.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
            );
        }
    }
}

/// A number of seconds from now, or a time of day: seconds since 1970 are over a thousand million since 2001, milliseconds
/// a thousand times that, and no quota lasts for thirty years.
fn reset(text: &str, now: SystemTime) -> Option<u32> {
    const EPOCH_SECONDS: f64 = 1e9;
    const EPOCH_MILLISECONDS: f64 = 1e12;
    let plain = |b: u8| b.is_ascii_digit() || b == b'.';
    if text.len() > 20 || !text.bytes().all(plain) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    let since_1970 = if number >= EPOCH_MILLISECONDS {
        Duration::try_from_secs_f64(number / 1000.0)
    } else if number >= EPOCH_SECONDS {
        Duration::try_from_secs_f64(number)
    } else {
        // At most a thousand million, so that it fits.
        return Some(number.ceil() as u32);
    };
    Some(until(UNIX_EPOCH.checked_add(since_1970.ok()?)?, now))
}

/// Whole seconds until then, rounded up.
fn until(then: SystemTime, now: SystemTime) -> u32 {
    let wait = then.duration_since(now).unwrap_or_default();
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z less half a second.
    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(784_111_776_500)
    }

    /// 2026-01-01T00:00:00Z.
    fn lately() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_767_225_600)
    }

    fn hint(status: u16, headers: &[(&'static str, &str)], now: SystemTime) -> Option<u32> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        retry_after(StatusCode::from_u16(status).unwrap(), &map, now)
    }

    fn read(values: &[&str]) -> Option<u32> {
        let headers: Vec<_> = values.iter().map(|value| ("retry-after", *value)).collect();
        hint(429, &headers, now())
    }

    #[test]
    fn both_forms() {
        assert_eq!(read(&["120"]), Some(120));
        assert_eq!(read(&[" 0 "]), Some(0));
        assert_eq!(read(&["99999999999999999999"]), Some(u32::MAX));
        assert_eq!(read(&["Sun, 06 Nov 1994 08:49:37 GMT"]), Some(1));
        assert_eq!(read(&["Sun, 06 Nov 1994 08:50:37 GMT"]), Some(61));
        assert_eq!(read(&["Sunday, 06-Nov-94 08:49:37 GMT"]), Some(1));
        assert_eq!(read(&["Sat, 05 Nov 1994 08:49:37 GMT"]), Some(0));
    }

    #[test]
    fn anything_else_is_nothing() {
        for values in [
            &[][..],
            &[""],
            &["-1"],
            &["+5"],
            &["1.5"],
            &["soon"],
            &["1", "2"],
        ] {
            assert_eq!(read(values), None, "{values:?}");
        }
    }

    #[test]
    fn every_header_tells_how_long() {
        for (name, value, expected) in [
            ("ratelimit", r#""default";r=0;t=30"#, Some(30)),
            (
                "ratelimit",
                r#""burst";r=0;t=2, "daily";r=40;t=7200"#,
                Some(2),
            ),
            (
                "ratelimit",
                r#""burst";r=0;t=2, "daily";r=0;t=7200"#,
                Some(7200),
            ),
            ("ratelimit", "limit=100, remaining=0, reset=30", Some(30)),
            ("ratelimit", "limit=100,remaining=0,reset=30", Some(30)),
            ("ratelimit", "rubbish", None),
            ("ratelimit", r#""default";r=-1;t=x"#, None),
            ("ratelimit-reset", "30", Some(30)),
            ("x-ratelimit-reset", "1.25", Some(2)),
            ("x-ratelimit-reset", "0", Some(0)),
            ("x-ratelimit-reset", "1767225645", Some(45)),
            ("x-ratelimit-reset", "1767225645123", Some(46)),
            ("x-rate-limit-reset", "1767225601", Some(1)),
            ("x-ratelimit-reset", "1767220000", Some(0)),
            ("x-ratelimit-reset", "999999999", Some(999_999_999)),
            ("x-ratelimit-reset", "99999999999999999999", Some(u32::MAX)),
            ("x-ratelimit-reset", "999999999999999999999", None),
            ("x-ratelimit-reset", "-5", None),
            ("x-ratelimit-reset", "NaN", None),
            ("x-ratelimit-reset", "1e300", None),
            ("x-ratelimit-reset", "1.2.3", None),
            ("x-ratelimit-reset", "", None),
            ("x-ratelimit-reset", "soon", None),
        ] {
            assert_eq!(
                hint(429, &[(name, value)], lately()),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn retry_after_goes_before_the_others_which_give_the_longest() {
        let reset = ("x-ratelimit-reset", "500");
        assert_eq!(hint(429, &[reset, ("retry-after", "3")], now()), Some(3));
        assert_eq!(
            hint(429, &[reset, ("ratelimit-reset", "700")], now()),
            Some(700)
        );
        assert_eq!(hint(429, &[reset, ("retry-after", "x")], now()), Some(500));
    }

    #[test]
    fn a_quota_matters_only_to_an_answer_that_fails_for_it() {
        let reset = ("x-ratelimit-reset", "30");
        let left = |left| ("x-ratelimit-remaining", left);
        for (status, headers, expected) in [
            // Said with every answer, as GitHub does: the quota is not why it failed.
            (503, &[left("4999"), reset][..], None),
            (429, &[left("1"), reset], None),
            (500, &[reset], None),
            (403, &[reset], None),
            (404, &[left("7"), reset], None),
            (200, &[left("0"), reset], None),
            (200, &[("retry-after", "5")], None),
            (429, &[reset], Some(30)),
            (503, &[reset], Some(30)),
            (403, &[left("0"), reset], Some(30)),
            (403, &[left("0")], Some(60)),
            (403, &[("retry-after", "5")], Some(5)),
            (400, &[left("0"), reset], Some(30)),
            (403, &[("ratelimit", r#""q";r=0"#)], Some(60)),
            (403, &[("ratelimit", r#""q";r=5;t=9"#)], None),
            (403, &[], None),
            (429, &[], None),
            (302, &[("retry-after", "5")], Some(5)),
        ] {
            assert_eq!(
                hint(status, headers, now()),
                expected,
                "{status} {headers:?}"
            );
        }
    }
}
