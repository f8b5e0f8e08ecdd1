//! `Retry-After`, in both of its forms (RFC 9110, section 10.2.3).

use std::time::SystemTime;

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Seconds to wait, rounded up; `None` if the header is absent, given twice or not understood. A date in the past is 0.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    let mut values = headers.get_all(RETRY_AFTER).iter();
    let value = values.next()?.to_str().ok()?.trim();
    if values.next().is_some() {
        return None;
    }
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let wait = date.duration_since(now).unwrap_or_default();
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Some(u32::try_from(seconds).unwrap_or(u32::MAX))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(values: &[&str]) -> Option<u32> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(RETRY_AFTER, value.parse().unwrap());
        }
        // 1994-11-06T08:49:37Z less half a second.
        retry_after(
            &headers,
            SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_776_500),
        )
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
}
