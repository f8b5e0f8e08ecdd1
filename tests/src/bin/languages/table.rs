//! Figures as a table of Markdown.

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

/// Marks in the document between which the table stands.
const BEGIN: &str = "<!-- figures: written by `cargo xtask languages --write` -->\n";
const END: &str = "<!-- end of figures -->\n";

/// A language.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// As it stands above the table.
    pub(crate) name: String,
    /// Its smallest connector.
    pub(crate) smallest: String,
    /// Its connector that reads a page.
    pub(crate) reader: Option<String>,
    tools_bytes: u64,
    build_millis: u64,
}

impl Column {
    pub(crate) fn tools(&self) -> String {
        if self.tools_bytes == 0 {
            return "not measured".to_owned();
        }
        bytes(self.tools_bytes)
    }

    pub(crate) fn build(&self) -> String {
        if self.build_millis == 0 {
            return "not measured".to_owned();
        }
        format!("{:.1} s", self.build_millis as f64 / 1_000.0)
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(',').collect();
        let [name, smallest, reader, tools, build] = parts.as_slice() else {
            return Err("it must be NAME,CONNECTOR,READER,BYTES,MILLISECONDS".to_owned());
        };
        let number = |text: &str| text.parse().map_err(|_| format!("\"{text}\" is no number"));
        Ok(Self {
            name: (*name).to_owned(),
            smallest: (*smallest).to_owned(),
            reader: (*reader != "-").then(|| (*reader).to_owned()),
            tools_bytes: number(tools)?,
            build_millis: number(build)?,
        })
    }
}

/// The middle value; 0 of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[length / 2],
        length => (sorted[length / 2 - 1] + sorted[length / 2]) / 2.0,
    }
}

/// Milliseconds with as many digits as they are worth.
pub(crate) fn millis(value: f64) -> String {
    match value {
        value if value < 1.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// Bytes in the unit that suits them.
pub(crate) fn bytes(value: u64) -> String {
    match value {
        0..1_000_000 => format!("{} KB", value.div_ceil(1_000)),
        _ => format!("{:.1} MB", value as f64 / 1e6),
    }
}

/// The table, with what it was measured on.
pub(crate) fn markdown(names: &[&str], rows: &[(String, Vec<String>)], runs: usize) -> String {
    let mut text = format!(
        "| | {} |\n| ---{} |\n",
        names.join(" | "),
        " | ---".repeat(names.len())
    );
    for (name, cells) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("an unknown processor", |(_, name)| name.trim());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let _ = write!(
        text,
        "\nMedians of {runs} turns, on {processors} processors ({processor}), at a load of {load} when it ended.\n"
    );
    text
}

/// Puts the table into a document.
pub(crate) fn write_between(file: &Path, table: &str) -> Result<()> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    std::fs::write(file, between(&text, table)?)
        .with_context(|| format!("cannot write {}", file.display()))
}

fn between(text: &str, table: &str) -> Result<String> {
    let (Some((before, rest)), Some((_, after))) = (text.split_once(BEGIN), text.split_once(END))
    else {
        bail!(
            "the document lacks the marks {} and {}",
            BEGIN.trim(),
            END.trim()
        );
    };
    if !rest.contains(END) {
        bail!("the marks of the document are in the wrong order");
    }
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_sorted() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn figures_are_short() {
        assert_eq!(
            [0.1234, 12.34, 1234.5].map(millis),
            ["0.12", "12.3", "1234"]
        );
        assert_eq!(
            [900, 60_001, 18_500_000].map(bytes),
            ["1 KB", "61 KB", "18.5 MB"]
        );
    }

    #[test]
    fn a_language_is_told_in_five_parts() {
        let column: Column = "C,minimal-c,-,0,700".parse().unwrap();
        assert_eq!(
            (column.reader.as_deref(), column.build().as_str()),
            (None, "0.7 s")
        );
        assert_eq!(column.tools(), "not measured");
        assert!("C,minimal-c".parse::<Column>().is_err());
        assert!("C,a,b,x,1".parse::<Column>().unwrap_err().contains("\"x\""));
    }

    #[test]
    fn the_table_is_replaced_and_all_else_stays() {
        let document = format!("a\n{BEGIN}old\n{END}b\n");
        let new = between(&document, "| new |\n").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}\n| new |\n\n{END}b\n"));
        assert_eq!(between(&new, "| new |\n").unwrap(), new);
        for wrong in ["a", BEGIN, END, &format!("{END}{BEGIN}")] {
            assert!(between(wrong, "x").is_err());
        }
    }
}
