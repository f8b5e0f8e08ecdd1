//! Lines, tables and progress on the terminal: as wide as it is, in colour only where there is one.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Width where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;
/// Narrowest column that is cut before others are left out.
const NARROWEST: usize = 6;
/// Width of the names of steps.
const NAME_WIDTH: usize = 22;
/// Width of times.
const TIME_WIDTH: usize = 9;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// Where the demonstration is shown.
pub(crate) struct Screen {
    width: usize,
    live: bool,
}

impl Screen {
    /// Standard output.
    pub(crate) fn new() -> Self {
        let width =
            terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0));
        Self {
            width: width.clamp(40, 160),
            live: std::io::stdout().is_terminal(),
        }
    }

    /// One line.
    pub(crate) fn line(&self, text: &str) {
        // A reader that has gone away is no reason to stop the flow.
        let _ = writeln!(anstream::stdout(), "{text}");
    }

    /// An empty line.
    pub(crate) fn blank(&self) {
        self.line("");
    }

    /// The first line.
    pub(crate) fn title(&self, text: &str) {
        self.line(&format!("\n{BOLD}{text}{BOLD:#}\n"));
    }

    /// Something good to know before it begins.
    pub(crate) fn note(&self, name: &str, text: &str) {
        let text = cut(text, self.width.saturating_sub(14));
        self.line(&format!("  {DIM}{name:<10}{DIM:#}  {text}"));
    }

    /// A step that is done: its name, what came of it, and its time at the right.
    pub(crate) fn step(&self, number: usize, name: &str, what: &str, took: Duration) {
        self.clear();
        let room = self.width.saturating_sub(4 + NAME_WIDTH + 2 + TIME_WIDTH);
        let what = pad(&cut(what, room), room, false);
        let took = pad(&time(took), TIME_WIDTH, true);
        self.line(&format!(
            "{number:>3} {BOLD}{name:<NAME_WIDTH$}{BOLD:#} {what} {DIM}{took}{DIM:#}"
        ));
    }

    /// More about the last step.
    pub(crate) fn detail(&self, text: &str) {
        let indent = 4;
        self.line(&format!(
            "{:indent$}{DIM}{}{DIM:#}",
            "",
            cut(text, self.width.saturating_sub(indent))
        ));
    }

    /// How far the current step is; one line that is written over, and nothing where there is no terminal.
    pub(crate) fn progress(&self, text: &str) {
        if self.live {
            let mut out = anstream::stdout();
            let _ = write!(
                out,
                "\r\x1b[K    {}",
                cut(text, self.width.saturating_sub(5))
            );
            let _ = out.flush();
        }
    }

    fn clear(&self) {
        if self.live {
            let _ = write!(anstream::stdout(), "\r\x1b[K");
        }
    }

    /// A table. Columns in `right` are set to the right; too wide ones are cut, the widest first.
    pub(crate) fn table(&self, head: &[&str], rows: &[Vec<String>], right: &[usize]) {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| visible(cell)).collect())
            .collect();
        let mut widths: Vec<usize> = head.iter().map(|name| name.width()).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let room = self
            .width
            .saturating_sub(2 + 2 * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let Some(widest) = widths.iter_mut().max().filter(|width| **width > NARROWEST) else {
                break;
            };
            *widest -= 1;
        }
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(index, (cell, width))| {
                    pad(&cut(cell, *width), *width, right.contains(&index))
                })
                .collect();
            format!("  {}", cells.join("  ")).trim_end().to_owned()
        };
        let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
        self.line(&format!("{BOLD}{}{BOLD:#}", line(&head)));
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        self.line(&format!("{DIM}  {}{DIM:#}", rule.join("  ")));
        for row in &rows {
            self.line(&line(row));
        }
    }
}

/// A text in the colour of success.
pub(crate) fn good(text: &str) -> String {
    let style = AnsiColor::Green.on_default().bold();
    format!("{style}{text}{style:#}")
}

/// A text in the colour of failure.
pub(crate) fn bad(text: &str) -> String {
    let style = AnsiColor::Red.on_default().bold();
    format!("{style}{text}{style:#}")
}

/// A number with its thousands apart.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes.
#[allow(clippy::cast_precision_loss, reason = "two digits are shown")]
pub(crate) fn bytes(number: u64) -> String {
    match number {
        0..1_000 => format!("{number} B"),
        1_000..1_000_000 => format!("{:.1} kB", number as f64 / 1e3),
        _ => format!("{:.1} MB", number as f64 / 1e6),
    }
}

/// So many in a second, roughly.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number, roughly"
)]
pub(crate) fn rate(number: f64) -> String {
    count(((number / 100.0).round() * 100.0) as usize)
}

/// A time.
pub(crate) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

/// What has no width or would move the cursor, made visible.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .collect()
}

/// At most so wide, with a mark where something is missing.
fn cut(text: &str, width: usize) -> String {
    let text = visible(text);
    if text.width() <= width {
        return text;
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used >= width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Filled with spaces to a width, which counts cells of the terminal and not characters.
fn pad(text: &str, width: usize, right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(text.width()));
    if right {
        format!("{space}{text}")
    } else {
        format!("{text}{space}")
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, cut, pad};

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(
            [count(0), count(999), count(1_000), count(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [bytes(999), bytes(1_500), bytes(2_000_000)],
            ["999 B", "1.5 kB", "2.0 MB"]
        );
    }

    #[test]
    fn texts_are_cut_and_filled_by_their_width_on_the_terminal() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("日本語日本語", 6), "日本…");
        assert_eq!(cut("a\nb\tc", 9), "a·b·c");
        assert_eq!(pad("日本", 6, false), "日本  ");
        assert_eq!(pad("12", 4, true), "  12");
    }
}
