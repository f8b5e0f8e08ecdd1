//! Texts that are fit for a line of the log and for a message to users.

/// A text for users: on one line, runs of blanks and control characters as one blank, and at most `max_chars` characters, the
/// last one `…` if something was cut.
#[must_use]
pub fn message(text: &str, max_chars: usize) -> String {
    let mut line = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut count = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_control() || c.is_whitespace() {
            gap = true;
            continue;
        }
        let needed = if gap && count > 0 { 2 } else { 1 };
        if count + needed > max_chars {
            while count >= max_chars {
                line.pop();
                count -= 1;
            }
            line.push('…');
            return line;
        }
        if needed == 2 {
            line.push(' ');
        }
        line.push(c);
        count += needed;
        gap = false;
    }
    line
}

/// The text with line breaks and other control characters replaced by spaces, runs of them by one.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_of_bounded_length() {
        assert_eq!(message("  a\r\n\tb\u{2028}c\0 ", 100), "a b c");
        let long = message(&"é".repeat(5000), 1024);
        assert_eq!(long.chars().count(), 1024);
        assert!(long.ends_with('…'));
        assert_eq!(message("", 10), "");
    }
}
