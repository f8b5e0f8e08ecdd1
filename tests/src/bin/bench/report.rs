//! The table: what was measured, against what, and whether that is good enough.

use std::fmt::Write as _;

use serde::Serialize;

use crate::contender::Contender;
use crate::stats::Stats;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Thousandths of a second.
    Millis,
    /// Millionths of a second.
    Micros,
    /// Seconds.
    Seconds,
    /// Millions of bytes.
    Megabytes,
    /// 2^20 bytes, as memory is counted.
    Mebibytes,
    /// Bytes.
    Bytes,
    /// A number without a unit.
    Times,
}

impl Unit {
    fn symbol(self) -> &'static str {
        match self {
            Self::Millis => "ms",
            Self::Micros => "µs",
            Self::Seconds => "s",
            Self::Megabytes => "MB",
            Self::Mebibytes => "MiB",
            Self::Bytes => "B",
            Self::Times => "x",
        }
    }
}

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bar {
    /// Ours is this at most.
    AtMost(f64),
    /// Ours is this many times the native twin's at most.
    OfNative(f64),
    /// Ours is this share of Python's at most.
    OfPython(f64),
    /// Ours is this much above the native twin's at most.
    OverNative(f64),
    /// Ours gave everything; false if something was missing.
    Whole(bool),
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) name: String,
    /// What its figures count.
    pub(crate) unit: Unit,
    /// The host with its sandbox.
    pub(crate) ours: Option<Stats>,
    /// The same without a sandbox.
    pub(crate) native: Option<Stats>,
    /// AWS's SDK.
    pub(crate) python: Option<Stats>,
    /// What ours must reach.
    pub(crate) bars: Vec<Bar>,
    /// What is to be known of the figures.
    pub(crate) note: String,
}

impl Row {
    /// A row without figures.
    pub(crate) fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self {
            name: name.into(),
            unit,
            ours: None,
            native: None,
            python: None,
            bars: Vec::new(),
            note: String::new(),
        }
    }

    /// The same with a contender's figure.
    #[must_use]
    pub(crate) fn with(mut self, contender: Contender, stats: Option<Stats>) -> Self {
        match contender {
            Contender::Ours => self.ours = stats,
            Contender::Native => self.native = stats,
            Contender::Python => self.python = stats,
        }
        self
    }

    /// The same with something ours must reach.
    #[must_use]
    pub(crate) fn bar(mut self, bar: Bar) -> Self {
        self.bars.push(bar);
        self
    }

    /// The same with a remark.
    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Ours as a multiple of the native twin's.
    pub(crate) fn of_native(&self) -> Option<f64> {
        ratio(self.ours, self.native)
    }

    /// Ours as a share of Python's.
    pub(crate) fn of_python(&self) -> Option<f64> {
        ratio(self.ours, self.python)
    }

    /// Whether a bar is met; none if a figure it needs is missing.
    pub(crate) fn meets(&self, bar: Bar) -> Option<bool> {
        let ours = self.ours?.median;
        Some(match bar {
            Bar::AtMost(limit) => ours <= limit,
            Bar::OfNative(limit) => self.of_native()? <= limit,
            Bar::OfPython(limit) => self.of_python()? <= limit,
            Bar::OverNative(limit) => ours - self.native?.median <= limit,
            Bar::Whole(is_whole) => is_whole,
        })
    }

    fn verdict(&self) -> String {
        let verdicts: Vec<String> = self
            .bars
            .iter()
            .map(|bar| {
                let met = match self.meets(*bar) {
                    Some(true) => "met",
                    Some(false) => "MISSED",
                    None => "not measured",
                };
                let text = match bar {
                    Bar::AtMost(limit) => format!("≤ {} {}", number(*limit), self.unit.symbol()),
                    Bar::OfNative(limit) => format!("≤ {limit} x native"),
                    Bar::Whole(_) => "answered, every record by its token".to_owned(),
                    Bar::OfPython(limit) => format!("≤ 1/{} Python", number(1.0 / limit)),
                    Bar::OverNative(limit) => {
                        format!("≤ native + {} {}", number(*limit), self.unit.symbol())
                    }
                };
                format!("{text}: {met}")
            })
            .collect();
        verdicts.join("; ")
    }
}

fn ratio(ours: Option<Stats>, other: Option<Stats>) -> Option<f64> {
    let (ours, other) = (ours?.median, other?.median);
    (other > 0.0).then(|| ours / other)
}

