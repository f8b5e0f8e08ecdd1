//! Texts as JSON strings, by the vector instructions that the processor has.

use json_escape_simd::escape_into;

/// Appends `text` as a JSON string.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    // The escaper makes room for the longest that could become of a text, six times as much. Of a long one that is too much.
    const PIECE: usize = 64 * 1024;
    if text.len() <= PIECE {
        return escape_into(text, out);
    }
    out.push(b'"');
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        escape_inside(piece, out);
        rest = after;
    }
    out.push(b'"');
}

/// Appends `text` escaped as the inside of a JSON string, without the quotes around it.
pub(super) fn escape_inside(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    escape(text, out);
    out.pop();
    out.remove(start);
}
