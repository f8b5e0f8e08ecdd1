//! Finds the operation of a request that is not JSON, so that even this gets an answer AppFlow can decode.

use crate::appflow::Operation;

/// The last `"type": "…"` directly inside the outermost object. Goes through the bytes once, knows only strings and
/// brackets, and gives up silently.
pub(super) fn find_type(body: &[u8]) -> Option<Operation> {
    let mut depth = 0_usize;
    let mut found = None;
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let Some((text, after)) = string(rest) else {
                    break;
                };
                rest = after;
                if depth == 1 && text == b"type" {
                    found = value(rest).or(found);
                }
            }
            _ => {}
        }
    }
    found.and_then(|name| Operation::from_request_type(std::str::from_utf8(name).ok()?))
}

/// The inside of a string and what follows it, from behind its opening quote.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    let end = bytes.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// The inside of the string behind a colon.
fn value(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.trim_ascii_start().strip_prefix(b":")?;
    let bytes = bytes.trim_ascii_start().strip_prefix(b"\"")?;
    string(bytes).map(|(text, _)| text)
}