/// Three digits that count.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        value if value >= 0.995 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

fn cell(stats: Option<Stats>, unit: Unit) -> String {
    let Some(stats) = stats else {
        return "-".to_owned();
    };
    let median = format!("{} {}", number(stats.median), unit.symbol());
    if stats.count > 1 {
        format!("{median} ±{:.0}%", stats.spread() * 100.0)
    } else {
        median
    }
}

/// The table in Markdown, which reads well in a terminal too.
pub(crate) fn table(rows: &[Row]) -> String {
    let head = [
        "measure", "ours", "native", "Python", "/ native", "/ Python", "bar",
    ];
    let mut lines: Vec<[String; 7]> = vec![head.map(str::to_owned)];
    for row in rows {
        let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), number);
        lines.push([
            row.name.clone(),
            cell(row.ours, row.unit),
            cell(row.native, row.unit),
            cell(row.python, row.unit),
            ratio(row.of_native()),
            ratio(row.of_python()),
            row.verdict(),
        ]);
    }
    let mut widths = [3; 7];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text.push('|');
        for (cell, width) in line.iter().zip(widths) {
            let _ = write!(text, " {cell:width$} |");
        }
        text.push('\n');
        if index == 0 {
            text.push('|');
            for width in widths {
                let _ = write!(text, " {} |", "-".repeat(width));
            }
            text.push('\n');
        }
    }
    let notes: Vec<&Row> = rows.iter().filter(|row| !row.note.is_empty()).collect();
    if !notes.is_empty() {
        text.push('\n');
    }
    for row in notes {
        let _ = writeln!(text, "* {}: {}", row.name, row.note);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ours: f64, native: f64, python: f64) -> Row {
        Row::new("a thing", Unit::Millis)
            .with(Contender::Ours, Some(Stats::one(ours)))
            .with(Contender::Native, Some(Stats::one(native)))
            .with(Contender::Python, Some(Stats::one(python)))
    }

    #[test]
    fn bars_are_met_up_to_their_very_edge() {
        let row = row(3.0, 2.0, 60.0);
        assert_eq!(row.meets(Bar::AtMost(3.0)), Some(true));
        assert_eq!(row.meets(Bar::AtMost(2.99)), Some(false));
        assert_eq!(row.meets(Bar::OfNative(1.5)), Some(true));
        assert_eq!(row.meets(Bar::OfNative(1.49)), Some(false));
        assert_eq!(row.meets(Bar::OfPython(1.0 / 20.0)), Some(true));
        assert_eq!(row.meets(Bar::OfPython(1.0 / 21.0)), Some(false));
        assert_eq!(row.meets(Bar::OverNative(1.0)), Some(true));
        assert_eq!(row.meets(Bar::OverNative(0.9)), Some(false));
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        let row = Row::new("a thing", Unit::Micros).bar(Bar::OfNative(1.0));
        assert_eq!(row.meets(Bar::AtMost(1.0)), None);
        let ours = row.with(Contender::Ours, Some(Stats::one(1.0)));
        assert_eq!(ours.meets(Bar::OfNative(1.0)), None);
        assert!(table(&[ours]).contains("≤ 1 x native: not measured"));
    }

    #[test]
    fn the_table_shows_ratios_bars_and_notes() {
        let row = row(3.0, 2.0, 60.0)
            .bar(Bar::AtMost(8.0))
            .bar(Bar::OfNative(1.4))
            .bar(Bar::OfPython(0.05))
            .note("said of it");
        let table = table(&[row]);
        let line = table.lines().nth(2).unwrap_or_default();
        assert_eq!(
            line,
            "| a thing | 3.00 ms | 2.00 ms | 60.0 ms | 1.50     | 0.050    | \
             ≤ 8.00 ms: met; ≤ 1.4 x native: MISSED; ≤ 1/20.0 Python: met |"
        );
        assert!(table.ends_with("\n* a thing: said of it\n"), "{table}");
        let widths: Vec<usize> = table
            .lines()
            .take(3)
            .map(|line| line.chars().count())
            .collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
    }

    #[test]
    fn three_digits_count() {
        for (value, text) in [
            (0.0512, "0.051"),
            (0.9996, "1.00"),
            (9.999, "10.0"),
            (99.96, "100"),
            (12345.6, "12346"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
