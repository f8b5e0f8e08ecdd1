//! Points in time as AppFlow takes them.

/// Where the minutes of the offset begin in the JSON text of a point in time such as `"2025-01-31T12:00:00.000+0000"`.
///
/// Salesforce, Jira and others write offsets like this, and the checks of AppFlow's own SDKs refuse them. No field has to
/// be known as a point in time: a text that is nothing but one means the same with a colon.
pub(super) fn offset_without_colon(json: &[u8]) -> Option<usize> {
    const SHAPE: &[u8] = b"\"0000-00-00T00:00:00";
    // The shortest has neither fraction nor more than five characters of offset; fractions go to nanoseconds.
    if !(26..=36).contains(&json.len()) || json.get(11) != Some(&b'T') {
        return None;
    }
    let (head, rest) = json.split_at_checked(SHAPE.len())?;
    let fits = |(found, shape): (&u8, &u8)| match shape {
        b'0' => found.is_ascii_digit(),
        other => found == other,
    };
    let (fraction, offset) = rest.split_at_checked(rest.len().checked_sub(6)?)?;
    let fraction_fits = match fraction.split_first() {
        None => true,
        Some((point, digits)) => {
            *point == b'.' && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
    };
    let offset_fits =
        matches!(offset, [b'+' | b'-', digits @ .., b'"'] if digits.iter().all(u8::is_ascii_digit));
    let whole = head.iter().zip(SHAPE).all(fits) && fraction_fits && offset_fits;
    whole.then_some(json.len() - 3)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::offset_without_colon;

    #[test]
    fn offsets_without_colon_are_found_and_nothing_else() {
        for (text, rest) in [
            ("\"2025-01-31T12:00:00.000+0000\"", "00\""),
            ("\"2025-01-31T12:00:00-0730\"", "30\""),
            ("\"2025-01-31T12:00:00.123456789+0000\"", "00\""),
        ] {
            let minutes = offset_without_colon(text.as_bytes()).unwrap();
            assert_eq!(&text[minutes..], rest, "{text}");
        }
        for same in [
            "\"2025-01-31T12:00:00.000Z\"",
            "\"2025-01-31T12:00:00.000+00:00\"",
            "\"2025-01-31T12:00:00.+0000\"",
            "\"2025-01-31T12:00:00x+0000\"",
            "\"at 2025-01-31T12:00:00+0000\"",
            "\"2025-01-31 12:00:00.000+0000\"",
            "\"2025-01-31T12:00:00.000+000\u{e9}\"",
            "\"2025-01-31T12:00:00+00000000\"",
            "12345678901234567890123456",
            "\"\"",
            "null",
        ] {
            assert_eq!(offset_without_colon(same.as_bytes()), None, "{same}");
        }
    }
}
