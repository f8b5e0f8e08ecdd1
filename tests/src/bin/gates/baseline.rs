//! What each gate had when somebody last looked, and whether it is worse now.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// A figure as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    /// Name of the gate.
    pub(crate) gate: &'static str,
    /// How many.
    pub(crate) value: u64,
    /// Of what.
    pub(crate) unit: &'static str,
    /// By how much it may grow, in percent of the baseline: a few times of what runs of one binary differ by.
    pub(crate) tolerance: u64,
}

/// The committed file: a figure for each gate.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Baselines {
    /// What made the programs that were counted. Others make other instructions of the same sources.
    compilers: String,
    gates: BTreeMap<String, u64>,
}

/// Written above the figures.
const HEAD: &str = "\
# What each gate of `cargo xtask gates` had last. After a change that is meant, `cargo xtask gates --bless` writes this file
# anew; the commit says why the figures moved.

";

impl Baselines {
    /// Reads the file's text.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("the file of baselines cannot be read")
    }

    /// The file's text for figures of now. Gates that were not measured keep what they had.
    pub(crate) fn blessed(mut self, figures: &[Figure], compilers: &str) -> Result<String> {
        if self.compilers != compilers {
            // What other compilers made is no baseline for these.
            self.gates.clear();
            compilers.clone_into(&mut self.compilers);
        }
        for figure in figures {
            self.gates.insert(figure.gate.to_owned(), figure.value);
        }
        Ok(format!("{HEAD}{}", toml::to_string(&self)?))
    }

    /// Compares a figure with its baseline.
    fn verdict(&self, figure: &Figure) -> Verdict {
        let Some(&before) = self.gates.get(figure.gate) else {
            return Verdict::New;
        };
        let allowed = u128::from(before) * u128::from(100 + figure.tolerance);
        let floor = u128::from(before) * u128::from(100_u64.saturating_sub(figure.tolerance));
        let now = u128::from(figure.value) * 100;
        if now > allowed {
            Verdict::Worse
        } else if now < floor {
            Verdict::Better
        } else {
            Verdict::Same
        }
    }

    /// The gates as a table, and the names of those that do not hold.
    pub(crate) fn table(&self, figures: &[Figure]) -> (String, Vec<&'static str>) {
        let width = figures
            .iter()
            .map(|figure| figure.gate.len())
            .max()
            .unwrap_or(4);
        let mut table = format!(
            "  {:width$}  {:>13}  {:>13}  {:>8}  {:>7}\n",
            "gate", "baseline", "now", "change", "allowed"
        );
        let mut failed = Vec::new();
        for figure in figures {
            let verdict = self.verdict(figure);
            if matches!(verdict, Verdict::Worse | Verdict::New) {
                failed.push(figure.gate);
            }
            let before = self.gates.get(figure.gate).copied();
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "  {:width$}  {:>13}  {:>13}  {:>8}  {:>+6}%  {} {}",
                figure.gate,
                before.map_or_else(|| "none".to_owned(), grouped),
                grouped(figure.value),
                before.map_or_else(String::new, |before| change(before, figure.value)),
                figure.tolerance,
                figure.unit,
                verdict.text(),
            );
        }
        (table, failed)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Same,
    Better,
    Worse,
    New,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Better => "(better: bless it, so that it stays)",
            Self::Worse => "WORSE",
            Self::New => "NO BASELINE",
        }
    }
}

/// Digits in groups of three.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn change(before: u64, now: u64) -> String {
    let percent = (now as f64 - before as f64) / (before as f64).max(1.0) * 100.0;
    format!("{percent:+.2}%")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn figure(value: u64) -> Figure {
        Figure {
            gate: "start",
            value,
            unit: "instructions",
            tolerance: 2,
        }
    }

    #[test]
    fn a_gate_holds_up_to_its_tolerance_and_not_beyond() {
        let baselines = Baselines::parse("compilers = \"a\"\n[gates]\nstart = 1000").unwrap();
        for (value, verdict) in [
            (979, Verdict::Better),
            (980, Verdict::Same),
            (1020, Verdict::Same),
            (1021, Verdict::Worse),
        ] {
            assert_eq!(baselines.verdict(&figure(value)), verdict, "{value}");
        }
        assert_eq!(baselines.table(&[figure(1021)]).1, ["start"]);
        assert!(baselines.table(&[figure(1)]).1.is_empty());
    }

    #[test]
    fn a_gate_without_a_baseline_does_not_hold() {
        let (table, failed) = Baselines::default().table(&[figure(5)]);
        assert_eq!(failed, ["start"]);
        assert!(table.contains("NO BASELINE"), "{table}");
    }

    #[test]
    fn what_is_blessed_is_the_baseline_and_others_stay() {
        let before = "compilers = \"a\"\n[gates]\nother = 7\nstart = 1";
        let blessed = |compilers| {
            let baselines = Baselines::parse(before).unwrap();
            let text = baselines.blessed(&[figure(9)], compilers).unwrap();
            Baselines::parse(&text).unwrap()
        };
        let again = blessed("a");
        assert_eq!(again.verdict(&figure(9)), Verdict::Same);
        assert_eq!(again.gates["other"], 7);
        let others = blessed("b");
        assert_eq!(others.compilers, "b");
        assert_eq!(others.gates.len(), 1, "{:?}", others.gates);
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(grouped(12), "12");
        assert_eq!(change(200, 190), "-5.00%");
    }
}
